import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import PortalPages
import PortalProtocol
import Statements
import Vocabulary

/// Every list as a file, streamed page by page of the API, so that no list is too long for it.
enum ExportController {
    struct List: Sendable {
        let id: String
        let title: String
        let words: String
        let path: String
    }

    static let lists = [
        List(id: "batches", title: "Batches", words: "grants with window, serials, state", path: "/v1/batches"),
        List(id: "products", title: "Products", words: "foundation, rules, totals", path: "/v1/products"),
        List(id: "factories", title: "Factories", words: "place, ODM, time zone", path: "/v1/factories"),
        List(id: "edges", title: "EdgeHSMs", words: "factory, enrolment", path: "/v1/edges"),
        List(id: "alarms", title: "Alarms", words: "open and past", path: "/v1/alarms"),
        List(id: "quarantine", title: "Quarantine", words: "entries judged wrong", path: "/v1/quarantine"),
        List(id: "people", title: "People", words: "roles, state", path: "/v1/people"),
    ]

    static let routes: [PageRoute] = [
        PageRoute(.get, "/exports", "exports") { look in
            _ = try look.require()
            return .page(ExportPage(lists.map { ($0.id, $0.title, $0.words) }))
        },
        PageRoute(.get, "/exports/{file}", "exportFile", handler: file),
    ]

    @Sendable private static func file(_ look: PageRequest) async throws -> PageAnswer {
        _ = try look.require()
        let parts = look.parameter("file").split(separator: ".")
        guard parts.count == 2, let list = lists.first(where: { $0.id == parts[0] }),
            ["csv", "json"].contains(parts[1])
        else {
            let refusal = Refusal(PortalError.unknownRoute)
            throw APIProblem(problem: Problem(refusal, status: 404, requestID: look.api.exchange.requestID))
        }
        let isCSV = parts[1] == "csv"
        // The first page is asked for before the head goes out: who may not gets a page that says so.
        let first = try await page(look.api, list.path, nil)
        let api = look.api
        return .response(
            Response(
                status: .ok,
                headers: [
                    .contentType: isCSV ? "text/csv; charset=utf-8" : "application/json",
                    .contentDisposition: "attachment; filename=\"\(list.id).\(parts[1])\"",
                ],
                body: .init { writer in
                    try await write(first, list.path, isCSV ? api.itemColumns(list.path) : nil, api, &writer)
                    try await writer.finish(nil)
                }
            )
        )
    }

    /// - Parameter columns: of CSV; nil for one JSON array.
    private static func write(
        _ first: AnyPage,
        _ path: String,
        _ columns: [[String]]?,
        _ api: PageAPI,
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        try await writer.write(ByteBuffer(string: columns.map(CSV.head) ?? "["))
        var (current, separator) = (first, "\n")
        while true {
            var text = ""
            for item in current.items {
                if let columns {
                    text += try CSV.row(item, columns)
                } else {
                    text += separator + String(decoding: try StatementCoding.encode(item), as: UTF8.self)
                    separator = ",\n"
                }
            }
            try await writer.write(ByteBuffer(string: text))
            guard let next = current.next else { break }
            current = try await page(api, path, next)
        }
        if columns == nil { try await writer.write(ByteBuffer(string: "\n]\n")) }
    }

    private struct AnyPage: Decodable, Sendable {
        let items: [JSONValue]
        let next: String?
    }

    private static func page(_ api: PageAPI, _ path: String, _ cursor: String?) async throws -> AnyPage {
        var query = ["limit": "200"]
        query["cursor"] = cursor
        return try await api.get(path, query)
    }
}

/// RFC 4180; what a spreadsheet would take for a formula gets an apostrophe.
enum CSV {
    /// The paths of all that an item can have, as its schema says: a member that only some items have is a column as well.
    /// Lists stay in one column, as JSON.
    static func columns(of schema: JSONSchema, _ path: [String] = []) -> [[String]] {
        guard case .object(let object) = schema else { return [path] }
        return object.fields.flatMap { columns(of: $0.schema, path + [$0.name]) }
    }

    static func head(_ columns: [[String]]) -> String {
        line(columns.map { quoted($0.joined(separator: ".")) })
    }

    static func row(_ item: JSONValue, _ columns: [[String]]) throws -> String {
        line(try columns.map { quoted(try cell(item, $0[...])) })
    }

    private static func line(_ cells: [String]) -> String { cells.joined(separator: ",") + "\r\n" }

    private static func cell(_ value: JSONValue, _ path: ArraySlice<String>) throws -> String {
        if let name = path.first {
            guard case .object(let members) = value, let member = members[name] else { return "" }
            return try cell(member, path.dropFirst())
        }
        switch value {
        case .string(let text): return text
        case .integer(let number): return String(number)
        case .bool(let truth): return truth ? "true" : "false"
        case .null: return ""
        case .array, .object: return String(decoding: try StatementCoding.encode(value), as: UTF8.self)
        }
    }

    static func quoted(_ text: String) -> String {
        let safe = text.first.map { "=+-@\t\r".contains($0) } == true && Int64(text) == nil ? "'" + text : text
        guard safe.contains(where: { "\",\r\n".contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
