internal import ArgumentParser
internal import Foundation

/// Checks what the system made without trusting the system: no network, no keys, no state.
///
/// Each subcommand stands in a file of its own and is listed here.
struct ObisVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "obis-verify",
        abstract: "Checks certificates, onboarding codes and journals, independently of the system that made them.",
        discussion: "Exit status: 0 accepted, 1 refused, 2 wrong usage or an unreadable file.",
        subcommands: [
            AttestationCommand.self, OnboardingCommand.self, SPAKE2PlusCommand.self, FirmwareCommand.self,
            JournalCommand.self, ClosingCommand.self, DevicesCommand.self,
        ]
    )
}

@main
enum Main {
    static func main() {
        do {
            var command = try ObisVerify.parseAsRoot()
            try command.run()
        } catch {
            let text = ObisVerify.fullMessage(for: error)
            switch ObisVerify.exitCode(for: error) {
            case .success:
                print(text)
            case ExitCode(1):
                exit(1)
            default:
                FileHandle.standardError.write(Data((text + "\n").utf8))
                exit(2)
            }
        }
    }
}
