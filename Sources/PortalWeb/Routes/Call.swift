public import NIOCore
public import PortalProtocol
import Vocabulary

/// What a handler is given beside its context. `Call` is the one kind; the protocol lets routes be generic over it.
public protocol RouteInput: Sendable {
    static func reader() throws -> InputReader<Self>
}

/// How an input is declared and read.
public struct InputReader<Input: Sendable>: Sendable {
    let declaration: InputDeclaration
    let read: @Sendable (IncomingRequest) throws -> Input
}

/// A request as the mount hands it to the reader: matched, bounded and authenticated, not decoded.
public struct IncomingRequest: Sendable {
    /// Percent-decoded.
    let path: [String: String]
    let query: [String: String]
    /// The whole body of an operation that takes JSON, else empty.
    let bytes: [UInt8]
    /// The body of an operation that takes raw octets.
    let stream: BodyStream?
}

/// Path parameters, query and body of one request, each of its declared type.
public struct Call<Path: Decodable & Sendable, Query: Decodable & Sendable, Body: CallBody>: RouteInput {
    public let path: Path
    public let query: Query
    public let body: Body.Value

    public static func reader() throws -> InputReader<Self> {
        let (path, query) = (try JSONSchema.of(Path.self), try JSONSchema.of(Query.self))
        let body = try Body.reader()
        let declaration = InputDeclaration(path: path, query: query, body: body.declaration)
        return InputReader(declaration: declaration) { request in
            Call(
                path: try ParameterDecoding.decode(Path.self, path, from: request.path),
                query: try ParameterDecoding.decode(Query.self, query, from: request.query),
                body: try body.read(request)
            )
        }
    }
}

/// A GET without anything, and one with path parameters alone.
public typealias PlainCall = Call<Nothing, Nothing, NoBody>
public typealias ObjectCall<Path: Decodable & Sendable> = Call<Path, Nothing, NoBody>

/// What stands in the body: `NoBody`, `JSON<Message>` or `Raw<Kind>`.
public protocol CallBody: Sendable {
    associatedtype Value: Sendable
    static func reader() throws -> BodyReader<Value>
}

public struct BodyReader<Value: Sendable>: Sendable {
    let declaration: BodyDeclaration
    let read: @Sendable (IncomingRequest) throws -> Value
}

public enum NoBody: CallBody {
    public static func reader() -> BodyReader<Nothing> { BodyReader(declaration: .none) { _ in Nothing() } }
}

/// A message with its own limit; others have 256 KiB.
public protocol LimitedMessage {
    /// Octets.
    static var largestBody: Int { get }
}

public enum JSON<Message: Decodable & Sendable>: CallBody {
    public static func reader() throws -> BodyReader<Message> {
        let own = (Message.self as? any LimitedMessage.Type)?.largestBody
        let limit = own ?? (Message.self as? any SyncMessage.Type)?.largest ?? 256 * 1_024
        let decoding = try StrictDecoding(Message.self, limit: limit)
        return BodyReader(declaration: .json(decoding.schema, limit: limit)) { request in
            let message = try decoding.decode(request.bytes)
            do { try (message as? any SyncMessage)?.validate() } catch let refusal as Refusal {
                throw Refusal(PortalProtocolError.malformedRequest, "body: \(refusal.detail)")
            }
            return message
        }
    }
}

/// A kind of raw octets that goes in or out.
public protocol RawKind: Sendable {
    static var contentType: String { get }
    /// Octets; of requests.
    static var largest: Int { get }
}

public enum Raw<Kind: RawKind>: CallBody {
    public static func reader() -> BodyReader<BodyStream> {
        BodyReader(declaration: .raw(contentType: Kind.contentType, limit: Kind.largest)) { request in
            guard let stream = request.stream else { throw Refusal(PortalError.internalFailed, "no stream") }
            return stream
        }
    }
}

/// The octets of a raw body, as they come; bounded in size and time. To be read once.
public struct BodyStream: Sendable {
    let chunks: @Sendable (_ each: (ByteBuffer) async throws -> Void) async throws -> Void
    /// From the Content-Length header; nil where the client did not say.
    public let announced: Int?

    /// Throws `portal.body.*` and what `each` throws.
    public func forEach(_ each: (ByteBuffer) async throws -> Void) async throws { try await chunks(each) }

    /// All of it in memory.
    public func collect() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await chunks { bytes.append(contentsOf: $0.readableBytesView) }
        return bytes
    }
}
