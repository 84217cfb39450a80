import HTTPTypes
import Hummingbird
import PortalPages
import PortalProtocol
import Statements
import Vocabulary

/// Alarms, the portal's own log, keys.
enum WatchController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/alarms", "alarms") { look in try await alarms(look, nil, 200) },
        PageRoute(.post, "/alarms", "acknowledgeAlarm", handler: acknowledge),
        PageRoute(.get, "/audit", "audit", handler: audit),
        PageRoute(.get, "/audit/checkpoint.json", "auditCheckpoint") { look in
            let bytes = try await look.api.octets("/v1/audit/checkpoint")
            return .file(bytes, type: "application/json", name: "audit-checkpoint.json")
        },
        PageRoute(.get, "/audit/export.jsonl", "auditExport", handler: auditExport),
        PageRoute(.get, "/keys", "keys", handler: keys),
    ]

    // MARK: - Alarms

    private static func alarms(_ look: PageRequest, _ refused: Problem?, _ status: Int) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let onlyOpen = look.query["show"] != "all"
        var query = ["limit": "50", "open": onlyOpen ? "true" : "false"]
        query["cursor"] = look.query["cursor"]
        let page = try await look.api.get("/v1/alarms", query, as: Page<AlarmView>.self)
        var tags: [Int: String] = [:]
        if viewer.roles.contains(.oemAdmin) {
            for alarm in page.items where alarm.acknowledgedAt == nil && alarm.clearedAt == nil {
                tags[alarm.number.value] = alarm.tag.text
            }
        }
        let names = try await People.names(look)
        return .page(
            AlarmPage(
                page,
                quarantine: try await look.api.get("/v1/quarantine", ["limit": "50"], as: Page<QuarantineView>.self)
                    .items,
                names: Dictionary(names.map { ($0.key.text, $0.value) }, uniquingKeysWith: { first, _ in first }),
                tags: tags,
                onlyOpen: onlyOpen,
                viewer: viewer,
                form: refused.map { look.refusedForm($0) } ?? look.freshForm(),
                now: look.time
            ),
            status: status
        )
    }

    @Sendable private static func acknowledge(_ look: PageRequest) async throws -> PageAnswer {
        do {
            let number = escaped(look.form["number"] ?? "")
            try await look.api.send(
                .post,
                "/v1/alarms/\(number)/acknowledge",
                tag: look.form["tag"],
                as: AlarmView.self
            )
            return .redirect("/alarms", told: .alarmAcknowledged)
        } catch let problem as APIProblem {
            return try await alarms(look, problem.problem, problem.problem.status)
        }
    }

    // MARK: - The portal's own log

    /// What the portal does by itself, beside the operations of the API.
    private static let ownActs = ["forgetEvents", "forgetFile", "makePackage", "receivePreparation"]

    @Sendable private static func audit(_ look: PageRequest) async throws -> PageAnswer {
        _ = try look.require()
        let checkpoint = try await look.api.get("/v1/audit/checkpoint", as: AuditCheckpoint.self)
        let names = try await People.names(look)
        let values = look.query.filter {
            ["actor", "action", "object", "outcome", "from", "to"].contains($0.key) && !$0.value.isEmpty
        }
        var query = values
        query["from"] = values["from"].map { "\($0)T00:00:00Z" }
        query["to"] = values["to"].map { "\($0)T23:59:59Z" }
        let exports = ["csv", "json"].map { address("/exports/audit.\($0)", query) }
        query["limit"] = "50"
        query["cursor"] = look.query["cursor"]
        let found = try await look.api.get("/v1/audit/newest", query, as: Page<AuditItem>.self)
        let entries = found.items.map { item in
            AuditPage.Entry(
                position: item.position,
                time: item.act.time,
                actor: (try? PersonID(item.act.actor)).flatMap { names[$0] } ?? item.act.actor,
                action: item.act.action,
                object: item.act.object,
                outcome: item.act.outcome,
                detail: item.act.detail,
                requestID: item.act.requestID
            )
        }
        // Of more people than a list can hold, the API answers for each.
        let people = names.map { (id: $0.key.text, name: $0.value) }.sorted { $0.name < $1.name }.prefix(300)
        return .page(
            AuditPage(
                entries,
                checkpoint: checkpoint,
                values: values,
                actors: people + [(id: "portal", name: "The portal itself"), (id: "nobody", name: "Nobody known")],
                actions: (look.api.acts + ownActs).sorted(),
                exports: exports,
                next: found.next.map { address("/audit", values.merging(["cursor": $0.text]) { $1 }) },
                now: look.time
            )
        )
    }

    private static func address(_ path: String, _ query: [String: String]) -> String {
        let pairs = query.sorted { $0.key < $1.key }.map { "\($0.key)=\(escaped($0.value))" }
        return pairs.isEmpty ? path : "\(path)?\(pairs.joined(separator: "&"))"
    }

    /// As the API streams it.
    @Sendable private static func auditExport(_ look: PageRequest) async throws -> PageAnswer {
        var response = try await look.api.response("/v1/audit/export")
        response.headers[.contentDisposition] = "attachment; filename=\"audit.jsonl\""
        return .response(response)
    }

    // MARK: - Keys

    @Sendable private static func keys(_ look: PageRequest) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let envelopes = try await look.api.optional("/v1/role-keys", as: RoleKeysChain.self)?.roleKeys ?? []
        let chain = try envelopes.map { envelope -> KeysPage.Chain in
            let keys = try RoleKeys.read(payload: envelope.payload)
            return .init(
                version: keys.version,
                officers: keys.officers.map { ($0.name.text, $0.key.hex) },
                threshold: keys.threshold,
                roles: [
                    ("Root authority", keys.root.hex), ("Authorizer", keys.authorizer.hex), ("Portal", keys.portal.hex),
                    ("Label records", keys.labelRecord.hex),
                ],
                issuedAt: keys.issuedAt,
                expiresAt: keys.expiresAt
            )
        }
        let edges: [EdgeSummary] = try await look.api.all("/v1/edges")
        var preparations: [Preparation] = []
        for edge in edges {
            let place = "/v1/edges/\(edge.id.text)/preparations"
            preparations += try await look.api.optional(place, as: Page<Preparation>.self)?.items ?? []
        }
        var states: [(product: ProductName, state: ProductKeyState)] = []
        for product in try await look.api.all("/v1/products", as: Product.self) {
            let place = "/v1/products/\(product.product.text)"
            let versions: [ProductVersion] = try await look.api.all("\(place)/versions")
            guard let newest = versions.max(by: { $0.created.at < $1.created.at }) else { continue }
            let keys = try await look.api.optional(
                "\(place)/keys",
                ["version": newest.version.text],
                as: [ProductKeyState].self
            )
            states += (keys ?? []).map { (product.product, $0) }
        }
        let orders = try await look.api.optional("/v1/orders", as: Page<NumberedOrder>.self)?.items ?? []
        return .page(
            KeysPage(
                chain: chain,
                edges: edges,
                preparations: preparations,
                keys: states,
                orders: orders,
                viewer: viewer,
                now: look.time
            )
        )
    }
}
