import HTTPTypes
import Hummingbird
import PortalPages
import PortalProtocol
import Vocabulary

/// Every list as a file, as the API streams it. What there is, the API's own routes say.
enum ExportController {
    /// A list in words, by where its file is: see `file(of:)`. Of one thing where the group is that of no page.
    static let words: [String: (group: ExportPage.Group, title: String, words: String)] = [
        "devices": (.production, "Devices", "serial, chip, result, batch, factory"),
        "batches": (.production, "Batches", "quantity, window, serials, state"),
        "products": (.production, "Products", "foundation, rules, totals"),
        "factories": (.production, "Factories", "place, ODM, time zone"),
        "edges": (.production, "EdgeHSMs", "factory, enrolment"),
        "alarms": (.production, "Alarms", "open and past"),
        "quarantine": (.production, "Quarantine", "journal entries that were judged wrong"),
        "rollups": (.production, "Totals", "devices of the last 30 days"),
        "orders": (.trust, "Officers' orders", "as they were signed"),
        "audit": (.trust, "Audit", "every act in the portal, oldest first"),
        "audit/newest": (.trust, "Audit, newest first", "every act in the portal, newest first"),
        "people": (.organisation, "People", "roles, state"),
        "organisations": (.organisation, "Organisations", "the OEM and its ODMs"),
        "invitations": (.organisation, "Invitations", "open, used, revoked"),
        "tokens": (.yours, "Your API tokens", "scopes, use, expiry; never the token itself"),
        "sessions": (.yours, "Your sessions", "browsers that are signed in"),
        "products/{product}/versions": (.production, "Versions", "state, files, signatures"),
        "products/{product}/approvals": (.production, "Approvals", "the chain as the officers signed it"),
        "products/{product}/workspaces": (.production, "Workspaces", "the ODMs that see it"),
        "factories/{factory}/certificates": (
            .production, "Services' certificates", "which programs may speak for the factory"
        ),
        "factories/{factory}/events": (.production, "Site events", "what the factory itself says, unproven"),
        "edges/{edge}/preparations": (.production, "Products with keys in it", "asked, certified, installed"),
        "edges/{edge}/evidence": (.production, "Evidence", "what contradicted its journal"),
        "batches/{batch}/units": (.production, "Units", "by serial number, every generation"),
        "people/{person}/tokens": (.organisation, "API tokens", "scopes, use, expiry; never the token itself"),
        "people/{person}/sessions": (.organisation, "Sessions", "browsers that are signed in"),
    ]

    /// The same list in another order: the API's alone.
    private static let unlisted: Set<String> = ["audit/newest"]

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
        let format = look.query["format"].flatMap(ExportPage.Format.init(rawValue:)) ?? .csv
        var lists: [ExportPage.List] = []
        for declaration in look.api.exports {
            let place = file(of: declaration)
            let shown = declaration.template.text.replacing(/\{[^}]*\}/, with: "0")
            guard !unlisted.contains(place), await look.api.admits(.get, shown) else { continue }
            let (group, title, words) = words[place] ?? (.production, place, declaration.summary)
            let kind = declaration.template.parameters.first.flatMap { ExportPage.Choice.Kind(rawValue: $0) }
            // One thing of one of these lists was chosen: on to its file.
            if let kind, look.query["list"] == place, let object = look.query[kind.rawValue], !object.isEmpty {
                let address = place.replacing(/\{[^}]*\}/, with: escaped(object))
                return .redirect("/exports/\(address).\(format.rawValue)")
            }
            let sums = RollUpDimension.allCases.map { ($0.rawValue, $0 == .edge ? "EdgeHSM" : $0.rawValue) }
            lists.append(
                .init(
                    title: title,
                    words: words,
                    group: group,
                    address: kind == nil ? "/exports/\(place)" : place,
                    choosing: kind.map { .one($0) } ?? (place == "rollups" ? .by(sums) : .nothing)
                )
            )
        }
        var choices: [ExportPage.Choice] = []
        for kind in ExportPage.Choice.Kind.allCases where lists.contains(where: { isOf(kind, $0) }) {
            var options = try await options(kind, look)
            let chosen = look.query[kind.rawValue] ?? ""
            if !chosen.isEmpty, !options.contains(where: { $0.0 == chosen }) { options.append((chosen, chosen)) }
            choices.append(.init(kind, chosen: chosen, options: options))
        }
        return .page(ExportPage(lists, choices: choices, format: format))
    }

    private static func isOf(_ kind: ExportPage.Choice.Kind, _ list: ExportPage.List) -> Bool {
        if case .one(let own) = list.choosing { own == kind } else { false }
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
