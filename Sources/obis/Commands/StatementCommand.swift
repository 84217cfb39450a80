import ArgumentParser
import Governance
import Statements
import Vocabulary

struct StatementCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statement",
        abstract: "Show or verify a signed statement.",
        subcommands: [Show.self, Verify.self]
    )

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a statement in words and bytes. Signatures are listed, not verified."
        )

        @Argument(help: "Envelope file.", completion: .file())
        var file: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            let rendering = try StatementRendering(Files.envelope(file))
            try Output.show(rendering, rendering.text())
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify a statement under the key or officers that its type demands."
        )

        @Argument(help: "Envelope file.", completion: .file())
        var file: String
        @Option(help: "RoleKeys: a file, or the folder with all versions.")
        var roleKeys: String?
        @Option(help: "Public key (hex, or PEM file): an EdgeHSM's identity, or the root authority.")
        var key: String?
        @OptionGroup var common: CommonOptions

        private struct Answer: Encodable {
            let payloadType: String
            let id: Digest256
            let signers: [Digest256]
        }

        func run() throws {
            let envelope = try Files.envelope(file)
            let signers = try StatementCheck.verify(
                envelope,
                roleKeys: roleKeys.map { try Files.newestRoleKeys($0).content },
                key: key.map { try PublicKeyText.given($0) }
            )
            let answer = Answer(payloadType: envelope.payloadType, id: envelope.statementID, signers: signers)
            try Output.show(
                answer,
                "verified  \(answer.payloadType)\n  id \(answer.id)\n"
                    + signers.map { "  signed by \($0)" }.joined(separator: "\n")
            )
        }
    }
}
