import HTTPTypes
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

/// The routes of figures as they run: at a glance, over time, and against a product's quota.
public enum OverviewRoutes {
    /// Of the people's listener.
    public static func routes(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .get,
                "/v1/overview",
                "getOverview",
                .records,
                "Factories, running batches with rate and forecast, and open alarms at a glance.",
                handler: portal.overview
            ),
            try Route(
                .get,
                "/v1/production",
                "getProduction",
                .records,
                "Units issued, completed, failed and burned by five minutes or hours.",
                refusals: [.web(RecordError.days)],
                handler: portal.production
            ),
            try Route(
                .get,
                "/v1/products/{product}/quota",
                "getQuota",
                .products,
                "What is allotted, granted and made of a product, by EdgeHSM.",
                handler: portal.quota
            ),
        ]
    }
}

extension PortalServices {
    private static let mostBatches = 40
    private static let mostUnfinished = 200
    private static let mostAlarms = 5
    private static let mostSteps: Int64 = 1_000

    func overview(_ context: MemberContext, _ call: PlainCall) async throws -> Answer<Overview> {
        let (own, now) = (context.limitedTo, context.facts.time)
        let overview = try await database.read { transaction in
            let records = RecordScope(transaction, limitedTo: own)
            let names = try records.factories()
            let first = ProductionRate.firstSlice(at: now)
            // What is ahead of our clock by an EdgeHSM's time belongs to the last quarter of an hour too.
            let recent = try Production(transaction).bySlice(.init(first...Int64(Int32.max), factories: names))
            var byBatch: [Digest256: [Int64: Int]] = [:]
            for row in recent { byBatch[row.batch, default: [:]][row.slice, default: 0] += row.counts.issued }
            let batches = try Self.batches(of: own, byBatch, at: now, in: transaction)
            let alarms = try Alarms(transaction).list(of: names, onlyOpen: true, limit: Self.mostAlarms)
            return Overview(
                time: now,
                factories: try Self.factories(of: own, batches.rates, at: now, in: transaction),
                batches: batches.shown,
                counts: batches.counts,
                alarms: try alarms.map { AlarmView($0, hidesOther: try records.hides($0.other)) }
            )
        }
        return Answer(overview)
    }

    private static func factories(
        of own: OrganisationID?,
        _ rates: [FactoryID: [IssueRate]],
        at now: Instant,
        in transaction: any SQLTransaction
    ) throws -> [FactoryProgress] {
        let day = RollUpKey(now, authorization: .zero).day
        let factories = try FactoryTable(transaction).factories(of: own, after: nil, limit: RollUps.Filter.mostNames)
        var filter = RollUps.Filter(days: day...day)
        filter.factories = factories.map(\.id)
        let today = try RollUps(transaction).sums(by: .factory, filter)
        let alarms = try Alarms(transaction).open()
        let edges = try GovernanceTable(transaction).edges(of: own, after: nil, limit: 1_000)
        let logs = JournalLogs(transaction)
        return try factories.map { factory in
            let counts = today.first { $0.factory == factory.id }?.counts ?? RollUpCounts()
            let states = try edges.filter { $0.factory == factory.id }.map { edge in
                EdgeState(edge.id, try logs.current(of: edge.id))
            }
            return FactoryProgress(
                factory: Factory(factory),
                today: ProductionCounts(counts),
                rate: .sum(of: rates[factory.id] ?? []),
                edges: states,
                critical: alarms[factory.id]?.critical ?? 0,
                warnings: alarms[factory.id]?.warnings ?? 0
            )
        }
    }

    private static func batches(
        of own: OrganisationID?,
        _ recent: [Digest256: [Int64: Int]],
        at now: Instant,
        in transaction: any SQLTransaction
    ) throws -> (shown: [BatchProgress], counts: BatchCounts, rates: [FactoryID: [IssueRate]]) {
        let table = BatchTable(transaction)
        let found = try BatchDesk.messages(table.unfinished(of: own, at: now, limit: mostUnfinished), in: transaction)
            .map { (batch: $0, stage: $0.stage(at: now)) }.filter { !$0.stage.isFinished }
        func count(_ isOne: (BatchStage) -> Bool) -> Int { found.count { isOne($0.stage) } }
        let finished = try table.finished(of: own, at: now)
        let counts = BatchCounts(
            running: count(\.isRunning),
            waiting: count(\.isWaiting),
            blocked: count { $0 == .blocked },
            unfinished: found.count,
            usedUp: finished.usedUp,
            over: finished.over
        )
        let (running, others) = (found.filter { $0.stage.isRunning }, found.filter { !$0.stage.isRunning })
        let shown = (running + others).prefix(mostBatches).map { $0.batch }
        let reconciliations = try JournalRecords(transaction).reconciliations(
            shown.map { .init(batch: $0.authorization, edgeHSM: $0.edgeHSM, granted: $0.quantity) }
        )
        let rates = Dictionary(
            found.map { ($0.batch.authorization, IssueRate($0.batch, recent[$0.batch.authorization] ?? [:], at: now)) },
            uniquingKeysWith: { first, _ in first }
        )
        let progress = shown.compactMap { batch in
            reconciliations[batch.authorization].map {
                BatchProgress(
                    batch,
                    BatchReconciliation($0),
                    rates[batch.authorization] ?? .unknown(.idle),
                    isFollowed: batch.isFollowed(in: found.map(\.batch), at: now),
                    at: now
                )
            }
        }
        let bySite = Dictionary(grouping: running) { $0.batch.factory }
            .mapValues { $0.compactMap { rates[$0.batch.authorization] } }
        return (progress, counts, bySite)
    }

    func production(
        _ context: MemberContext,
        _ call: Call<Nothing, ProductionQuery, NoBody>
    ) async throws -> Answer<ProductionSeries> {
        let (query, own, now) = (call.query, context.limitedTo, context.facts.time)
        let unit = query.step ?? .hour
        let step = unit.seconds
        let to = query.to ?? now
        let from = query.from ?? to + (-86_400)
        let (first, last) = (from.seconds / step, to.seconds / step)
        guard first <= last, last - first < Self.mostSteps, now.seconds - from.seconds <= 41 * 86_400 else {
            throw Refusal(RecordError.days)
        }
        let perStep = step / ProductionRate.slice
        let sums = try await database.read { transaction in
            var names = try RecordScope(transaction, limitedTo: own).factories()
            if let factory = query.factory { names = names?.contains(factory) == false ? [] : [factory] }
            let slices = first * perStep...(last + 1) * perStep - 1
            let filter = Production.Filter(slices, factories: names, product: query.product, batch: query.batch)
            return try Production(transaction).bySteps(of: perStep, filter)
        }
        let found = Dictionary(sums.map { ($0.number, $0.counts) }, uniquingKeysWith: { first, _ in first })
        let points = (first...last).map { number in
            ProductionPoint(
                start: Instant(seconds: number * step),
                counts: ProductionCounts(found[number] ?? SliceCounts())
            )
        }
        return Answer(ProductionSeries(step: unit, points: points))
    }

    func quota(
        _ context: MemberContext,
        _ call: ObjectCall<VersionRoutes.ProductPath>
    ) async throws -> Answer<ProductQuota> {
        let (name, own) = (call.path.product, context.limitedTo)
        let quota = try await database.read { transaction in
            _ = try VersionDesk.visible(name, to: own, in: transaction)
            let approval = try VersionTable(transaction).lastLocked(name)?.approval
                .map { try VersionApproval.read(payload: $0.payload) }
            let records = RecordScope(transaction, limitedTo: own)
            let standing = try BatchTable(transaction).standing(name)
            let allotted = Dictionary(
                (approval?.allotments ?? []).map { ($0.edgeHSM, $0.units) },
                uniquingKeysWith: { first, _ in first }
            )
            let governance = GovernanceTable(transaction)
            let edges = try Set(standing.keys).union(allotted.keys).sorted { $0.text < $1.text }
                .compactMap { id -> ProductQuota.Edge? in
                    guard let factory = try governance.edge(id)?.factory, try records.admits(factory) else {
                        return nil
                    }
                    return ProductQuota.Edge(
                        edgeHSM: id,
                        factory: factory,
                        allotment: allotted[id] ?? 0,
                        granted: standing[id] ?? 0
                    )
                }
            var filter = RollUps.Filter(days: 0...Int(Int32.max))
            filter.products = [name]
            filter.factories = try records.factories()
            let counts = try RollUps(transaction).sums(by: .product, filter).first?.counts ?? RollUpCounts()
            return ProductQuota(
                approvedTotal: own == nil ? approval?.lifetimeTotal ?? 0 : nil,
                granted: edges.reduce(0) { $0 + $1.granted },
                counts: ProductionCounts(counts),
                edges: edges
            )
        }
        return Answer(quota)
    }
}

extension EdgeState {
    init(_ id: EdgeHSMID, _ log: JournalLog?) {
        self.init(
            edgeHSM: id,
            storedSize: log?.size ?? 0,
            checkpointTime: log?.checkpointTime,
            heardAt: log?.heardAt,
            isSilent: log?.isSilent ?? false,
            halted: log?.halted?.rawValue,
            quarantined: log?.quarantined ?? 0,
            softwareVersion: (try? log?.newestCheckpoint())?.content.softwareVersion
        )
    }
}

extension ProductionCounts {
    init(_ counts: RollUpCounts) {
        self.init(
            issued: counts.issued,
            completed: counts.completed,
            passed: counts.passed,
            failed: counts.failed,
            burned: counts.burned
        )
    }

    init(_ counts: SliceCounts) {
        self.init(
            issued: counts.issued,
            completed: counts.completed,
            passed: counts.passed,
            failed: counts.failed,
            burned: counts.burned
        )
    }
}

extension IssueRate {
    /// - Parameter issued: by slices, as a rate looks at them.
    init(_ batch: Batch, _ issued: [Int64: Int], at now: Instant) {
        guard batch.stage(at: now).isRunning, batch.edgeHalted == nil else {
            self = .unknown(.idle)
            return
        }
        self = ProductionRate.of(issued, since: max(batch.createdAt, batch.notBefore), at: now)
    }
}

extension Batch {
    /// Units of the same product can be begun at its EdgeHSM when its own are.
    func isFollowed(in batches: [Batch], at now: Instant) -> Bool {
        batches.contains { other in
            let stage = other.stage(at: now)
            return other.id != id && other.edgeHSM == edgeHSM && other.product == product && other.notBefore <= notAfter
                && (stage.isRunning || stage.isWaiting)
        }
    }
}

extension BatchProgress {
    init(
        _ batch: Batch,
        _ reconciliation: BatchReconciliation,
        _ rate: IssueRate,
        isFollowed: Bool,
        at now: Instant
    ) {
        self.init(
            batch: batch,
            reconciliation: reconciliation,
            rate: rate,
            forecast: BatchForecast(batch, reconciliation, rate, isFollowed: isFollowed, at: now)
        )
    }
}

extension BatchForecast {
    /// Nil for a batch that is not loaded, has nothing left, or whose EdgeHSM is stopped.
    init?(
        _ batch: Batch,
        _ reconciliation: BatchReconciliation,
        _ rate: IssueRate,
        isFollowed: Bool,
        at now: Instant
    ) {
        guard batch.stage(at: now).isRunning, batch.edgeHalted == nil, !reconciliation.isClosed,
            reconciliation.remaining > 0
        else { return nil }
        let end = ProductionRate.end(
            remaining: reconciliation.remaining,
            perHour: rate.perHour ?? 0,
            notAfter: batch.notAfter,
            at: now
        )
        switch end {
        case .quota(let time): self.init(reason: .quota, at: time, isFollowed: isFollowed, left: 0)
        case .window(let time):
            let made = rate.perHour.map { Double($0) * Double(max(0, time - now)) / 3_600 }
            let left = made.map { max(0, reconciliation.remaining - Int($0)) }
            self.init(reason: .window, at: time, isFollowed: isFollowed, left: left)
        }
    }
}
