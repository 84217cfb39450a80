public import Verify
public import Vocabulary

/// Units by when they were certified, newest first, of some journals, stages and one batch or all.
///
/// Each journal and stage is one stretch of an index; the stretches are merged, so a page reads some keys of each and
/// the rows that it shows, however many units there are.
public struct JournalSearch {
    private let transaction: any SQLTransaction

    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// Where a unit stands in the order: the newest first, of one second the highest log and position first.
    public struct Place: Sendable, Hashable {
        public let issuedAt: Instant
        public let log: Int64
        public let sequence: Int

        public init(issuedAt: Instant, log: Int64, sequence: Int) {
            (self.issuedAt, self.log, self.sequence) = (issuedAt, log, sequence)
        }

        fileprivate func stands(before other: Place) -> Bool {
            (issuedAt.seconds, log, sequence) > (other.issuedAt.seconds, other.log, other.sequence)
        }
    }

    public struct Filter: Sendable, Hashable {
        /// Journals to look through.
        public let logs: [Int64]
        public let stages: [JudgedUnit.Stage]
        public let batch: Digest256?
        /// Certified within these, both included.
        public let from: Instant
        public let to: Instant

        public init(
            logs: [Int64],
            stages: [JudgedUnit.Stage] = JudgedUnit.Stage.allCases,
            batch: Digest256? = nil,
            from: Instant? = nil,
            to: Instant? = nil
        ) {
            (self.logs, self.stages, self.batch) = (logs, stages, batch)
            self.from = from ?? .epoch
            self.to = to ?? .noExpiry
        }
    }

    /// Keys of one stretch that were read and not yet taken.
    private struct Stretch {
        let log: Int64
        let stage: JudgedUnit.Stage
        var keys: ArraySlice<Place> = []
        var start: Place?
        var isOver = false
    }

    static let keys: SQLText = """
        SELECT issued_at, sequence FROM journal_units
        WHERE log = ? AND stage = ? AND issued_at >= ? AND (issued_at, sequence) < (?, ?)
        ORDER BY issued_at DESC, sequence DESC LIMIT ?
        """
    static let batchKeys: SQLText = """
        SELECT issued_at, sequence FROM journal_units
        WHERE batch = ? AND log = ? AND stage = ? AND issued_at >= ? AND (issued_at, sequence) < (?, ?)
        ORDER BY issued_at DESC, sequence DESC LIMIT ?
        """
    static let row: SQLText = """
        SELECT \(JournalUnit.columns) FROM journal_units
        WHERE log = ? AND stage = ? AND issued_at = ? AND sequence = ? LIMIT 1
        """

    /// - Parameter before: what the page before ended with.
    public func units(_ filter: Filter, before: Place?, limit: Int) throws -> [JournalUnit] {
        var stretches = filter.logs.flatMap { log in
            filter.stages.map { Stretch(log: log, stage: $0, start: before) }
        }
        // Of many stretches few keys each: most of them would not be shown.
        let chunk = max(8, 2 * limit / max(stretches.count, 1))
        for index in stretches.indices { try fill(&stretches[index], filter, chunk) }
        var found: [JournalUnit] = []
        while found.count < limit {
            var next: (index: Int, place: Place)?
            for (index, stretch) in stretches.enumerated() {
                guard let place = stretch.keys.first else { continue }
                if let known = next, !place.stands(before: known.place) { continue }
                next = (index, place)
            }
            guard let (index, place) = next else { break }
            stretches[index].keys = stretches[index].keys.dropFirst()
            if stretches[index].keys.isEmpty { try fill(&stretches[index], filter, chunk) }
            if let unit = try unit(at: place, stretches[index].stage) { found.append(unit) }
        }
        return found
    }

    private func fill(_ stretch: inout Stretch, _ filter: Filter, _ count: Int) throws {
        guard !stretch.isOver else { return }
        let (start, log) = (stretch.start, stretch.log)
        var end = (second: filter.to + 1, sequence: 0)
        if let start, start.issuedAt <= filter.to {
            // Of the second in which the page before ended: all of lower logs, the rest of its own, none of higher ones.
            end = (start.issuedAt, log < start.log ? Int.max : log == start.log ? start.sequence : 0)
        }
        let arguments: [SQLValue] = [
            .integer(log), .text(stretch.stage.rawValue), .time(filter.from), .time(end.second),
            .number(end.sequence), .number(count),
        ]
        let rows =
            if let batch = filter.batch {
                try transaction.rows(Self.batchKeys, [.fixed(batch)] + arguments)
            } else {
                try transaction.rows(Self.keys, arguments)
            }
        let places = try rows.map {
            Place(issuedAt: try $0.time("issued_at"), log: log, sequence: try $0.number("sequence"))
        }
        stretch.isOver = places.count < count
        stretch.start = places.last ?? start
        stretch.keys = places[...]
    }

    private func unit(at place: Place, _ stage: JudgedUnit.Stage) throws -> JournalUnit? {
        try transaction.row(
            Self.row,
            [.integer(place.log), .text(stage.rawValue), .time(place.issuedAt), .number(place.sequence)]
        ).map(JournalUnit.init)
    }
}

extension JournalLogs {
    /// The numbers of all logs, or of those of some factories; those that are still being judged anew are left out.
    public func numbers(of factories: [FactoryID]?) throws -> [Int64] {
        let wanted = factories.map(Set.init)
        var (found, last): ([Int64], Int64) = ([], 0)
        while true {
            let page = try list(after: last, limit: 1_000)
            found += page.filter { $0.stage != .rebuilding && wanted?.contains($0.factory) != false }.map(\.log)
            guard let end = page.last, page.count == 1_000 else { return found }
            last = end.log
        }
    }
}
