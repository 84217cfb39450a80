import ArgumentParser
import CommandSupport

/// Exit codes: 0 done, 1 refused, 2 wrong usage.
@main
struct Main {
    static func main() async { await Program.main(Obis.self) }
}

struct Obis: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "obis",
        abstract: "Ceremonies, officers' approvals and production packages of OBIS.",
        discussion: """
            Tokens are named by a file {"module", "label", "pinFile"}; no PIN is an argument. Exit codes: 0 done, 1 \
            refused (code, meaning and remedy are printed), 2 wrong usage.
            """,
        version: Output.tool,
        subcommands: [
            CeremonyCommand.self, OfficerKeyCommand.self, ApproveCommand.self, AuthorizeCommand.self,
            ManifestCommand.self, ApprovalDraftCommand.self, FirmwareSignCommand.self, OrderCommand.self,
            StatusCommand.self, BundleCommand.self, StatementCommand.self,
        ]
    )
}
