import KeyCustody
import Vocabulary

/// One session with a thread of its own. It opens the session when it is needed and drops it when it broke.
///
/// No method suspends, so operations of a session never interleave.
actor SessionActor {
    private nonisolated let thread = SessionThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    private let connect: @Sendable () throws -> Session
    private var session: Session?
    /// The pool's count of device failures when this session was last known to be good.
    private var provenAt: UInt64 = 0

    init(connect: @escaping @Sendable () throws -> Session) { self.connect = connect }

    /// Runs `body` in the session. `failures` is the pool's count of device failures: after one, every session shows that
    /// it is still logged in before it is used. `destroyed` is the pool's count of destroyed keys. `begun` is told, in the
    /// session's thread, before anything is asked of the module, and throws where nobody waits for the call any more.
    func run<Result: Sendable>(
        failures: UInt64,
        destroyed: UInt64,
        begun: @Sendable () throws -> Void = {},
        _ body: @Sendable (Session) throws -> Result
    ) throws -> Result {
        try begun()
        let session = try ready(failures)
        if session.handlesAge != destroyed {
            session.handles.removeAll()
            session.handlesAge = destroyed
        }
        do {
            return try body(session)
        } catch let failure as PKCS11Failure where failure.isStaleHandle && !session.handles.isEmpty {
            // The token gave the key another handle (a new login does that): look it up again, once.
            session.handles.removeAll()
            return try dropIfBroken { try body(session) }
        } catch {
            dropIfBroken(error)
            throw error
        }
    }

    func open(failures: UInt64) throws { _ = try ready(failures) }

    func close() { session = nil }

    private func ready(_ failures: UInt64) throws -> Session {
        if let session {
            if provenAt == failures { return session }
            if session.isLoggedIn() {
                provenAt = failures
                return session
            }
            self.session = nil
        }
        let opened = try connect()
        session = opened
        provenAt = failures
        return opened
    }

    private func dropIfBroken<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            dropIfBroken(error)
            throw error
        }
    }

    private func dropIfBroken(_ error: any Error) {
        if let failure = error as? PKCS11Failure, failure.breaksSession { session = nil }
    }
}
