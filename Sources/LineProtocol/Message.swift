import Statements
public import Vocabulary

/// A request as it stands in a frame: `{"version":1,"id":…,"operation":…,"body":…}`.
public struct RequestMessage<Body: Codable & Sendable>: Codable, Sendable {
    public let version: Int
    /// Chosen by the caller, 1 to 64 characters; comes back in the reply and stands in logs of both sides.
    public let id: String
    public let operation: String
    public let body: Body
}

/// What a router reads before it knows the body's type.
public struct RequestHeader: Codable, Sendable {
    public let version: Int
    public let id: String
    public let operation: String
}

/// A request whose frame passed the strict scanner.
struct ReceivedRequest: Sendable {
    let header: RequestHeader
    /// The body's own octets; nil where the frame has none.
    let body: [UInt8]?
}

/// A reply: the result, or the refusal.
public struct ReplyMessage<Body: Codable & Sendable>: Codable, Sendable {
    public let version: Int
    public let id: String
    public let result: Body?
    public let refusal: Refusal?
}

/// Encoding and strict decoding of the messages in a frame.
public enum LineMessage {
    public static let version = 1
    /// Largest frame body, in octets.
    public static let largest = 256 * 1024

    public static func request<Operation: LineOperation>(
        _ operation: Operation.Type,
        id: String,
        _ body: Operation.Request
    ) throws -> [UInt8] {
        try StatementCoding.encode(
            RequestMessage(version: version, id: id, operation: Operation.name, body: body)
        )
    }

    /// Throws `LineProtocolError` or a `StatementError` of the strict scanner.
    public static func header(of frame: [UInt8]) throws -> RequestHeader { try read(frame).header }

    /// Scans a frame once and reads its header; the body is read when its type is known. Throws `LineProtocolError` or a
    /// `StatementError` of the strict scanner.
    static func read(_ frame: [UInt8]) throws -> ReceivedRequest {
        let members = try StrictJSON.members(of: frame, limit: largest)
        let header = try plainHeader(frame, members) ?? decode(RequestHeader.self, frame)
        guard header.version == version else { throw Refusal(LineProtocolError.wrongVersion, "\(header.version)") }
        guard (1...64).contains(header.id.utf8.count) else { throw Refusal(LineProtocolError.malformed, "id") }
        // It stands in logs and metrics, also where nobody knows it.
        guard (1...64).contains(header.operation.utf8.count) else {
            throw Refusal(LineProtocolError.malformed, "operation")
        }
        let body = members.first { frame[$0.name].elementsEqual("body".utf8) }
        return ReceivedRequest(header: header, body: body.map { Array(frame[$0.value]) })
    }

    /// The header as every peer of ours writes it, without a decoder; nil for another spelling, which a decoder reads.
    private static func plainHeader(_ frame: [UInt8], _ members: [StrictJSON.Member]) -> RequestHeader? {
        func value(_ name: String) -> ArraySlice<UInt8>? {
            members.first { frame[$0.name].elementsEqual(name.utf8) }.map { frame[$0.value] }
        }
        func text(_ name: String) -> String? {
            guard let octets = value(name), octets.count >= 2, octets.first == UInt8(ascii: "\""),
                !octets.contains(UInt8(ascii: "\\"))
            else { return nil }
            return String(decoding: octets.dropFirst().dropLast(), as: UTF8.self)
        }
        guard let version = value("version").flatMap({ Int(String(decoding: $0, as: UTF8.self)) }),
            let id = text("id"), let operation = text("operation")
        else { return nil }
        return RequestHeader(version: version, id: id, operation: operation)
    }

    /// The body of a request whose header was read.
    static func body<Operation: LineOperation>(
        of request: ReceivedRequest,
        for operation: Operation.Type
    ) throws -> Operation.Request {
        guard let body = request.body else { throw Refusal(LineProtocolError.malformed, "body") }
        return try decode(Operation.Request.self, body)
    }

    public static func reply(id: String, _ result: some Codable & Sendable) throws -> [UInt8] {
        try StatementCoding.encode(ReplyMessage(version: version, id: id, result: result, refusal: nil))
    }

    public static func refusal(id: String, _ refusal: Refusal) -> [UInt8] {
        let message = ReplyMessage<Nothing>(version: version, id: id, result: nil, refusal: refusal)
        return (try? StatementCoding.encode(message)) ?? []
    }

    /// The result of a reply to request `id`; throws the refusal that it carries.
    public static func result<Operation: LineOperation>(
        of frame: [UInt8],
        to id: String,
        for operation: Operation.Type
    ) throws -> Operation.Reply {
        try StrictJSON.check(frame, limit: largest)
        let reply = try decode(ReplyMessage<Operation.Reply>.self, frame)
        if let refusal = reply.refusal { throw refusal }
        guard reply.id == id, let result = reply.result else {
            throw Refusal(LineProtocolError.wrongReply, Operation.name)
        }
        return result
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ frame: [UInt8]) throws -> Value {
        do {
            return try StatementCoding.decode(type, from: frame)
        } catch let refusal where refusal is Refusal {
            guard let known = refusal as? Refusal, known.has(StatementError.missingField) else { throw refusal }
            throw Refusal(LineProtocolError.malformed, known.detail)
        }
    }
}
