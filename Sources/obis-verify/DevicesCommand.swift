internal import ArgumentParser
internal import Foundation
internal import Statements
internal import Verify
internal import Vocabulary

struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "Judge every device of an evidence folder: DAC, PAI, Certification Declaration, QR and manual code.",
        discussion: """
            The folder has devices.jsonl, one JSON object a device, the files that it names, and the trusted PAA \
            certificates in paa/. Where it has attestation.jsonl, every device's answer is verified with the key of its DAC. \
            With --journal the DAC, chip, factory and batch of every device must be those that a journal recorded as \
            finished; the journals are judged first, so that --root-key and an --enrolment for each are needed. Stops at \
            the first device that is refused, and refuses an empty list.
            """
    )

    @Argument(help: ArgumentHelp("The evidence folder.", valueName: "dir"))
    var folder: String

    @OptionGroup var moment: MomentOption

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Exported journals of the EdgeHSMs that made the devices.", valueName: "file")
    )
    var journal: [String] = []

    @Option(help: ArgumentHelp("Public key of the OEM's root authority, PEM or DER.", valueName: "file"))
    var rootKey: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Enrolments of these EdgeHSMs as the officers signed them.", valueName: "file")
    )
    var enrolment: [String] = []

    @OptionGroup var output: OutputOptions

    /// 4,096 octets a device are many; a million devices are judged in parts.
    static let largestList = 512 * 1_048_576

    func validate() throws {
        guard journal.isEmpty == (rootKey == nil && enrolment.isEmpty) else {
            throw ValidationError("--journal and --root-key with --enrolment go together")
        }
    }

    func run() throws {
        let now = try moment.instant()
        let list = try Input.file(folder + "/devices.jsonl", limit: Self.largestList)
        let paas = try Input.certificates(folder + "/paa")
        let verdict: Verdict
        do {
            var verification = DeviceListVerification(
                paas: paas,
                at: now,
                answers: try answers(),
                records: try journal.isEmpty ? nil : records()
            )
            verdict = try judge(list, &verification)
        } catch let refusal as Refusal where !refusal.has(VerifyError.inputUnreadable) {
            verdict = Verdict(refused: refusal)
        }
        try output.finish(verdict)
    }

    private func judge(_ list: [UInt8], _ verification: inout DeviceListVerification) throws -> Verdict {
        guard list.count <= Self.largestList else {
            throw Refusal(VerifyError.inputTooLarge, "devices.jsonl: limit \(Self.largestList) octets")
        }
        for (number, line) in TextLines.numbered(list) {
            let device = try ListedDevice(line: line, number: number)
            let verdict = verification.judge(
                device,
                .init(dac: try file(device.dac), pai: try file(device.pai), cd: try file(device.cd))
            )
            guard verdict.accepted else { return verdict }
        }
        return verification.finish()
    }

    private func file(_ name: String) throws -> [UInt8] { try Input.file(folder + "/" + name) }

    private func answers() throws -> [DeviceSerial: AttestationAnswer]? {
        let path = folder + "/attestation.jsonl"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes = try Input.file(path, limit: Self.largestList)
        guard bytes.count <= Self.largestList else {
            throw Refusal(VerifyError.inputTooLarge, "attestation.jsonl: limit \(Self.largestList) octets")
        }
        return try AttestationAnswer.all(in: bytes)
    }

    /// Each journal is judged with the enrolment of the EdgeHSM that its checkpoint names.
    private func records() throws -> RecordedDevices {
        let root = try rootKey.map { try TrustOptions.publicKey($0) }
        var enrolments: [EdgeHSMID: Envelope] = [:]
        for path in enrolment {
            let envelope = try Input.statement(path)
            enrolments[try EdgeHSMEnrolment.read(payload: envelope.payload).edgeHSM] = envelope
        }
        var records = RecordedDevices()
        for path in journal {
            let export = try Input.journal(path)
            let box = try Checkpoint.read(payload: export.checkpoint.payload).edgeHSM
            try records.add(export, trust: .init(root: root, enrolment: enrolments[box]))
        }
        return records
    }
}
