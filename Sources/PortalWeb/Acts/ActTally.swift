import PortalCore
import PortalStore
import Statements
import Synchronization
import Vocabulary

/// Refused acts and looks at objects that are not there, counted in memory, so that nobody floods the portal's log by being
/// refused, and nobody tries ids without leaving a trace.
///
/// A refusal is entered at once, and how often it came again within the minute after. Unknown objects are counted for each
/// caller: one entry each ten minutes, and an alarm as soon as they are too many different ones. A crash loses the counts of
/// windows that are open, and nothing else.
final class ActTally: Sendable {
    struct Kind: Hashable {
        let actor: LogActor
        let operation: String
        /// What was acted upon: the route's template, as the id is anybody's.
        let object: String
        let code: String
    }

    /// What is to be entered now.
    struct Step: Sendable {
        let kind: Kind
        let requestID: String
        let detail: String?
        let isProbing: Bool

        func enter(_ transaction: any SQLTransaction, at time: Instant) throws {
            try Acts.note(
                kind.operation,
                by: kind.actor,
                object: kind.object,
                outcome: kind.code,
                requestID: requestID,
                detail: detail,
                at: time,
                in: transaction
            )
            guard isProbing else { return }
            let who = "\(kind.actor.kind.rawValue) \(kind.actor.id)"
            let alarm = Alarm.ofPortal(.probing, subject: kind.actor.id, "\(who): \(detail ?? "")")
            try Alarms(transaction).raise([alarm.alarm], factory: alarm.factory, at: time)
        }
    }

    private struct Repeats {
        let start: Instant
        var more = 0
        var requestID: String
    }

    private struct Looks {
        let start: Instant
        let actor: LogActor
        var count = 0
        /// Different addresses, no more than `mostLooks`.
        var paths: Set<Digest256> = []
        var operations: Set<String> = []
        var isAlarmed = false

        var detail: String {
            let names = operations.sorted().prefix(8).joined(separator: ", ")
            return
                "\(count) requests, \(paths.count)\(isAlarmed ? " or more" : "") objects that are not there: \(names)"
        }
    }

    private struct State {
        var repeats: [Kind: Repeats] = [:]
        var looks: [String: Looks] = [:]
    }

    /// Seconds in which the same refusal is one entry more.
    static let repeatWindow: Int64 = 60
    /// Seconds in which looks are one entry, and how many different objects make it an alarm.
    static let lookWindow: Int64 = 600
    static let mostLooks = 32
    /// Entry's operation for looks, whatever the operations were.
    static let lookOperation = "unknownObjects"
    /// Windows of each sort; one more ends the oldest.
    private static let largest = 4_096

    private let state = Mutex(State())

    /// What must be entered at once.
    func count(_ kind: Kind, path: String, requestID: String, at time: Instant) -> [Step] {
        state.withLock { state in
            kind.code == PortalError.unknownObject.rawValue
                ? Self.look(&state, kind, path, requestID, time) : Self.refuse(&state, kind, requestID, time)
        }
    }

    /// Windows that are over, or all.
    func ended(at time: Instant, all: Bool) -> [Step] {
        state.withLock { state in
            func isOver(_ start: Instant, _ length: Int64) -> Bool { all || !(0..<length).contains(time - start) }
            let repeats = state.repeats.filter { isOver($0.value.start, Self.repeatWindow) }
            let looks = state.looks.filter { isOver($0.value.start, Self.lookWindow) }
            for kind in repeats.keys { state.repeats[kind] = nil }
            for id in looks.keys { state.looks[id] = nil }
            return repeats.compactMap { Self.step($0.key, $0.value) } + looks.values.map { Self.step($0) }
        }
    }

    private static func refuse(_ state: inout State, _ kind: Kind, _ requestID: String, _ time: Instant) -> [Step] {
        if let known = state.repeats[kind], (0..<repeatWindow).contains(time - known.start) {
            state.repeats[kind]?.more += 1
            state.repeats[kind]?.requestID = requestID
            return []
        }
        var steps = state.repeats[kind].flatMap { step(kind, $0) }.map { [$0] } ?? []
        if state.repeats.count >= largest, let oldest = state.repeats.min(by: { $0.value.start < $1.value.start }) {
            state.repeats[oldest.key] = nil
            if let step = step(oldest.key, oldest.value) { steps.append(step) }
        }
        state.repeats[kind] = Repeats(start: time, requestID: requestID)
        return steps + [Step(kind: kind, requestID: requestID, detail: nil, isProbing: false)]
    }

    private static func look(
        _ state: inout State,
        _ kind: Kind,
        _ path: String,
        _ requestID: String,
        _ time: Instant
    ) -> [Step] {
        let id = "\(kind.actor.kind.rawValue) \(kind.actor.id)"
        var steps: [Step] = []
        var looks = state.looks[id] ?? Looks(start: time, actor: kind.actor)
        if !(0..<lookWindow).contains(time - looks.start) {
            steps.append(step(looks))
            looks = Looks(start: time, actor: kind.actor)
        } else if state.looks[id] == nil, state.looks.count >= largest,
            let oldest = state.looks.min(by: { $0.value.start < $1.value.start })
        {
            state.looks[oldest.key] = nil
            steps.append(step(oldest.value))
        }
        looks.count += 1
        looks.operations.insert(kind.operation)
        if looks.paths.count < mostLooks { looks.paths.insert(Digest256.of(path.utf8)) }
        if looks.paths.count >= mostLooks, !looks.isAlarmed {
            looks.isAlarmed = true
            steps.append(step(looks, requestID: requestID, isProbing: true))
        }
        state.looks[id] = looks
        return steps
    }

    private static func step(_ kind: Kind, _ repeats: Repeats) -> Step? {
        guard repeats.more > 0 else { return nil }
        let detail = "\(repeats.more) more since \(repeats.start)"
        return Step(kind: kind, requestID: repeats.requestID, detail: detail, isProbing: false)
    }

    private static func step(_ looks: Looks, requestID: String = "", isProbing: Bool = false) -> Step {
        let kind = Kind(
            actor: looks.actor,
            operation: lookOperation,
            object: looks.actor.id,
            code: PortalError.unknownObject.rawValue
        )
        return Step(kind: kind, requestID: requestID, detail: looks.detail, isProbing: isProbing)
    }
}
