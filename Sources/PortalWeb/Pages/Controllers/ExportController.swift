import HTTPTypes
import Hummingbird
import PortalPages
import PortalProtocol
import Vocabulary

/// Every list as a file, as the API streams it. What there is, the API's own routes say.
enum ExportController {
    /// A list in words, by where its file is: see `file(of:)`.
    static let words: [String: (title: String, words: String)] = [
        "devices": ("Devices", "serial, chip, result, batch, factory"),
        "batches": ("Batches", "grants with window, serials, state"),
        "products": ("Products", "foundation, rules, totals"),
        "factories": ("Factories", "place, ODM, time zone"),
        "edges": ("EdgeHSMs", "factory, enrolment"),
        "alarms": ("Alarms", "open and past"),
        "quarantine": ("Quarantine", "entries judged wrong"),
        "people": ("People", "roles, state"),
        "organisations": ("Organisations", "the OEM and its ODMs"),
        "invitations": ("Invitations", "open, used, revoked"),
        "orders": ("Officers' orders", "as they were signed"),
        "audit": ("Audit", "every act in the portal, oldest first"),
        "audit/newest": ("Audit, newest first", "the same acts in the other order"),
        "rollups": ("Sums", "of the last 30 days"),
        "tokens": ("Your API tokens", "scopes, use, expiry; never the token itself"),
        "sessions": ("Your sessions", "browsers that are signed in"),
        "products/{product}/versions": ("Versions", "state, files, signatures"),
        "products/{product}/approvals": ("Approvals", "the chain as the officers signed it"),
        "products/{product}/workspaces": ("Workspaces", "the ODMs that see it"),
        "factories/{factory}/certificates": ("Services' certificates", "who may speak for the site"),
        "factories/{factory}/events": ("Events of the site", "its own word, unproven"),
        "edges/{edge}/preparations": ("Products with keys in it", "asked, certified, installed"),
        "edges/{edge}/evidence": ("Evidence", "what contradicted its journal"),
        "batches/{batch}/units": ("Units", "by serial number, every generation"),
        "people/{person}/tokens": ("API tokens", "scopes, use, expiry; never the token itself"),
        "people/{person}/sessions": ("Sessions", "browsers that are signed in"),
    ]

    /// Where files are, by what stands before the last part of their addresses.
    private static let places = [
        "": "exportFile", "/audit": "exportAuditFile", "/products/{product}": "exportProductFile",
        "/factories/{factory}": "exportFactoryFile", "/edges/{edge}": "exportEdgeFile",
        "/batches/{batch}": "exportBatchFile", "/people/{person}": "exportPersonFile",
    ]

    static let routes: [PageRoute] =
        [PageRoute(.get, "/exports", "exports", handler: page)]
        + places.sorted { $0.key < $1.key }.map { place, name in
            PageRoute(.get, "/exports\(place)/{file}", name, handler: file)
        }

    /// `/v1/exports/products/{product}/versions.csv` is `products/{product}/versions`.
    static func file(of declaration: RouteDeclaration) -> String {
        String(declaration.template.text.dropFirst("/v1/exports/".count).dropLast(".csv".count))
    }

    @Sendable private static func page(_ look: PageRequest) async throws -> PageAnswer {
        _ = try look.require()
        var lists: [ExportPage.List] = []
        for declaration in look.api.exports {
            let place = file(of: declaration)
            let shown = declaration.template.text.replacing(/\{[^}]*\}/, with: "0")
            guard await look.api.admits(.get, shown) else { continue }
            let (title, words) = words[place] ?? (place, declaration.summary)
            let kind = declaration.template.parameters.first.flatMap { ExportPage.Choice.Kind(rawValue: $0) }
            if place == "rollups" {
                // One file for each thing that is summed by.
                lists += RollUpDimension.allCases.map {
                    .init(
                        title: "\(title) by \($0 == .edge ? "EdgeHSM" : $0.rawValue)",
                        words: words,
                        address: "/exports/rollups",
                        query: "?by=\($0.rawValue)"
                    )
                }
                continue
            }
            let object = kind.flatMap { look.query[$0.rawValue] } ?? ""
            let address = place.replacing(/\{[^}]*\}/, with: escaped(object))
            let isKnown = kind == nil || !object.isEmpty
            lists.append(
                .init(title: title, words: words, address: isKnown ? "/exports/\(address)" : nil, of: kind)
            )
        }
        var choices: [ExportPage.Choice] = []
        for kind in ExportPage.Choice.Kind.allCases where lists.contains(where: { $0.of == kind }) {
            var options = try await options(kind, look)
            let chosen = look.query[kind.rawValue] ?? ""
            if !chosen.isEmpty, !options.contains(where: { $0.0 == chosen }) { options.append((chosen, chosen)) }
            choices.append(.init(kind, chosen: chosen, options: options))
        }
        return .page(ExportPage(lists, choices: choices))
    }

    private static func options(_ kind: ExportPage.Choice.Kind, _ look: PageRequest) async throws -> [(String, String)]
    {
        switch kind {
        case .product:
            let products: [Product] = try await look.api.all("/v1/products")
            return products.map { ($0.product.text, $0.title.text) }
        case .factory: return try await People.factories(look).values.map { ($0.id.text, $0.name) }.sorted { $0 < $1 }
        case .edge:
            let edges: [EdgeSummary] = try await look.api.all("/v1/edges")
            return edges.map { ($0.id.text, $0.id.text) }
        case .batch:
            let batches = try await look.api.get("/v1/batches", ["limit": "60"], as: Page<Batch>.self).items
            return batches.map { ($0.id.text, "\($0.batch.text), \($0.product.text)") }
        case .person:
            let people: [Person] = try await look.api.all("/v1/people")
            return people.map { ($0.id.text, $0.name) }
        }
    }

    /// With the list's own filters in the query.
    @Sendable private static func file(_ look: PageRequest) async throws -> PageAnswer {
        _ = try look.require()
        // The API knows which there are.
        return .response(try await look.api.response("/v1\(look.path)", look.query))
    }
}
