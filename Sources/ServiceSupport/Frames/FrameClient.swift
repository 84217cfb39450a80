import Vocabulary

/// Sends requests over a small pool of connections, which are opened when needed.
///
/// It never repeats a request by itself: after `net.connect.failed` nothing was sent, after `net.connection.lost` and
/// `net.request.timeout` the request may have been done. The next request opens a new connection; how long to wait
/// before that is the caller's choice (`Backoff`).
public actor FrameClient {
    private let dialer: FrameDialer
    private var idle: [FrameConnection] = []
    /// Idle, lent and being opened together.
    private var open = 0
    private var waiters: [CheckedContinuation<Lease, any Error>] = []
    private var isClosed = false

    private enum Lease: Sendable {
        case connection(FrameConnection)
        /// The right to open one.
        case slot
    }

    /// Throws `tls.*` when the identity or authorities can't be used. Connects nothing yet.
    public init(_ configuration: FrameClientConfiguration) throws {
        dialer = try FrameDialer(configuration)
    }

    /// One request, one reply. `timeout` runs from having a connection to the whole reply.
    public func request(_ body: [UInt8], timeout: Duration = .seconds(30)) async throws -> [UInt8] {
        let connection = try await borrow()
        do {
            let reply = try await connection.exchange(body, timeout: timeout)
            giveBack(connection)
            return reply
        } catch {
            connection.close()
            giveUpSlot()
            throw dialer.configuration.named(error)
        }
    }

    /// Closes idle connections now and lent ones after their reply; later requests are refused.
    public func close() {
        isClosed = true
        for connection in idle { connection.close() }
        open -= idle.count
        idle = []
        for waiter in waiters { waiter.resume(throwing: Refusal(ServiceSupportError.clientClosed)) }
        waiters = []
    }

    private func borrow() async throws -> FrameConnection {
        switch try await lease() {
        case .connection(let connection) where connection.isActive: return connection
        case .connection, .slot:
            let connection: FrameConnection
            do { connection = try await dialer.connect() } catch {
                giveUpSlot()
                throw dialer.configuration.named(error)
            }
            guard !isClosed else {
                connection.close()
                giveUpSlot()
                throw Refusal(ServiceSupportError.clientClosed)
            }
            return connection
        }
    }

    private func lease() async throws -> Lease {
        guard !isClosed else { throw Refusal(ServiceSupportError.clientClosed) }
        while let connection = idle.popLast() {
            if connection.isActive { return .connection(connection) }
            open -= 1
        }
        if open < max(1, dialer.configuration.connections) {
            open += 1
            return .slot
        }
        guard waiters.count < dialer.configuration.waiting else {
            throw Refusal(ServiceSupportError.clientBusy, "\(waiters.count) requests wait")
        }
        return try await withCheckedThrowingContinuation { waiters.append($0) }
    }

    private func giveBack(_ connection: FrameConnection) {
        if isClosed {
            connection.close()
            open -= 1
        } else if waiters.isEmpty {
            idle.append(connection)
        } else {
            waiters.removeFirst().resume(returning: .connection(connection))
        }
    }

    private func giveUpSlot() {
        if waiters.isEmpty {
            open -= 1
        } else {
            waiters.removeFirst().resume(returning: .slot)
        }
    }
}

/// How long to wait before trying again: exponential, with full jitter so that many stations do not come at once.
public struct Backoff: Sendable {
    public let first: Duration
    public let longest: Duration

    public init(first: Duration = .milliseconds(200), longest: Duration = .seconds(30)) {
        self.first = first
        self.longest = longest
    }

    /// The wait before attempt `attempt` (1 is the first repetition): drawn evenly from half the bound to the bound,
    /// where the bound doubles from `first` up to `longest`.
    public func delay(attempt: Int) -> Duration {
        let doublings = min(max(attempt - 1, 0), 30)
        let bound = min(first * Double(1 << doublings), longest)
        return bound * Double.random(in: 0.5...1)
    }
}
