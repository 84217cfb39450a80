internal import ArgumentParser
internal import Verify

struct OnboardingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "onboarding",
        abstract: "Decode and judge a QR code's text or a manual pairing code.",
        discussion: "A value of - is read from standard input, so that a device's code stands in no process list."
    )

    @Option(help: ArgumentHelp("Text of the QR code, MT:…, or - for standard input.", valueName: "text"))
    var qr: String?

    @Option(help: ArgumentHelp("Manual pairing code, 11 or 21 digits, or - for standard input.", valueName: "code"))
    var manual: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        switch (qr, manual) {
        case (let text?, nil): try output.finish(OnboardingVerification.qr(text == "-" ? Input.line() : text))
        case (nil, let code?): try output.finish(OnboardingVerification.manual(code == "-" ? Input.line() : code))
        default: throw ValidationError("give either --qr or --manual")
        }
    }
}
