import Statements
import Vocabulary

extension EdgeHSMState {
    mutating func applyLoaded(_ body: AuthorizationLoaded, _ entry: JournalEntry) throws {
        let id = body.authorization.statementID
        let content = try ProductionAuthorization.read(payload: body.authorization.payload)
        let approval = try VersionApproval.read(payload: body.approval.payload)
        let approvalID = body.approval.statementID
        let manifest = try Manifest(parsing: body.manifest.bytes)
        guard durable.authorizations[id] == nil, !durable.tombstones.contains(id), content.approval == approvalID,
            content.manifest == Digest256.of(body.manifest.bytes), content.manifest == approval.manifest
        else { throw Refusal.inconsistent(entry, "authorization \(id)") }
        var product = durable.products[content.product] ?? ProductAccount()
        product.take(approval, id: approvalID, at: durable.edgeHSM)
        guard product.granted + content.quantity <= product.allotment else {
            throw Refusal.inconsistent(entry, "allotment \(product.allotment)")
        }
        product.granted += content.quantity
        durable.products[content.product] = product
        durable.authorizations[id] = AuthorizationAccount(
            id: id,
            content: content,
            package: body.package,
            signers: Set(body.officers + [body.authorizer])
        )
        durable.approvals[approvalID] = approval
        durable.manifests[content.manifest] = manifest
        durable.floor = max(durable.floor, content.issuedAt, approval.issuedAt)
    }

    mutating func applyClosed(_ body: Closed, _ entry: JournalEntry) throws {
        if durable.tombstones.contains(body.authorization), durable.authorizations[body.authorization] == nil {
            guard [body.granted, body.issued, body.burned, body.returned] == [0, 0, 0, 0] else {
                throw Refusal.inconsistent(entry, "counts of one never loaded")
            }
            return
        }
        var account = try changedAccount(body.authorization, entry)
        guard !account.isClosed, body.granted == account.granted, body.issued == account.issued,
            body.burned == account.burned, body.returned == account.remaining
        else { throw Refusal.inconsistent(entry, "counts") }
        account.returned = account.remaining
        account.isClosed = true
        durable.authorizations[account.id] = account
        durable.products[account.content.product]?.granted -= account.returned
    }

    mutating func applyUnitEvent(_ entry: JournalEntry) throws {
        switch entry.event.body {
        case let body as Issued:
            try changeAccount(body.authorization, entry) { try $0.issue(body, entry) }
            durable.floor = max(durable.floor, entry.time)
        case let body as KeySealed: try applySealed(body, entry)
        case let body as Completed: try changeAccount(body.authorization, entry) { $0.completed += 1 }
        case let body as Failed:
            try changeAccount(body.authorization, entry) {
                $0.failed += 1
                try $0.reopen(body.wasCompleted, entry)
            }
        case let body as DebugUnlocked:
            try changeAccount(body.authorization, entry) {
                guard $0.debugUnlocksLeft > 0 else { throw Refusal.inconsistent(entry, "allowance") }
                try $0.reopen(body.wasCompleted, entry)
                $0.unlocks += 1
            }
            durable.floor = max(durable.floor, entry.time)
        case let body as Reprovisioned:
            try changeAccount(body.authorization, entry) {
                guard $0.reprovisionsLeft > 0 else { throw Refusal.inconsistent(entry, "allowance") }
                try $0.reopen(body.wasCompleted, entry)
                $0.reprovisions += 1
            }
            durable.floor = max(durable.floor, entry.time)
        case let body as Rotated:
            try changeAccount(body.authorization, entry) {
                guard $0.rotationsLeft > 0 else { throw Refusal.inconsistent(entry, "allowance") }
                $0.rotations += 1
            }
            durable.floor = max(durable.floor, entry.time)
        default: throw Refusal.inconsistent(entry, "unknown kind")
        }
    }

    private mutating func applySealed(_ body: KeySealed, _ entry: JournalEntry) throws {
        let account = try changedAccount(body.authorization, entry)
        guard body.fleet, !body.isRepeat else { return }
        durable.products[account.content.product]?.fleetUnits[body.slot, default: 0] += 1
    }
}

extension AuthorizationAccount {
    fileprivate mutating func issue(_ body: Issued, _ entry: JournalEntry) throws {
        if body.replaces != nil {
            guard reissues < reprovisions, body.index < consumed else { throw Refusal.inconsistent(entry, "reissue") }
            reissues += 1
            return
        }
        guard remaining > 0, !isClosed, body.index == consumed else {
            throw Refusal.inconsistent(entry, "unit \(body.index) of \(granted)")
        }
        issued += 1
    }

    fileprivate mutating func reopen(_ wasCompleted: Bool, _ entry: JournalEntry) throws {
        guard wasCompleted else { return }
        guard completed > 0 else { throw Refusal.inconsistent(entry, "nothing was completed") }
        completed -= 1
    }
}

extension ProductAccount {
    /// Notes an approval; a higher sequence states the figure that counts from here on.
    mutating func take(_ approval: VersionApproval, id: Digest256, at edgeHSM: EdgeHSMID) {
        approvals[approval.sequence] = id
        if let previous = approval.previous { predecessors[approval.sequence - 1] = previous }
        guard approval.sequence > sequence else { return }
        sequence = approval.sequence
        allotment = approval.allotment(of: edgeHSM)
    }
}
