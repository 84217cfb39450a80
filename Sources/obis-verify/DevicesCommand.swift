internal import ArgumentParser
internal import Foundation
internal import Verify
internal import Vocabulary

struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "Judge every device of an evidence folder: DAC, PAI, Certification Declaration, QR and manual code.",
        discussion: """
            The folder has devices.jsonl, one JSON object a device, the files that it names, and the trusted PAA \
            certificates in paa/. Stops at the first device that is refused.
            """
    )

    @Argument(help: ArgumentHelp("The evidence folder.", valueName: "dir"))
    var folder: String

    @Option(help: ArgumentHelp("Judge the DACs' validity at this time, RFC 3339 in UTC.", valueName: "time"))
    var at: String?

    @OptionGroup var output: OutputOptions

    /// 4,096 octets a device are many; a million devices are judged in parts.
    static let largestList = 512 * 1_048_576

    private struct Device: Decodable {
        let serial: String
        let vid: UInt16
        let pid: UInt16
        let discriminator: UInt16
        let dac: String
        let pai: String
        let cd: String
        let qr: String
        let manualCode: String
    }

    func run() throws {
        let now = try at.map { text in
            do { return try Instant(text) } catch { throw ValidationError("--at is not like 2026-11-22T15:04:05Z") }
        }
        let list = try Input.file(folder + "/devices.jsonl", limit: Self.largestList)
        let paas = try Input.certificates(folder + "/paa")
        let decoder = JSONDecoder()
        var (count, serials): (Int, Set<String>) = (0, [])
        for line in list.split(separator: UInt8(ascii: "\n")) {
            guard let device = try? decoder.decode(Device.self, from: Data(line)) else {
                throw ValidationError("line \(count + 1) of devices.jsonl is not a device")
            }
            let verdict = try verification(of: device, paas, now).verdict()
            if !verdict.accepted {
                FileHandle.standardError.write(Data("device \(device.serial):\n".utf8))
                try output.finish(verdict)
            }
            guard serials.insert(device.serial).inserted else {
                throw ValidationError("serial \(device.serial) stands twice in devices.jsonl")
            }
            count += 1
        }
        try output.finish(Verdict(accepted: ["devices": String(count)], reason: "Every device of the list is right."))
    }

    private func verification(of device: Device, _ paas: [[UInt8]], _ now: Instant?) throws -> DeviceVerification {
        let (vendorID, productID) = (VendorID(device.vid), ProductID(device.pid))
        return DeviceVerification(
            attestation: AttestationVerification(
                paas: paas,
                pai: try Input.file(file(device.pai)),
                dac: try Input.file(file(device.dac)),
                declaration: AttestationVerification.Declaration(
                    envelope: try Input.file(file(device.cd)),
                    vendorID: vendorID,
                    productID: productID
                ),
                at: now
            ),
            vendorID: vendorID,
            productID: productID,
            discriminator: device.discriminator,
            qr: device.qr,
            manualCode: device.manualCode
        )
    }

    /// A name from the list stays inside the folder.
    private func file(_ name: String) throws -> String {
        guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
            throw ValidationError("\(name) lies outside the folder")
        }
        return folder + "/" + name
    }
}
