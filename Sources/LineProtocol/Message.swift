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
    public static func header(of frame: [UInt8]) throws -> RequestHeader {
        try StrictJSON.check(frame, limit: largest)
        let header = try decode(RequestHeader.self, frame)
        guard header.version == version else { throw Refusal(LineProtocolError.wrongVersion, "\(header.version)") }
        guard (1...64).contains(header.id.utf8.count) else { throw Refusal(LineProtocolError.malformed, "id") }
        return header
    }

    /// The body of a frame whose header was read.
    public static func body<Operation: LineOperation>(
        of frame: [UInt8],
        for operation: Operation.Type
    ) throws
        -> Operation.Request
    {
        try decode(RequestMessage<Operation.Request>.self, frame).body
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
