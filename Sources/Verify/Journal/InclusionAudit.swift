internal import Matter
public import Statements
internal import TransparencyLog
internal import Vocabulary

/// Judges an `InclusionFile`: is the entry in the journal of an EdgeHSM that is registered?
///
/// It says nothing of the other entries: that this one was permitted is judged from the whole journal alone.
public enum InclusionAudit {
    /// Never throws: whatever is wrong is the verdict.
    public static func verdict(_ file: InclusionFile, trust: JournalAudit.Trust) -> Verdict {
        Verdict.judge(accepted: "The entry stands in the journal that the checkpoint vouches for.") { fields in
            let stated = try Checkpoint.read(payload: file.checkpoint.payload)
            fields["edgeHSM"] = stated.edgeHSM.text
            fields["index"] = String(file.index)
            fields["size"] = String(stated.size)
            fields["root"] = stated.root.hex
            fields["checkpointTime"] = stated.time.description
            let identity = try identity(file, of: stated, trust)
            fields["identity"] = identity.hex
            let checkpoint = try Verified<Checkpoint>(file.checkpoint, signedBy: identity).content
            let proof = InclusionProof(leafIndex: file.index, treeSize: checkpoint.size, hashes: file.hashes)
            try proof.verify(leaf: MerkleHash.leaf(file.entry.bytes), root: checkpoint.root)
            let entry = try JournalEntry(parsing: file.entry.bytes)
            guard entry.sequence == file.index else {
                throw Refusal(JournalError.sequenceGap, "\(entry.sequence) at \(file.index)")
            }
            describe(entry, &fields)
        }
    }

    /// The key that must have signed the checkpoint, proven by what is trusted.
    private static func identity(
        _ file: InclusionFile,
        of checkpoint: Checkpoint,
        _ trust: JournalAudit.Trust
    ) throws -> P256Point {
        let enrolment = trust.enrolment ?? file.enrolment
        guard let root = trust.root, let enrolment else {
            if let pinned = trust.identity { return pinned }
            throw Refusal(JournalError.identityUnproven, "no identity key, and no enrolment under a root authority")
        }
        let content = try registered(enrolment, roleKeys: file.roleKeys ?? [], root: root)
        guard content.edgeHSM == checkpoint.edgeHSM else {
            throw Refusal(JournalError.identity, "the enrolment is of \(content.edgeHSM)")
        }
        if let pinned = trust.identity, pinned != content.identity {
            throw Refusal(JournalError.identity, content.identity.hex)
        }
        return content.identity
    }

    /// The enrolment as m officers of some of these RoleKeys signed it.
    private static func registered(
        _ enrolment: Envelope,
        roleKeys: [Envelope],
        root: P256Point
    ) throws -> EdgeHSMEnrolment {
        guard !roleKeys.isEmpty else {
            throw Refusal(JournalError.identityUnproven, "no RoleKeys that the enrolment counts under")
        }
        let all = try RoleKeysChain.verify(roleKeys, root: root)
        var last = Refusal(JournalError.statementUnverified)
        for keys in all {
            do { return try Verified<EdgeHSMEnrolment>(enrolment, signedByOfficersOf: keys).content } catch {
                last = error as? Refusal ?? last
            }
        }
        throw Refusal(JournalError.statementUnverified, "enrolment: \(last.code) \(last.detail)")
    }

    private static func describe(_ entry: JournalEntry, _ fields: inout [String: String]) {
        fields["kind"] = entry.event.kind
        fields["time"] = entry.time.description
        fields["epoch"] = String(entry.epoch)
        switch entry.event.body {
        case let body as Issued:
            fields["unit"] = body.unit.hex
            fields["chipUID"] = body.chipUID.hex
            fields["serial"] = body.serial.text
            fields["authorization"] = body.authorization.hex
            fields["deviceKey"] = body.deviceKey.hex
            fields["dacSerial"] = serial(of: body.dac.bytes)
        case let body as Rotated:
            fields["unit"] = body.unit.hex
            fields["authorization"] = body.authorization.hex
            fields["deviceKey"] = body.deviceKey.hex
            fields["dacSerial"] = serial(of: body.dac.bytes)
        case let body as Completed:
            fields["unit"] = body.unit.hex
            fields["authorization"] = body.authorization.hex
        case let body as Closed:
            fields["authorization"] = body.authorization.hex
            fields["issued"] = String(body.issued)
            fields["returned"] = String(body.returned)
        default: break
        }
    }

    private static func serial(of der: [UInt8]) -> String? {
        (try? AttestationCertificate(der: der)).map { Hex.encode($0.serial) }
    }
}
