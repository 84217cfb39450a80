public import Statements
public import Vocabulary

/// Judges a whole journal by the rules of `JournalJudge`, all in memory.
///
/// Gap-free sequence, Merkle root and checkpoint signature; every authorization under the RoleKeys in force at its
/// entry; every unit within scope, window, quota and allotment; one live DAC for a key and for a chip; each DAC against
/// the installed PAI; starts, burns, closings and the checkpoint's accounts.
public struct JournalAudit: Sendable, Hashable {
    /// What is trusted beforehand. Who wrote the journal is proven by `identity`, or by `enrolment` together with `root`;
    /// without either it is refused as `journal.identity.unproven`: its RoleKeys are public, so anybody can begin one.
    public struct Trust: Sendable, Hashable {
        /// Identity key of the EdgeHSM, from its enrolment.
        public let identity: P256Point?
        /// The OEM's root authority.
        public let root: P256Point?
        /// The `EdgeHSMEnrolment` that the officers signed; it counts under RoleKeys that hang on `root`.
        public let enrolment: Envelope?

        public init(identity: P256Point? = nil, root: P256Point? = nil, enrolment: Envelope? = nil) {
            self.identity = identity
            self.root = root
            self.enrolment = enrolment
        }
    }

    public struct Finding: Sendable, Hashable, Codable {
        /// Position of the entry; nil: the journal or checkpoint as a whole.
        public let sequence: Int?
        public let refusal: Refusal

        public init(sequence: Int?, refusal: Refusal) {
            self.sequence = sequence
            self.refusal = refusal
        }
    }

    /// Findings listed at most.
    public static let mostFindings = 100

    public let findings: [Finding]
    /// What was read, by name.
    public let fields: [String: String]
    /// Accounts of all authorizations that are not closed, as replayed here, by id.
    public let accounts: [Checkpoint.Account]

    public var isAccepted: Bool { findings.isEmpty }

    public var verdict: Verdict {
        guard let first = findings.first else {
            return Verdict(accepted: fields, reason: "The journal is complete, and every entry was permitted.")
        }
        var fields = fields
        for (number, finding) in findings.enumerated() {
            fields["finding\(number + 1)"] = "\(finding.refusal.code) \(finding.refusal.detail)"
        }
        return Verdict(refused: first.refusal, fields: fields)
    }

    /// Never throws: whatever is wrong is a finding.
    /// - Parameter earlier: a checkpoint of the same EdgeHSM from before, of which this journal must be a continuation.
    public init(_ export: JournalExport, trust: Trust = Trust(), earlier: Envelope? = nil) {
        var judge = JournalJudge(trust: trust)
        var ledger = InMemoryUnitLedger()
        var found: [Finding] = []
        for entry in export.entries { found += judge.judge(entry.bytes, into: &ledger).findings }
        found += judge.finish(with: export.checkpoint)
        if let earlier { found += judge.findings(continuing: earlier, in: ledger) }
        if found.count > Self.mostFindings {
            found.removeSubrange(Self.mostFindings...)
            found.append(Finding(sequence: nil, refusal: Refusal(JournalError.tooMany)))
        }
        findings = found
        fields = judge.fields
        accounts = judge.accounts
    }
}
