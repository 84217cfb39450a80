import Governance
import HTTPTypes
import PortalPages
import PortalProtocol
import Statements
import Vocabulary

/// Keys and ceremonies: RoleKeys, product keys, keys in EdgeHSMs, officers' orders.
enum KeysController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/keys", "keys") { look in try await page(look, nil) },
        PageRoute(.post, "/keys", "bringRoleKeys", handler: bringRoleKeys),
        PageRoute(.get, "/keys/role-keys.json", "roleKeysFile", handler: roleKeysFile),
        PageRoute(.get, "/keys/orders", "orders") { look in try await orders(look, nil) },
        PageRoute(.post, "/keys/orders", "bringOrder", handler: bringOrder),
    ]

    private static func page(_ look: PageRequest, _ refused: Problem?) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let chain = try (try await look.api.optional("/v1/role-keys", as: RoleKeysChain.self)?.roleKeys ?? []).map {
            try version(RoleKeys.read(payload: $0.payload))
        }
        let edges: [EdgeSummary] = try await look.api.all("/v1/edges")
        var preparations: [Preparation]?
        for edge in edges {
            let own: [Preparation]? = try await look.api.optionalAll("/v1/edges/\(edge.id.text)/preparations")
            if let own { preparations = (preparations ?? []) + own }
        }
        let orders = try await look.api.optional("/v1/orders", ["limit": "200"], as: Page<NumberedOrder>.self)
        let people: [Person] = viewer.isOEM ? try await look.api.all("/v1/people") : []
        let officers = people.compactMap { person in person.officer.map { ($0, (id: person.id, name: person.name)) } }
        let content = KeysPage.Content(
            chain: chain,
            people: Dictionary(officers, uniquingKeysWith: { first, _ in first }),
            names: Dictionary(people.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first }),
            edges: edges,
            factories: try await People.factories(look),
            preparations: preparations,
            products: try await products(look),
            orders: orders.map { ($0.items.count, $0.next != nil) }
        )
        return .page(
            KeysPage(
                content,
                form: refused.map { look.refusedForm($0) } ?? look.freshForm(),
                opened: refused.map { _ in "role-keys" } ?? look.query["do"],
                viewer: viewer,
                now: look.time
            ),
            status: refused?.status ?? 200
        )
    }

    /// Newest batches that are looked through for which EdgeHSM has loaded what.
    private static let mostBatches = "200"

    private static func products(_ look: PageRequest) async throws -> [KeysPage.Product] {
        let batches = try await look.api.get("/v1/batches", ["limit": mostBatches], as: Page<Batch>.self).items
            .filter { [.loaded, .ending, .ended].contains($0.state) && $0.begun != nil }
        var products: [KeysPage.Product] = []
        for product in try await look.api.all("/v1/products", as: Product.self) {
            let place = "/v1/products/\(product.product.text)"
            let versions: [ProductVersion] = try await look.api.all("\(place)/versions")
            let words = Dictionary(versions.map { ($0.version, $0.state) }) { first, _ in first }
            let quota = try await look.api.optional("\(place)/quota", as: ProductQuota.self)
            products.append(
                KeysPage.Product(
                    name: product.product,
                    slots: product.foundation.keySlots.map(\.slot),
                    allotments: Dictionary(
                        (quota?.edges ?? []).map { ($0.edgeHSM, $0.allotment) },
                        uniquingKeysWith: { first, _ in first }
                    ),
                    loaded: Set(batches.filter { $0.product == product.product }.map(\.edgeHSM)),
                    keys: try await keys(of: versions, at: place, look).map { ($0, words[$0.version]) }
                )
            )
        }
        return products
    }

    /// Versions of a product whose keys are told, at most.
    private static let mostVersions = 16

    /// Keys of each version that is locked or in review, newest first; where there is none, of the newest. Nothing for whom
    /// keys are not.
    static func keys(
        of versions: [ProductVersion],
        at place: String,
        _ look: PageRequest
    ) async throws -> [ProductKeyState] {
        let ordered = versions.sorted { $0.created.at > $1.created.at }
        let counting = ordered.filter { $0.state == .locked || $0.state == .submitted }
        var found: [ProductKeyState] = []
        for version in counting.isEmpty ? ordered.prefix(1) : counting.prefix(mostVersions) {
            found += try await look.api.optional("\(place)/keys", ["version": version.version.text]) ?? []
        }
        return found
    }

    private static func version(_ keys: RoleKeys) -> KeysPage.Chain {
        func key(_ holder: String, _ point: P256Point) -> KeysPage.PublicKey {
            .init(holder: holder, point: point.hex, id: point.keyID.hex)
        }
        return KeysPage.Chain(
            version: keys.version,
            officers: keys.officers.map { key($0.name.text, $0.key) },
            threshold: keys.threshold,
            roles: [
                key("Root authority", keys.root), key("Authorizer", keys.authorizer), key("Portal", keys.portal),
                key("Label records", keys.labelRecord),
            ],
            issuedAt: keys.issuedAt,
            expiresAt: keys.expiresAt
        )
    }

    /// One version goes behind the chain that is there; a whole chain goes as it is.
    @Sendable private static func bringRoleKeys(_ look: PageRequest) async throws -> PageAnswer {
        do {
            var body = Array((look.form["file"] ?? "").utf8)
            if let next = try? Envelope(parsing: body) {
                let known = try await look.api.get("/v1/role-keys", as: RoleKeysChain.self).roleKeys
                let isKnown = known.contains { $0.statementID == next.statementID }
                body = try StatementCoding.encode(RoleKeysChain(roleKeys: isKnown ? known : known + [next]))
            }
            try await look.api.send(.put, "/v1/role-keys", body, as: RoleKeysChain.self)
            return .redirect("/keys", told: .roleKeysTaken)
        } catch let problem as APIProblem { return try await page(look, problem.problem) }
    }

    /// The newest, as `--role-keys` takes it.
    @Sendable private static func roleKeysFile(_ look: PageRequest) async throws -> PageAnswer {
        guard let newest = try await look.api.get("/v1/role-keys", as: RoleKeysChain.self).roleKeys.last else {
            throw look.missing
        }
        return .file(try newest.serialized(), type: "application/json", name: "role-keys.json")
    }

    // MARK: - Orders

    private static func orders(_ look: PageRequest, _ refused: Problem?) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        var query = ["limit": "50"]
        query["cursor"] = look.query["cursor"]
        let found = try await look.api.get("/v1/orders", query, as: Page<NumberedOrder>.self)
        let names = try await People.officerKeys(look)
        let items = try found.items.map { item -> OrdersPage.Order in
            let (words, order) = (
                try StatementRendering(item.order), try OfficerOrder.read(payload: item.order.payload)
            )
            return OrdersPage.Order(
                number: item.number,
                summary: words.summary,
                reason: order.reason,
                signers: item.order.signatures.map { names[$0.keyID] ?? "key \($0.keyID.hex.prefix(16))" },
                issuedAt: order.issuedAt,
                expiresAt: order.expiresAt,
                statement: item.order.statementID
            )
        }
        return .page(
            OrdersPage(
                items,
                next: found.next,
                form: refused.map { look.refusedForm($0) } ?? look.freshForm(),
                opened: refused.map { _ in "order" } ?? look.query["do"],
                viewer: viewer,
                now: look.time
            ),
            status: refused?.status ?? 200
        )
    }

    /// One signed order, or a list of them as the API takes it.
    @Sendable private static func bringOrder(_ look: PageRequest) async throws -> PageAnswer {
        do {
            var body = Array((look.form["file"] ?? "").utf8)
            if let order = try? Envelope(parsing: body) {
                body = try StatementCoding.encode(OrderList(orders: [order]))
            }
            try await look.api.send(.put, "/v1/orders", body, as: Nothing.self)
            return .redirect("/keys/orders", told: .ordersTaken)
        } catch let problem as APIProblem { return try await orders(look, problem.problem) }
    }
}

extension PageRequest {
    /// What stands for all that is not there.
    var missing: APIProblem {
        APIProblem(
            problem: Problem(Refusal(PortalError.unknownObject), status: 404, requestID: api.exchange.requestID)
        )
    }
}
