internal import Statements
public import Verify
public import Vocabulary

/// What a roll-up row is about: one authorization on one UTC day.
public struct RollUpKey: Sendable, Hashable {
    /// Days since 1970 in UTC, of the EdgeHSM's trusted time.
    public let day: Int
    /// Zero for what belongs to no batch that was loaded.
    public let authorization: Digest256

    public init(day: Int, authorization: Digest256) {
        self.day = day
        self.authorization = authorization
    }

    public init(_ time: Instant, authorization: Digest256) {
        self.init(
            day: Int(time.seconds.quotientAndRemainder(dividingBy: 86_400).quotient),
            authorization: authorization
        )
    }
}

/// Events counted, each as its journal entry says it: a unit completed again after a rework counts again. Devices are counted
/// by `issued` and `passed`: a device that is reworked stays one.
public struct RollUpCounts: Sendable, Hashable, Codable {
    /// New units; a reissue after a re-provisioning is not one.
    public var issued = 0
    public var completed = 0
    /// Devices that stand as passed, as entries change it: one less where a rework begins or what had passed is scrapped, so
    /// below zero on a day that takes back more than it brings.
    public var passed = 0
    public var failed = 0
    public var burned = 0
    public var unlocked = 0
    public var reprovisioned = 0
    public var reissued = 0
    public var rotated = 0
    public var returned = 0
    /// Entries in quarantine.
    public var quarantined = 0

    public init() {}

    /// The fields by name, for tables and sums.
    public static let fields: [(name: String, path: any WritableKeyPath<RollUpCounts, Int> & Sendable)] = [
        ("issued", \.issued), ("completed", \.completed), ("passed", \.passed), ("failed", \.failed),
        ("burned", \.burned),
        ("unlocked", \.unlocked), ("reprovisioned", \.reprovisioned), ("reissued", \.reissued),
        ("rotated", \.rotated), ("returned", \.returned), ("quarantined", \.quarantined),
    ]

    /// One entry more.
    public mutating func count(_ judged: JudgedEntry) {
        if !judged.findings.isEmpty { quarantined += 1 }
        if let unit = judged.unit {
            passed += (unit.stage == .done ? 1 : 0) - (judged.stageBefore == .done ? 1 : 0)
        }
        switch judged.event?.body {
        case is FactoryDataGiven, is KeySealed, is Permitted: break
        case let body as Issued: if body.replaces == nil { issued += 1 } else { reissued += 1 }
        case is Completed: completed += 1
        case is Failed: failed += 1
        case let body as Burned: burned += Self.bounded(body.units)
        case is DebugUnlocked: unlocked += 1
        case is Reprovisioned: reprovisioned += 1
        case is Rotated: rotated += 1
        case let body as Closed: returned += Self.bounded(body.returned)
        default: break
        }
    }

    public static func += (left: inout Self, right: Self) {
        for field in fields { left[keyPath: field.path] += right[keyPath: field.path] }
    }

    /// An EdgeHSM's figure may be anything.
    private static func bounded(_ figure: Int) -> Int { min(max(figure, 0), Limits.largestBatch) }
}

/// What a row of production counts is about: one authorization in five minutes.
public struct SliceKey: Sendable, Hashable {
    /// `ProductionRate.slice(of:)` of the EdgeHSM's trusted time.
    public let slice: Int64
    public let authorization: Digest256
}

/// The figures that are also kept by five minutes.
public struct SliceCounts: Sendable, Hashable {
    public var issued = 0
    public var completed = 0
    public var passed = 0
    public var failed = 0
    public var burned = 0

    public init() {}

    public static func += (left: inout Self, right: Self) {
        left.issued += right.issued
        left.completed += right.completed
        left.passed += right.passed
        left.failed += right.failed
        left.burned += right.burned
    }
}

/// Roll-ups of the entries of one chunk.
public struct RollUpTally: Sendable {
    public private(set) var counts: [RollUpKey: RollUpCounts] = [:]
    /// The same by five minutes, where units were made, finished, failed or burned.
    public private(set) var slices: [SliceKey: SliceCounts] = [:]

    public init() {}

    public mutating func count(_ judged: JudgedEntry) {
        if judged.findings.isEmpty, let event = judged.event,
            event.is(FactoryDataGiven.self) || event.is(KeySealed.self) || event.is(Permitted.self)
        {
            return
        }
        let key = RollUpKey(judged.time ?? .epoch, authorization: judged.batch?.id ?? .zero)
        let before = counts[key] ?? RollUpCounts()
        var after = before
        after.count(judged)
        guard after != before else { return }
        counts[key] = after
        var made = SliceCounts()
        made.issued = after.issued - before.issued
        made.completed = after.completed - before.completed
        made.passed = after.passed - before.passed
        made.failed = after.failed - before.failed
        made.burned = after.burned - before.burned
        guard made != SliceCounts() else { return }
        let slice = SliceKey(
            slice: ProductionRate.slice(of: judged.time ?? .epoch),
            authorization: key.authorization
        )
        slices[slice, default: SliceCounts()] += made
    }
}
