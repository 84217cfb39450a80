public import Statements
import Vocabulary

extension EdgeHSMState {
    /// The only way in which durable facts change, in a replay at start and live.
    ///
    /// Throws `edge.journal.inconsistent` for an entry that this state can't have written: the journal is then not
    /// served from. Either all of an entry is applied or nothing.
    public mutating func apply(_ entry: JournalEntry) throws {
        guard entry.sequence == durable.size else {
            throw Refusal.inconsistent(entry, "sequence \(entry.sequence) after \(durable.size - 1)")
        }
        let isRestart = entry.event.body is Restart
        guard isRestart ? entry.epoch > durable.epoch : entry.epoch == durable.epoch else {
            throw Refusal.inconsistent(entry, "epoch \(entry.epoch) after \(durable.epoch)")
        }
        guard !durable.isZeroised || isRestart || entry.event.body is Burned else {
            throw Refusal.inconsistent(entry, "after zeroise")
        }
        try applyBody(entry)
        durable.size += 1
        durable.epoch = entry.epoch
        if !isRestart, !(entry.event.body is Burned) {
            durable.lastServed = entry.sequence
            durable.lastServedEpoch = entry.epoch
        }
    }

    private mutating func applyBody(_ entry: JournalEntry) throws {
        switch entry.event.body {
        case is Restart: break
        case let body as Burned: try applyBurned(body, entry)
        case let body as RoleKeysAccepted: try applyRoleKeys(body, entry)
        case let body as StatusApplied: applyStatus(body)
        case let body as OrderApplied: durable.orders.insert(body.order.statementID)
        case let body as Revoked: durable.revocations.insert(body.target)
        case let body as ClockReset:
            durable.floor = body.time
            durable.contact?.lower(to: body.time)
            durable.lastClockReset = entry.sequence
        case let body as AllotmentReleased: try applyRelease(body, entry)
        case let body as ProductPrepared: try applyPrepared(body)
        case let body as CertificatesInstalled: try applyCertificates(body, entry)
        case let body as StationEnrolled:
            durable.peers[Digest256.of(body.certificate.bytes)] = EnrolledPeer(name: body.name, role: body.role)
        case let body as StationRevoked: try applyStationRevoked(body, entry)
        case is Zeroised: durable.isZeroised = true
        case let body as AuthorizationLoaded: try applyLoaded(body, entry)
        case let body as AuthorizationTombstoned: durable.tombstones.insert(body.authorization)
        case let body as Closed: try applyClosed(body, entry)
        case is Refused, is FactoryDataGiven, is Permitted: break
        default: try applyUnitEvent(entry)
        }
    }
}

extension Refusal {
    static func inconsistent(_ entry: JournalEntry, _ detail: String) -> Refusal {
        Refusal(EdgeError.journalInconsistent, "\(entry.event.kind) at \(entry.sequence): \(detail)")
    }
}

// MARK: - Governance

extension EdgeHSMState {
    private mutating func applyBurned(_ body: Burned, _ entry: JournalEntry) throws {
        try changeAccount(body.authorization, entry) { account in
            guard body.units > 0, body.units <= account.remaining, !account.isClosed else {
                throw Refusal.inconsistent(entry, "\(body.units) burned of \(account.remaining)")
            }
            account.burned += body.units
        }
    }

    private mutating func applyRoleKeys(_ body: RoleKeysAccepted, _ entry: JournalEntry) throws {
        let next = try RoleKeys.read(payload: body.roleKeys.payload)
        guard next.version == body.version, next.version == durable.roleKeys.version + 1,
            next.previous == durable.roleKeysID
        else { throw Refusal.inconsistent(entry, "version \(next.version)") }
        durable.roleKeys = next
        durable.roleKeysID = body.roleKeys.statementID
        durable.floor = max(durable.floor, next.issuedAt)
    }

    private mutating func applyStatus(_ body: StatusApplied) {
        durable.contact = PortalContact(
            statement: body.statement,
            time: body.time,
            nonce: body.nonce,
            storedSize: body.storedSize,
            isContained: body.isContained
        )
        durable.floor = max(durable.floor, body.time)
    }

    private mutating func applyRelease(_ body: AllotmentReleased, _ entry: JournalEntry) throws {
        var product = durable.products[body.product] ?? ProductAccount()
        guard body.units <= product.allotment, body.units >= product.granted, body.sequence >= product.sequence else {
            throw Refusal.inconsistent(entry, "release to \(body.units)")
        }
        product.release = .init(order: body.order, sequence: body.sequence, before: product.allotment)
        product.allotment = body.units
        product.sequence = body.sequence
        durable.products[body.product] = product
    }

    private mutating func applyPrepared(_ body: ProductPrepared) throws {
        let content = try ProductPreparation.read(payload: body.preparation.payload)
        durable.products[content.product, default: ProductAccount()].preparation = body.preparation
    }

    private mutating func applyCertificates(_ body: CertificatesInstalled, _ entry: JournalEntry) throws {
        guard durable.products[body.product]?.preparation != nil else {
            throw Refusal.inconsistent(entry, "\(body.product) was not prepared")
        }
        durable.products[body.product]?.certificates = body
    }

    private mutating func applyStationRevoked(_ body: StationRevoked, _ entry: JournalEntry) throws {
        guard durable.peers[body.fingerprint] != nil else { throw Refusal.inconsistent(entry, "unknown peer") }
        durable.peers[body.fingerprint]?.isRevoked = true
    }

    func changedAccount(_ id: Digest256, _ entry: JournalEntry) throws -> AuthorizationAccount {
        guard let account = durable.authorizations[id] else { throw Refusal.inconsistent(entry, "authorization \(id)") }
        return account
    }

    mutating func changeAccount(
        _ id: Digest256,
        _ entry: JournalEntry,
        _ change: (inout AuthorizationAccount) throws -> Void
    ) throws {
        var account = try changedAccount(id, entry)
        try change(&account)
        durable.authorizations[id] = account
    }
}
