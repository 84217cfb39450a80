public import PortalProtocol
import Statements
public import Vocabulary

/// Keys and ceremonies: who may say what, and where each key is.
public struct KeysPage: SheetPage {
    public static let name = "keys"
    public let title = "Keys and ceremonies"
    let sheet: Sheet

    /// One version of RoleKeys.
    public struct Chain: Sendable {
        public let version: Int
        public let officers: [(name: String, key: String)]
        public let threshold: Int
        public let roles: [(String, String)]
        public let issuedAt: Instant
        public let expiresAt: Instant

        public init(
            version: Int,
            officers: [(name: String, key: String)],
            threshold: Int,
            roles: [(String, String)],
            issuedAt: Instant,
            expiresAt: Instant
        ) {
            (self.version, self.officers, self.threshold) = (version, officers, threshold)
            (self.roles, self.issuedAt, self.expiresAt) = (roles, issuedAt, expiresAt)
        }
    }

    /// - Parameters:
    ///   - chain: newest last; empty where there is none, or where the viewer may not see it.
    ///   - people: who is which officer, as far as the viewer may know.
    ///   - orders: nil for whom they are not.
    public init(
        chain: [Chain],
        people: [OfficerName: (id: PersonID, name: String)],
        edges: [EdgeSummary],
        preparations: [Preparation],
        keys: [(product: ProductName, key: ProductKeyState, state: VersionState?)],
        orders: (count: Int, isMore: Bool)?,
        form: FormState,
        opened: String?,
        viewer: Viewer,
        now: Instant
    ) {
        let isAdmin = viewer.roles.contains(.oemAdmin)
        let bring =
            isAdmin ? [Button("Import RoleKeys", "/keys?do=role-keys", icon: .upload, dialog: "dialog-role-keys")] : []
        var main: [Box] = []
        var notes: [Note] = []
        if let newest = chain.last {
            if newest.expiresAt < now {
                notes.append(
                    Note(.bad, "RoleKeys have expired", "Nothing new loads until a ceremony signs the next version.")
                )
            } else if newest.expiresAt - now < 30 * 86_400 {
                notes.append(
                    Note(
                        .warn,
                        "RoleKeys expire \(Format.relative(newest.expiresAt, now: now))",
                        "Plan the ceremony that signs the next version."
                    )
                )
            }
            main.append(
                Box(
                    "roles",
                    "RoleKeys, version \(newest.version)",
                    Self.roles(newest, people, viewer),
                    note: "signed by the OEM's root authority",
                    actions: [
                        Button("RoleKeys", "/keys/role-keys.json", icon: .export, isSmall: true, isDownload: true)
                    ],
                    isFlush: true
                )
            )
            main.append(
                Box(
                    "chain",
                    "Versions so far",
                    Self.versions(chain, now),
                    note: "each signed by the root of the one before",
                    isFlush: true
                )
            )
        } else if viewer.isOEM {
            main.append(
                Box(
                    "roles",
                    "RoleKeys",
                    .empty(
                        .key,
                        "No RoleKeys yet",
                        "The first ceremony makes them: \(.code("obis ceremony")) writes the file, an OEM admin imports it here. Until then nothing that officers sign counts.",
                        bring
                    ),
                    isFlush: true
                )
            )
        }
        main.append(
            Box(
                "product-keys",
                "Product keys",
                .table(
                    "Product keys",
                    [
                        .init("Product"), .init("Slot"), .init("Version", .tight), .init("Kind", .tight),
                        .init("Custody", .tight),
                        .init("Token", .tight), .init("Check value"),
                    ],
                    keys.map { product, key, state in
                        let badge: Markup = state.map { " \($0.badge)" } ?? .empty
                        return [
                            .link(product.text, "/products/\(product.text)"), .text(key.slot.text),
                            "\(key.version.text)\(badge)", key.kind == .fleet ? "fleet" : "per unit",
                            key.custody == .portalToken
                                ? .badge(.ok, "Portal token")
                                : key.custody == .importedInClear
                                    ? .badge(.warn, "Imported in clear") : .badge(.idle, "None yet", isOpen: true),
                            .code(key.token), key.checkValue.map { .whole($0.text) } ?? .none,
                        ]
                    },
                    empty: Empty(
                        .key,
                        "No product keys",
                        "Each version has a key of its own in each slot of its product."
                    )
                ),
                note: "values never leave a token but wrapped to an EdgeHSM",
                isFlush: true
            )
        )
        main.append(
            Box(
                "edge-keys",
                "Keys inside EdgeHSMs",
                .table(
                    "Keys inside EdgeHSMs",
                    [
                        .init("EdgeHSM"), .init("Product", .tight), .init("Keys", .tight), .init("Scope", .tight),
                        .init("Since", .tight),
                    ],
                    preparations.map { item in
                        [
                            Self.edge(item.edgeHSM, edges), .link(item.product.text, "/products/\(item.product.text)"),
                            item.certificates?.installedAt != nil
                                ? .badge(.ok, "PAI and debug, certified")
                                : item.receivedAt != nil
                                    ? .badge(.warn, "Born, wait for the ceremony") : .badge(.info, "Asked for"),
                            .code("\(item.vendorID) / \(item.productID)"), .ago(item.askedAt, now: now),
                        ]
                    }
                        + edges.filter { edge in !preparations.contains { $0.edgeHSM == edge.id } }.map { edge in
                            [
                                Self.edge(edge.id, edges), .none, .badge(.ok, "Enrolled by ceremony"),
                                .link(edge.factory.text, "/factories/\(edge.factory.text)"),
                                .ago(edge.enrolledAt, now: now),
                            ]
                        },
                    empty: Empty(
                        .device,
                        "No EdgeHSM yet",
                        "A PAI key is born inside one EdgeHSM, stays there, and signs nothing but DACs of its product."
                    )
                ),
                note: "born there, never leave",
                isFlush: true
            )
        )
        let words: Markup =
            "<p class=\"small muted\">Ceremonies run offline, from one reviewed file, with a signed transcript. The portal can neither approve nor make a PAI.</p>"
        let ceremonies: Markup =
            viewer.isOEM
            ? words
                + .of(
                    CodeBlock(
                        "obis ceremony plan.json --dry-run\nobis ceremony plan.json",
                        id: "ceremony-command",
                        label: "Ceremony commands"
                    )
                ) : words + "<p class=\"small muted\">The OEM holds them.</p>"
        sheet = Sheet(
            Head(
                "Keys and ceremonies",
                lead: "Keys don't travel. Certificates, authorizations and counters do.",
                actions: bring
            ),
            notes: notes,
            form: form,
            main: main,
            side: [Box("ceremonies", "Ceremonies", ceremonies)] + Self.orders(orders, isAdmin),
            dialogs: isAdmin
                ? [
                    DialogForm(
                        "role-keys",
                        "Import RoleKeys",
                        "Paste the next version as the ceremony wrote it, signed by the root authority. Signatures of officers who are no longer in it don't count from then on.",
                        action: "/keys",
                        form: form,
                        fields: [
                            .area(
                                form,
                                "file",
                                "Content of the ceremony's file",
                                help: "The whole file, unchanged: one version, or the chain."
                            )
                        ],
                        submit: Button("Import", style: .primary),
                        isOpen: opened == "role-keys"
                    )
                ] : []
        )
    }

    private static func roles(
        _ newest: Chain,
        _ people: [OfficerName: (id: PersonID, name: String)],
        _ viewer: Viewer
    ) -> Markup {
        let officers = newest.officers.map { officer -> [Markup] in
            let person = (try? OfficerName(officer.name)).flatMap { people[$0] }
            let who: Markup =
                person.map { .link($0.name, "/people/\($0.id.text)") }
                ?? (viewer.isOEM ? "nobody in the portal" : .none)
            return [.text("Officer \(officer.name)"), who, .whole(officer.key), "the officer's own token"]
        }
        let roles = newest.roles.map { role -> [Markup] in
            [.text(role.0), .none, .whole(role.1), Self.custody(role.0)]
        }
        return """
            <div class="panel-body">\(Markup.of(Definitions([("Officers needed", "\(newest.threshold) of \(newest.officers.count)"), ("Signed", .time(newest.issuedAt)), ("Good until", .date(newest.expiresAt))])))</div>\
            \(Markup.table("Roles", [.init("Role"), .init("Person"), .init("Public key", .wide), .init("Custody")], officers + roles))
            """
    }

    private static func versions(_ chain: [Chain], _ now: Instant) -> Markup {
        .table(
            "Versions of RoleKeys",
            [
                .init("Version"), .init("State", .tight), .init("Officers", .tight), .init("Signed", .tight),
                .init("Good until", .tight),
            ],
            chain.reversed().map { keys in
                let state: Markup =
                    keys.version != chain.last?.version
                    ? .badge(.idle, "Replaced")
                    : keys.expiresAt < now ? .badge(.bad, "Expired") : .badge(.ok, "In force")
                return [
                    "\(keys.version)", state, "\(keys.threshold) of \(keys.officers.count)", .time(keys.issuedAt),
                    .date(keys.expiresAt),
                ]
            }
        )
    }

    private static func edge(_ id: EdgeHSMID, _ edges: [EdgeSummary]) -> Markup {
        edges.first { $0.id == id }.map { .link(id.text, "/factories/\($0.factory.text)/edges/\(id.text)") }
            ?? .text(id.text)
    }

    private static func orders(_ orders: (count: Int, isMore: Bool)?, _ isAdmin: Bool) -> [Box] {
        guard let orders else { return [] }
        let count = orders.isMore ? "More than \(Format.number(orders.count))" : Format.number(orders.count)
        let words: Markup =
            orders.count == 0 ? "None so far." : "\(count) in force."
        return [
            Box(
                "orders",
                "Officers' orders",
                """
                <p>\(words)</p><p class="small muted">They revoke, reset a clock or move the remainder of a dead box.</p>\
                <p>\(Markup.of(Button("View orders", "/keys/orders", isSmall: true)))</p>
                """
            )
        ]
    }

    private static func custody(_ role: String) -> Markup {
        switch role {
        case "Root authority": "offline ceremony token"
        case "Authorizer", "Portal", "Label records": "the portal's token"
        default: .none
        }
    }
}
