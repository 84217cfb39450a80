public import PortalProtocol
public import Vocabulary

/// Batches, newest first; all, or those that stand somewhere.
public struct BatchListPage: SheetPage {
    public static let name = "batches"
    public let title = "Batches"
    public let live: [LivePlace]
    let sheet: Sheet

    /// What of them is listed.
    public struct Filter: Sendable {
        public let standing: BatchGroup?
        public let product: ProductName?
        public let factory: FactoryID?

        public init(standing: BatchGroup? = nil, product: ProductName? = nil, factory: FactoryID? = nil) {
            (self.standing, self.product, self.factory) = (standing, product, factory)
        }

        /// By more than where they stand.
        var isNarrow: Bool { product != nil || factory != nil }

        func address(_ standing: BatchGroup?, cursor: String? = nil) -> String {
            let pairs = [
                ("standing", standing?.rawValue), ("product", product?.text), ("factory", factory?.text),
                ("cursor", cursor),
            ]
            let query = pairs.compactMap { name, value in value.map { "\(name)=\($0)" } }.joined(separator: "&")
            return query.isEmpty ? "/batches" : "/batches?\(query)"
        }
    }

    /// - Parameters:
    ///   - issued: units issued by authorization, from the roll-ups.
    ///   - factories: those that the viewer may see.
    ///   - products: titles, as far as the viewer knows them.
    ///   - organisations: names, as far as the viewer knows them.
    ///   - counts: how many stand where.
    ///   - canGrant: the viewer could grant a batch now.
    public init(
        _ page: Page<Batch>,
        issued: [Digest256: ProductionCounts],
        organisations: [OrganisationID: String] = [:],
        factories: [FactoryID: Factory] = [:],
        products: [ProductName: String] = [:],
        counts: BatchCounts? = nil,
        filter: Filter = Filter(),
        canGrant: Bool = false,
        viewer: Viewer,
        now: Instant
    ) {
        let create =
            canGrant ? [Button("New batch", "/batches/new", icon: .plus, style: .primary)] : []
        var places: [LivePlace] = []
        func live(_ key: String, _ content: Markup) -> Markup {
            places.append(LivePlace(key, content))
            return .live(key, content)
        }
        let rows = page.items.map { batch -> [Markup] in
            let (made, key) = (issued[batch.authorization] ?? .zero, batch.id.text)
            let names = [products[batch.product].map { _ in batch.product.text }, organisations[batch.organisation]]
            return [
                .sub(
                    .link(batch.batch.text, "/batches/\(key)"),
                    "\(.code(batch.firstSerial.text)) – \(.code(batch.lastSerial.text))"
                ),
                .sub(
                    .version(batch.product, batch.version, products[batch.product]),
                    .text(names.compactMap { $0 }.joined(separator: " · "))
                ),
                .factory(batch.factory, factories, batch.edgeHSM),
                live("\(key)-state", batch.cell(at: now)),
                live("\(key)-issued", .used(issued: made.issued, burned: made.burned, of: batch.quantity)),
                .sub("opens \(.date(batch.notBefore))", "closes \(.date(batch.notAfter))"),
                .ago(batch.createdAt, now: now),
            ]
        }
        let tabs = Self.tabs(filter, counts) { live($0, $1) }
        let isLive = page.items.contains { !$0.stage(at: now).isFinished }
        self.live = isLive ? places : []
        sheet = Sheet(
            Head(
                "Batches",
                lead: "Every grant of units: what may be made where, and when.",
                actions: create,
                isLive: isLive
            ),
            tabs: tabs,
            above: Self.filters(filter, factories, products),
            main: [
                Box(
                    "list",
                    Self.title(filter),
                    .table(
                        "Batches",
                        [
                            .init("Batch"), .init("Product"), .init("Factory"), .init("State", .tight),
                            .init("Issued", .tight), .init("Window", .tight), .init("Granted", .tight),
                        ],
                        rows,
                        empty: Self.empty(filter, canGrant, viewer, create),
                        next: page.next.map { filter.address(filter.standing, cursor: $0.text) },
                        style: "brief"
                    ),
                    note: .link("Export", "/exports"),
                    isFlush: true
                )
            ]
        )
    }

    private static func title(_ filter: Filter) -> String {
        guard let standing = filter.standing else { return filter.isNarrow ? "Matching batches" : "All batches" }
        return "\(standing.words), newest first"
    }

    /// How many stand where is known of all batches alone; what is closed is not counted at all.
    private static func tabs(
        _ filter: Filter,
        _ counts: BatchCounts?,
        _ live: (String, Markup) -> Markup
    ) -> Tabs {
        func count(_ standing: BatchGroup) -> Markup {
            guard let counts, !filter.isNarrow, let number = counts.of(standing) else { return .empty }
            let isBad = standing == .blocked && number > 0
            return live(
                "count-\(standing.rawValue)",
                isBad ? .count(number) : "<span class=\"muted\">\(Format.number(number))</span>"
            )
        }
        let all = Tabs.Item(
            title: "All",
            address: filter.address(nil),
            isCurrent: filter.standing == nil,
            count: .empty
        )
        return Tabs(
            "Where batches stand",
            [all]
                + BatchGroup.allCases.map {
                    .init(
                        title: $0.words,
                        address: filter.address($0),
                        isCurrent: filter.standing == $0,
                        count: count($0)
                    )
                }
        )
    }

    /// Where there is something to choose.
    private static func filters(
        _ filter: Filter,
        _ factories: [FactoryID: Factory],
        _ products: [ProductName: String]
    ) -> Markup {
        guard filter.isNarrow || factories.count > 1 || products.count > 1 else { return .empty }
        let chosen = ["product": filter.product?.text ?? "", "factory": filter.factory?.text ?? ""]
        let form = FormState(values: chosen, key: "", csrf: "")
        func options(_ named: [(String, String)]) -> [(value: String, text: String, extra: Markup)] {
            [("", "Any", .empty)] + named.sorted { $0.1 < $1.1 }.map { ($0.0, $0.1, .empty) }
        }
        let fields: [Field] = [
            .select(form, "product", "Product", options(products.map { ($0.key.text, $0.value) }), isRequired: false),
            .select(
                form,
                "factory",
                "Factory",
                options(factories.map { ($0.key.text, $0.value.name) }),
                isRequired: false
            ),
        ]
        let standing: Markup =
            filter.standing.map { "<input type=\"hidden\" name=\"standing\" value=\"\($0.rawValue)\">" } ?? .empty
        let clear: Markup =
            filter.isNarrow
            ? .of(Button("Clear", Filter(standing: filter.standing).address(filter.standing), style: .quiet)) : .empty
        return """
            <form class="filters bare" method="get" action="/batches" aria-label="Narrow the batches">\(standing)\
            \(.fold("Filters", "\(fields.map { Markup.of($0) }.joined())<div class=\"row\">\(Markup.of(Button("Filter", icon: .filter)))\(clear)</div>", isOpen: filter.isNarrow))</form>
            """
    }

    private static func empty(_ filter: Filter, _ canGrant: Bool, _ viewer: Viewer, _ create: [Button]) -> Empty {
        if filter.standing != nil || filter.isNarrow {
            return Empty(
                .batch,
                filter.standing.map { "\($0.words): none" } ?? "No such batch",
                "No batch of yours to see is here now.",
                [Button("All batches", "/batches")]
            )
        }
        return Empty(
            .batch,
            "No batch yet",
            canGrant
                ? "A batch lets one EdgeHSM make a number of units of an approved version within a window."
                : viewer.roles.contains(.odmProductionManager)
                    ? "You make batches once your OEM's officers have approved a version and one of your factories is enrolled."
                    : "The ODM's production manager makes batches of approved versions; they appear here.",
            create
        )
    }
}

extension BatchGroup {
    /// As a batch's own state reads.
    var words: String {
        switch self {
        case .running: "Running"
        case .waiting: "Waiting"
        case .blocked: "Blocked"
        case .usedUp: "Used up"
        case .over: "Over"
        case .ended: "Closed"
        }
    }
}

extension BatchCounts {
    /// Nil where nobody counts them.
    fileprivate func of(_ standing: BatchGroup) -> Int? {
        switch standing {
        case .running: running
        case .waiting: waiting
        case .blocked: blocked
        case .usedUp: usedUp
        case .over: over
        case .ended: nil
        }
    }
}
