internal import ArgumentParser
internal import Verify

struct FirmwareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firmware",
        abstract: "Judge a signed firmware file.",
        discussion: "MCUboot images signed with ECDSA P-256. The key is a public key, DER or PEM."
    )

    @Option(help: ArgumentHelp("The secure-boot key that the OEM named.", valueName: "file"))
    var key: String

    @Argument(help: ArgumentHelp("The firmware file as the build left it.", valueName: "file"))
    var file: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let verification = FirmwareVerification(
            file: try Input.file(file, limit: FirmwareVerification.sizeLimit),
            key: try Input.file(key)
        )
        try output.finish(verification.verdict())
    }
}
