import PortalProtocol
import Statements
import Vocabulary

/// Keys of products in the portal's token, a row for each slot and version.
enum ProductKeyTable {
    static func markup(_ products: [KeysPage.Product]) -> Markup {
        let rows = products.flatMap { product in product.keys.map { (product.name, $0.key, $0.state) } }
        return .table(
            "Product keys",
            [
                .init("Product"), .init("Slot", .tight), .init("Version", .tight), .init("Custody", .tight),
                .init("Check value", .tight),
            ],
            rows.enumerated().map { index, row in
                let (product, key, state) = row
                let version: Markup = state.map { "\(key.version.text) \($0.badge)" } ?? .text(key.version.text)
                return [
                    .link(product.text, "/products/\(product.text)"),
                    .sub(.code(key.slot.text), key.kind == .fleet ? "one for all units" : "one for each unit"),
                    version,
                    custody(key),
                    key.checkValue.map {
                        .folded($0.text, Format.short($0.text, 8), id: "check-\(index)", name: "check value")
                    } ?? .none,
                ]
            },
            empty: Empty(.key, "No product keys", "Each version has a key of its own in each slot of its product.")
        )
    }

    private static func custody(_ key: ProductKeyState) -> Markup {
        switch key.custody {
        case .portalToken: .sub(.badge(.ok, "Portal's token"), "serial \(.code(key.token))")
        case .importedInClear: .sub(.badge(.warn, "Imported in clear"), "its value was known outside")
        case .none: .badge(.idle, "None yet", isOpen: true)
        }
    }
}

/// Who may say what: public keys by their ids, with who holds the private one.
enum RoleKeyTable {
    static func markup(
        _ newest: KeysPage.Chain,
        _ people: [OfficerName: (id: PersonID, name: String)],
        _ viewer: Viewer
    ) -> Markup {
        let officers = newest.officers.map { officer -> (role: String, key: KeysPage.PublicKey, holder: Markup) in
            let person = (try? OfficerName(officer.holder)).flatMap { people[$0] }
            let who: Markup =
                person.map { .link($0.name, "/people/\($0.id.text)") }
                ?? (viewer.isOEM ? "nobody in the portal" : .none)
            return ("Officer \(officer.holder)", officer, .sub(who, "the officer's own token"))
        }
        let roles = newest.roles.map { role -> (role: String, key: KeysPage.PublicKey, holder: Markup) in
            (role.holder, role, custody(role.holder))
        }
        return .table(
            "Roles",
            [.init("Role"), .init("Held by"), .init("Key id", .tight)],
            (officers + roles).enumerated().map { index, row in
                [
                    .text(row.role), row.holder,
                    """
                    <details class="details whole"><summary>\(Icon.chevron.markup)<code>\(Format.short(row.key.id, 16))</code>\
                    <span class="sr">, show the whole key of \(row.role)</span></summary>\
                    \(.of(Definitions([
                        ("Key id", .copyable(row.key.id, id: "key-id-\(index)", name: "key id")),
                        ("Public key", .copyable(row.key.point, id: "key-\(index)", name: "public key")),
                    ])))</details>
                    """,
                ]
            }
        )
    }

    static func versions(_ chain: [KeysPage.Chain], _ now: Instant) -> Markup {
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

    private static func custody(_ role: String) -> Markup {
        switch role {
        case "Root authority": "offline ceremony token"
        case "Authorizer", "Portal", "Label records": "portal's token"
        default: .none
        }
    }
}
