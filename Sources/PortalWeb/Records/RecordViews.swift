import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

extension AlarmView {
    /// - Parameter hidesOther: the duplicate's other side is another organisation's, so nothing is told of it.
    init(_ alarm: Alarms.Stored, hidesOther: Bool) {
        self.init(
            number: AlarmNumber(validated: Int(alarm.number)),
            kind: alarm.kind.rawValue,
            severity: alarm.kind.severity == .critical ? .critical : .warning,
            edgeHSM: alarm.edgeHSM,
            factory: alarm.factory,
            other: hidesOther ? nil : alarm.other,
            sequence: alarm.sequence,
            detail: hidesOther ? "the other EdgeHSM is not in a factory of yours" : alarm.detail,
            times: alarm.times,
            firstAt: alarm.firstAt,
            lastAt: alarm.lastAt,
            clearedAt: alarm.clearedAt,
            acknowledgedAt: alarm.acknowledgedAt,
            acknowledgedBy: alarm.acknowledgedBy
        )
    }
}

extension QuarantineView {
    /// - Parameter hidesOther: findings on duplicates name EdgeHSMs of others, so they are told without.
    init(_ item: Quarantine.Item, hidesOther: Bool) {
        let duplicates: [IngestError] = [.duplicateChip, .duplicateKey, .duplicateSerial]
        let isHidden = hidesOther && duplicates.contains { $0.rawValue == item.code }
        self.init(
            number: AlarmNumber(validated: Int(item.number)),
            edgeHSM: item.edgeHSM,
            factory: item.factory,
            sequence: item.sequence,
            kind: item.kind,
            code: item.code,
            detail: isHidden ? "" : item.detail,
            findings: item.findings,
            notedAt: item.notedAt
        )
    }
}

extension EdgeJournal {
    init(_ id: EdgeHSMID, _ factory: FactoryID, _ log: JournalLog?, isSilent: Bool) throws {
        let checkpoint = try log?.newestCheckpoint()?.content
        self.init(
            edgeHSM: id,
            factory: factory,
            storedSize: log?.size ?? 0,
            storedRoot: log?.root ?? JournalLog.emptyRoot,
            epoch: Int(clamping: log?.epoch ?? 0),
            checkpointTime: log?.checkpointTime,
            softwareVersion: checkpoint?.softwareVersion,
            heardAt: log?.heardAt,
            isSilent: isSilent,
            halted: log?.halted?.rawValue,
            quarantined: log?.quarantined ?? 0,
            accounts: (checkpoint?.accounts ?? []).map {
                Account(
                    authorization: $0.authorization,
                    granted: $0.granted,
                    issued: $0.issued,
                    burned: $0.burned,
                    returned: $0.returned,
                    remaining: $0.remaining
                )
            }
        )
    }
}

extension RollUpRow {
    init(_ row: RollUps.Row) {
        let counts = row.counts
        self.init(
            day: row.day.map { Instant(seconds: Int64($0) * 86_400) },
            factory: row.factory,
            product: row.product,
            batch: row.batch,
            batchName: row.name?.text,
            edge: row.edgeHSM,
            issued: counts.issued,
            completed: counts.completed,
            passed: counts.passed,
            failed: counts.failed,
            burned: counts.burned,
            unlocked: counts.unlocked,
            reprovisioned: counts.reprovisioned,
            reissued: counts.reissued,
            rotated: counts.rotated,
            returned: counts.returned,
            quarantined: counts.quarantined
        )
    }
}

extension RollUps.Dimension {
    init(_ dimension: RollUpDimension) {
        self =
            switch dimension {
            case .day: .day
            case .factory: .factory
            case .product: .product
            case .batch: .batch
            case .edge: .edge
            }
    }
}
