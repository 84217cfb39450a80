import PortalCore
import PortalProtocol
import PortalStore
import ServiceLifecycle
import Synchronization
import Vocabulary

/// Refused sign-ins in the portal's own log: the first of a kind at once, those that follow within a minute as one entry
/// with their number, so that a flood of them neither hides nor fills the log.
final class SignInAudit: Sendable {
    /// Which refusals are counted together.
    struct Kind: Sendable, Hashable {
        /// Id of the person, or `unknown`: what somebody typed as a login may be a password, and is not kept.
        let object: String
        let reason: Reason
        /// Network address; an IPv6 /64.
        let address: String
    }

    enum Reason: String, Sendable, Hashable {
        case unknownAccount = "no such account"
        case inactive = "the person is switched off"
        case password = "wrong password"
        case factor = "right password, wrong or missing second factor"
        case throttled = "too many attempts"
    }

    /// Different kinds within a minute that get an entry of their own.
    static let mostKinds = 64
    /// Seconds.
    private static let window: Int64 = 60

    private struct State {
        var start = Instant.epoch
        var counts: [Kind: Int] = [:]
        var others = 0
    }

    private let database: any PortalDatabase
    private let state = Mutex(State())

    init(database: any PortalDatabase) { self.database = database }

    func note(_ reason: Reason, person: PersonID?, address: String, requestID: String, at time: Instant) async {
        let kind = Kind(object: person?.text ?? "unknown", reason: reason, address: FailureLimiter.key(address))
        await flush(at: time)
        let isFirst = state.withLock { state in
            if let count = state.counts[kind] {
                state.counts[kind] = count + 1
                return false
            }
            guard state.counts.count < Self.mostKinds else {
                state.others += 1
                return false
            }
            state.counts[kind] = 0
            return true
        }
        guard isFirst else { return }
        await write([(kind.object, "\(reason.rawValue), from \(kind.address)", requestID)], at: time)
    }

    /// Writes down what was counted, once a minute is over; `always`: also before.
    func flush(at time: Instant, always: Bool = false) async {
        let done = state.withLock { state -> State? in
            guard always || !(0..<Self.window).contains(time - state.start) else { return nil }
            let done = state
            state = State(start: time)
            return done
        }
        guard let done else { return }
        var entries = done.counts.filter { $0.value > 0 }.map { kind, count in
            (kind.object, "\(count) more within a minute: \(kind.reason.rawValue), from \(kind.address)", "")
        }
        if done.others > 0 { entries.append(("many", "\(done.others) of other kinds within a minute", "")) }
        if !entries.isEmpty { await write(entries.sorted { $0.0 < $1.0 }, at: time) }
    }

    /// An entry that can't be written is no reason to fail: the answer is a refusal already.
    private func write(_ entries: [(object: String, detail: String, requestID: String)], at time: Instant) async {
        _ = try? await database.write("sign-in-refused") { transaction in
            for entry in entries {
                try PortalLogTable(transaction).append { position in
                    PortalLogEntry(
                        position: position,
                        time: time,
                        actorKind: .nobody,
                        actor: LogActor.nobody.id,
                        organisation: nil,
                        action: "signIn",
                        object: entry.object,
                        requestID: entry.requestID,
                        outcome: AccountError.signInRefused.rawValue,
                        detail: entry.detail
                    )
                }
            }
        }
    }
}

/// Beside the listeners: counted refusals are written down within a minute, and when the portal stops.
struct SignInWatch: Service {
    private static let pause = Duration.seconds(60)

    let audit: SignInAudit
    let now: @Sendable () -> Instant

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await audit.flush(at: now())
                try? await Task.sleep(for: Self.pause)
            }
        }
        await audit.flush(at: now(), always: true)
    }
}
