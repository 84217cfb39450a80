import PortalProtocol
import Vocabulary

/// What a version's review shows: checks, differences, the words and octets that officers sign.
extension VersionPage {
    /// What whoever reviews must not miss stands above everything.
    static func notes(_ content: Content) -> [Note] {
        var notes: [Note] = []
        if let rejected = content.version.rejected {
            notes.append(Note(.bad, "Rejected", .text(rejected.reason?.text ?? "No reason was given.")))
        }
        let (checks, unclean) = (content.review.evidence, content.review.evidence.filter { $0.verdict != .passed })
        guard !unclean.isEmpty else { return notes }
        let items = unclean.map { check -> Markup in "<li>\(check.field): <b>\(check.words)</b></li>" }
        return notes + [
            Note(
                unclean.contains { $0.verdict == .failed } ? .bad : .warn,
                "\(unclean.count) of \(checks.count) checks \(unclean.count == 1 ? "calls" : "call") for caution",
                list: "<ul>\(items.joined())</ul>"
            )
        ]
    }

    static func main(_ content: Content, _ tab: Tab) -> [Box] {
        switch tab {
        case .manifest: content.review.against == nil ? [evidence(content), manifest(content)] : [manifest(content)]
        case .statement: statement(content)
        case .changes: changes(content)
        }
    }

    private static func manifest(_ content: Content) -> Box {
        let review = content.review
        let isFirst: Markup = review.against == nil ? "The product's first version: all of it is new. " : .empty
        return Box(
            "manifest",
            "Everything in the manifest",
            lines("Manifest", review.manifest),
            note: "\(isFirst)SHA-256 \(.digest(content.version.manifest.hex))",
            actions: [
                Button(
                    "Manifest",
                    "/products/\(review.product.text)/versions/\(review.version.text)/manifest.json",
                    icon: .export,
                    isSmall: true,
                    isDownload: true
                )
            ],
            isFlush: true
        )
    }

    private static func statement(_ content: Content) -> [Box] {
        guard let statement = content.review.approval else {
            return [
                Box(
                    "statement",
                    "What officers sign",
                    .empty(
                        .review,
                        "No approval is proposed yet",
                        "One of the OEM's security officers proposes totals, allotments and rules; then the officers sign exactly these bytes."
                    ),
                    isFlush: true
                )
            ]
        }
        return [
            Box(
                "statement",
                "What officers sign, in words",
                "<p class=\"panel-lead\">\(statement.summary)</p>" + lines("Approval", statement.lines),
                isFlush: true
            ),
            Box(
                "bytes",
                "The exact bytes",
                """
                \(Markup.of(Definitions([
                    ("Payload type", .code(statement.payloadType)),
                    ("Statement, SHA-256 of the payload", .copyable(statement.statement.hex, id: "statement-digest", name: "statement digest")),
                    ("What the token signs, SHA-256", .copyable(statement.signedDigest.hex, id: "signed-digest", name: "signed digest")),
                ])))\(Markup.of(CodeBlock(statement.payload, id: "payload", label: "Payload, every octet visible")))
                """,
                note: "obis approve shows the same and signs nothing else"
            ),
        ]
    }

    private static func changes(_ content: Content) -> [Box] {
        let review = content.review
        let against =
            review.against.map { "Against \($0.text), approved before" }
            ?? "The product's first version: all of it is new"
        var boxes = [
            Box(
                "changes",
                "What changed",
                review.changes.isEmpty
                    ? .empty(.check, "Nothing changed", "Every field of the manifest is as it was.")
                    : .diff(ReviewOrder.first(review.changes)),
                note: .text(against),
                isFlush: true
            ),
            evidence(content),
        ]
        let figures = UnitFigure.split(review.approvalChanges)
        if !figures.units.isEmpty {
            boxes.append(
                Box(
                    "units",
                    "Units that may ever be made",
                    UnitFigure.table(figures.units),
                    note: "against the approval before",
                    isFlush: true
                )
            )
        }
        if !figures.others.isEmpty {
            boxes.append(
                Box(
                    "figures",
                    "Terms against the approval before",
                    .diff(ReviewOrder.first(figures.others), "Changed terms"),
                    isFlush: true
                )
            )
        }
        return boxes
    }

    private static func lines(_ caption: String, _ lines: [ReviewLine]) -> Markup {
        .table(
            caption,
            [.init("Field"), .init("Value", .wide)],
            lines.map { [.text($0.field), "<span class=\"mono breaks\">\($0.words)</span>"] }
        )
    }

    private static func evidence(_ content: Content) -> Box {
        let evidence = content.review.evidence
        let passed = evidence.count { $0.verdict == .passed }
        return Box(
            "evidence",
            "What the portal verified itself",
            .table(
                "Checks",
                [.init("Check"), .init("Evidence", .wide)],
                evidence.map { [.text($0.field), "\($0.verdict.mark)<span class=\"breaks\">\($0.words)</span>"] },
                style: "checks"
            ),
            note: "\(passed) of \(evidence.count) passed",
            isFlush: true
        )
    }
}

extension ReviewCheck.Verdict {
    /// A sign with its word for whoever can't see it.
    var mark: Markup {
        let (tone, icon, words): (Tone, Icon, String) =
            switch self {
            case .passed: (.ok, .check, "Passed")
            case .caution: (.warn, .warning, "Caution")
            case .failed: (.bad, .cross, "Failed")
            }
        return "<span class=\"mark \(tone.rawValue)\">\(icon.markup)<span class=\"sr\">\(words): </span></span>"
    }
}

/// What a reviewer looks at first: who may do what with the device, and under which keys.
enum ReviewOrder {
    private static let words = [
        "key", "secure boot", "debug", "lifetime", "largest", "longest", "rule", "identity", "root", "exception",
        "rotations", "re-provisionings", "paa",
    ]

    static func isSecurity(_ field: String) -> Bool {
        let field = field.lowercased()
        return words.contains { field.contains($0) }
    }

    /// Otherwise in the order in which they came.
    static func first(_ changes: [ReviewChange]) -> [ReviewChange] {
        changes.filter { isSecurity($0.field) } + changes.filter { !isSecurity($0.field) }
    }
}

/// A changed number of units, read from the words of the statement, so that it can be set beside the one before.
struct UnitFigure: Hashable {
    let place: String
    let before: Int?
    let after: Int?

    /// `edge-1: 180 units over all versions and batches`, `9100 units`, `1 unit`. Nil for anything else.
    private static func read(_ words: String?) -> (place: String?, units: Int)? {
        guard let found = words?.wholeMatch(of: /(?:([^:\s]+): )?([0-9]{1,18}) units?(?:\s.*)?/),
            let units = Int(found.2)
        else { return nil }
        return (found.1.map { String($0) }, units)
    }

    init?(_ change: ReviewChange) {
        guard ["allotment", "not allotted", "lifetime total"].contains(change.field) else { return nil }
        let (old, new) = (Self.read(change.before), Self.read(change.after))
        // What can't be read is shown as it stands.
        guard (change.before == nil) == (old == nil), (change.after == nil) == (new == nil) else { return nil }
        let name = new?.place ?? old?.place
        guard (name != nil) == (change.field == "allotment") else { return nil }
        place = name ?? change.field.prefix(1).uppercased() + change.field.dropFirst()
        (before, after) = (old?.units, new?.units)
    }

    /// Figures of units, and all the rest.
    static func split(_ changes: [ReviewChange]) -> (units: [UnitFigure], others: [ReviewChange]) {
        (changes.compactMap { UnitFigure($0) }, changes.filter { UnitFigure($0) == nil })
    }

    static func table(_ figures: [UnitFigure]) -> Markup {
        .table(
            "Units by EdgeHSM",
            [.init("EdgeHSM"), .init("Now", .number), .init("New", .number), .init("Difference", .number)],
            figures.map { figure in
                let difference = (figure.after ?? 0) - (figure.before ?? 0)
                let sign = difference > 0 ? "+" : ""
                return [
                    .text(figure.place), figure.before.map { .number($0) } ?? .none,
                    figure.after.map { .number($0) } ?? .none,
                    "<strong>\(sign)\(Format.number(difference))</strong>",
                ]
            }
        )
    }
}
