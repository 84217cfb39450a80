public import Statements
import Verify
public import Vocabulary

/// What lets one EdgeHSM's allotment of one product fall, once: the EdgeHSM's own journal entry that it gave units up,
/// or, where the appliance is dead, the officers' order that says so.
///
/// Each stands after one approval of the product's chain, and counts for the step from that approval to the next alone.
public struct AllotmentRelease: Sendable, Hashable {
    private enum Ground: Sendable, Hashable {
        /// Cumulative units that the EdgeHSM keeps.
        case journaled(keeps: Int)
        /// Units that may be allotted elsewhere.
        case retired(remainder: Int, notAfter: Instant)
    }

    /// Id of the officers' order that was carried out: what `VersionApproval.releases` cites.
    public let id: Digest256
    public let edgeHSM: EdgeHSMID
    public let product: ProductName
    /// Sequence of the approval that the figures are of.
    public let sequence: Int
    private let ground: Ground

    /// The order of a dead appliance; nil for any other: an order to a living one is no evidence that it obeyed.
    public init?(_ order: Verified<OfficerOrder>) {
        guard case .retireEdgeHSM(let edge, let product, let remainder, let sequence) = order.content.order else {
            return nil
        }
        id = order.id
        edgeHSM = edge
        self.product = product
        self.sequence = sequence
        ground = .retired(remainder: remainder, notAfter: order.content.expiresAt)
    }

    /// An `allotmentReleased` entry that was judged and kept: its order, and the cumulative units that the EdgeHSM keeps.
    public init(order: Digest256, edgeHSM: EdgeHSMID, product: ProductName, keeps: Int, sequence: Int) {
        id = order
        self.edgeHSM = edgeHSM
        self.product = product
        self.sequence = sequence
        ground = .journaled(keeps: keeps)
    }

    /// Cumulative units that the EdgeHSM keeps by its own word; nil where the officers spoke for a dead one.
    public var keeps: Int? {
        if case .journaled(let keeps) = ground { keeps } else { nil }
    }

    /// An `allotmentReleased` entry of this EdgeHSM's journal, as somebody has verified it; nil for any other entry.
    public init?(journaled entry: JournalEntry, of edgeHSM: EdgeHSMID) {
        guard let body = entry.event.body as? AllotmentReleased else { return nil }
        id = body.order
        self.edgeHSM = edgeHSM
        product = body.product
        sequence = body.sequence
        ground = .journaled(keeps: body.units)
    }

    /// The same, verified here: inclusion, checkpoint, and the EdgeHSM's enrolment under this chain of RoleKeys.
    ///
    /// - Parameters:
    ///   - enrolments: envelopes among which that EdgeHSM's enrolment is, unless the file has it.
    ///   - history: RoleKeys in order; the first is trusted.
    /// - Throws: `officer.release.invalid`.
    public init(_ file: InclusionFile, enrolments: [Envelope], history: [Verified<RoleKeys>]) throws {
        func invalid(_ detail: String) -> Refusal { Refusal(GovernanceError.releaseInvalid, detail) }
        let stated = try Checkpoint.read(payload: file.checkpoint.payload).edgeHSM
        let candidates = enrolments.filter {
            (try? EdgeHSMEnrolment.read(payload: $0.payload))?.edgeHSM == stated
        }
        guard let root = history.first?.content.root, let enrolment = candidates.first ?? file.enrolment else {
            throw invalid("no enrolment of \(stated) at hand")
        }
        let complete = InclusionFile(
            checkpoint: file.checkpoint,
            entry: file.entry,
            index: file.index,
            hashes: file.hashes,
            enrolment: enrolment,
            roleKeys: history.map(\.envelope)
        )
        let verdict = InclusionAudit.verdict(complete, trust: .init(root: root, enrolment: enrolment))
        guard verdict.accepted else { throw invalid("\(verdict.code): \(verdict.reason)") }
        guard let release = try AllotmentRelease(journaled: JournalEntry(parsing: file.entry.bytes), of: stated) else {
            throw invalid("the entry of \(stated) releases no allotment")
        }
        self = release
    }

    /// True where it lets the figure of `edgeHSM` fall so far from `old` to `new`.
    func justifies(_ edgeHSM: EdgeHSMID, from old: VersionApproval, to new: VersionApproval) -> Bool {
        guard self.edgeHSM == edgeHSM, product == new.product, sequence == old.sequence else { return false }
        let (before, after) = (old.allotment(of: edgeHSM), new.allotment(of: edgeHSM))
        return switch ground {
        case .journaled(let keeps): after >= keeps
        case .retired(let remainder, let notAfter): before - after <= remainder && new.issuedAt <= notAfter
        }
    }
}
