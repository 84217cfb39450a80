internal import ArgumentParser
internal import Verify

struct SPAKE2PlusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spake2p",
        abstract: "Compute the SPAKE2+ verifier of a passcode, as base64."
    )

    @Option(help: ArgumentHelp("The passcode in decimal, or - for standard input.", valueName: "n"))
    var passcode: String

    @Option(help: ArgumentHelp("Salt of 16 to 32 octets, base64.", valueName: "base64"))
    var salt: String

    @Option(help: ArgumentHelp("PBKDF2 iterations, 1000 to 100000.", valueName: "n"))
    var iterations: Int

    @OptionGroup var output: OutputOptions

    func run() throws {
        let verdict = OnboardingVerification.spake2p(
            passcode: passcode == "-" ? try Input.line() : passcode,
            salt: salt,
            iterations: iterations
        )
        try output.finish(verdict, plain: verdict.fields["verifier"])
    }
}
