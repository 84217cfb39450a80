import ArgumentParser
import Ceremony
import Governance
import KeyCustody
import Statements
import Vocabulary

struct AuthorizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authorize",
        abstract: "Make the authorization and the sealed package of one batch.",
        discussion: """
            The ledger keeps the running totals of each product and EdgeHSM and is written before anything is signed. The \
            same batch again gives the same authorization, sealed anew.
            """
    )

    @Argument(help: "Batch file (JSON).", completion: .file())
    var batch: String
    @Option(help: "RoleKeys: the newest version's file, or the folder with all versions.")
    var roleKeys: String
    @Option(help: "The approval, signed by the officers.", completion: .file())
    var approval: String
    @Option(help: "The manifest that the approval names.", completion: .file())
    var manifest: String
    @Option(help: "The Certification Declaration that the manifest names.", completion: .file())
    var cd: String
    @Option(help: "The EdgeHSM's enrolment, signed by the officers.", completion: .file())
    var enrolment: String
    @Option(
        help: "Folder of the officers' orders, all that were ever signed; an empty one while there is none.",
        completion: .directory
    )
    var orders: String
    @Option(help: "Token file of the portal token.", completion: .file())
    var token: String
    @Option(help: "The OEM's ledger file, the same for every batch.")
    var ledger: String = "authorizations.json"
    @Flag(help: "Begin the ledger: for the first batch ever.")
    var newLedger = false
    @Option(help: "lab or production.")
    var profile: ProfileOption = .production
    @Option(name: .shortAndLong, help: "Package file to write.")
    var out: String
    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        let package: Written
        let authorization: Digest256
        let edgeHSM: EdgeHSMID
        let batch: BatchName
        let quantity: Int
    }

    func run() async throws {
        let request = try Files.reviewed(BatchRequest.self, "batch request", batch)
        let history = try Files.roleKeys(roleKeys)
        guard let newest = history.last else { throw Refusal(GovernanceError.fileMissing, roleKeys) }
        let ground = try BatchGround(
            roleKeys: newest,
            history: history,
            revoked: OfficersRevocations(Files.orders(orders), history: history),
            approval: Files.envelope(approval),
            enrolment: Files.envelope(enrolment),
            manifest: StateFile.read(manifest, limit: Manifest.largest),
            certificationDeclaration: StateFile.read(cd, limit: 4096),
            profile: profile.profile
        )
        let result = try await PKCS11Access().withToken(Files.reference(token)) {
            try await FileAuthorizer(ground, now: Files.now()).make(
                request,
                ledger: ledger,
                isFirst: newLedger,
                token: $0
            )
        }
        let bytes = try StatementCoding.encode(result.file)
        try StateFile.write(out, bytes)
        let written = Written(file: out, digest: Digest256.of(bytes), id: result.file.package.statementID)
        let answer = Answer(
            package: written,
            authorization: result.authorization.id,
            edgeHSM: request.edgeHSM,
            batch: request.batch,
            quantity: request.quantity
        )
        try Output.show(
            answer,
            "package \(written.words)\nauthorization\n  id \(answer.authorization)\n  \(request.quantity) units"
        )
    }
}
