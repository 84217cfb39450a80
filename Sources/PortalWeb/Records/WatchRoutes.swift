import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

extension PortalServices {
    struct AlarmPath: Codable, Sendable { let alarm: AlarmNumber }

    /// Newest first; an ODM those of its own factories.
    func alarms(
        _ context: MemberContext,
        _ call: Call<Nothing, AlarmQuery, NoBody>
    ) async throws -> Answer<Page<AlarmView>> {
        let (query, own) = (call.query, context.limitedTo)
        let (limit, onlyOpen) = ((query.limit ?? .usual).value, query.open ?? false)
        let scope = "alarms \(own?.text ?? "") \(query.factory?.text ?? "") \(onlyOpen)"
        let before = try cursors.start(query.cursor, of: scope, count: 1)?.first.flatMap { Int64($0) } ?? .max
        let found = try await database.read { transaction in
            let records = RecordScope(transaction, limitedTo: own)
            var names = try records.factories()
            if let factory = query.factory { names = names?.contains(factory) == false ? [] : [factory] }
            return try Alarms(transaction).list(of: names, onlyOpen: onlyOpen, before: before, limit: limit + 1).map {
                AlarmView($0, hidesOther: try records.hides($0.other))
            }
        }
        return Answer(try cursors.page(found, limit: limit, of: scope) { ["\($0.number)"] })
    }

    func alarm(_ context: MemberContext, _ call: ObjectCall<AlarmPath>) async throws -> Answer<AlarmView> {
        let (number, own) = (Int64(call.path.alarm.value), context.limitedTo)
        return try await database.read { transaction in
            let records = RecordScope(transaction, limitedTo: own)
            guard let found = try Alarms(transaction).alarm(number), try records.admits(found.factory) else {
                throw Refusal(PortalError.unknownObject)
            }
            return Answer(AlarmView(found, hidesOther: try records.hides(found.other)), tag: found.tag)
        }
    }

    /// Somebody has seen it. If it comes again, it is open again.
    func acknowledgeAlarm(_ context: OEMAdminContext, _ call: ObjectCall<AlarmPath>) async throws -> Answer<AlarmView> {
        let number = Int64(call.path.alarm.value)
        let (person, facts) = (context.person.id.text, context.facts)
        return try await acts.perform(context) { transaction in
            let alarms = Alarms(transaction)
            guard let known = try alarms.alarm(number) else { throw Refusal(PortalError.unknownObject) }
            try facts.requireMatch(known.tag)
            guard try alarms.acknowledge(number, by: person, at: facts.time), let now = try alarms.alarm(number) else {
                throw Refusal(RecordError.acknowledged)
            }
            return Act(
                Answer(AlarmView(now, hidesOther: false), tag: now.tag),
                object: "alarm \(number)",
                detail: known.kind.rawValue
            )
        }
    }

    /// Entries that were stored and judged wrong, newest first.
    func quarantine(_ context: MemberContext, _ call: ListCall) async throws -> Answer<Page<QuarantineView>> {
        let (limit, own) = ((call.query.limit ?? .usual).value, context.limitedTo)
        let scope = "quarantine \(own?.text ?? "")"
        let before = try cursors.start(call.query.cursor, of: scope, count: 1)?.first.flatMap { Int64($0) } ?? .max
        let found = try await database.read { transaction in
            let factories = try RecordScope(transaction, limitedTo: own).factories()
            return try Quarantine(transaction).list(in: factories, before: before, limit: limit + 1)
        }
        let items = found.map { QuarantineView($0, hidesOther: own != nil) }
        return Answer(try cursors.page(items, limit: limit, of: scope) { ["\($0.number)"] })
    }

    /// What a site tells of itself: attribution, no proof.
    func siteEvents(
        _ context: MemberContext,
        _ call: Call<FactoryPath, PageQuery, NoBody>
    ) async throws -> Answer<Page<SiteEventView>> {
        let (factory, own, limit) = (call.path.factory, context.limitedTo, (call.query.limit ?? .usual).value)
        let scope = "events \(factory)"
        let place = try cursors.start(call.query.cursor, of: scope, count: 3).map { keys in
            guard let number = Int(keys[2]) else { throw Refusal(PortalError.malformedCursor) }
            return SiteEventTable.Place(
                receivedAt: try Instant(keys[0]),
                source: try RecordSource(hex: keys[1]),
                number: number
            )
        }
        let found = try await database.read { transaction in
            guard try FactoryTable(transaction).factory(factory) != nil,
                try RecordScope(transaction, limitedTo: own).admits(factory)
            else { throw Refusal(PortalError.unknownObject) }
            return try SiteEventTable(transaction).list(of: factory, before: place, limit: limit + 1)
        }
        return Answer(
            try cursors.page(found, limit: limit, of: scope) {
                [$0.receivedAt.description, $0.source.hex, "\($0.number)"]
            }
        )
    }

    /// An EdgeHSM's journal: how far it is stored, what its newest checkpoint says, whether it may get packages.
    func edgeJournal(_ context: MemberContext, _ call: ObjectCall<EdgePath>) async throws -> Answer<EdgeJournal> {
        let (id, own) = (call.path.edge, context.limitedTo)
        let found: EdgeJournal? = try await database.read { transaction in
            guard let edge = try GovernanceTable(transaction).edge(id),
                try RecordScope(transaction, limitedTo: own).admits(edge.factory)
            else { return nil }
            let isSilent = try Alarms(transaction).isOpen(.silent, of: id)
            return try EdgeJournal(id, edge.factory, JournalLogs(transaction).current(of: id), isSilent: isSilent)
        }
        guard let found else { throw Refusal(PortalError.unknownObject) }
        return Answer(found)
    }

    /// Sums; no entry and no unit is read for them.
    func rollUps(
        _ context: MemberContext,
        _ call: Call<Nothing, RollUpQuery, NoBody>
    ) async throws -> Answer<Page<RollUpRow>> {
        let (query, own, now) = (call.query, context.limitedTo, context.facts.time)
        let limit = (query.limit ?? .usual).value
        let dimension = RollUps.Dimension(query.by)
        let last = RollUpKey(query.to ?? now, authorization: .zero).day
        let first = query.from.map { RollUpKey($0, authorization: .zero).day } ?? last - 29
        guard first <= last, last - first <= 3_660 else { throw Refusal(RecordError.days) }
        let scope = [
            "rollups", own?.text, query.by.rawValue, query.from?.description, query.to?.description,
            query.factory?.text,
            query.product?.text, query.batch?.hex, query.batches?.text, query.edge?.text,
        ].map { $0 ?? "" }.joined(separator: " ")
        let start = try cursors.start(query.cursor, of: scope, count: dimension.keyCount)
        let rows = try await database.read { transaction in
            var filter = RollUps.Filter(days: first...last)
            filter.factories = try RecordScope(transaction, limitedTo: own).factories()
            if let factory = query.factory {
                filter.factories = filter.factories?.contains(factory) == false ? [] : [factory]
            }
            filter.products = query.product.map { [$0] }
            filter.batches = query.batch.map { [$0] } ?? query.batches?.digests
            filter.edgeHSM = query.edge
            return try RollUps(transaction).sums(by: dimension, filter, after: start, limit: limit + 1)
        }
        let next = rows.count > limit ? try cursors.cursor(rows[limit - 1].key, of: scope) : nil
        return Answer(Page(items: rows.prefix(limit).map { RollUpRow($0) }, next: next))
    }
}

extension Alarms.Stored {
    var tag: EntityTag { .alarm(times: times, acknowledgedAt, clearedAt) }
}

extension AlarmView {
    /// If-Match of its acknowledgement: a list says as much of an alarm as its own address does.
    var tag: EntityTag { .alarm(times: times, acknowledgedAt, clearedAt) }
}

extension EntityTag {
    /// Another one when it was raised again, acknowledged or cleared.
    fileprivate static func alarm(times: Int, _ acknowledgedAt: Instant?, _ clearedAt: Instant?) -> EntityTag {
        EntityTag(version: times * 4 + (acknowledgedAt == nil ? 0 : 1) + (clearedAt == nil ? 0 : 2))
    }
}
