internal import ArgumentParser
internal import Foundation
internal import Statements
internal import Verify
internal import Vocabulary

struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Judge an exported journal, or the proof that one entry stands in a journal.",
        discussion: """
            FILE: root, signatures, scope of every entry and counts. It holds every entry from the first one on and a checkpoint. Who wrote it must be proven by \
            --identity, or by --enrolment together with --root-key; else it is refused as journal.identity.unproven, \
            and what else was found stands in the fields.

            --proof FILE: one entry with its inclusion proof and checkpoint, as the portal gives it out. The file brings \
            enrolment and RoleKeys with it, so that --root-key is enough.
            """
    )

    @Argument(help: ArgumentHelp("The exported journal.", valueName: "file"))
    var file: String?

    @Option(help: ArgumentHelp("An entry's inclusion proof instead of a journal.", valueName: "file"))
    var proof: String?

    @Option(help: ArgumentHelp("Identity key of the EdgeHSM: 65-octet point in hexadecimal.", valueName: "hex"))
    var identity: String?

    @Option(help: ArgumentHelp("Public key of the OEM's root authority, PEM or DER.", valueName: "file"))
    var rootKey: String?

    @Option(
        help: ArgumentHelp("Enrolment of the EdgeHSM as the officers signed it; needs --root-key.", valueName: "file")
    )
    var enrolment: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (file == nil) != (proof == nil) else { throw ValidationError("give either a journal or --proof FILE") }
    }

    func run() throws {
        let (identity, root) = (try identityKey(), try root())
        let limit = proof == nil ? JournalExport.largest : InclusionFile.largest
        let bytes = try Input.file(proof ?? file ?? "", limit: limit)
        let verdict: Verdict
        do {
            let trust = JournalAudit.Trust(identity: identity, root: root, enrolment: try registered())
            if proof == nil {
                verdict = JournalAudit(try JournalExport(parsing: bytes), trust: trust).verdict
            } else {
                verdict = InclusionAudit.verdict(try InclusionFile(parsing: bytes), trust: trust)
            }
        } catch let refusal as Refusal {
            verdict = Verdict(refused: refusal)
        }
        try output.finish(verdict)
    }

    private func registered() throws -> Envelope? {
        try enrolment.map { try Envelope(parsing: Input.file($0, limit: Envelope.largest)) }
    }

    private func identityKey() throws -> P256Point? {
        try identity.map { text in
            guard let point = try? P256Point(hex: text), point.signingKey != nil else {
                throw ValidationError("--identity is not a P-256 point of 65 octets in hexadecimal")
            }
            return point
        }
    }

    private func root() throws -> P256Point? {
        try rootKey.map { path in
            let wrong = ValidationError("\(path) is not a P-256 public key")
            guard let der = try? EncodedInput.der(Input.file(path)), der.count == 91,
                let point = try? P256Point(der.suffix(P256Point.size)), point.subjectPublicKeyInfo == der,
                point.signingKey != nil
            else { throw wrong }
            return point
        }
    }
}
