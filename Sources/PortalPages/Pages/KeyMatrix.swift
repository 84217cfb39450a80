import PortalProtocol
import Vocabulary

/// Which EdgeHSM holds the PAI of which product, and whether a package has brought the product's keys.
struct KeyMatrix {
    enum Cell: Equatable {
        /// The PAI is there, by the portal's preparation or since the EdgeHSM's enrolment.
        case ready(isLoaded: Bool)
        /// Asked for, born, or certified and on its way.
        case underWay(Preparation)
        /// Units are allotted, but the portal knows of no PAI.
        case missing(units: Int)
        case none

        var isReady: Bool { if case .ready = self { true } else { false } }
        var isUnderWay: Bool { if case .underWay = self { true } else { false } }
        var isMissing: Bool { if case .missing = self { true } else { false } }
    }

    private struct Row {
        let edge: EdgeSummary
        let cells: [Cell]
    }

    private let rows: [Row]
    private let products: [KeysPage.Product]
    private let factories: [FactoryID: Factory]

    init(_ content: KeysPage.Content) {
        (products, factories) = (content.products, content.factories)
        let known = Dictionary(grouping: content.preparations ?? []) { $0.edgeHSM }
        let isKnown = content.preparations != nil
        rows = content.edges.map { [products] edge in
            let own = Dictionary((known[edge.id] ?? []).map { ($0.product, $0) }) { first, _ in first }
            return Row(edge: edge, cells: products.map { Self.cell(of: $0, in: edge.id, own[$0.name], isKnown) })
        }
    }

    private static func cell(
        of product: KeysPage.Product,
        in edge: EdgeHSMID,
        _ preparation: Preparation?,
        _ isKnown: Bool
    ) -> Cell {
        let isLoaded = product.loaded.contains(edge)
        // What was loaded there could not have been without its PAI.
        if isLoaded || preparation?.certificates?.installedAt != nil { return .ready(isLoaded: isLoaded) }
        if let preparation { return .underWay(preparation) }
        let allotted = product.allotments[edge] ?? 0
        return isKnown && allotted > 0 ? .missing(units: allotted) : .none
    }

    private var cells: [Cell] { rows.flatMap(\.cells) }
    var ready: Int { rows.filter { $0.edge.halted == nil }.flatMap(\.cells).count { $0.isReady } }
    var underWay: Int { cells.count { $0.isUnderWay } }
    var missing: Int { cells.count { $0.isMissing } }

    private var stoppedPlace: String {
        rows.first { $0.edge.halted != nil }.map { "/factories/\($0.edge.factory.text)#halt" } ?? "/factories"
    }

    func markup(_ now: Instant) -> Markup {
        let table = Markup.table(
            "Keys inside EdgeHSMs",
            [.init("EdgeHSM")] + products.map { .init($0.name.text, .tight) },
            rows.map { row in
                let place = "/factories/\(row.edge.factory.text)/edges/\(row.edge.id.text)"
                let factory = factories[row.edge.factory]?.name ?? row.edge.factory.text
                return [
                    .sub(
                        "\(.link(row.edge.id.text, place))\(.stopped(row.edge.halted))",
                        .link(factory, "/factories/\(row.edge.factory.text)")
                    )
                ] + zip(products, row.cells).map { Self.markup($1, of: $0, isStopped: row.edge.halted != nil, now) }
            },
            empty: Empty(
                .device,
                "No EdgeHSM yet",
                "A PAI key is born inside one EdgeHSM, stays there, and signs nothing but DACs of its product."
            ),
            style: products.count > 6 ? "keeps" : ""
        )
        guard !rows.isEmpty else { return table }
        return """
            \(table)<p class="panel-foot">\(rows.contains { $0.edge.halted != nil } ? "Stopped: \(.link("what to do now", stoppedPlace)). " : "")Ready: its PAI is certified and inside; product keys come with a batch's package.\
            \(missing == 0 ? "" : " No PAI: \(.link("prepare the product", "/factories")) at its factory's page, then hold a ceremony.")</p>
            """
    }

    private static func markup(
        _ cell: Cell,
        of product: KeysPage.Product,
        isStopped: Bool,
        _ now: Instant
    ) -> Markup {
        switch cell {
        // The PAI is there, and nothing may be made with it until the officers decide.
        case .ready where isStopped:
            return .sub(.badge(.idle, "Inside, not in use", isOpen: true), "EdgeHSM is stopped")
        case .ready(isLoaded: false): return .sub(.badge(.ok, "Ready", isOpen: true), "no package loaded yet")
        case .ready:
            let slots = product.slots.map(\.text).joined(separator: ", ")
            return .sub(.badge(.ok, "Ready"), slots.isEmpty ? "package loaded" : "\(slots) loaded")
        case .underWay(let preparation):
            let since = preparation.certificates?.uploadedAt ?? preparation.receivedAt ?? preparation.askedAt
            return .sub(preparation.state, .ago(since, now: now))
        case .missing(let units): return .sub(.badge(.bad, "No PAI"), "\(Format.number(units)) units allotted")
        case .none: return .none
        }
    }
}
