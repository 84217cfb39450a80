public import Statements
public import Vocabulary

/// The rule of decision 1: a product's approvals are one chain, and no EdgeHSM's allotment falls by itself.
public enum ApprovalChain {
    /// Throws unless `new` continues from `last` (the approval signed last; nil: none) over `earlier` approvals of the
    /// product, which may be given in any order.
    ///
    /// - Parameter releases: evidence that allotment was given up, verified; of any product, in any order.
    /// - Throws: `officer.approval.fork`, `officer.approval.chain-missing`, `officer.approval.allotment-falls`,
    ///   `officer.approval.release-idle`.
    public static func check(
        _ new: Envelope,
        after last: Envelope?,
        earlier: [Envelope],
        releases: [AllotmentRelease]
    ) throws {
        var current = try VersionApproval.read(payload: new.payload)
        let anchor = try last.map { ($0.statementID, try VersionApproval.read(payload: $0.payload)) }
        guard last?.statementID != new.statementID else { return }
        if let (_, signed) = anchor, current.sequence <= signed.sequence {
            throw Refusal(
                GovernanceError.fork,
                "sequence \(current.sequence), you have signed \(signed.sequence) of \(signed.product)"
            )
        }
        var known: [Digest256: Envelope] = [:]
        for envelope in earlier + (last.map { [$0] } ?? []) { known[envelope.statementID] = envelope }
        // Back along the digests, link by link, until the approval signed last or the very first one.
        while let previousID = current.previous, current.sequence > 1 {
            guard let envelope = known[previousID] else {
                throw Refusal(GovernanceError.chainMissing, "sequence \(current.sequence - 1), statement \(previousID)")
            }
            let previous = try VersionApproval.read(payload: envelope.payload)
            guard previous.product == current.product, previous.sequence == current.sequence - 1 else {
                throw Refusal(
                    GovernanceError.fork,
                    "sequence \(previous.sequence) of \(previous.product) before this one"
                )
            }
            try checkAllotments(from: previous, to: current, releases: releases)
            if previousID == anchor?.0 { return }
            if let (_, signed) = anchor, previous.sequence <= signed.sequence {
                throw Refusal(GovernanceError.fork, "its sequence \(previous.sequence) is not the one you have signed")
            }
            current = previous
        }
        guard anchor == nil else {
            throw Refusal(GovernanceError.fork, "it does not lead to the approval you have signed")
        }
    }

    /// The releases that `new` must cite for what falls in it since `last`, each for one fall; where none justifies a
    /// fall, `check` refuses it.
    public static func citations(
        of new: Envelope,
        after last: Envelope?,
        among releases: [AllotmentRelease]
    ) throws -> [Digest256] {
        guard let last else { return [] }
        let (old, new) = (
            try VersionApproval.read(payload: last.payload), try VersionApproval.read(payload: new.payload)
        )
        var free = releases
        var cited: [Digest256] = []
        for allotment in old.allotments where new.allotment(of: allotment.edgeHSM) < allotment.units {
            let ground = free.first { $0.justifies(allotment.edgeHSM, from: old, to: new) }
            guard let ground else { continue }
            free.removeAll { $0.id == ground.id }
            cited.append(ground.id)
        }
        return cited.sorted()
    }

    /// Every fall is justified by a release of its own, which the approval cites; it cites no other.
    private static func checkAllotments(
        from old: VersionApproval,
        to new: VersionApproval,
        releases: [AllotmentRelease]
    ) throws {
        var cited = Set(new.releases ?? [])
        for allotment in old.allotments {
            let figure = new.allotment(of: allotment.edgeHSM)
            guard figure < allotment.units else { continue }
            let ground = releases.first { cited.contains($0.id) && $0.justifies(allotment.edgeHSM, from: old, to: new) }
            guard let ground else {
                throw Refusal(
                    GovernanceError.allotmentFalls,
                    "\(allotment.edgeHSM) from \(allotment.units) to \(figure)"
                )
            }
            cited.remove(ground.id)
        }
        if let idle = cited.sorted().first { throw Refusal(GovernanceError.releaseIdle, "order \(idle)") }
    }
}
