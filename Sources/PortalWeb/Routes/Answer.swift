import HTTPTypes
public import HummingbirdCore
import NIOCore
import PortalProtocol
import Statements

/// What a handler answers when all went well: `Answer<Message>`, `NoContent` or `RawAnswer<Kind>`.
public protocol RouteOutput: Sendable {
    static func declared() throws -> OutputDeclaration
    /// `status`: as the route declares it.
    func response(status: Int) throws -> Response
}

/// A JSON message.
public struct Answer<Message: Codable & Sendable>: RouteOutput {
    public let message: Message
    /// Where the object can be changed: what If-Match must say.
    public let tag: EntityTag?
    /// Path of the object that was made.
    public let location: String?

    public init(_ message: Message, tag: EntityTag? = nil, location: String? = nil) {
        self.message = message
        self.tag = tag
        self.location = location
    }

    public static func declared() throws -> OutputDeclaration {
        OutputDeclaration(body: .json(try JSONSchema.of(Message.self)), isTagged: true)
    }

    public func response(status: Int) throws -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let tag { headers[.eTag] = tag.text }
        if let location { headers[.location] = location }
        return Response(
            status: .init(code: status),
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: try StatementCoding.encode(message)))
        )
    }
}

public struct NoContent: RouteOutput {
    public init() {}
    public static func declared() -> OutputDeclaration { OutputDeclaration(body: .none) }
    public func response(status: Int) -> Response { Response(status: .init(code: status)) }
}

/// Raw octets, all of them or one range.
public struct RawAnswer<Kind: RawKind>: RouteOutput {
    let body: ResponseBody
    let length: Int
    let tag: EntityTag?
    let part: (range: Range<Int>, total: Int)?

    /// - Parameters:
    ///   - body: the octets to send, the part alone where there is one.
    ///   - length: how many octets `body` has.
    ///   - part: the range sent and the size of the whole, from `ByteRange.within`.
    public init(_ body: ResponseBody, length: Int, tag: EntityTag?, part: (range: Range<Int>, total: Int)? = nil) {
        self.body = body
        self.length = length
        self.tag = tag
        self.part = part
    }

    public init(bytes: [UInt8], tag: EntityTag?) {
        self.init(.init(byteBuffer: ByteBuffer(bytes: bytes)), length: bytes.count, tag: tag)
    }

    /// The range that was asked for, of octets in memory. Throws `portal.range.unsatisfiable`.
    public init(bytes: [UInt8], tag: EntityTag?, range: ByteRange?) throws {
        guard let range = try range?.within(bytes.count) else {
            self.init(bytes: bytes, tag: tag)
            return
        }
        let part = ByteBuffer(bytes: bytes[range])
        self.init(.init(byteBuffer: part), length: range.count, tag: tag, part: (range, bytes.count))
    }

    public static func declared() -> OutputDeclaration {
        OutputDeclaration(body: .raw(contentType: Kind.contentType), isTagged: true, hasRanges: true)
    }

    public func response(status: Int) -> Response {
        var headers: HTTPFields = [
            .contentType: Kind.contentType, .contentLength: String(length), .acceptRanges: "bytes",
        ]
        if let tag { headers[.eTag] = tag.text }
        guard let part else { return Response(status: .init(code: status), headers: headers, body: body) }
        headers[.contentRange] = "bytes \(part.range.lowerBound)-\(part.range.upperBound - 1)/\(part.total)"
        return Response(status: .partialContent, headers: headers, body: body)
    }
}

/// Text that the portal makes whole, without tag or ranges.
struct TextAnswer<Kind: RawKind>: RouteOutput {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func declared() -> OutputDeclaration { OutputDeclaration(body: .raw(contentType: Kind.contentType)) }

    func response(status: Int) -> Response {
        Response(
            status: .init(code: status),
            headers: [.contentType: Kind.contentType],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}

/// Octets that are made while they go out: no list is too long for it. Whatever can be refused is refused before.
struct StreamAnswer<Kind: RawKind>: RouteOutput {
    let body: ResponseBody

    init(_ body: ResponseBody) { self.body = body }

    static func declared() throws -> OutputDeclaration { OutputDeclaration(body: .raw(contentType: Kind.contentType)) }

    func response(status: Int) -> Response {
        Response(status: .init(code: status), headers: [.contentType: Kind.contentType], body: body)
    }
}
