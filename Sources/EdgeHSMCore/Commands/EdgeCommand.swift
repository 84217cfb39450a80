public import Statements
public import Vocabulary

/// One thing that somebody asks of an EdgeHSM. Its decision is a pure function of state, command and time.
public protocol EdgeCommand: Sendable {
    associatedtype Grant: Sendable
    /// Who asks: the common name of the peer's certificate, or the local role. For attribution and refusal counts only.
    var requester: String { get }
    /// Checks everything, then changes the state through `turn`. Throws a `Refusal`, or `Waiting`
    /// where the answer is being made.
    func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> Grant
}

/// Why an answer has to wait for a moment. The daemon asks again, for 2 s at most, then refuses as retryable.
public enum WaitReason: Sendable, Equatable {
    /// Another request for the same chip is being signed.
    case twin
    /// The lease of units is exhausted and its renewal is on the way.
    case lease

    /// What to say when waiting was in vain.
    public var refusal: Refusal {
        switch self {
        case .twin: Refusal(EdgeError.unitBusy)
        case .lease: Refusal(EdgeError.leaseExhausted)
        }
    }
}

public enum Decision<Grant: Sendable>: Sendable {
    case granted(Grant)
    case refused(Refusal)
    case wait(WaitReason)
}

extension Decision: Equatable where Grant: Equatable {}

/// Whether the secure element's record must move, and when.
public enum AnchorDemand: Int, Sendable, Comparable {
    case none
    /// Leases want renewal: soon, nobody waits for it.
    case background
    /// The record must cover this outcome's entries before the reply leaves.
    case beforeAcknowledging

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What a command led to.
///
/// `entries` are applied to the state already and must be committed before anything leaves, whatever the decision: a
/// downlink may be refused in part. A failed commit ends the process.
public struct Outcome<Grant: Sendable>: Sendable {
    public let decision: Decision<Grant>
    public let entries: [JournalEntry]
    /// The octets of each entry, as they go to the disk.
    public let octets: [[UInt8]]
    public let anchor: AnchorDemand

    init(decision: Decision<Grant>, _ turn: Turn) {
        self.decision = decision
        (entries, octets, anchor) = (turn.entries, turn.octets, turn.anchor)
    }

    /// The grant; throws the refusal, also for an answer that still waits.
    public func grant() throws -> Grant {
        switch decision {
        case .granted(let grant): return grant
        case .refused(let refusal): throw refusal
        case .wait(let reason): throw reason.refusal
        }
    }
}

extension Outcome: Equatable where Grant: Equatable {}

/// One pass through the writer: the time, and what has happened so far.
public struct Turn: Sendable {
    public let now: Instant
    public let reading: ClockReading
    public internal(set) var entries: [JournalEntry] = []
    /// Of each entry.
    public internal(set) var octets: [[UInt8]] = []
    public internal(set) var anchor = AnchorDemand.none

    init(now: Instant, reading: ClockReading) {
        self.now = now
        self.reading = reading
    }

    mutating func demand(_ demand: AnchorDemand) { anchor = max(anchor, demand) }

    mutating func keep(_ entry: JournalEntry, _ octets: [UInt8]) {
        entries.append(entry)
        self.octets.append(octets)
    }
}

/// Thrown inside a decision to wait.
struct Waiting: Error {
    let reason: WaitReason
}

extension EdgeHSMState {
    /// Decides one command. Call it from one writer only.
    ///
    /// - Parameter peer: SHA-256 of the asking peer's certificate; nil for the local operator and for the daemon's own
    ///   work. It is judged in the same turn as the command, so that a revocation stops what was on its way (decision 13).
    public mutating func handle<Command: EdgeCommand>(
        _ command: Command,
        from peer: Digest256? = nil,
        at reading: ClockReading
    ) -> Outcome<Command.Grant> {
        guard live.isServing else {
            let turn = Turn(now: live.time.now(at: reading), reading: reading)
            return Outcome(decision: .refused(Refusal(EdgeError.notStarted)), turn)
        }
        live.time.observe(reading)
        expireHolds(at: reading)
        var turn = Turn(now: live.time.now(at: reading), reading: reading)
        let decision: Decision<Command.Grant>
        do {
            if let peer { _ = try self.peer(peer) }
            decision = .granted(try command.decide(&self, &turn))
        } catch let waiting as Waiting {
            decision = .wait(waiting.reason)
        } catch let refusal as Refusal {
            live.refusals.count(refusal.code, of: command.requester, at: turn.now)
            decision = .refused(refusal)
        } catch {
            decision = .refused(Refusal(EdgeError.internalFault, "\(type(of: error))"))
        }
        return Outcome(decision: decision, turn)
    }

    /// Largest entry, in octets: its base64 must fit one frame of the line protocol.
    public static let largestEntry = min(JournalEntry.largest, 180 * 1024)

    /// Journals one event and applies it. Everything that could refuse the command was checked before, but its size:
    /// throws `edge.journal.entry-too-large` while nothing is applied, so that an entry that no journal takes is a
    /// refusal and not a fault of the disk.
    mutating func emit(_ body: any JournalBody, _ turn: inout Turn) throws {
        let entry = JournalEntry(
            sequence: durable.size,
            epoch: durable.epoch,
            time: turn.now,
            event: JournalEvent(body: body)
        )
        let floor = durable.floor
        let octets = try Self.octets(of: entry)
        try apply(entry)
        turn.keep(entry, octets)
        if durable.floor > floor { live.time.raise(to: durable.floor, at: turn.reading) }
    }

    /// An entry as it goes to the disk. Throws `edge.journal.entry-too-large`.
    public static func octets(of entry: JournalEntry) throws -> [UInt8] {
        let octets = try entry.serialized()
        guard octets.count <= largestEntry else {
            throw Refusal(EdgeError.entryTooLarge, "\(octets.count) octets, limit \(largestEntry)")
        }
        return octets
    }
}
