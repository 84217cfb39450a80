import ArgumentParser
import Glibc
import Governance
import KeyCustody
import Statements
import Vocabulary

struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Show an officer exactly what is signed, and sign it with the officer's own token.",
        discussion: """
            The signature is added to FILE. The last approval signed for each product is remembered in --memory, so that \
            a fork of a product's chain of approvals is refused.
            """
    )

    @Argument(help: "Envelope file; the signature is added to it.", completion: .file())
    var file: String
    @Option(help: "Token file of the officer.", completion: .file())
    var token: String
    @Option(help: "RoleKeys: the newest version's file, or the folder with all versions.")
    var roleKeys: String
    @Option(help: "Folder with the product's earlier approvals; where allotment falls, with orders and evidence too.")
    var previous: String?
    @Option(help: "The manifest that an approval names, to see what is in it.", completion: .file())
    var manifest: String?
    @Option(help: "Where to remember what was signed; ~/.obis unless given.")
    var memory: String?
    @Option(help: "The first 8 digits of the id, for scripts; otherwise they are asked for.")
    var confirm: String?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard confirm != nil || !Output.wantsJSON else { throw ValidationError("--json needs --confirm.") }
    }

    private struct Answer: Encodable {
        let statement: StatementRendering
        let officer: OfficerName
        let signatures: Int
        let needed: Int
    }

    func run() async throws {
        let history = try Files.roleKeys(roleKeys)
        guard let keys = history.last else { throw Refusal(GovernanceError.fileMissing, roleKeys) }
        let (earlier, evidence) = try previous.map(Files.earlier(in:)) ?? ([], [])
        let approval = try OfficerApproval(
            Files.envelope(file),
            roleKeys: keys,
            earlier: earlier,
            evidence: evidence,
            history: history,
            manifest: manifest.map { try StateFile.read($0, limit: Manifest.largest) },
            memory: OfficerMemory(memory ?? Self.home() + "/.obis")
        )
        let typed: String
        if let confirm {
            typed = confirm
        } else {
            print(approval.rendering.text())
            print("Type the first 8 digits of the id to sign, anything else to leave: ", terminator: "")
            fflush(nil)
            typed = readLine() ?? ""
        }
        let (signed, officer) = try await PKCS11Access().withToken(Files.reference(token)) {
            try await approval.sign(with: $0, confirmedBy: typed)
        }
        _ = try Files.write(signed, to: file)
        let answer = Answer(
            statement: approval.rendering,
            officer: officer,
            signatures: signed.signatures.count,
            needed: keys.content.threshold
        )
        try Output.show(
            answer,
            "signed by \(officer): \(answer.signatures) signatures, \(answer.needed) needed  \(file)"
        )
    }

    private static func home() -> String { getenv("HOME").map { String(cString: $0) } ?? "." }
}
