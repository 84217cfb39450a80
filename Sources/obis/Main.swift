import ArgumentParser
import Glibc
import Vocabulary

/// Exit codes: 0 done, 1 refused, 2 wrong usage.
@main
struct Main {
    static func main() async {
        do {
            var command = try Obis.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let refusal as Refusal {
            Output.refuse(refusal)
            exit(1)
        } catch {
            let code = Obis.exitCode(for: error)
            let text = Obis.fullMessage(for: error)
            guard code != .success else {
                print(text)
                return
            }
            Output.complain(text)
            exit(2)
        }
    }
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
