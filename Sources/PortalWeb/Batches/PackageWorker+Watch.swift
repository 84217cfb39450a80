import Logging
import PortalCore
import PortalStore
import ServiceSupport
import Statements
import Synchronization
import Vocabulary

extension PackageWorker {
    /// Raises what stands since the last look and clears what is gone. An alarm that goes on is raised once, so that
    /// acknowledging it lasts.
    func watch() async {
        do {
            let now = portal.clock.realtime()
            let (standing, factories) = try await portal.database.read { try Self.look($0, at: now) }
            let before = raised.withLock { $0 }
            let keys = Set(standing.map(\.key))
            let new = standing.filter { alarm in !before.contains { $0.key == alarm.key } }
            let gone = before.filter { !keys.contains($0.key) }
            guard !new.isEmpty || !gone.isEmpty else { return }
            try await portal.database.write("batch-alarms") { transaction in
                let alarms = Alarms(transaction)
                for alarm in new {
                    guard let factory = factories[alarm.edgeHSM] else { continue }
                    try alarms.raise([alarm], factory: factory, at: now)
                }
                for alarm in gone { try alarms.clear(alarm.kind, of: alarm.edgeHSM, at: now) }
            }
            raised.withLock { $0 = $0.subtracting(gone).union(new) }
        } catch {
            logger.error("alarms of batches", metadata: ["error": "\(error)"])
        }
    }

    private static func look(
        _ transaction: any SQLTransaction,
        at now: Instant
    ) throws -> ([Alarm], [EdgeHSMID: FactoryID]) {
        let waiting = try PackageTable(transaction).waitingByEdge()
        let edges = try GovernanceTable(transaction).edges(of: nil, after: nil, limit: 10_000)
        let expiry = try GovernanceTable(transaction).newestRoleKeys().map {
            try RoleKeys.read(payload: $0.payload).expiresAt
        }
        let alarms = BatchAlarms.standing(
            waiting.map(\.waiting),
            roleKeysExpireAt: expiry,
            edges: edges.map(\.id),
            at: now
        )
        let places = edges.map { ($0.id, $0.factory) } + waiting.map { ($0.waiting.edgeHSM, $0.factory) }
        return (alarms, Dictionary(places, uniquingKeysWith: { first, _ in first }))
    }
}
