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
            The file holds every entry from the first one on and a checkpoint. Without --identity or --root-key the \
            journal is judged to be consistent with itself only, and the field identityPinned says false.
            """
    )

    @Argument(help: ArgumentHelp("The exported journal.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("Identity key of the EdgeHSM: 65-octet point in hexadecimal.", valueName: "hex"))
    var identity: String?

    @Option(help: ArgumentHelp("Public key of the OEM's root authority, PEM or DER.", valueName: "file"))
    var rootKey: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let trust = JournalAudit.Trust(identity: try identityKey(), root: try root())
        let bytes = try Input.file(file, limit: JournalExport.largest)
        do {
            try output.finish(JournalAudit(JournalExport(parsing: bytes), trust: trust).verdict)
        } catch let refusal as Refusal {
            try output.finish(Verdict(refused: refusal))
        }
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
