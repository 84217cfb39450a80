public import Vocabulary

/// What a run of a line came to.
public struct LineSummary: Sendable, Codable, Equatable {
    /// Chips visited.
    public private(set) var visited = 0
    public private(set) var passed = 0
    public private(set) var failed = 0
    /// Begun, and to be gone on with.
    public private(set) var unfinished = 0
    public private(set) var notBegun = 0
    /// Had passed in an earlier run.
    public private(set) var passedBefore = 0
    /// How often each error code ended a unit.
    public private(set) var codes: [String: Int] = [:]
    /// Why the line stopped before its quantity.
    public private(set) var stop: Refusal?
    public var milliseconds = 0

    public init() {}

    /// Units that this run began or went on with.
    public var begun: Int { passed + failed + unfinished }

    /// Passed ÷ begun in per cent with one decimal, as text; `–` while nothing was begun.
    public var yield: String {
        guard begun > 0 else { return "–" }
        let tenths = passed * 1_000 / begun
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// 0 all passed, 1 some did not, 3 the line stopped.
    public var exitCode: Int32 {
        if stop != nil { return 3 }
        return failed + unfinished + notBegun == 0 ? 0 : 1
    }

    public mutating func add(_ outcome: UnitOutcome) {
        visited += 1
        switch outcome.result {
        case .passed: passed += 1
        case .failed: failed += 1
        case .unfinished: unfinished += 1
        case .notBegun: notBegun += 1
        case .passedBefore: passedBefore += 1
        }
        guard let refusal = outcome.refusal else { return }
        codes[refusal.code, default: 0] += 1
        if outcome.stopsLine && stop == nil { stop = refusal }
    }
}
