import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import PortalProtocol
import Statements
import Vocabulary

/// A whole list as a file: the list's own operation, asked page by page while the file goes out, under the list's own rule.
/// So nothing can be exported that is not listed, by nobody who may not list it, and no list is too long for it.
struct ExportRoute: MountableRoute {
    enum Format: String, CaseIterable {
        case csv
        case json

        var contentType: String { self == .csv ? "text/csv; charset=utf-8" : "application/json" }
    }

    /// Items that are asked for at a time, and octets of their answer.
    private static let pageLimit = 200
    private static let largestPage = 8 << 20

    let declaration: RouteDeclaration
    private let list: any MountableRoute
    private let format: Format
    private let columns: [[String]]
    private let acts: Acts

    /// Of every list among some routes, in every format.
    static func all(of routes: [any MountableRoute], acts: Acts) -> [any MountableRoute] {
        routes.flatMap { route in Format.allCases.compactMap { ExportRoute(of: route, as: $0, acts: acts) } }
    }

    /// `/v1/products` as `/v1/exports/products.csv`.
    static func path(of list: String, as format: Format) -> String {
        "/v1/exports\(list.dropFirst("/v1".count)).\(format.rawValue)"
    }

    /// Nil for a route that answers no list in pages.
    init?(of list: any MountableRoute, as format: Format, acts: Acts) {
        let known = list.declaration
        let paging = ["limit", "cursor"]
        guard known.method == .get, known.template.text.hasPrefix("/v1/"), case .none = known.input.body,
            case .json(let page) = known.output.body,
            case .array(let item, _)? = page.fields.first(where: { $0.name == "items" })?.schema,
            page.fields.contains(where: { $0.name == "next" }),
            case .object(let query) = known.input.query,
            paging.allSatisfy({ query.field($0) != nil })
        else { return nil }
        let fields = query.fields.filter { !paging.contains($0.name) }
        self.list = list
        self.format = format
        self.acts = acts
        columns = CSV.columns(of: item)
        let id = known.operationID
        let name = id.hasPrefix("list") ? String(id.dropFirst(4)) : id.prefix(1).uppercased() + id.dropFirst()
        declaration = RouteDeclaration(
            method: .get,
            template: PathTemplate(Self.path(of: known.template.text, as: format)),
            operationID: "export\(name)As\(format.rawValue.uppercased())",
            tag: known.tag,
            summary: "All of \(id) as \(format == .csv ? "CSV" : "one JSON array"), streamed.",
            rule: known.rule,
            input: InputDeclaration(
                path: known.input.path,
                query: .object(JSONSchema.Object(name: "\(query.name)_Export", fields: fields)),
                body: .none
            ),
            output: OutputDeclaration(
                body: format == .csv ? .raw(contentType: "text/csv") : .json(.array(item, isSet: false))
            ),
            status: 200,
            demands: [],
            refusals: known.refusals
        )
    }

    func answer(_ caller: Caller, _ facts: RequestFacts, _ request: IncomingRequest) async throws -> Response {
        let known = Set(declaration.input.query.fields.map(\.name))
        if let unknown = request.query.keys.filter({ !known.contains($0) }).min() {
            throw ParameterDecoding.malformed(unknown.kept(octets: 64), "unknown parameter")
        }
        let source = Source(list: list, caller: caller, facts: facts, request: request)
        // The first page is asked for before the head goes out: who may not gets the refusal.
        let first = try await source.page(nil)
        try await acts.handOut(
            caller.actor,
            facts,
            Self.place(of: list, request.path),
            detail: Self.words(request.query)
        )
        let name = declaration.template.text.split(separator: "/").last.map(String.init) ?? "export"
        return Response(
            status: .ok,
            headers: [
                .contentType: format.contentType, .contentDisposition: "attachment; filename=\"\(name)\"",
            ],
            body: .init { [columns, format] writer in
                try await Self.write(first, source, format == .csv ? columns : nil, &writer)
                try await writer.finish(nil)
            }
        )
    }

    /// The list's address, for the portal's log.
    private static func place(of list: any MountableRoute, _ path: [String: String]) -> String {
        path.reduce(list.declaration.template.text) { $0.replacing("{\($1.key)}", with: $1.value) }
    }

    /// Its filter.
    private static func words(_ query: [String: String]) -> String {
        query.isEmpty
            ? "all of it" : query.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    /// - Parameter columns: of CSV; nil for one JSON array.
    private static func write(
        _ first: ListPage,
        _ source: Source,
        _ columns: [[String]]?,
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
            if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
            guard let next = current.next else { break }
            current = try await source.page(next)
        }
        if columns == nil { try await writer.write(ByteBuffer(string: "\n]\n")) }
    }

    struct ListPage: Decodable, Sendable {
        let items: [JSONValue]
        let next: String?
    }

    /// The list for one caller.
    private struct Source: Sendable {
        let list: any MountableRoute
        let caller: Caller
        let facts: RequestFacts
        let request: IncomingRequest

        func page(_ cursor: String?) async throws -> ListPage {
            var query = request.query
            query["limit"] = String(ExportRoute.pageLimit)
            query["cursor"] = cursor
            let asked = IncomingRequest(path: request.path, query: query, bytes: [], stream: nil)
            let answer = try await list.answer(caller, facts, asked)
            let bytes = try await BodyCollector.octets(of: answer.body, limit: ExportRoute.largestPage)
            return try JSONDecoder().decode(ListPage.self, from: Data(bytes))
        }
    }
}

/// Takes an answer's octets into memory.
struct BodyCollector: ResponseBodyWriter {
    final class Box: @unchecked Sendable { var bytes: [UInt8] = [] }

    let box = Box()
    let limit: Int

    static func octets(of body: ResponseBody, limit: Int) async throws -> [UInt8] {
        let writer = BodyCollector(limit: limit)
        try await body.write(writer)
        return writer.box.bytes
    }

    mutating func write(_ buffer: ByteBuffer) async throws {
        guard box.bytes.count + buffer.readableBytes <= limit else {
            throw Refusal(PortalError.internalFailed, "too large")
        }
        box.bytes += buffer.readableBytesView
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
