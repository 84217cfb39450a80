public import PortalProtocol
import Statements
public import Vocabulary

/// Keys and ceremonies: who may say what, and where each key is.
public struct KeysPage: SheetPage {
    public static let name = "keys"
    public let title = "Keys and ceremonies"
    let sheet: Sheet

    /// A public key as people tell it from another: by its key id.
    public struct PublicKey: Sendable {
        /// `officer-1`, `Root authority`.
        public let holder: String
        /// Point in hexadecimal.
        public let point: String
        /// SHA-256 of its SubjectPublicKeyInfo, in hexadecimal: what signatures name.
        public let id: String

        public init(holder: String, point: String, id: String) {
            (self.holder, self.point, self.id) = (holder, point, id)
        }
    }

    /// One version of RoleKeys.
    public struct Chain: Sendable {
        public let version: Int
        public let officers: [PublicKey]
        public let threshold: Int
        public let roles: [PublicKey]
        public let issuedAt: Instant
        public let expiresAt: Instant

        public init(
            version: Int,
            officers: [PublicKey],
            threshold: Int,
            roles: [PublicKey],
            issuedAt: Instant,
            expiresAt: Instant
        ) {
            (self.version, self.officers, self.threshold) = (version, officers, threshold)
            (self.roles, self.issuedAt, self.expiresAt) = (roles, issuedAt, expiresAt)
        }
    }

    /// One product as its keys see it.
    public struct Product: Sendable {
        public let name: ProductName
        public let slots: [KeySlot]
        /// Units that each EdgeHSM may be granted.
        public let allotments: [EdgeHSMID: Int]
        /// EdgeHSMs that have loaded a batch of it.
        public let loaded: Set<EdgeHSMID>
        public let keys: [(key: ProductKeyState, state: VersionState?)]

        public init(
            name: ProductName,
            slots: [KeySlot],
            allotments: [EdgeHSMID: Int],
            loaded: Set<EdgeHSMID>,
            keys: [(key: ProductKeyState, state: VersionState?)]
        ) {
            (self.name, self.slots, self.allotments) = (name, slots, allotments)
            (self.loaded, self.keys) = (loaded, keys)
        }
    }

    public struct Content: Sendable {
        /// Newest last; empty where there is none, or where the viewer may not see it.
        public let chain: [Chain]
        /// Who is which officer, as far as the viewer may know.
        public let people: [OfficerName: (id: PersonID, name: String)]
        public let names: [PersonID: String]
        public let edges: [EdgeSummary]
        public let factories: [FactoryID: Factory]
        /// Nil for whom they are not.
        public let preparations: [Preparation]?
        public let products: [Product]
        /// Nil for whom they are not.
        public let orders: (count: Int, isMore: Bool)?

        public init(
            chain: [Chain],
            people: [OfficerName: (id: PersonID, name: String)],
            names: [PersonID: String],
            edges: [EdgeSummary],
            factories: [FactoryID: Factory],
            preparations: [Preparation]?,
            products: [Product],
            orders: (count: Int, isMore: Bool)?
        ) {
            (self.chain, self.people, self.names) = (chain, people, names)
            (self.edges, self.factories, self.preparations) = (edges, factories, preparations)
            (self.products, self.orders) = (products, orders)
        }
    }

    public init(_ content: Content, form: FormState, opened: String?, viewer: Viewer, now: Instant) {
        let isAdmin = viewer.roles.contains(.oemAdmin)
        let bring =
            isAdmin ? [Button("Import RoleKeys", "/keys?do=role-keys", icon: .upload, dialog: "dialog-role-keys")] : []
        let matrix = KeyMatrix(content)
        sheet = Sheet(
            Head(
                "Keys and ceremonies",
                lead: "Keys don't travel. Certificates, authorizations and counters do.",
                actions: bring
            ),
            notes: Self.notes(content.chain.last, now),
            form: form,
            stats: Self.figures(content, matrix, now),
            above: .of(
                Box(
                    "edge-keys",
                    "Keys inside EdgeHSMs",
                    matrix.markup(now),
                    note: "a PAI key is born there, stays there, and signs DACs of its product alone",
                    isFlush: true
                )
            ),
            main: Self.boxes(content, bring, viewer, now),
            side: [Box("plan", "The next ceremony", viewer.isOEM ? Self.plan + Self.commands : Self.plan + Self.holder)]
                + Self.orders(content.orders),
            dialogs: isAdmin ? [Self.dialog(form, isOpen: opened == "role-keys")] : []
        )
    }

    private static func boxes(_ content: Content, _ bring: [Button], _ viewer: Viewer, _ now: Instant) -> [Box] {
        var main: [Box] = [
            Box(
                "product-keys",
                "Product keys",
                ProductKeyTable.markup(content.products),
                note: "values never leave a token but wrapped to an EdgeHSM",
                isFlush: true
            )
        ]
        if let newest = content.chain.last {
            main.append(
                Box(
                    "roles",
                    "RoleKeys, version \(newest.version)",
                    RoleKeyTable.markup(newest, content.people, viewer),
                    note: "signed by the OEM's root authority",
                    actions: [
                        Button("RoleKeys", "/keys/role-keys.json", icon: .export, isSmall: true, isDownload: true)
                    ],
                    isFlush: true
                )
            )
        } else if viewer.isOEM {
            main.append(Box("roles", "RoleKeys", noRoleKeys(bring), isFlush: true))
        }
        if content.chain.count > 1 {
            main.append(
                Box(
                    "chain",
                    "Versions of RoleKeys",
                    RoleKeyTable.versions(content.chain, now),
                    note: "each signed by the root of the one before",
                    isFlush: true
                )
            )
        }
        if let acts = Ceremonies.table(content, viewer, now) {
            main.append(Box("ceremonies", "What ceremonies did", acts, note: "newest first", isFlush: true))
        }
        return main
    }

    private static func notes(_ newest: Chain?, _ now: Instant) -> [Note] {
        guard let newest else { return [] }
        if newest.expiresAt < now {
            return [Note(.bad, "RoleKeys have expired", "Nothing new loads until a ceremony signs the next version.")]
        }
        guard newest.expiresAt - now < 30 * 86_400 else { return [] }
        return [
            Note(
                .warn,
                "RoleKeys expire \(Format.relative(newest.expiresAt, now: now))",
                "Plan the ceremony that signs the next version."
            )
        ]
    }

    private static func figures(_ content: Content, _ matrix: KeyMatrix, _ now: Instant) -> Markup {
        var items: [Stats.Item] = []
        if let newest = content.chain.last {
            let left = newest.expiresAt - now
            let value: Markup = left > 0 ? "\(Format.days(left))" : "Expired"
            items += [
                .init("RoleKeys good for", value, "until \(.date(newest.expiresAt))"),
                .init("Officers who must sign", "\(newest.threshold)", "of \(newest.officers.count)"),
            ]
        }
        let keys = content.products.flatMap(\.keys).map(\.key)
        let (clear, missing) = (keys.count { $0.custody == .importedInClear }, keys.count { $0.custody == .none })
        let safe = keys.count - clear - missing
        items.append(
            .init(
                "Product keys",
                .number(keys.count),
                keys.isEmpty
                    ? "none planned"
                    : "\(safe) in the portal's token\(clear == 0 ? "" : ", \(clear) imported in clear")"
            )
        )
        items.append(
            .init("Slots without a key", .number(missing), missing == 0 ? "each has its own" : "no package can be made")
        )
        if content.preparations != nil {
            let (ready, underWay, without) = (matrix.ready, matrix.underWay, matrix.missing)
            items += [
                .init("PAIs in use", .number(ready), underWay == 0 ? "none under way" : "\(underWay) under way"),
                .init(
                    "PAIs missing",
                    .number(without),
                    without == 0 ? "where units are allotted" : "units are allotted, but no PAI is there"
                ),
            ]
        }
        return .of(Stats(items))
    }

    private static func noRoleKeys(_ bring: [Button]) -> Markup {
        .empty(
            .key,
            "No RoleKeys yet",
            "The first ceremony makes them: \(.code("obis ceremony")) writes the file, an OEM admin imports it here. Until then nothing that officers sign counts.",
            bring
        )
    }

    private static let plan: Markup =
        "<p class=\"small muted\">Offline, from one reviewed plan, with a signed transcript: tried first, then done. The portal can neither approve nor make a PAI.</p>"
    private static let holder: Markup = "<p class=\"small muted\">The OEM holds it.</p>"
    private static let commands: Markup = .of(
        CodeBlock(
            command: "obis ceremony plan.json --dry-run\nobis ceremony plan.json",
            id: "ceremony-command",
            label: "Commands of a ceremony"
        )
    )

    private static func orders(_ orders: (count: Int, isMore: Bool)?) -> [Box] {
        guard let orders else { return [] }
        let count = orders.isMore ? "More than \(Format.number(orders.count))" : Format.number(orders.count)
        let words: Markup =
            orders.count == 0 ? "None so far." : "\(count) in force."
        return [
            Box(
                "orders",
                "Officers' orders",
                """
                <p>\(words)</p><p class="small muted">They revoke, reset a clock or move the remainder of a dead EdgeHSM.</p>\
                <p>\(Markup.of(Button("View orders", "/keys/orders", isSmall: true)))</p>
                """
            )
        ]
    }

    private static func dialog(_ form: FormState, isOpen: Bool) -> DialogForm {
        DialogForm(
            "role-keys",
            "Import RoleKeys",
            "Choose or paste the next version as the ceremony wrote it, signed by the root authority. Signatures of officers who are no longer in it don't count from then on. This takes effect at once and can't be undone.",
            action: "/keys",
            form: form,
            fields: [
                .document(
                    form,
                    "file",
                    "Content of the ceremony's file",
                    help: "The whole file, unchanged: one version, or the chain."
                )
            ],
            submit: Button("Import RoleKeys", style: .primary),
            isOpen: isOpen
        )
    }
}
