import Synchronization
import Vocabulary

/// The caller's side of the line protocol over any transport of frames: numbers requests, checks replies.
public final class LineCaller: Sendable {
    /// Sends one frame and returns the reply's frame.
    public typealias Exchange = @Sendable ([UInt8]) async throws -> [UInt8]

    private let prefix: String
    private let exchange: Exchange
    private let count = Mutex<UInt64>(0)

    /// `prefix` goes before each request id, at most 32 characters: a station's name, say.
    public init(prefix: String, exchange: @escaping Exchange) {
        self.prefix = prefix.kept(octets: 32)
        self.exchange = exchange
    }

    /// One request, one reply. Throws the refusal that came back, or what the transport throws.
    public func call<Operation: LineOperation>(
        _ operation: Operation.Type,
        _ request: Operation.Request
    ) async throws -> Operation.Reply {
        let number = count.withLock {
            $0 &+= 1
            return $0
        }
        let id = "\(prefix)-\(number)"
        let frame = try LineMessage.request(operation, id: id, request)
        return try LineMessage.result(of: try await exchange(frame), to: id, for: operation)
    }

    /// The same for an operation whose request says nothing.
    public func call<Operation: LineOperation>(_ operation: Operation.Type) async throws -> Operation.Reply
    where Operation.Request == Nothing {
        try await call(operation, Nothing())
    }
}
