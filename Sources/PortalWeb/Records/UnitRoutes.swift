import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Verify
import Vocabulary

extension PortalServices {
    struct UnitPath: Codable, Sendable { let unit: UnitReference }

    struct UnitProofQuery: Codable, Sendable {
        /// Position of an entry about the unit; absent: the one that issued it.
        let sequence: LogPosition?
    }

    /// The OEM sees all, an ODM what was made in its own factories.
    func units(_ context: MemberContext, _ call: Call<Nothing, UnitQuery, NoBody>) async throws -> Answer<UnitList> {
        let query = call.query
        let keys: [JournalRecords.Key] = [
            query.serial.map { .serial($0) }, query.chip.map { .chip($0) }, query.dac.map { .dac($0.text) },
            query.key.map { .deviceKey($0) },
        ].compactMap { $0 }
        guard let key = keys.first, keys.count == 1 else { throw Refusal(RecordError.oneKey) }
        let own = context.limitedTo
        let found = try await database.read { transaction in
            let scope = RecordScope(transaction, limitedTo: own)
            return try JournalRecords(transaction).units(by: key).filter { try scope.admits($0.factory) }
        }
        return Answer(UnitList(units: found.map { UnitView($0) }))
    }

    struct BatchUnitsQuery: Codable, Sendable {
        let stage: UnitStage?
        let limit: PageLimit?
        let cursor: PageCursor?
    }

    /// By serial number, every generation.
    func batchUnits(
        _ context: MemberContext,
        _ call: Call<BatchRoutes.BatchPath, BatchUnitsQuery, NoBody>
    ) async throws -> Answer<Page<UnitView>> {
        let (query, own, id) = (call.query, context.limitedTo, call.path.batch)
        let limit = (query.limit ?? .usual).value
        let scope = "units of \(id) \(query.stage?.rawValue ?? "")"
        let after = try cursors.start(query.cursor, of: scope, count: 4).map { keys in
            BatchUnits.Place(
                serial: keys[0],
                product: keys[1],
                log: Int64(keys[2]) ?? 0,
                sequence: Int(keys[3]) ?? 0
            )
        }
        let found = try await database.read { transaction in
            let batch = try BatchDesk.visible(id, to: own, in: transaction)
            let content = batch.authorization
            return try JournalRecords(transaction).units(
                ofBatch: batch.statement,
                serials: (content.serials.serial(0), content.serials.serial(content.quantity - 1)),
                stage: query.stage.map { JudgedUnit.Stage($0) },
                after: after,
                limit: limit
            )
        }
        let next = try found.next.map { place in
            try cursors.cursor([place.serial, place.product, "\(place.log)", "\(place.sequence)"], of: scope)
        }
        return Answer(Page(items: found.units.map { UnitView($0) }, next: next))
    }

    /// By when they were certified, newest first. The OEM sees all, an ODM what was made in its own factories.
    func devices(
        _ context: MemberContext,
        _ call: Call<Nothing, DeviceQuery, NoBody>
    ) async throws -> Answer<Page<UnitView>> {
        let (query, own) = (call.query, context.limitedTo)
        let limit = (query.limit ?? .usual).value
        let scope = [
            "devices", own?.text, query.stage?.rawValue, query.batch?.text, query.factory?.text,
            query.from?.description, query.to?.description,
        ].map { $0 ?? "" }.joined(separator: " ")
        let before = try cursors.start(query.cursor, of: scope, count: 3).map { keys in
            JournalSearch.Place(
                issuedAt: try Instant(keys[0]),
                log: Int64(keys[1]) ?? 0,
                sequence: Int(keys[2]) ?? 0
            )
        }
        let found = try await database.read { transaction in
            let filter = try Self.filter(query, own, transaction)
            return try JournalRecords(transaction).units(filter, before: before, limit: limit + 1)
        }
        return Answer(
            try cursors.page(found.map { UnitView($0) }, limit: limit, of: scope) { unit in
                [unit.issuedAt.description, String(unit.id.parts?.log ?? 0), String(unit.sequence)]
            }
        )
    }

    /// Throws `portal.object.unknown` for a batch or factory of others.
    private static func filter(
        _ query: DeviceQuery,
        _ own: OrganisationID?,
        _ transaction: any SQLTransaction
    ) throws -> JournalSearch.Filter {
        let scope = RecordScope(transaction, limitedTo: own)
        var (logs, batch): ([Int64], Digest256?)
        if let id = query.batch {
            let record = try BatchDesk.visible(id, to: own, in: transaction)
            let own = try JournalLogs(transaction).all(of: record.authorization.edgeHSM)
            logs = own.filter { $0.stage != .rebuilding }.map(\.log)
            batch = record.statement
        } else {
            logs = try JournalLogs(transaction).numbers(of: try query.factory.map { [$0] } ?? scope.factories())
            batch = nil
        }
        if let factory = query.factory {
            guard try FactoryTable(transaction).factory(factory) != nil, try scope.admits(factory) else {
                throw Refusal(PortalError.unknownObject)
            }
            if batch != nil { logs = try JournalLogs(transaction).numbers(of: [factory]).filter(logs.contains) }
        }
        return JournalSearch.Filter(
            logs: logs,
            stages: query.stage.map { [JudgedUnit.Stage($0)] } ?? JudgedUnit.Stage.allCases,
            batch: batch,
            from: query.from,
            to: query.to
        )
    }

    func unit(_ context: MemberContext, _ call: ObjectCall<UnitPath>) async throws -> Answer<UnitHistory> {
        let (reference, own) = (call.path.unit, context.limitedTo)
        let history = try await database.read { transaction in
            let record = try Self.record(reference, own, transaction)
            let steps = try JournalRecords(transaction).entries(of: record.unit).map { sequence, bytes in
                let entry = try? JournalEntry(parsing: bytes)
                return UnitStep(
                    sequence: sequence,
                    kind: entry?.event.kind ?? "malformed",
                    time: entry?.time ?? .epoch,
                    entry: Octets(bytes)
                )
            }
            let scope = RecordScope(transaction, limitedTo: own)
            let others = try JournalRecords(transaction).generations(beside: record).filter {
                try scope.admits($0.factory)
            }
            return UnitHistory(
                unit: UnitView(record),
                steps: steps,
                previous: Self.nearest(others.filter { $0.generation < record.generation }, to: record),
                next: Self.nearest(others.filter { $0.generation > record.generation }, to: record),
                label: try Self.labelStanding(record, own, transaction)
            )
        }
        return Answer(history)
    }

    /// Where logs tell of it twice, the one of the same log, then one that its EdgeHSM has not lost.
    private static func nearest(
        _ found: [JournalRecords.UnitRecord],
        to record: JournalRecords.UnitRecord
    ) -> UnitView? {
        func rank(_ other: JournalRecords.UnitRecord) -> Int {
            other.unit.log == record.unit.log ? 0 : other.isCurrent ? 1 : 2
        }
        return found.min { (rank($0), $0.unit.log) < (rank($1), $1.unit.log) }.map { UnitView($0) }
    }

    /// The file for `obis-verify journal --proof`: the entry that issued the unit, or another one about it such as its
    /// re-provisioning or rotation, with enrolment and RoleKeys.
    func unitProof(
        _ context: MemberContext,
        _ call: Call<UnitPath, UnitProofQuery, NoBody>
    ) async throws -> Answer<InclusionFile> {
        let (reference, wanted, own) = (call.path.unit, call.query.sequence?.value, context.limitedTo)
        let file = try await database.read { transaction in
            let record = try Self.record(reference, own, transaction)
            let (issued, steps) = (record.unit.unit.position, record.unit.steps)
            let sequence = wanted ?? issued
            // Whoever sees a unit sees the entries about it, and no other of the journal.
            guard sequence == issued || steps.contains(sequence) else { throw Refusal(RecordError.otherEntry) }
            let governance = GovernanceTable(transaction)
            return try JournalRecords(transaction).proof(
                of: sequence,
                log: record.unit.log,
                enrolment: governance.edge(record.edgeHSM)?.envelope,
                roleKeys: governance.roleKeys()
            )
        }
        guard let file else { throw Refusal(RecordError.notProven) }
        return Answer(file)
    }

    static func record(
        _ reference: UnitReference,
        _ own: OrganisationID?,
        _ transaction: any SQLTransaction
    ) throws -> JournalRecords.UnitRecord {
        guard let (log, id) = reference.parts,
            let record = try JournalRecords(transaction).unit(id, log: log),
            try RecordScope(transaction, limitedTo: own).admits(record.factory)
        else { throw Refusal(PortalError.unknownObject) }
        return record
    }
}

extension JournalRecords.UnitRecord {
    fileprivate var generation: UInt32 { unit.unit.generation }
}

/// Which factories' records somebody sees.
struct RecordScope {
    private let transaction: any SQLTransaction
    private let organisation: OrganisationID?

    init(_ transaction: any SQLTransaction, limitedTo organisation: OrganisationID?) {
        self.transaction = transaction
        self.organisation = organisation
    }

    func admits(_ factory: FactoryID) throws -> Bool {
        guard let organisation else { return true }
        return try FactoryTable(transaction).factory(factory)?.organisation == organisation
    }

    /// An EdgeHSM of another organisation, or one that is not there any more.
    func hides(_ edge: EdgeHSMID?) throws -> Bool {
        guard organisation != nil, let edge else { return false }
        guard let factory = try GovernanceTable(transaction).edge(edge)?.factory else { return true }
        return try !admits(factory)
    }

    /// Nil: all.
    func factories() throws -> [FactoryID]? {
        guard let organisation else { return nil }
        return try FactoryTable(transaction).everyFactory(of: organisation)
    }
}

extension UnitView {
    init(_ record: JournalRecords.UnitRecord) {
        let (row, unit) = (record.unit, record.unit.unit)
        self.init(
            id: UnitReference(log: row.log, unit: unit.id),
            unit: unit.id,
            edgeHSM: record.edgeHSM,
            factory: record.factory,
            product: unit.product,
            authorization: unit.batch,
            batch: record.batch?.terms.content.batch.text ?? "",
            serial: unit.serial,
            chip: unit.chip,
            generation: Int(unit.generation),
            index: unit.index,
            stage: UnitStage(unit.stage),
            isReissue: unit.isReissue,
            isExposed: unit.isExposed,
            isCurrent: record.isCurrent,
            station: row.station.text,
            issuedAt: row.issuedAt,
            changedAt: row.changedAt,
            sequence: unit.position
        )
    }
}

extension JudgedUnit.Stage {
    init(_ stage: UnitStage) {
        self =
            switch stage {
            case .open: .open
            case .done: .done
            case .failed: .failed
            case .released: .released
            case .replaced: .replaced
            }
    }
}

extension UnitStage {
    init(_ stage: JudgedUnit.Stage) {
        self =
            switch stage {
            case .open: .open
            case .done: .done
            case .failed: .failed
            case .released: .released
            case .replaced: .replaced
            }
    }
}
