import HTTPTypes
import PortalPages
import PortalProtocol
import Statements
import Vocabulary

/// Products: all of them, and one with its workspace.
enum ProductController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/products", "products", handler: list),
        PageRoute(.get, "/products/{product}", "product") { look in try await page(look, nil, nil, 200) },
        PageRoute(.post, "/products/{product}", "changeProduct", handler: change),
        PageRoute(.get, "/products/{product}/approvals/{number}/approval.json", "chainedApproval", handler: approval),
    ]

    private static func api(_ look: PageRequest) -> String { "/v1/products/\(look.escapedParameter("product"))" }

    @Sendable private static func list(_ look: PageRequest) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        var query = ["limit": "50"]
        query["cursor"] = look.query["cursor"]
        let products = try await look.api.get("/v1/products", query, as: Page<Product>.self)
        var quotas: [ProductName: ProductQuota] = [:]
        for product in products.items {
            quotas[product.product] = try await look.api.get("/v1/products/\(product.product.text)/quota")
        }
        return .page(ProductListPage(products, quotas: quotas, viewer: viewer, now: look.time))
    }

    private static func page(
        _ look: PageRequest,
        _ refused: Problem?,
        _ opened: String?,
        _ status: Int
    ) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let product = try await look.api.reply(api(look), as: Product.self)
        let versions: [ProductVersion] = try await look.api.all("\(api(look))/versions")
        let keys = try await KeysController.keys(of: versions, at: api(look), look)
        let organisations = try await People.organisations(look)
        let workspaces: [Workspace] = try await look.api.optionalAll("\(api(look))/workspaces") ?? []
        let batches = try await look.api.get(
            "/v1/batches",
            ["limit": "8", "product": product.message.product.text],
            as: Page<Batch>.self
        ).items
        let content = ProductPage.Content(
            product: product.message,
            quota: try await look.api.get("\(api(look))/quota"),
            versions: versions,
            keys: keys,
            approvals: try await look.api.optionalAll("\(api(look))/approvals"),
            workspaces: workspaces,
            invitations: try await look.api.optionalAll("/v1/invitations"),
            organisations: Dictionary(
                organisations.filter { $0.kind == .odm }.map { ($0.id, $0.name) },
                uniquingKeysWith: { first, _ in first }
            ),
            batches: batches,
            factories: try await People.factories(look),
            halted: try await People.edges(look).compactMapValues(\.halted)
        )
        let form = refused.map { look.refusedForm($0, tag: product.tag) } ?? look.freshForm(tag: product.tag)
        return .page(
            ProductPage(content, form: form, opened: opened ?? look.query["do"], viewer: viewer, now: look.time),
            status: status
        )
    }

    /// One link of the chain, for the folder that `obis approve --previous` names.
    @Sendable private static func approval(_ look: PageRequest) async throws -> PageAnswer {
        let chain: [ChainedApproval] = try await look.api.all("\(api(look))/approvals")
        guard let link = chain.first(where: { "\($0.sequence)" == look.parameter("number") }) else {
            throw look.missing
        }
        let name = "approval-\(look.parameter("product"))-\(link.sequence).json"
        return .file(try link.approval.serialized(), type: "application/json", name: name)
    }

    @Sendable private static func change(_ look: PageRequest) async throws -> PageAnswer {
        let what = look.form["do"] ?? ""
        do {
            if what == "rules" { return try await changeRules(look) }
            if what == "keys" { return try await makeKeys(look) }
            if what == "revoke" {
                let invitation = escaped(look.form["id"] ?? "")
                try await look.api.send(.delete, "/v1/invitations/\(invitation)", as: Nothing.self)
                return .redirect(look.path, told: .invitationRevoked)
            }
            let organisation = look.form["organisation"] ?? ""
            if !organisation.isEmpty {
                let body = try PageBody(["organisation": .string(organisation)])
                try await look.api.send(
                    .post,
                    "\(api(look))/workspaces",
                    body.bytes,
                    key: look.form["key"],
                    as: Workspace.self
                )
                return .redirect(look.path, told: .workspaceOpened)
            }
            let body = try PageBody([
                "kind": "organisation", "organisationName": .string(look.form["organisationName"] ?? ""),
                "roles": ["odmEngineer", "odmProductionManager"], "product": .string(look.parameter("product")),
            ])
            return try await PeopleController.invited(look, body, back: (look.parameter("product"), look.path))
        } catch let problem as APIProblem {
            return try await page(look, problem.problem, what, problem.problem.status)
        }
    }

    /// One in each slot. Those that are there stay, so that what was cut off in between can be sent again.
    private static func makeKeys(_ look: PageRequest) async throws -> PageAnswer {
        let product = try await look.api.get(api(look), as: Product.self)
        let version = escaped(look.entered("version"))
        for slot in product.foundation.keySlots {
            try await look.api.send(
                .put,
                "\(api(look))/keys/\(version)/\(slot.slot.text)",
                as: ProductKeyState.self
            )
        }
        return .redirect(look.path, told: .keyMade)
    }

    private static func changeRules(_ look: PageRequest) async throws -> PageAnswer {
        let old = try await look.api.get(api(look), as: Product.self).rules
        var rules: [String: JSONValue] = ["chipIdentity": .string(old.chipIdentity.rawValue)]
        rules["longestWindow"] = FormNumber.value(look, "longestWindow", unit: 86_400)
        if let factories = old.factories { rules["factories"] = .array(factories.map { .string($0.text) }) }
        rules["largestBatch"] = FormNumber.value(look, "largestBatch")
        rules["longestSilence"] = FormNumber.value(look, "longestSilence", unit: 60)
        let body = try PageBody([
            "title": .string(look.form["title"] ?? ""),
            "lifetimeTotal": FormNumber.value(look, "lifetimeTotal") ?? 0, "rules": .object(rules),
        ])
        try await look.api.send(.patch, api(look), body.bytes, tag: look.form["tag"], as: Product.self)
        return .redirect(look.path, told: .productChanged)
    }
}
