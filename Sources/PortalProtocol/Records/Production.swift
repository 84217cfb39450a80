public import Vocabulary

/// What was made in some time, as the journals say it.
public struct ProductionCounts: Codable, Sendable, Hashable {
    /// New devices that were certified; one that is certified anew for rework is no new one.
    public let issued: Int
    /// Events: a device that passes again after rework is completed again.
    public let completed: Int
    /// Devices that stand as passed: below zero in a time that took back more for rework than it brought.
    public let passed: Int
    /// Devices that were scrapped.
    public let failed: Int
    /// Units that were used up without a device.
    public let burned: Int

    public static let zero = ProductionCounts(issued: 0, completed: 0, passed: 0, failed: 0, burned: 0)

    public init(issued: Int, completed: Int, passed: Int, failed: Int, burned: Int) {
        (self.issued, self.completed, self.passed) = (issued, completed, passed)
        (self.failed, self.burned) = (failed, burned)
    }
}

/// How many units an hour are issued now, or why that is not told. The one rate of the portal: a batch's; a factory's is the
/// sum of its batches', the whole the sum of the factories'.
public struct IssueRate: Codable, Sendable, Hashable {
    public enum Unknown: String, Codable, Sendable, Hashable, CaseIterable {
        /// Nothing was issued of late, or nothing may be.
        case idle
        /// Less than two minutes of work are known.
        case young
    }

    /// From the last quarter of an hour, or from as much of it as is known. Absent where `unknown` says why.
    public let perHour: Int?
    public let unknown: Unknown?

    private init(perHour: Int?, unknown: Unknown?) { (self.perHour, self.unknown) = (perHour, unknown) }

    public static func known(_ perHour: Int) -> IssueRate { IssueRate(perHour: perHour, unknown: nil) }
    public static func unknown(_ why: Unknown) -> IssueRate { IssueRate(perHour: nil, unknown: why) }

    /// Of several lines together: what is known of them; young where one of them is and nothing is known.
    public static func sum(of rates: [IssueRate]) -> IssueRate {
        let known = rates.compactMap(\.perHour)
        if !known.isEmpty { return .known(known.reduce(0, +)) }
        return .unknown(rates.contains { $0.unknown == .young } ? .young : .idle)
    }
}

/// How fine a series is.
public enum ProductionStep: String, Codable, Sendable, Hashable, CaseIterable {
    case fiveMinutes
    case hour

    public var seconds: Int64 { self == .hour ? 3_600 : 300 }
}

public struct ProductionQuery: Codable, Sendable, Hashable {
    /// Absent: hours.
    public let step: ProductionStep?
    /// Absent: the 24 hours before `to`. At most 1,000 steps, of the last 40 days.
    public let from: Instant?
    /// Absent: now.
    public let to: Instant?
    public let factory: FactoryID?
    public let product: ProductName?
    /// An authorization.
    public let batch: Digest256?

    public init(
        step: ProductionStep? = nil,
        from: Instant? = nil,
        to: Instant? = nil,
        factory: FactoryID? = nil,
        product: ProductName? = nil,
        batch: Digest256? = nil
    ) {
        (self.step, self.from, self.to) = (step, from, to)
        (self.factory, self.product, self.batch) = (factory, product, batch)
    }
}

public struct ProductionPoint: Codable, Sendable, Hashable {
    /// First second of the step, by the EdgeHSMs' trusted time.
    public let start: Instant
    public let counts: ProductionCounts

    public init(start: Instant, counts: ProductionCounts) { (self.start, self.counts) = (start, counts) }
}

/// Every step from first to last, also those in which nothing was made.
public struct ProductionSeries: Codable, Sendable, Hashable {
    public let step: ProductionStep
    public let points: [ProductionPoint]

    public init(step: ProductionStep, points: [ProductionPoint]) { (self.step, self.points) = (step, points) }
}

/// Why a batch will make no more units, and when, if it goes on at its rate.
public struct BatchForecast: Codable, Sendable, Hashable {
    public enum Reason: String, Codable, Sendable, Hashable, CaseIterable {
        /// The last unit is issued.
        case quota
        /// notAfter.
        case window
    }

    public let reason: Reason
    public let at: Instant
    /// Another batch of the product waits or runs at the same EdgeHSM, so the line goes on.
    public let isFollowed: Bool
    /// Units that would be left when the window closes; 0 where the quota ends it. Absent without a rate.
    public let left: Int?

    public init(reason: Reason, at: Instant, isFollowed: Bool, left: Int?) {
        (self.reason, self.at, self.isFollowed, self.left) = (reason, at, isFollowed, left)
    }
}

public struct BatchProgress: Codable, Sendable, Hashable {
    public let batch: Batch
    public let reconciliation: BatchReconciliation
    public let rate: IssueRate
    /// Absent for a batch that is not loaded.
    public let forecast: BatchForecast?

    public init(batch: Batch, reconciliation: BatchReconciliation, rate: IssueRate, forecast: BatchForecast?) {
        (self.batch, self.reconciliation) = (batch, reconciliation)
        (self.rate, self.forecast) = (rate, forecast)
    }
}

/// How many batches stand where, of those that have not ended.
public struct BatchCounts: Codable, Sendable, Hashable {
    /// Loaded, with units left.
    public let running: Int
    /// Granted; their package is on its way.
    public let waiting: Int
    /// Their EdgeHSM gets no packages.
    public let blocked: Int
    /// All of the three, those that are being closed, and those whose package can't be made.
    public let unfinished: Int
    /// All units are begun; nobody has closed them yet.
    public let usedUp: Int
    /// Their window has passed with units left; nobody has closed them yet.
    public let over: Int

    public static let zero = BatchCounts(running: 0, waiting: 0, blocked: 0, unfinished: 0, usedUp: 0, over: 0)

    public init(running: Int, waiting: Int, blocked: Int, unfinished: Int, usedUp: Int, over: Int) {
        (self.running, self.waiting, self.blocked) = (running, waiting, blocked)
        (self.unfinished, self.usedUp, self.over) = (unfinished, usedUp, over)
    }
}

public struct FactoryProgress: Codable, Sendable, Hashable {
    public let factory: Factory
    /// Of the UTC day.
    public let today: ProductionCounts
    /// Of its batches that run, together.
    public let rate: IssueRate
    public let edges: [EdgeState]
    /// Neither acknowledged nor cleared.
    public let critical: Int
    public let warnings: Int

    public init(
        factory: Factory,
        today: ProductionCounts,
        rate: IssueRate,
        edges: [EdgeState],
        critical: Int,
        warnings: Int
    ) {
        (self.factory, self.today, self.rate) = (factory, today, rate)
        (self.edges, self.critical, self.warnings) = (edges, critical, warnings)
    }
}

/// An EdgeHSM as its journal shows it.
public struct EdgeState: Codable, Sendable, Hashable {
    public let edgeHSM: EdgeHSMID
    public let storedSize: Int
    /// By the EdgeHSM's own time.
    public let checkpointTime: Instant?
    /// By the portal's time; absent before the first chunk.
    public let heardAt: Instant?
    public let isSilent: Bool
    /// Why no package is made for it.
    public let halted: String?
    public let quarantined: Int
    public let softwareVersion: String?

    public init(
        edgeHSM: EdgeHSMID,
        storedSize: Int,
        checkpointTime: Instant?,
        heardAt: Instant?,
        isSilent: Bool,
        halted: String?,
        quarantined: Int,
        softwareVersion: String?
    ) {
        (self.edgeHSM, self.storedSize, self.checkpointTime) = (edgeHSM, storedSize, checkpointTime)
        (self.heardAt, self.isSilent, self.halted) = (heardAt, isSilent, halted)
        (self.quarantined, self.softwareVersion) = (quarantined, softwareVersion)
    }
}

/// The whole of it at a glance: for the OEM everything, for an ODM its own factories and batches.
public struct Overview: Codable, Sendable, Hashable {
    public let time: Instant
    /// 64 at most, by id.
    public let factories: [FactoryProgress]
    /// That have units left and time for them: those that run first, then the newest; 40 at most.
    public let batches: [BatchProgress]
    public let counts: BatchCounts
    /// Neither acknowledged nor cleared, newest first, 5 at most.
    public let alarms: [AlarmView]

    public init(
        time: Instant,
        factories: [FactoryProgress],
        batches: [BatchProgress],
        counts: BatchCounts = .zero,
        alarms: [AlarmView]
    ) {
        (self.time, self.factories, self.batches) = (time, factories, batches)
        (self.counts, self.alarms) = (counts, alarms)
    }
}

/// Where a product's quota is. An ODM is told of its own EdgeHSMs alone.
public struct ProductQuota: Codable, Sendable, Hashable {
    public struct Edge: Codable, Sendable, Hashable {
        public let edgeHSM: EdgeHSMID
        public let factory: FactoryID
        /// Of the newest approval that is signed.
        public let allotment: Int
        /// In batches, less what came back.
        public let granted: Int

        public init(edgeHSM: EdgeHSMID, factory: FactoryID, allotment: Int, granted: Int) {
            (self.edgeHSM, self.factory, self.allotment, self.granted) = (edgeHSM, factory, allotment, granted)
        }
    }

    /// Of the newest approval that is signed; 0 before the first. Absent for an ODM.
    public let approvedTotal: Int?
    /// In batches, less what came back; of the EdgeHSMs listed.
    public let granted: Int
    public let counts: ProductionCounts
    public let edges: [Edge]

    public init(approvedTotal: Int?, granted: Int, counts: ProductionCounts, edges: [Edge]) {
        (self.approvedTotal, self.granted, self.counts, self.edges) = (approvedTotal, granted, counts, edges)
    }
}
