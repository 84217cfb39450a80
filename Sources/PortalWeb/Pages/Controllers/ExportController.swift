import HTTPTypes
import Hummingbird
import PortalPages
import PortalProtocol
import Vocabulary

/// Every list as a file, as the API streams it.
enum ExportController {
    struct List: Sendable {
        let id: String
        let title: String
        let words: String
        let path: String
    }

    static let lists = [
        List(id: "devices", title: "Devices", words: "serial, chip, result, batch, factory", path: "/v1/devices"),
        List(id: "batches", title: "Batches", words: "grants with window, serials, state", path: "/v1/batches"),
        List(id: "products", title: "Products", words: "foundation, rules, totals", path: "/v1/products"),
        List(id: "factories", title: "Factories", words: "place, ODM, time zone", path: "/v1/factories"),
        List(id: "edges", title: "EdgeHSMs", words: "factory, enrolment", path: "/v1/edges"),
        List(id: "alarms", title: "Alarms", words: "open and past", path: "/v1/alarms"),
        List(id: "quarantine", title: "Quarantine", words: "entries judged wrong", path: "/v1/quarantine"),
        List(id: "people", title: "People", words: "roles, state", path: "/v1/people"),
        List(id: "organisations", title: "Organisations", words: "the OEM and its ODMs", path: "/v1/organisations"),
        List(id: "invitations", title: "Invitations", words: "open, used, revoked", path: "/v1/invitations"),
        List(id: "orders", title: "Officers' orders", words: "as they were signed", path: "/v1/orders"),
        List(id: "audit", title: "Audit", words: "every act in the portal", path: "/v1/audit"),
    ]

    static let routes: [PageRoute] = [
        PageRoute(.get, "/exports", "exports") { look in
            _ = try look.require()
            var open: [List] = []
            for list in lists where await look.api.admits(.get, list.path) { open.append(list) }
            return .page(ExportPage(open.map { ($0.id, $0.title, $0.words) }))
        },
        PageRoute(.get, "/exports/{file}", "exportFile", handler: file),
    ]

    /// With the list's own filters in the query.
    @Sendable private static func file(_ look: PageRequest) async throws -> PageAnswer {
        _ = try look.require()
        let parts = look.parameter("file").split(separator: ".")
        guard parts.count == 2, let list = lists.first(where: { $0.id == parts[0] }),
            let format = ExportRoute.Format(rawValue: String(parts[1]))
        else {
            let refusal = Refusal(PortalError.unknownRoute)
            throw APIProblem(problem: Problem(refusal, status: 404, requestID: look.api.exchange.requestID))
        }
        return .response(try await look.api.response(ExportRoute.path(of: list.path, as: format), look.query))
    }
}
