import HTTPTypes
import Hummingbird
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
        PageRoute(.get, "/audit/export.jsonl", "auditExport", handler: auditExport),
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
                quarantine: try await look.api.get("/v1/quarantine", ["limit": "50"]),
                names: Dictionary(names.map { ($0.key.text, $0.value) }, uniquingKeysWith: { first, _ in first }),
                factories: try await People.factories(look),
                edges: try await People.edges(look),
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

    /// People by what is entered for them in a filter: their name, their id, or both where several have that name.
    struct Who {
        /// So many are suggested; whoever else is meant is found by name or id all the same.
        private static let mostSuggestions = 300
        private let ids: [String: [String]]

        init(_ names: [PersonID: String]) {
            var ids = ["The portal": ["portal"], "Somebody not signed in": ["nobody"]]
            for (id, name) in names { ids[name, default: []].append(id.text) }
            self.ids = ids
        }

        var suggestions: [String] {
            let all = ids.flatMap { name, ids in ids.count == 1 ? [name] : ids.map { "\(name) (\($0))" } }
            return Array(all.sorted().prefix(Self.mostSuggestions))
        }

        /// What the API is asked for, or what is wrong with what was entered. What looks like an id is one: the log knows
        /// of more than people.
        func id(of entered: String?) -> (id: String?, error: String?) {
            guard let entered else { return (nil, nil) }
            if let found = ids[entered] {
                return found.count == 1
                    ? (found[0], nil)
                    : (nil, "Several people are called that: choose one from the list, or enter an id.")
            }
            let inner = entered.split(separator: "(").last.map { String($0.prefix { $0 != ")" }) } ?? entered
            if entered.hasSuffix("(\(inner))"), ids.values.contains(where: { $0.contains(inner) }) {
                return (inner, nil)
            }
            let isID = entered.utf8.count <= 64 && entered.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            return isID ? (entered, nil) : (nil, "Nobody is called that. Choose from the list, or enter an id.")
        }
    }

    @Sendable private static func audit(_ look: PageRequest) async throws -> PageAnswer {
        _ = try look.require()
        let checkpoint = try await look.api.get("/v1/audit/checkpoint", as: AuditCheckpoint.self)
        let names = try await People.names(look)
        let values = look.query.filter {
            ["actor", "action", "object", "outcome", "from", "to"].contains($0.key) && !$0.value.isEmpty
        }
        let who = Who(names)
        let (actor, error) = who.id(of: values["actor"])
        var query = values
        query["actor"] = actor
        query["from"] = values["from"].map { "\($0)T00:00:00Z" }
        query["to"] = values["to"].map { "\($0)T23:59:59Z" }
        let exports = error == nil ? ["csv", "json"].map { address("/exports/audit.\($0)", query) } : []
        query["limit"] = "50"
        query["cursor"] = look.query["cursor"]
        // Who nobody is has done nothing.
        let found =
            error == nil
            ? try await look.api.get("/v1/audit/newest", query, as: Page<AuditItem>.self)
            : Page<AuditItem>(items: [], next: nil)
        let places = try await AuditPlaces(look, names, found.items.map(\.act.object))
        let entries = found.items.map { item in
            AuditPage.Entry(
                position: item.position,
                time: item.act.time,
                actor: places.actor(item.act.actor),
                actorID: item.act.actor,
                action: item.act.action,
                object: item.act.object,
                place: places.place(of: item.act.object),
                outcome: item.act.outcome,
                detail: item.act.detail,
                requestID: item.act.requestID
            )
        }
        return .page(
            AuditPage(
                entries,
                checkpoint: checkpoint,
                values: values,
                errors: error.map { ["actor": $0] } ?? [:],
                actors: who.suggestions,
                actions: (look.api.acts + PortalDeed.allCases.map(\.rawValue)).sorted(),
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
}
