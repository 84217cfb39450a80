import Foundation
import Statements
import Vocabulary

/// The story's promise in figures, each counted where somebody else would look for it.
extension Site {
    /// Throws `box.story.unexpected` at the first figure that differs: devices, attestations, labels, sealed records.
    func verifyFigures(devices expected: Int) async throws {
        let folder = world.path("evidence")
        let devices = try lines(Evidence.Device.self, folder + "/devices.jsonl")
        try same("devices", devices.count, expected)
        try same("quantities of the batches", products.map(\.quantity).reduce(0, +), expected)
        try same("different chips", Set(devices.map(\.chipUID)), Set(await rack.chips.map(\.uid.hex)))
        for product in products { try verify(product, among: devices) }
        let serials = Set(devices.map(\.serial))
        try same("different serials", serials.count, expected)
        let attestations = try lines(Evidence.Attestation.self, folder + "/attestation.jsonl")
        try same("attestations", attestations.count, expected)
        try same("attested devices", Set(attestations.map(\.serial)), serials)
        narrator.passed(
            "\(devices.count) devices, \(attestations.count) attestations",
            "serial by serial, chip by chip"
        )
        try verifyLabelFiles(of: serials)
        try verifySealedRecords(of: devices)
    }

    /// The batch's own serials from the first on, without a gap.
    private func verify(_ product: ProductPlan, among devices: [Evidence.Device]) throws {
        let made = devices.filter { $0.product == product.name }
        try same("devices of \(product.name)", made.count, product.quantity)
        try same("batches of \(product.name)", Set(made.map(\.batch)), [order(product).name])
        let due = (order(product).firstSerial..<order(product).firstSerial + product.quantity).map { number in
            let digits = String(number)
            return product.serialPrefix + String(repeating: "0", count: 8 - digits.count) + digits
        }
        try same("serials of \(product.name)", Set(made.map(\.serial)), Set(due))
    }

    /// For each device a line for databases, a picture, and the printer's file; nothing else.
    private func verifyLabelFiles(of serials: Set<String>) throws {
        let names = Set(try FileManager.default.contentsOfDirectory(atPath: factory.labels))
        try same("label files", names, Set(serials.flatMap { ["\($0).json", "\($0).svg", "\($0).zpl"] }))
        for name in names where try Files.read(factory.labels + "/" + name).isEmpty {
            throw Refusal(FactoryBoxError.unexpected, "label \(name) is empty")
        }
        narrator.passed("\(names.count) label files", "JSON, SVG and ZPL of each device")
    }

    private struct SealedLine: Decodable {
        let unit: Digest256
        let serial: String?
    }

    /// One sealed record a device; two for the device that was made anew, whose first unit remains on record.
    private func verifySealedRecords(of devices: [Evidence.Device]) throws {
        let records = try lines(SealedLine.self, world.path("export", "labels.jsonl"))
        try same("sealed label records", records.count, devices.count + 1)
        try same("units of the sealed records", Set(records.map(\.unit)).count, records.count)
        var counts: [String: Int] = [:]
        for record in records { counts[record.serial ?? "", default: 0] += 1 }
        var due = Dictionary(devices.map { ($0.serial, 1) }) { $0 + $1 }
        let anew = order(products[1])
        if let serial = devices.first(where: { $0.chipUID == remadeChip?.hex && $0.batch == anew.name })?.serial {
            due[serial] = 2
        }
        try same("sealed records of each serial", counts, due)
        narrator.passed("\(records.count) sealed label records exported", "one a device, two of the plug made anew")
    }

    private func lines<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> [Value] {
        try Files.read(path).split(separator: UInt8(ascii: "\n")).map {
            try StatementCoding.decode(type, from: Array($0))
        }
    }

    private func same<Value: Equatable>(_ what: String, _ found: Value, _ expected: Value) throws {
        guard found == expected else {
            throw Refusal(
                FactoryBoxError.unexpected,
                "\(what): \(String(describing: found).prefix(300)), expected \(String(describing: expected).prefix(300))"
            )
        }
    }
}
