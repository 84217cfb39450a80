internal import PortalProtocol
public import PortalStore
public import Statements
internal import TransparencyLog
internal import Verify
public import Vocabulary

/// An EdgeHSM as the officers enrolled it.
public struct EnrolledEdge: Sendable, Hashable {
    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    public let identity: P256Point
    /// The `EdgeHSMEnrolment`.
    public let enrolment: Envelope

    public init(edgeHSM: EdgeHSMID, factory: FactoryID, identity: P256Point, enrolment: Envelope) {
        self.edgeHSM = edgeHSM
        self.factory = factory
        self.identity = identity
        self.enrolment = enrolment
    }
}

/// Where enrolments are looked up.
public protocol EdgeRegistry: Sendable {
    func edge(_ id: EdgeHSMID, in transaction: any SQLTransaction) throws -> EnrolledEdge?
}

/// A chunk with all that needs no state: entries read, DAC signatures and the checkpoint's signature verified.
public struct PreparedChunk: Sendable {
    let chunk: JournalChunk
    let edge: EnrolledEdge
    let reads: [ReadEntry]
    let checkpoint: Checkpoint
    let claims: RecentUses.Claims

    /// True when the checkpoint vouches for the entries up to the chunk's end, whose root this is: it is of exactly
    /// these, or the chunk brings the proof that it only adds to them.
    func isVouched(_ root: Digest256) -> Bool {
        if checkpoint.size == chunk.end { return root == checkpoint.root && chunk.consistency.isEmpty }
        let proof = ConsistencyProof(
            firstSize: chunk.end,
            secondSize: checkpoint.size,
            hashes: chunk.consistency
        )
        return (try? proof.verify(firstRoot: root, secondRoot: checkpoint.root)) != nil
    }
}

/// What became of a chunk.
public struct IngestOutcome: Sendable {
    /// Why it was not taken in; alarms and evidence are kept nevertheless.
    public let refusal: Refusal?
    /// Entries stored and their root: the receipt.
    public let storedSize: Int
    public let storedRoot: Digest256
    /// Entries that were new.
    public let added: Int
    /// Entries of them that went into quarantine.
    public let quarantined: Int
    /// A branch that waits to be judged again from the start.
    let branch: Int64?

    init(
        _ log: JournalLog?,
        refusal: Refusal? = nil,
        added: Int = 0,
        quarantined: Int = 0,
        branch: Int64? = nil
    ) {
        self.refusal = refusal
        storedSize = log?.size ?? 0
        storedRoot = log?.root ?? JournalLog.emptyRoot
        self.added = added
        self.quarantined = quarantined
        self.branch = branch
    }
}
