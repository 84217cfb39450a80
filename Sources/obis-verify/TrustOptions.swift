internal import ArgumentParser
internal import Foundation
internal import Statements
internal import Verify
internal import Vocabulary

/// Whom a journal is believed.
struct TrustOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Identity key of the EdgeHSM: 65-octet point in hexadecimal.", valueName: "hex"))
    var identity: String?

    @Option(help: ArgumentHelp("Public key of the OEM's root authority, PEM or DER.", valueName: "file"))
    var rootKey: String?

    @Option(
        help: ArgumentHelp("Enrolment of the EdgeHSM as the officers signed it; needs --root-key.", valueName: "file")
    )
    var enrolment: String?

    /// A malformed option is wrong usage; an enrolment that can't be read is a refusal.
    func trust() throws -> JournalAudit.Trust {
        JournalAudit.Trust(identity: try identityKey(), root: try root(), enrolment: try registered())
    }

    private func registered() throws -> Envelope? {
        try enrolment.map { try Input.statement($0) }
    }

    private func identityKey() throws -> P256Point? {
        try identity.map { try Self.point($0, "--identity") }
    }

    static func point(_ text: String, _ option: String) throws -> P256Point {
        guard let point = try? P256Point(hex: text), point.signingKey != nil else {
            throw ValidationError("\(option) is not a P-256 point of 65 octets in hexadecimal")
        }
        return point
    }

    private func root() throws -> P256Point? {
        try rootKey.map { try Self.publicKey($0) }
    }

    static func publicKey(_ path: String) throws -> P256Point {
        let file = try Input.file(path)
        guard let der = try? EncodedInput.der(file), der.count == 91,
            let point = try? P256Point(der.suffix(P256Point.size)), point.subjectPublicKeyInfo == der,
            point.signingKey != nil
        else { throw Refusal(VerifyError.inputWrongKind, "\(path) is no P-256 public key") }
        return point
    }
}
