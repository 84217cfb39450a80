import Governance
import HTTPTypes
import PortalCore
import PortalPages
import PortalProtocol
import Statements
import Vocabulary

/// Batches: all of them, one of them, a new one.
enum BatchController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/batches", "batches", handler: list),
        PageRoute(.get, "/batches/new", "newBatch") { look in try await new(look, nil, [:], 200) },
        PageRoute(.post, "/batches/new", "createBatch", handler: create),
        PageRoute(.get, "/batches/{batch}", "batch") { look in try await page(look, nil, nil, 200) },
        PageRoute(.post, "/batches/{batch}", "endBatch", handler: end),
        PageRoute(.get, "/batches/{batch}/package.json", "packageFile") { look in
            let bytes = try await look.api.octets("\(api(look))/package")
            return .file(bytes, type: "application/json", name: "\(look.parameter("batch")).package.json")
        },
    ]

    private static func api(_ look: PageRequest) -> String { "/v1/batches/\(look.escapedParameter("batch"))" }

    private static let decade: Int64 = 3_650 * 86_400

    static func issued(
        _ look: PageRequest,
        _ filter: [String: String] = [:]
    ) async throws -> [Digest256: ProductionCounts] {
        let from = look.time + (-decade)
        let query = ["by": "batch", "from": from.description, "limit": "200"].merging(filter) { $1 }
        let sums = try await look.api.get("/v1/rollups", query, as: Page<RollUpRow>.self)
        var counts: [Digest256: ProductionCounts] = [:]
        for row in sums.items {
            guard let batch = row.batch else { continue }
            counts[batch] = ProductionCounts(
                issued: row.issued,
                completed: row.completed,
                passed: row.passed,
                failed: row.failed,
                burned: row.burned
            )
        }
        return counts
    }

    private static func issued(
        _ look: PageRequest,
        of batches: [Batch]
    ) async throws -> [Digest256: ProductionCounts] {
        guard !batches.isEmpty else { return [:] }
        return try await issued(look, ["batches": DigestList(batches.map(\.authorization)).text])
    }

    @Sendable private static func list(_ look: PageRequest) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let filter = BatchListPage.Filter(
            standing: look.query["standing"].flatMap { BatchGroup(rawValue: $0) },
            product: look.query["product"].flatMap { try? ProductName($0) },
            factory: look.query["factory"].flatMap { try? FactoryID($0) }
        )
        var query = ["limit": "50"]
        query["cursor"] = look.query["cursor"]
        query["standing"] = filter.standing?.rawValue
        query["product"] = filter.product?.text
        query["factory"] = filter.factory?.text
        let batches = try await look.api.get("/v1/batches", query, as: Page<Batch>.self)
        let factories = try await People.factories(look)
        let organisations = try await look.api.optional("/v1/organisations", as: Page<Organisation>.self)?.items ?? []
        return .page(
            BatchListPage(
                batches,
                issued: try await issued(look, of: batches.items),
                organisations: Dictionary(organisations.map { ($0.id, $0.name) }) { first, _ in first },
                factories: factories,
                products: try await titles(look),
                counts: try await look.api.get("/v1/overview", as: Overview.self).counts,
                filter: filter,
                canGrant: try await canGrant(look, viewer, hasFactory: !factories.isEmpty),
                viewer: viewer,
                now: look.time
            )
        )
    }

    /// Products' titles by id.
    static func titles(_ look: PageRequest) async throws -> [ProductName: String] {
        let products: [Product] = try await look.api.all("/v1/products")
        return Dictionary(products.map { ($0.product, $0.title.text) }) { first, _ in first }
    }

    /// Whether *New batch* leads to more than the word of what is missing.
    static func canGrant(_ look: PageRequest, _ viewer: Viewer, hasFactory: Bool) async throws -> Bool {
        guard hasFactory, viewer.roles.contains(.odmProductionManager) else { return false }
        return try await look.api.all("/v1/products", as: Product.self).contains { $0.lockedVersion != nil }
    }

    private static func page(
        _ look: PageRequest,
        _ refused: Problem?,
        _ opened: String?,
        _ status: Int
    ) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let reply = try await look.api.reply(api(look), as: Batch.self)
        let batch = reply.message
        let progress = try await look.api.get("\(api(look))/progress", as: BatchProgress.self)
        let content = BatchPage.Content(
            batch: batch,
            reconciliation: progress.reconciliation,
            recent: try await look.api.get(
                "/v1/production",
                [
                    "step": steps(batch, look.time).rawValue, "batch": batch.authorization.hex,
                    "from": start(batch, look.time).description,
                ],
                as: ProductionSeries.self
            ),
            counts: try await issued(look, ["batch": batch.authorization.hex])[batch.authorization] ?? .zero,
            forecast: progress.forecast,
            rate: progress.rate,
            factory: try await look.api.get("/v1/factories/\(batch.factory.text)", as: Factory.self),
            names: try await People.names(look),
            product: try await look.api.optional("/v1/products/\(batch.product.text)", as: Product.self)?.title.text
        )
        let form = refused.map { look.refusedForm($0, tag: reply.tag) } ?? look.freshForm(tag: reply.tag)
        return .page(
            BatchPage(content, form: form, opened: opened ?? look.query["do"], viewer: viewer, now: look.time),
            status: status
        )
    }

    /// Since it was granted, a day at most by five minutes, a month by hours.
    private static func start(_ batch: Batch, _ now: Instant) -> Instant {
        let oldest = now + (steps(batch, now) == .hour ? -30 * 86_400 : -86_400)
        // A clock that was set back makes no page fail.
        return min(max(batch.createdAt, oldest), now)
    }

    private static func steps(_ batch: Batch, _ now: Instant) -> ProductionStep {
        now - batch.createdAt > 2 * 86_400 ? .hour : .fiveMinutes
    }

    @Sendable private static func end(_ look: PageRequest) async throws -> PageAnswer {
        let what = look.form["do"] == "revoke" ? "revoke" : "close"
        do {
            let body = try PageBody(["reason": .string(look.form["reason"] ?? "")])
            try await look.api.send(.post, "\(api(look))/\(what)", body.bytes, tag: look.form["tag"], as: Batch.self)
            return .redirect(look.path, told: what == "revoke" ? .batchRevoked : .batchClosing)
        } catch let problem as APIProblem {
            return try await page(look, problem.problem, what, problem.problem.status)
        }
    }

    // MARK: - A new one

    private static func new(
        _ look: PageRequest,
        _ refused: Problem?,
        _ errors: [String: String],
        _ status: Int
    ) async throws -> PageAnswer {
        try await look.api.require(.post, "/v1/batches")
        let products: [Product] = try await look.api.all("/v1/products")
        var versions: [(value: String, words: String)] = []
        for product in products where product.lockedVersion != nil {
            let all: [ProductVersion] = try await look.api.all("/v1/products/\(product.product.text)/versions")
            for version in all.reversed() where version.state == .locked {
                versions.append(
                    ("\(product.product.text)/\(version.version.text)", "\(product.title.text) \(version.version.text)")
                )
            }
        }
        let chosen =
            look.query["version"].flatMap { wanted in versions.first { $0.value == wanted }?.value }
            ?? versions.first?.value
        let product = chosen.flatMap { chosen in products.first { chosen.hasPrefix("\($0.product.text)/") } }
        var places: [NewBatchPage.Place] = []
        if let product {
            let factories = try await People.factories(look)
            let quota = try await look.api.get("/v1/products/\(product.product.text)/quota", as: ProductQuota.self)
            places = quota.edges.compactMap { edge in
                factories[edge.factory].map {
                    .init(edgeHSM: edge.edgeHSM, factory: $0, remaining: max(0, edge.allotment - edge.granted))
                }
            }
        }
        var errors = errors
        // Whatever refused it: the tightest limit is what helps.
        if let entered = Int(look.form["quantity"] ?? ""),
            let place = places.first(where: { $0.edgeHSM.text == look.form["edgeHSM"] }),
            entered > NewBatchPage.mostUnits(place, product?.rules), errors["quantity"] != nil
        {
            errors["quantity"] = NewBatchPage.most(place, product?.rules) + "."
        }
        return .page(
            NewBatchPage(
                versions: versions,
                chosen: chosen,
                places: places,
                rules: product?.rules,
                form: refused.map { form(look, $0, errors) } ?? look.freshForm()
            ),
            status: status
        )
    }

    @Sendable private static func create(_ look: PageRequest) async throws -> PageAnswer {
        let version = (look.query["version"] ?? "").split(separator: "/").map(String.init)
        let zone = try await zone(look)
        let days = allowanceDays(look)
        let times = ["notBefore", "notAfter"].map { FactoryTime.instant(look.form[$0] ?? "", in: zone) }
        guard version.count == 2, let quantity = Int(look.form["quantity"] ?? ""), let opens = times[0],
            let ends = times[1], let days
        else {
            var errors: [String: String] = [:]
            if Int(look.form["quantity"] ?? "") == nil { errors["quantity"] = "A whole number of units." }
            if times[0] == nil { errors["notBefore"] = "A date and a time." }
            if times[1] == nil { errors["notAfter"] = "A date and a time." }
            if days == nil {
                errors["allowanceDays"] = "A whole number of days, 1 to \(NewBatchPage.longestAllowanceDays)."
            }
            let refusal = Refusal(PortalProtocolError.malformedRequest, errors.keys.sorted().joined(separator: ", "))
            let problem = Problem(refusal, status: 400, requestID: look.api.exchange.requestID)
            return try await new(look, problem, errors, 400)
        }
        let body = try PageBody([
            "batch": .string(look.form["batch"] ?? ""), "product": .string(version[0]), "version": .string(version[1]),
            "edgeHSM": .string(look.form["edgeHSM"] ?? ""), "quantity": .integer(Int64(quantity)),
            "notBefore": .string(opens.description), "notAfter": .string(ends.description),
            "debugUnlocks": allowance(look, "debugUnlocks", ends + days * 86_400),
            "reprovisions": allowance(look, "reprovisions", ends + days * 86_400),
            "rotations": allowance(look, "rotations", ends + days * 86_400),
        ])
        do {
            let made = try await look.api.send(.post, "/v1/batches", body.bytes, key: look.form["key"], as: Batch.self)
            return .redirect("/batches/\(made.message.id.text)", told: .batchGranted)
        } catch let problem as APIProblem {
            return try await new(look, problem.problem, errors(problem.problem), problem.problem.status)
        }
    }

    /// A rule that is named at its field is told there alone.
    private static func form(_ look: PageRequest, _ refused: Problem, _ errors: [String: String]) -> FormState {
        look.refusedForm(refused, errors: errors, isSaid: rule(of: refused)?.words != nil)
    }

    /// Beside which field a refusal belongs.
    static func errors(_ problem: Problem) -> [String: String] {
        let fields: [BatchError: String] = [
            .nameTaken: "batch", .allotment: "quantity", .lifetime: "quantity", .serials: "quantity",
            .window: "notAfter", .edgeHalted: "edgeHSM", .edgeFull: "edgeHSM", .factory: "edgeHSM",
        ]
        let named = ["batch", "quantity", "notBefore", "notAfter", "edgeHSM"].first {
            problem.detail?.hasPrefix("body: \($0)") == true || problem.detail?.hasPrefix("\($0):") == true
        }
        if let rule = rule(of: problem) { return [rule.field: rule.words ?? problem.title] }
        let field = BatchError(rawValue: problem.code).flatMap { fields[$0] } ?? named
        return field.map { [$0: problem.title] } ?? [:]
    }

    /// The field that a rule is about and what the rule says, as the decision names both.
    private static func rule(of problem: Problem) -> (field: String, words: String?)? {
        let by = [
            BatchError.outsideRules.rawValue: "the product's rule",
            GovernanceError.batchOutsideRules.rawValue: "the approval",
        ]
        guard let source = by[problem.code], let detail = problem.detail else { return nil }
        let fields = [
            "quantity": "quantity", "window": "notAfter", "debug unlocks": "debugUnlocks",
            "re-provisionings": "reprovisions", "rotations": "rotations",
        ]
        guard let field = fields.first(where: { detail.hasPrefix($0.key) })?.value else { return nil }
        let words = detail.split(separator: ", ").last.flatMap { most(String($0)) }
        return (field, words.map { "\($0), by \(source)." })
    }

    private static func most(_ rule: String) -> String? {
        let words = [
            ("largest batch ", "At most ", " units in one batch"), ("longest window ", "At most ", " after it opens"),
            ("at most ", "At most ", " in one batch"),
        ]
        guard let found = words.first(where: { rule.hasPrefix($0.0) }),
            let number = Int64(rule.dropFirst(found.0.count).prefix { $0.isNumber })
        else { return nil }
        let figure = found.0 == "longest window " ? PageWords.duration(number) : PageWords.number(Int(clamping: number))
        return "\(found.1)\(figure)\(found.2)"
    }

    /// Days for which allowances live on after new units end; nil for what is none.
    private static func allowanceDays(_ look: PageRequest) -> Int64? {
        guard let entered = look.form["allowanceDays"], !entered.isEmpty else {
            return Int64(NewBatchPage.usualAllowanceDays)
        }
        return Int64(entered).flatMap { (1...Int64(NewBatchPage.longestAllowanceDays)).contains($0) ? $0 : nil }
    }

    private static func allowance(_ look: PageRequest, _ field: String, _ ends: Instant) -> JSONValue? {
        guard let count = Int(look.form[field] ?? ""), count > 0 else { return nil }
        return .object(["count": .integer(Int64(count)), "notAfter": .string(ends.description)])
    }

    /// Time zone of the factory whose EdgeHSM was chosen.
    private static func zone(_ look: PageRequest) async throws -> String {
        let edges: [EdgeSummary] = try await look.api.all("/v1/edges")
        guard let edge = edges.first(where: { $0.id.text == look.form["edgeHSM"] }) else { return "UTC" }
        return try await People.factories(look)[edge.factory]?.timeZone ?? "UTC"
    }
}
