/// What a part of a bar or a chart shows. Each has one colour, the same on every page; the style sheet has it under this name.
enum Part: String, Sendable, CaseIterable {
    /// Devices that were made; those of them that passed.
    case issued = "p-issued"
    case burned = "p-burned"
    /// Granted, and nothing is made of it yet.
    case granted = "p-granted"
    /// What can be granted: allotted, or come back.
    case free = "p-free"
    /// Nobody has it yet.
    case rest = "p-rest"
    /// Scrapped, or not accounted for.
    case lost = "p-lost"
    /// Time that is over.
    case elapsed = "p-elapsed"
    case signed = "p-signed"
}

extension Stylesheet {
    /// The parts' colours. Neighbours are told apart by hue, by a gap and, where both are grey, by contrast (3:1 at least).
    static let parts = """
        @layer data {
        .p-issued { --mark: var(--accent); } .p-burned { --mark: var(--warn-mark); } .p-lost { --mark: var(--bad-mark); }
        .p-granted { --mark: var(--part-granted); } .p-free, .p-elapsed { --mark: var(--part-free); }
        .p-rest { --mark: var(--track); } .p-signed { --mark: var(--ok-mark); }
        }

        """
}
