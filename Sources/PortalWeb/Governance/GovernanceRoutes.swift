import Governance
import PortalCore
public import PortalProtocol
import PortalStore
public import Statements
import Vocabulary

extension RoleKeysChain: LimitedMessage {
    public static var largestBody: Int { 4 << 20 }
}

extension OrderList: LimitedMessage {
    public static var largestBody: Int { 4 << 20 }
}

extension Envelope: LimitedMessage {
    public static var largestBody: Int { largest }
}

extension PortalServices {
    struct EdgePath: Codable, Sendable { let edge: EdgeHSMID }

    /// The RoleKeys that count now, of a chain whose every link was verified when it was loaded.
    static func roleKeys(_ transaction: any SQLTransaction) throws -> RoleKeys {
        guard let newest = try knownRoleKeys(transaction) else { throw Refusal(IdentityError.noRoleKeys) }
        return newest
    }

    /// The same; nil while there are none.
    static func knownRoleKeys(_ transaction: any SQLTransaction) throws -> RoleKeys? {
        try GovernanceTable(transaction).newestRoleKeys().map { try RoleKeys.read(payload: $0.payload) }
    }

    /// Takes a chain from version 1 that begins with what is loaded and may go on; the first must be signed by the
    /// configured root.
    func putRoleKeys(
        _ context: OEMAdminContext,
        _ call: Call<Nothing, Nothing, JSON<RoleKeysChain>>
    ) async throws -> Answer<RoleKeysChain> {
        let (chain, root) = (call.body.roleKeys, settings.root)
        let verified = try RoleKeysHistory.verify(chain)
        guard let first = verified.first, let last = verified.last, first.content.root == root else {
            throw Refusal(IdentityError.foreignRoot)
        }
        return try await acts.perform(context) { transaction in
            let table = GovernanceTable(transaction)
            let known = try table.roleKeys()
            guard known.count <= verified.count, zip(known, verified).allSatisfy({ $0.statementID == $1.id }) else {
                throw Refusal(IdentityError.roleKeysFork, "\(known.count) versions are loaded")
            }
            for version in verified.dropFirst(known.count) {
                try table.insertRoleKeys(version.content.version, version.envelope)
            }
            let answer = RoleKeysChain(roleKeys: try table.roleKeys())
            return Act(
                Answer(answer, tag: EntityTag(version: last.content.version)),
                object: last.id.hex,
                detail: "versions \(known.count + 1) to \(verified.count)"
            )
        }
    }

    func roleKeys(_ context: MemberContext, _ call: PlainCall) async throws -> Answer<RoleKeysChain> {
        let chain = try await database.read { try GovernanceTable($0).roleKeys() }
        return Answer(RoleKeysChain(roleKeys: chain), tag: EntityTag(version: chain.count))
    }

    /// Orders that m officers have signed. One that is there already gains the signatures that are new.
    func putOrders(
        _ context: OEMAdminContext,
        _ call: Call<Nothing, Nothing, JSON<OrderList>>
    ) async throws -> Answer<Nothing> {
        let (orders, now) = (call.body.orders, context.facts.time)
        return try await acts.perform(context) { transaction in
            let (roleKeys, table) = (try Self.roleKeys(transaction), GovernanceTable(transaction))
            var numbers: [String] = []
            var (released, signed): ([String], [String]) = ([], [])
            for envelope in orders {
                let order = try Verified<OfficerOrder>(envelope, signedByOfficersOf: roleKeys)
                // As at an EdgeHSM: no expiry holds a revocation up.
                if case .revoke = order.content.order {
                } else if now >= order.content.expiresAt {
                    throw Refusal(IdentityError.orderExpired, order.id.hex)
                }
                if let number = try table.insertOrder(envelope, at: now) {
                    numbers.append(String(number))
                    if let edge = try Self.release(order.content, transaction) { released.append(edge.text) }
                } else if let number = try table.addSignatures(of: order.signers, in: envelope) {
                    numbers.append(String(number))
                    signed.append(String(number))
                }
            }
            let told = [("in service again", released), ("signed by more officers", signed)].filter { !$1.isEmpty }
            let detail = told.map { "\($0): \($1.joined(separator: ", "))" }.joined(separator: "; ")
            let object = "orders \(numbers.joined(separator: ","))"
            return Act(Answer(Nothing()), object: object, detail: detail.isEmpty ? nil : detail)
        }
    }

    /// Decision 17: no package for an EdgeHSM whose journal was forked, truncated or restored, until officers who leave it
    /// in service have said so. An order does so whose reason names what was found, signed after it was found: one that is
    /// about something else lifts nothing.
    private static func release(_ order: OfficerOrder, _ transaction: any SQLTransaction) throws -> EdgeHSMID? {
        let edge: EdgeHSMID
        switch order.order {
        case .resetClock(let named, _, _), .releaseAllotment(let named, _, _, _): edge = named
        case .revoke, .retireEdgeHSM: return nil
        }
        guard let log = try JournalLogs(transaction).current(of: edge),
            HaltRules.isLifted(log.halted, foundAt: log.haltedAt, by: order)
        else { return nil }
        try JournalLogs(transaction).release(edge)
        try PackageTable(transaction).hurry(edge)
        return edge
    }

    func orders(
        _ context: OEMReaderContext,
        _ call: ListCall
    ) async throws -> Answer<Page<NumberedOrder>> {
        let limit = (call.query.limit ?? .usual).value
        let scope = "orders"
        let last = try cursors.start(call.query.cursor, of: scope, count: 1)?.first.flatMap { Int($0) } ?? 0
        let found = try await database.read { try GovernanceTable($0).orders(from: last + 1, limit: limit + 1) }
        let items = found.map { NumberedOrder(number: $0.number, order: $0.envelope) }
        return Answer(try cursors.page(items, limit: limit, of: scope) { ["\($0.number)"] })
    }

    /// The enrolment that m officers signed, of an appliance in a factory that is there. The same again changes nothing.
    func putEdge(
        _ context: OEMAdminContext,
        _ call: Call<EdgePath, Nothing, JSON<Envelope>>
    ) async throws -> Answer<EdgeSummary> {
        let (envelope, id, now) = (call.body, call.path.edge, context.facts.time)
        let profile = settings.profile
        return try await acts.perform(context) { transaction in
            let word = OfficersWord(transaction)
            let history = try word.history()
            guard !history.isEmpty else { throw Refusal(IdentityError.noRoleKeys) }
            let enrolment = try EnrolmentCheck.verify(
                envelope,
                history: history,
                compromised: word.revocations().compromisedKeys
            )
            let factory = enrolment.content.factory
            guard enrolment.content.edgeHSM == id, profile == .lab || enrolment.content.assurance != "software",
                try FactoryTable(transaction).factory(factory) != nil
            else { throw Refusal(PortalError.unknownObject, "\(enrolment.content.edgeHSM) of \(factory)") }
            let table = GovernanceTable(transaction)
            var since = now
            if let known = try table.edge(id) {
                guard known.envelope.statementID == enrolment.id else { throw Refusal(IdentityError.edgeDiffers) }
                since = known.enrolledAt
            } else {
                try table.insertEdge(id, factory, envelope, at: now)
            }
            let halted = try JournalLogs(transaction).current(of: id)?.halted?.rawValue
            let summary = EdgeSummary(id: id, factory: factory, enrolledAt: since, halted: halted)
            return Act(Answer(summary), object: id.text, detail: factory.text)
        }
    }

    /// The envelope as the officers signed it. Keys that are public, of an appliance in the caller's own factories.
    func enrolment(
        _ context: MemberContext,
        _ call: ObjectCall<EdgePath>
    ) async throws -> RawAnswer<VersionRoutes.DocumentKind> {
        let (id, own) = (call.path.edge, context.limitedTo)
        let found: Envelope? = try await database.read { transaction in
            guard let edge = try GovernanceTable(transaction).edge(id),
                try RecordScope(transaction, limitedTo: own).admits(edge.factory)
            else { return nil }
            return edge.envelope
        }
        guard let bytes = try found?.serialized() else { throw Refusal(PortalError.unknownObject) }
        return try RawAnswer(bytes: bytes, tag: EntityTag(digest: Digest256.of(bytes)), range: context.facts.range)
    }

    /// The OEM sees all, an ODM those in its factories.
    func edges(_ context: MemberContext, _ call: ListCall) async throws -> Answer<Page<EdgeSummary>> {
        let (limit, own) = ((call.query.limit ?? .usual).value, context.limitedTo)
        let scope = "edges \(own?.text ?? "")"
        let start = try cursors.start(call.query.cursor, of: scope, count: 1)
        let items = try await database.read { transaction in
            let logs = JournalLogs(transaction)
            return try GovernanceTable(transaction).edges(of: own, after: start?.first, limit: limit + 1).map { edge in
                try EdgeSummary(
                    id: edge.id,
                    factory: edge.factory,
                    enrolledAt: edge.enrolledAt,
                    halted: logs.current(of: edge.id)?.halted?.rawValue
                )
            }
        }
        return Answer(try cursors.page(items, limit: limit, of: scope) { [$0.id.text] })
    }
}
