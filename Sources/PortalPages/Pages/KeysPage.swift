public import PortalProtocol
import Statements
public import Vocabulary

/// Keys and ceremonies: who may say what, and where each key is.
public struct KeysPage: SheetPage {
    public static let name = "keys"
    public let title = "Keys and ceremonies"
    let sheet: Sheet

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
    public init(
        chain: [Chain],
        edges: [EdgeSummary],
        preparations: [Preparation],
        keys: [(product: ProductName, state: ProductKeyState)],
        orders: [NumberedOrder],
        viewer: Viewer,
        now: Instant
    ) {
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
                    """
                    \(Markup.of(Definitions([("Officers needed", "\(newest.threshold) of \(newest.officers.count)"), ("Signed", .time(newest.issuedAt)), ("Good until", .date(newest.expiresAt)), ("Versions so far", .number(chain.count))])))\
                    \(Markup.table("Roles", [.init("Role"), .init("Public key", .tight), .init("Custody")], newest.officers.map { [.text("Officer \($0.name)"), .digest($0.key, 24), "the officer's own token"] } + newest.roles.map { [.text($0.0), .digest($0.1, 24), Self.custody($0.0)] }))
                    """,
                    note: "signed by the OEM's root authority"
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
                        "The first ceremony makes them: \(.code("obis ceremony")) writes the file, \(.code("PUT /v1/role-keys")) brings it."
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
                        .init("Token", .tight), .init("Check value", .tight),
                    ],
                    keys.map { product, key in
                        [
                            .link(product.text, "/products/\(product.text)"), .text(key.slot.text),
                            .text(key.version.text), key.kind == .fleet ? "fleet" : "per unit",
                            key.custody == .portalToken
                                ? .badge(.ok, "Portal token")
                                : key.custody == .importedInClear
                                    ? .badge(.warn, "Imported in clear") : .badge(.idle, "None yet", isOpen: true),
                            .code(key.token), key.checkValue.map { .digest($0.text) } ?? .none,
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
                            .text(item.edgeHSM.text), .link(item.product.text, "/products/\(item.product.text)"),
                            item.certificates?.installedAt != nil
                                ? .badge(.ok, "PAI and debug, certified")
                                : item.receivedAt != nil
                                    ? .badge(.warn, "Born, wait for the ceremony") : .badge(.info, "Asked for"),
                            .code("\(item.vendorID) / \(item.productID)"), .ago(item.askedAt, now: now),
                        ]
                    }
                        + edges.filter { edge in !preparations.contains { $0.edgeHSM == edge.id } }.map { edge in
                            [
                                .text(edge.id.text), .none, .badge(.ok, "Enrolled by ceremony"),
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
        let ceremonies: Markup = """
            <p class="small muted">Ceremonies run offline, from one reviewed file, with a signed transcript. The portal can neither approve nor make a PAI.</p>\
            \(Markup.of(CodeBlock("obis ceremony plan.json --dry-run\nobis ceremony plan.json", id: "ceremony-command", label: "Ceremony commands")))
            """
        sheet = Sheet(
            Head("Keys and ceremonies", lead: "Keys don't travel. Certificates, authorizations and counters do."),
            notes: notes,
            main: main,
            side: [Box("ceremonies", "Ceremonies", ceremonies)]
                + (viewer.isOEM
                    ? [
                        Box(
                            "orders",
                            "Officers' orders",
                            orders.isEmpty
                                ? "<p class=\"muted\">None so far.</p>"
                                : "<p>\(orders.count) in force. They revoke, reset a clock or release the remainder of a dead box.</p>"
                        )
                    ] : [])
        )
    }

    private static func custody(_ role: String) -> Markup {
        switch role {
        case "Root authority": "offline ceremony token"
        case "Authorizer", "Portal", "Label records": "the portal's token"
        default: .none
        }
    }
}
