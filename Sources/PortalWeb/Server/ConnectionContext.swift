import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Vocabulary

/// Where every request starts: nothing is known of the caller yet but the connection.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    let exchange: Exchange

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
        exchange = Exchange(address: source.channel.remoteAddress?.ipAddress ?? "local")
    }
}

/// One request and its answer, as log and metrics see them.
final class Exchange: Sendable {
    private struct State {
        var requestID = ""
        var declaration: RouteDeclaration?
        var caller = "nobody"
        var code: String?
    }

    let address: String
    private let state = Mutex(State())

    init(address: String) { self.address = address }

    var requestID: String { state.withLock(\.requestID) }
    var declaration: RouteDeclaration? { state.withLock(\.declaration) }
    var caller: String { state.withLock(\.caller) }
    /// Of the refusal, if it came to one.
    var code: String? { state.withLock(\.code) }

    func started(_ headers: HTTPFields) { state.withLock { $0.requestID = Self.requestID(headers[.requestID]) } }
    func matched(_ declaration: RouteDeclaration) { state.withLock { $0.declaration = declaration } }
    func identified(_ caller: String) { state.withLock { $0.caller = caller } }
    func refused(_ code: String) { state.withLock { $0.code = code } }

    /// The client's own where it is 8 to 64 characters that stand well in a log, else 128 random bits.
    private static func requestID(_ given: String?) -> String {
        let isPlain: (UInt8) -> Bool = { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x5F || byte == 0x2E
        }
        if let given, (8...64).contains(given.utf8.count), given.utf8.allSatisfy(isPlain) { return given }
        var generator = SystemRandomNumberGenerator()
        return Hex.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}

extension HTTPField.Name {
    static let requestID = known("X-Request-ID")
    static let idempotencyKey = known("Idempotency-Key")
    static let referrerPolicy = known("Referrer-Policy")

    static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is a header's name") }
        return name
    }
}
