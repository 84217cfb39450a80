internal import ArgumentParser
internal import CommandSupport
internal import Verify
internal import Vocabulary

/// Checks what the system made without trusting the system: no network, no keys, no state.
///
/// Each subcommand stands in a file of its own and is listed here.
struct ObisVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "obis-verify",
        abstract:
            "Checks certificates, onboarding codes, journals and portals' logs, independently of the system that made them.",
        discussion: """
            Exit status: 0 accepted, 1 refused, 2 wrong usage or an unreadable file. With --json each of the first two, and \
            an unreadable file, is one object on standard output: accepted, code, reason, fields.
            """,
        version: Program.version(of: "obis-verify"),
        subcommands: [
            AttestationCommand.self, OnboardingCommand.self, SPAKE2PlusCommand.self, FirmwareCommand.self,
            JournalCommand.self, ClosingCommand.self, DevicesCommand.self, AuditCommand.self,
        ]
    )

    /// A file that can't be read leaves the question open, which is no verdict on anything.
    static func status(_ refusal: Refusal) -> Int32 { refusal.has(VerifyError.inputUnreadable) ? 2 : 1 }

    static func show(_ refusal: Refusal) {
        guard Program.wantsJSON else { return Program.complain("refused: " + Program.words(refusal)) }
        OutputOptions.show(Verdict(refused: refusal))
    }
}

@main
enum Main {
    static func main() async {
        await Program.main(ObisVerify.self, status: ObisVerify.status, show: ObisVerify.show)
    }
}
