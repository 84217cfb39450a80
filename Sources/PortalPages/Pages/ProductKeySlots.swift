import PortalProtocol
import Statements
import Vocabulary

extension ProductPage {
    /// A row for each slot and version: the key of what is made now stays beside that of what is in review.
    static func keys(_ content: Content) -> Markup {
        let versions = Dictionary(content.versions.map { ($0.version, $0.state) }) { first, _ in first }
        return .table(
            "Key slots",
            [.init("Slot"), .init("Custody", .tight)],
            content.product.foundation.keySlots.flatMap { slot -> [[Markup]] in
                let kind: Markup = slot.kind == .fleet ? "one key for all units" : "a key for each unit"
                let states = content.keys.filter { $0.slot == slot.slot }
                guard !states.isEmpty else {
                    return [[.sub(.text(slot.slot.text), kind), .badge(.idle, "No version yet", isOpen: true)]]
                }
                return states.map { state in
                    let custody: Markup =
                        switch state.custody {
                        case .portalToken: .badge(.ok, "Portal's token")
                        case .importedInClear: .badge(.warn, "Imported in clear")
                        case .none: .badge(.idle, "No key yet", isOpen: true)
                        }
                    let version: Markup = versions[state.version].map { " \($0.badge)" } ?? .empty
                    let check: Markup = state.checkValue.map { "check value \(.digest($0.text, 8))" } ?? .empty
                    return [
                        .sub("\(slot.slot.text) \(state.version.text)\(version)", kind), .sub(custody, check),
                    ]
                }
            },
            empty: Empty(.key, "No key slots", "Units of this product carry no product key.")
        )
    }
}
