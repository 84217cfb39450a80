import Foundation
import Statements
import Vocabulary

/// The story's promise in figures, each counted where somebody else would look for it.
extension Company {
    /// Throws `box.story.unexpected` at the first figure that differs: devices, attestations, labels, sealed records.
    func verifyFigures() async throws {
        let expected = scale.total
        let folder = world.path("evidence")
        let devices = try lines(Evidence.Device.self, folder + "/devices.jsonl")
        try same("devices", devices.count, expected)
        var chips: Set<String> = []
        for factory in factories { chips.formUnion(await factory.rack.chips.map(\.uid.hex)) }
        try same("different chips", Set(devices.map(\.chipUID)), chips)
        for factory in factories {
            let made = devices.filter { $0.factory == factory.profile.id }
            try same("devices of \(factory.profile.id)", made.count, await factory.quantity)
            for batch in await factory.batches { try verify(batch.grant, among: made) }
        }
        let serials = Set(devices.map(\.serial))
        try same("different serials", serials.count, expected)
        let attestations = try lines(Evidence.Attestation.self, folder + "/attestation.jsonl")
        try same("attestations", attestations.count, expected)
        try same("attested devices", Set(attestations.map(\.serial)), serials)
        narrator.passed(
            "\(devices.count) devices, \(attestations.count) attestations",
            "serial by serial, chip by chip, factory by factory"
        )
        try await verifyLabelFiles(of: devices)
        try await verifySealedRecords(of: devices)
    }

    /// The serials that the portal gave the batch, from the first on, without a gap.
    private nonisolated func verify(_ grant: GrantedBatch, among devices: [Evidence.Device]) throws {
        let made = devices.filter { $0.batch == grant.name }
        try same("devices of \(grant.name)", made.count, grant.quantity)
        try same("products of \(grant.name)", Set(made.map(\.product)), [grant.product.name])
        let due = grant.serials
        try same("last serial of \(grant.name)", due.last, grant.lastSerial)
        try same("serials of \(grant.name)", Set(made.map(\.serial)), Set(due))
    }

    /// For each device a line for databases, a picture, and the printer's file; nothing else.
    private func verifyLabelFiles(of devices: [Evidence.Device]) async throws {
        var count = 0
        for factory in factories {
            let due = devices.filter { $0.factory == factory.profile.id }.map(\.serial)
            var names: Set<String> = []
            for station in factory.host.stations {
                for name in try FileManager.default.contentsOfDirectory(atPath: station.printed) {
                    names.insert(name)
                    guard try !Files.read(station.printed + "/" + name).isEmpty else {
                        throw Refusal(FactoryBoxError.unexpected, "label \(name) is empty")
                    }
                }
            }
            try same("label files", names, Set(due.flatMap { ["\($0).json", "\($0).svg", "\($0).zpl"] }))
            count += names.count
        }
        narrator.passed("\(count) label files", "JSON, SVG and ZPL of each device")
    }

    private struct SealedLine: Decodable {
        let unit: Digest256
        let serial: String?
    }

    /// One sealed record a device; two for the device that was made anew, whose first unit remains on record.
    private func verifySealedRecords(of devices: [Evidence.Device]) async throws {
        var records: [SealedLine] = []
        var due = Dictionary(devices.map { ($0.serial, 1) }) { $0 + $1 }
        for factory in factories {
            records += try lines(SealedLine.self, factory.host.exportFolder + "/labels.jsonl")
            guard let remade = await factory.remadeChip else { continue }
            guard let serial = devices.first(where: { $0.chipUID == remade.hex })?.serial else {
                throw Refusal(FactoryBoxError.unexpected, "no device on the chip that was made anew")
            }
            due[serial] = 2
        }
        try same("units of the sealed records", Set(records.map(\.unit)).count, records.count)
        var counts: [String: Int] = [:]
        for record in records { counts[record.serial ?? "", default: 0] += 1 }
        try same("sealed records of each serial", counts, due)
        narrator.passed("\(records.count) sealed label records exported", "one a device, two of the plug made anew")
    }

    private nonisolated func lines<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> [Value] {
        try Files.read(path).split(separator: UInt8(ascii: "\n")).map {
            try StatementCoding.decode(type, from: Array($0))
        }
    }

    nonisolated func same<Value: Equatable>(_ what: String, _ found: Value, _ expected: Value) throws {
        guard found == expected else {
            throw Refusal(
                FactoryBoxError.unexpected,
                "\(what): \(String(describing: found).prefix(300)), expected \(String(describing: expected).prefix(300))"
            )
        }
    }
}
