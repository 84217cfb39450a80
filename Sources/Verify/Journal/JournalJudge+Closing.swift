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
