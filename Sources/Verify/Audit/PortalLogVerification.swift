internal import FoundationEssentials
public import Statements
internal import TransparencyLog
public import Vocabulary

/// Judges a portal's log of acts as it was exported, entry by entry, in the memory of one: the first line says what the
/// portal's key signed, each following line is an entry.
///
/// It shows that no entry was changed, left out or put in since the portal signed; with a checkpoint of before, that the log
/// only grew. A portal that never wrote an act down shows nothing.
public struct PortalLogVerification {
    /// Whom the checkpoint's signature is believed.
    public struct Trust: Sendable {
        let root: P256Point?
        let portal: P256Point?

        /// - Parameters:
        ///   - root: the OEM's root authority, which the RoleKeys in the file hang on.
        ///   - portal: the portal's key itself.
        public init(root: P256Point? = nil, portal: P256Point? = nil) { (self.root, self.portal) = (root, portal) }
    }

    private let stated: PortalCheckpoint
    private let earlier: PortalCheckpoint?
    private var tree = CompactRange()
    private var last: Instant?
    private var fields: [String: String] = [:]

    /// - Parameter earlier: a checkpoint that was kept, which this log must continue.
    /// Throws `verify.audit.*` and a `StatementError`.
    public init(head: AuditExportHead, trust: Trust, earlier: Envelope? = nil) throws {
        let keys = try Self.portalKeys(head, trust)
        guard let newest = keys.last else {
            throw Refusal(VerifyError.auditUnproven, "no portal key, and no RoleKeys under a root authority")
        }
        stated = try Verified<PortalCheckpoint>(head.checkpoint, signedBy: newest).content
        self.earlier = try earlier.map { envelope in
            // A key that was renewed since has signed what it signed.
            let signer = keys.first { envelope.isSigned(by: $0) } ?? newest
            return try Verified<PortalCheckpoint>(envelope, signedBy: signer).content
        }
        if let earlier = self.earlier, earlier.size > stated.size {
            throw Refusal(VerifyError.auditEarlier, "\(stated.size) entries, \(earlier.size) before")
        }
        fields["size"] = String(stated.size)
        fields["root"] = stated.root.hex
        fields["checkpointTime"] = stated.time.description
        fields["portalKey"] = newest.hex
        if let earlier = self.earlier { fields["earlierSize"] = String(earlier.size) }
        try compareEarlier()
    }

    /// The keys that may have signed, the newest last.
    private static func portalKeys(_ head: AuditExportHead, _ trust: Trust) throws -> [P256Point] {
        guard let root = trust.root else { return trust.portal.map { [$0] } ?? [] }
        let keys = try RoleKeysChain.verify(head.roleKeys, root: root).map(\.portal)
        if let pinned = trust.portal, keys.last != pinned {
            throw Refusal(VerifyError.auditUnproven, "the RoleKeys name another portal key")
        }
        return keys
    }

    private struct Entry: Decodable {
        let position: Int
        let time: Instant
    }

    /// The next line, without its end. Throws `verify.audit.*` and a `StatementError`.
    public mutating func take(_ line: [UInt8]) throws {
        guard tree.size < stated.size else {
            throw Refusal(VerifyError.auditDiffers, "more entries than the \(stated.size) that were signed")
        }
        let entry = try StatementCoding.decode(Entry.self, checking: line, limit: AuditExportHead.largestEntry)
        guard entry.position == tree.size else {
            throw Refusal(VerifyError.auditDiffers, "entry \(entry.position) at place \(tree.size)")
        }
        if fields["firstTime"] == nil { fields["firstTime"] = entry.time.description }
        last = entry.time
        tree.append(MerkleHash.leaf(line))
        try compareEarlier()
    }

    private func compareEarlier() throws {
        guard let earlier, tree.size == earlier.size, tree.root != earlier.root else { return }
        throw Refusal(VerifyError.auditEarlier, "another root at \(earlier.size) entries")
    }

    /// After the last line.
    public func finish() -> Verdict {
        var found = fields
        if let last { found["lastTime"] = last.description }
        guard tree.size == stated.size, tree.root == stated.root else {
            let what =
                tree.size == stated.size ? "the root differs" : "\(tree.size) entries of \(stated.size)"
            return Verdict(refused: Refusal(VerifyError.auditDiffers, what), fields: found)
        }
        return Verdict(accepted: found, reason: "The entries are those that the portal's key signed, all of them.")
    }
}

/// RoleKeys in order, from the root authority on.
enum RoleKeysChain {
    /// Throws `journal.root-authority.*`, `journal.identity.unproven` where there are none, and a `StatementError`.
    static func verify(_ envelopes: [Envelope], root: P256Point) throws -> [RoleKeys] {
        guard let first = envelopes.first else {
            throw Refusal(JournalError.identityUnproven, "no RoleKeys under the root authority")
        }
        var keys = try Verified<RoleKeys>(first, signedBy: root).content
        guard keys.root == root else { throw Refusal(JournalError.rootAuthority, keys.root.hex) }
        var (id, all) = (first.statementID, [keys])
        for envelope in envelopes.dropFirst() {
            keys = try keys.successor(envelope, ownID: id).content
            id = envelope.statementID
            all.append(keys)
        }
        return all
    }
}
