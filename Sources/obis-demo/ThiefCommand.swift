#if DEBUG
import ArgumentParser
import Foundation
import Governance
import KeyCustody
import PKCS11Token
import Statements
import Vocabulary

/// Whoever got hold of the portal's token signs and seals what they like, and no total is looked at. Only debug builds
/// have it, and no help names it.
struct ThiefCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thief",
        abstract: "Make a package with a stolen portal token: what the attacks of the demo load.",
        shouldDisplay: false
    )

    @Argument(help: "Batch file (JSON).") var batch: String
    @Option(help: "Folder with all RoleKeys.") var roleKeys: String
    @Option(help: "The approval, signed by the officers.") var approval: String
    @Option(help: "The manifest that the approval names.") var manifest: String
    @Option(help: "The Certification Declaration that the manifest names.") var cd: String
    @Option(help: "The enrolment of the EdgeHSM that the authorization names.") var enrolment: String
    @Option(help: "Token file of the portal token.") var token: String
    @Option(help: "This approval goes inside in place of the true one.") var insideApproval: String?
    @Option(help: "This manifest goes inside in place of the approved one.") var insideManifest: String?
    @Option(help: "Sealed to the EdgeHSM of this enrolment, whatever the authorization names.") var sealTo: String?
    @Option(help: "RFC 3339: when it says that it was made; now if absent.") var at: String?
    @Option(help: "Package file to write.") var out: String

    func run() async throws {
        let request = try ReviewedJSON.read(BatchRequest.self, at: batch)
        let ground = try ground()
        let (approval, manifest, box) = try (
            insideApproval.map(Self.envelope), insideManifest.map { try StateFile.read($0, limit: Manifest.largest) },
            sealTo.map { try EdgeHSMEnrolment.read(payload: Self.envelope($0).payload) }
        )
        let now = try at.map { try Instant($0) } ?? Instant(seconds: Int64(Date().timeIntervalSince1970))
        let token = try await open()
        do {
            let made = try await PackageMaker(ground, token: token, now: now).forge(
                ground.forgedPayload(for: request, at: now),
                approval: approval,
                manifest: manifest,
                box: box
            )
            try StateFile.write(out, StatementCoding.encode(made.file))
        } catch {
            await token.close()
            throw error
        }
        await token.close()
    }

    private func ground() throws -> BatchGround {
        let names = StateFile.names(in: roleKeys).filter { $0.hasSuffix(".json") }
        let history = try RoleKeysHistory.verify(names.map { try Self.envelope("\(roleKeys)/\($0)") })
        guard let newest = history.last else { throw Refusal(GovernanceError.fileMissing, roleKeys) }
        return try BatchGround(
            roleKeys: newest,
            history: history,
            revoked: .none,
            approval: Self.envelope(approval),
            enrolment: Self.envelope(enrolment),
            manifest: StateFile.read(manifest, limit: Manifest.largest),
            certificationDeclaration: StateFile.read(cd, limit: 4_096),
            profile: .lab
        )
    }

    /// With its PIN from the portal's own file: the thief has what the portal has.
    private func open() async throws -> PKCS11Token {
        let reference = try ReviewedJSON.read(TokenReference.self, at: token)
        guard let pinFile = try reference.userPINs().first else {
            throw Refusal(GovernanceError.pinFiles, reference.label)
        }
        return try await PKCS11Token.open(
            PKCS11TokenConfiguration(
                modulePath: reference.module,
                label: reference.label,
                pinSource: .file(path: pinFile),
                sessions: 1,
                transportHash: reference.transportHash ?? .sha1
            )
        )
    }

    private static func envelope(_ path: String) throws -> Envelope {
        try Envelope(parsing: StateFile.read(path, limit: Envelope.largest))
    }
}
#endif
