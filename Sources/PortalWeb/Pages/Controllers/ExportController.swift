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
                    var (current, columns) = (first, [String]())
                    var isFirst = true
                    if !isCSV { try await writer.write(ByteBuffer(string: "[")) }
                    while true {
                        var text = ""
                        for item in current.items {
                            if isCSV {
                                let row = CSV.flat(item)
                                if isFirst {
                                    columns = row.keys.sorted()
                                    text += columns.map(CSV.quoted).joined(separator: ",") + "\r\n"
                                }
                                text += columns.map { CSV.quoted(row[$0] ?? "") }.joined(separator: ",") + "\r\n"
                            } else {
                                let json = String(decoding: try StatementCoding.encode(item), as: UTF8.self)
                                text += (isFirst ? "\n" : ",\n") + json
                            }
                            isFirst = false
                        }
                        try await writer.write(ByteBuffer(string: text))
                        guard let next = current.next else { break }
                        current = try await page(api, list.path, next)
                    }
                    if !isCSV { try await writer.write(ByteBuffer(string: "\n]\n")) }
                    try await writer.finish(nil)
                }
            )
        )
    }

    private struct AnyPage: Decodable, Sendable {
        let items: [AnyJSON]
        let next: String?
    }

    private static func page(_ api: PageAPI, _ path: String, _ cursor: String?) async throws -> AnyPage {
        var query = ["limit": "200"]
        query["cursor"] = cursor
        return try await api.get(path, query)
    }
}

/// A JSON value as it came.
indirect enum AnyJSON: Codable, Sendable {
    case object([String: AnyJSON])
    case array([AnyJSON])
    case string(String)
    case integer(Int64)
    case bool(Bool)
    case null

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([AnyJSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: AnyJSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .object(let members): try container.encode(members)
        case .array(let elements): try container.encode(elements)
        case .string(let text): try container.encode(text)
        case .integer(let number): try container.encode(number)
        case .bool(let truth): try container.encode(truth)
        case .null: try container.encodeNil()
        }
    }
}

/// RFC 4180; inner objects become columns with dots. What a spreadsheet would take for a formula gets an apostrophe.
enum CSV {
    static func flat(_ value: AnyJSON, _ prefix: String = "") -> [String: String] {
        switch value {
        case .object(let members):
            members.reduce(into: [:]) { row, member in
                row.merge(flat(member.value, prefix.isEmpty ? member.key : "\(prefix).\(member.key)")) { $1 }
            }
        case .array: [prefix: (try? StatementCoding.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""]
        case .string(let text): [prefix: text]
        case .integer(let number): [prefix: String(number)]
        case .bool(let truth): [prefix: truth ? "true" : "false"]
        case .null: [prefix: ""]
        }
    }

    static func quoted(_ text: String) -> String {
        let safe = text.first.map { "=+-@\t\r".contains($0) } == true && Int64(text) == nil ? "'" + text : text
        guard safe.contains(where: { "\",\r\n".contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
