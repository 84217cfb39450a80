internal import ArgumentParser
internal import Verify
internal import Vocabulary

struct AttestationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attestation",
        abstract: "Judge a device's DAC, PAI and Certification Declaration.",
        discussion: """
            Files are DER or PEM. Without --at the DAC is not compared with a clock. Four digits of a vendor or product \
            id are hexadecimal, with or without 0x; five are decimal, 10000 to 65535.
            """
    )

    @Option(help: ArgumentHelp("Folder with the trusted PAA certificates, or one such file.", valueName: "dir"))
    var paa: String

    @Option(help: ArgumentHelp("The PAI certificate.", valueName: "file"))
    var pai: String

    @Option(help: ArgumentHelp("The DAC certificate.", valueName: "file"))
    var dac: String

    @Option(help: ArgumentHelp("The Certification Declaration; needs --vid and --pid.", valueName: "file"))
    var cd: String?

    @Option(help: ArgumentHelp("Vendor id that the device reports: FFF1, 0xFFF1 or 65521.", valueName: "id"))
    var vid: String?

    @Option(help: ArgumentHelp("Product id that the device reports: 8000, 0x8000 or 32768.", valueName: "id"))
    var pid: String?

    @OptionGroup var moment: MomentOption

    @Flag(help: "Refuse declarations that the published test key signed.")
    var production = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let now = try moment.instant()
        let verification = AttestationVerification(
            paas: try Input.certificates(paa),
            pai: try Input.file(pai),
            dac: try Input.file(dac),
            declaration: try declaration(),
            at: now
        )
        try output.finish(verification.verdict())
    }

    private func declaration() throws -> AttestationVerification.Declaration? {
        guard let cd else {
            guard vid == nil, pid == nil else { throw ValidationError("--vid and --pid go with --cd") }
            return nil
        }
        guard let vid, let pid else { throw ValidationError("--cd needs --vid and --pid") }
        return AttestationVerification.Declaration(
            envelope: try Input.file(cd),
            vendorID: VendorID(try number(vid)),
            productID: ProductID(try number(pid)),
            allowsTestKey: !production
        )
    }

    /// Four digits are hexadecimal and five are decimal, so that no text can mean two numbers.
    private func number(_ text: String) throws -> UInt16 {
        let isMarked = text.hasPrefix("0x")
        let digits = isMarked ? text.dropFirst(2) : text[...]
        let isDecimal = !isMarked && digits.utf8.count == 5 && digits.utf8.first != UInt8(ascii: "0")
        let isSigned = digits.hasPrefix("+") || digits.hasPrefix("-")
        guard digits.utf8.count == 4 || isDecimal, !isSigned,
            let number = UInt16(digits, radix: isDecimal ? 10 : 16)
        else {
            throw ValidationError("\(text) is neither four hexadecimal digits nor a decimal from 10000 to 65535")
        }
        return number
    }
}
