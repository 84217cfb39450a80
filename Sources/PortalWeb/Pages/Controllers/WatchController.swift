import FoundationEssentials
import HTTPTypes
import PortalCore
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
        PageRoute(.get, "/audit/export.json", "auditExport", handler: auditExport),
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

    /// Entries that one page looks through.
    private static let window = 200

    @Sendable private static func audit(_ look: PageRequest) async throws -> PageAnswer {
        _ = try look.require()
        let checkpoint = try await look.api.get("/v1/audit/checkpoint", as: AuditCheckpoint.self)
        let names = try await People.names(look)
        var query = ["limit": String(window)]
        query["cursor"] = look.query["cursor"]
        let found = try await look.api.get("/v1/audit/newest", query, as: Page<AuditItem>.self)
        let items = found.items
        let all = items.compactMap { item -> AuditPage.Entry? in
            guard let entry = try? JSONDecoder().decode(PortalLogEntry.self, from: Data(item.entry.bytes)) else {
                return nil
            }
            return .init(
                position: entry.position,
                time: entry.time,
                actor: (try? PersonID(entry.actor)).flatMap { names[$0] } ?? entry.actor,
                action: entry.action,
                object: entry.object,
                outcome: entry.outcome,
                detail: entry.detail,
                requestID: entry.requestID
            )
        }
        let wanted = (look.query["q"] ?? "").lowercased()
        let (action, outcome) = (look.query["action"] ?? "", look.query["outcome"] ?? "")
        let shown = all.filter { entry in
            (action.isEmpty || entry.action == action)
                && (outcome.isEmpty || (outcome == "done") == (entry.outcome == "done"))
                && (wanted.isEmpty
                    || [entry.actor, entry.action, entry.object, entry.outcome, entry.detail ?? "", entry.requestID]
                        .contains { $0.lowercased().contains(wanted) })
        }
        let older = found.next.map {
            "/audit?cursor=\($0.text)&q=\(escaped(wanted))&action=\(escaped(action))&outcome=\(escaped(outcome))"
        }
        return .page(
            AuditPage(
                shown,
                checkpoint: checkpoint,
                values: ["q": look.query["q"] ?? "", "action": action, "outcome": outcome],
                actions: Set(all.map(\.action)).sorted(),
                previous: nil,
                next: older,
                now: look.time
            )
        )
    }

    private struct AuditFile: Codable {
        let format: String
        let checkpoint: AuditCheckpoint
        /// All entries that the checkpoint covers, in order: leaf hashes give its root.
        let entries: [AuditItem]
    }

    @Sendable private static func auditExport(_ look: PageRequest) async throws -> PageAnswer {
        let checkpoint = try await look.api.get("/v1/audit/checkpoint", as: AuditCheckpoint.self)
        let entries: [AuditItem] = try await look.api.all("/v1/audit", most: 100_000)
        let file = AuditFile(
            format: "obis-audit-export-v1",
            checkpoint: checkpoint,
            entries: entries.filter { $0.position < checkpoint.size }
        )
        return .file(try StatementCoding.encode(file), type: "application/json", name: "audit-\(checkpoint.size).json")
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
        var states: [ProductKeyState] = []
        for product in try await look.api.all("/v1/products", as: Product.self) {
            let place = "/v1/products/\(product.product.text)"
            let versions: [ProductVersion] = try await look.api.all("\(place)/versions")
            guard let newest = versions.max(by: { $0.created.at < $1.created.at }) else { continue }
            states += try await look.api.optional("\(place)/keys", ["version": newest.version.text]) ?? []
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
