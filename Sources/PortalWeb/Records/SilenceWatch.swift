import PortalCore
public import PortalStore
public import Vocabulary

/// Calls out EdgeHSMs that fell silent, and those that were enrolled and never heard; ends an alarm once their word is
/// fresh again. Officers who took an EdgeHSM out of service expect nothing of it.
public struct SilenceWatch: Sendable {
    private let database: any PortalDatabase
    private let now: @Sendable () -> Instant

    public init(_ database: any PortalDatabase, now: @escaping @Sendable () -> Instant) {
        self.database = database
        self.now = now
    }

    /// Call it every minute or so. It writes only where something changed.
    public func look() async throws {
        let time = now()
        guard try await !database.read({ try Self.changes(in: $0, at: time).isEmpty }) else { return }
        try await database.write("watch") { transaction in
            for change in try Self.changes(in: transaction, at: time) { try change.apply(transaction, at: time) }
        }
    }

    private struct Change {
        let edgeHSM: EdgeHSMID
        let factory: FactoryID
        /// Nil: never heard.
        var log: JournalLog?
        let isSilent: Bool
        let detail: String

        func apply(_ transaction: any SQLTransaction, at time: Instant) throws {
            if var log {
                log.isSilent = isSilent
                try JournalLogs(transaction).put(log)
            }
            let alarms = Alarms(transaction)
            guard isSilent else { return try alarms.clear(.silent, of: edgeHSM, at: time) }
            try alarms.stand(Alarm(.silent, edgeHSM, detail), factory: factory, at: time)
        }
    }

    private static func changes(in transaction: any SQLTransaction, at now: Instant) throws -> [Change] {
        let rules = try SilenceRules(transaction, at: now)
        let enrolled = try GovernanceTable(transaction).everyEdge()
        let since = Dictionary(enrolled.map { ($0.id, $0.enrolledAt) }, uniquingKeysWith: { first, _ in first })
        var (changes, heard): ([Change], Set<EdgeHSMID>) = ([], [])
        for log in try JournalLogs(transaction).everyCurrent() {
            heard.insert(log.edgeHSM)
            guard !rules.isRetired(log.edgeHSM) else { continue }
            let word = lastWord(log) ?? since[log.edgeHSM] ?? log.heardAt
            let isSilent = AlarmRules.isSilent(lastHeard: word, now: now, allowed: rules.allowed(log.edgeHSM))
            guard isSilent != log.isSilent else { continue }
            let detail = "last heard at \(word)"
            changes.append(
                Change(edgeHSM: log.edgeHSM, factory: log.factory, log: log, isSilent: isSilent, detail: detail)
            )
        }
        let known = Set(try Alarms(transaction).open(.silent).map(\.edgeHSM))
        for edge in enrolled where !heard.contains(edge.id) && !known.contains(edge.id) && !rules.isRetired(edge.id) {
            let isSilent = AlarmRules.isSilent(
                sinceEnrolment: edge.enrolledAt,
                firstBatch: rules.firstBatch(edge.id),
                now: now,
                allowed: rules.allowed(edge.id)
            )
            guard isSilent else { continue }
            let detail = "never heard since it was enrolled at \(edge.enrolledAt)"
            changes.append(Change(edgeHSM: edge.id, factory: edge.factory, isSilent: true, detail: detail))
        }
        return changes
    }

    /// Nil before the first checkpoint whose entries are all here.
    private static func lastWord(_ log: JournalLog) -> Instant? {
        log.checkpointTime.map { AlarmRules.lastWord(signedAt: $0, receivedAt: log.heardAt) }
    }
}
