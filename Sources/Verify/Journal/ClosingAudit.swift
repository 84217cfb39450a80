public import Statements
internal import Vocabulary

/// Judges a closing certificate: the `closed` entry of a batch, proven to stand in a registered EdgeHSM's journal.
///
/// It proves what the EdgeHSM says that it issued, burned and gave back. That every issue was permitted is judged from the
/// whole journal alone.
public enum ClosingAudit {
    /// Never throws: whatever is wrong is the verdict.
    public static func verdict(_ file: InclusionFile, trust: JournalAudit.Trust) -> Verdict {
        let inclusion = InclusionAudit.verdict(file, trust: trust)
        guard inclusion.accepted else { return inclusion }
        return Verdict.judge(accepted: "The batch is closed in the journal that the checkpoint vouches for.") {
            fields in
            fields = inclusion.fields
            guard let body = try JournalEntry(parsing: file.entry.bytes).event.body as? Closed else {
                throw Refusal(JournalError.closingAbsent, fields["kind"] ?? "")
            }
            let counts = [body.granted, body.issued, body.burned, body.returned]
            fields["granted"] = String(body.granted)
            fields["burned"] = String(body.burned)
            guard counts.allSatisfy({ (0...Limits.mostUnits).contains($0) }),
                body.granted == body.issued + body.burned + body.returned
            else { throw Refusal(JournalError.accountMismatch, "\(counts)") }
            let open = try Checkpoint.read(payload: file.checkpoint.payload).accounts
            guard !open.contains(where: { $0.authorization == body.authorization }) else {
                throw Refusal(JournalError.accountMismatch, "the checkpoint still has it open")
            }
        }
    }
}
