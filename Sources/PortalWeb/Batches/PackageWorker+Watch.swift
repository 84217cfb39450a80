import Logging
import PortalCore
import PortalStore
import ServiceSupport
import Statements
import Vocabulary

extension PackageWorker {
    private static let kinds: [AlarmKind] = [.packageStuck, .authorizerDiffers, .roleKeysExpiring]

    /// Raises what stands since the last look and clears what is gone, both against the alarms that are stored: whatever
    /// process raised them. An alarm that goes on is raised once, so that acknowledging it lasts.
    func watch() async {
        do {
            let now = portal.clock.realtime()
            let look = try await portal.database.read { try Self.look($0, at: now) }
            guard !look.new.isEmpty || !look.gone.isEmpty else { return }
            try await portal.database.write("batch-alarms") { transaction in
                let alarms = Alarms(transaction)
                for (alarm, factory) in look.new { try alarms.stand(alarm, factory: factory, at: now) }
                for alarm in look.gone { try alarms.clear(alarm.kind, of: alarm.edgeHSM, at: now) }
            }
        } catch {
            logger.error("alarms of batches", metadata: ["error": "\(error)"])
        }
    }

    private static func look(
        _ transaction: any SQLTransaction,
        at now: Instant
    ) throws -> (new: [(Alarm, FactoryID)], gone: [Alarms.Stored]) {
        let waiting = try PackageTable(transaction).waitingByEdge()
        let edges = try GovernanceTable(transaction).everyEdge()
        let expiry = try GovernanceTable(transaction).newestRoleKeys().map {
            try RoleKeys.read(payload: $0.payload).expiresAt
        }
        let standing = BatchAlarms.standing(
            waiting.map(\.waiting),
            roleKeysExpireAt: expiry,
            edges: edges.map(\.id),
            at: now
        )
        let places = Dictionary(
            edges.map { ($0.id, $0.factory) } + waiting.map { ($0.waiting.edgeHSM, $0.factory) },
            uniquingKeysWith: { first, _ in first }
        )
        let open = try kinds.flatMap { try Alarms(transaction).open($0) }
        let known = Set(open.map { Alarm($0.kind, $0.edgeHSM, "").key })
        let keys = Set(standing.map(\.key))
        let new = standing.filter { !known.contains($0.key) }.compactMap { alarm in
            places[alarm.edgeHSM].map { (alarm, $0) }
        }
        return (new, open.filter { !keys.contains(Alarm($0.kind, $0.edgeHSM, "").key) })
    }
}
