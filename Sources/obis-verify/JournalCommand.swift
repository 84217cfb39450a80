internal import ArgumentParser
internal import Foundation
internal import Statements
internal import Verify
internal import Vocabulary

struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Judge an exported journal: root, signatures, scope of every entry, counts.",
        discussion: """
            The file holds every entry from the first one on and a checkpoint. Who wrote it must be proven by \
            --identity, or by --enrolment together with --root-key; else it is refused as journal.identity.unproven, \
            and what else was found stands in the fields.
            """
    )

    @Argument(help: ArgumentHelp("The exported journal.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("Identity key of the EdgeHSM: 65-octet point in hexadecimal.", valueName: "hex"))
    var identity: String?

    @Option(help: ArgumentHelp("Public key of the OEM's root authority, PEM or DER.", valueName: "file"))
    var rootKey: String?

    @Option(
        help: ArgumentHelp("Enrolment of the EdgeHSM as the officers signed it; needs --root-key.", valueName: "file")
    )
    var enrolment: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let (identity, root) = (try identityKey(), try root())
        let bytes = try Input.file(file, limit: JournalExport.largest)
        do {
            let trust = JournalAudit.Trust(identity: identity, root: root, enrolment: try registered())
            try output.finish(JournalAudit(JournalExport(parsing: bytes), trust: trust).verdict)
        } catch let refusal as Refusal {
            try output.finish(Verdict(refused: refusal))
        }
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
