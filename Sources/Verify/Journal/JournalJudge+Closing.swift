public import Statements
internal import Vocabulary

extension JournalJudge {
    /// What a checkpoint of exactly the entries judged so far gets wrong.
    public mutating func findings(on checkpoint: Checkpoint) -> [JournalAudit.Finding] {
        turn = Turn()
        compare(checkpoint)
        return turn.findings
    }

    /// At the end of a whole journal: who wrote it, and does the checkpoint vouch for these entries?
    mutating func finish(with checkpoint: Envelope) -> [JournalAudit.Finding] {
        turn = Turn()
        guard let genesis else {
            note(.genesis, "no entries")
            return turn.findings
        }
        judgeIdentity(of: genesis)
        do {
            compare(try Verified<Checkpoint>(checkpoint, signedBy: genesis.identity).content)
        } catch { note(.statementUnverified, describe(error)) }
        return turn.findings
    }

    /// Whether an earlier checkpoint of the same EdgeHSM is one of the first entries of this journal: with the whole
    /// journal at hand that is the tree's root at its size (RFC 9162, 2.1.4).
    mutating func findings(continuing earlier: Envelope, in ledger: InMemoryUnitLedger) -> [JournalAudit.Finding] {
        turn = Turn()
        guard let genesis else { return [] }
        do {
            let content = try Verified<Checkpoint>(earlier, signedBy: genesis.identity).content
            let (size, epoch) = (size, epoch)
            demand(content.edgeHSM == genesis.edgeHSM, .inconsistent, "the earlier one is of \(content.edgeHSM)")
            demand(content.epoch <= epoch, .inconsistent, "epoch \(content.epoch) before, \(epoch) now")
            demand(content.size <= size, .inconsistent, "\(content.size) entries before, \(size) now")
            guard content.size <= size else { return turn.findings }
            let root = ledger.root(at: content.size)
            demand(root == content.root, .inconsistent, "the first \(content.size) entries are other ones")
        } catch { note(.statementUnverified, "earlier checkpoint: \(describe(error))") }
        return turn.findings
    }

    private mutating func compare(_ content: Checkpoint) {
        guard let genesis else { return note(.genesis, "no entries") }
        let (size, root, epoch, found) = (size, root, epoch, accounts)
        demand(content.edgeHSM == genesis.edgeHSM, .checkpointMismatch, "of \(content.edgeHSM)")
        demand(content.size == size, .checkpointMismatch, "of \(content.size) entries, here are \(size)")
        demand(content.root == root, .rootMismatch, "\(content.root) stated, \(root) found")
        demand(content.epoch == epoch, .checkpointMismatch, "epoch \(content.epoch), here \(epoch)")
        demand(content.roleKeysVersion == roleKeys?.version, .checkpointMismatch, "RoleKeys version")
        demand(content.portalNonce == contact?.nonce, .checkpointMismatch, "portal nonce")
        let stated = content.accounts.sorted { $0.authorization < $1.authorization }
        for (left, right) in zip(stated, found) where left != right {
            note(.accountMismatch, "authorization \(right.authorization)")
        }
        demand(stated.count == found.count, .accountMismatch, "\(stated.count) accounts of \(found.count)")
    }

    /// What was read, by name.
    public var fields: [String: String] {
        var fields = ["entries": String(size), "root": root.hex, "epoch": String(epoch)]
        fields["edgeHSM"] = genesis?.edgeHSM.text
        fields["identity"] = genesis?.identity.hex
        fields["roleKeysVersion"] = roleKeys.map { String($0.version) }
        fields["authorizations"] = String(totals.authorizations)
        fields["issued"] = String(totals.issued)
        fields["burned"] = String(totals.burned)
        fields["completed"] = String(totals.completed)
        fields["identityPinned"] = String(isIdentityProven)
        for (kind, count) in counts { fields["count.\(kind)"] = String(count) }
        return fields
    }
}
