import Crypto
import EdgeHSMCore
import Foundation
import Matter
import Statements
import TestSupport
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// An evidence folder of three devices that a fixture EdgeHSM made, with its journal, all on disk.
struct EvidenceFolder {
    typealias Row = [String: JSONValue]

    /// A JSON value that a test can change.
    enum JSONValue: Codable, Hashable {
        case text(String)
        case number(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            self = try (try? container.decode(Int.self)).map { .number($0) } ?? .text(container.decode(String.self))
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            }
        }
    }

    let folder: TemporaryFolder
    let world: World
    let chips = [Chip(1), Chip(2), Chip(3)]
    var devices: [Row] = []
    var answers: [Row] = []

    init() async throws {
        folder = try TemporaryFolder()
        world = try World()
        var box = try Box(world, enrolment: world.enrolment().statementID)
        let batch = try box.load()
        for part in ["paa", "dac"] {
            try FileManager.default.createDirectory(atPath: folder.path(part), withIntermediateDirectories: false)
        }
        _ = try folder.write("paa/paa.der", world.paa)
        _ = try folder.write("pai.der", world.pai)
        let declaration = try await Self.declaration()
        _ = try folder.write("cd.der", declaration)
        for (number, chip) in chips.enumerated() {
            let unit = try box.make(batch, chip)
            _ = try folder.write("dac/\(unit.serial).der", unit.dac.bytes)
            devices.append(try Self.device(unit, number: number))
            answers.append(try Self.answer(unit, declaration, key: chip.keys[0]))
        }
        _ = try folder.write("journal.json", box.export().serialized())
        _ = try folder.write("enrolment.json", world.enrolment().serialized())
        _ = try folder.write("root.pem", Array(world.root.publicKey.pemRepresentation.utf8))
        try write()
    }

    var withJournal: [String] {
        [
            "--journal", folder.path("journal.json"), "--enrolment", folder.path("enrolment.json"), "--root-key",
            folder.path("root.pem"),
        ]
    }

    /// Writes the two lists as they are now.
    func write() throws {
        _ = try folder.write("devices.jsonl", Self.lines(devices))
        _ = try folder.write("attestation.jsonl", Self.lines(answers))
    }

    func removeAnswers() throws { try FileManager.default.removeItem(atPath: folder.path("attestation.jsonl")) }

    private static func lines(_ rows: [Row]) throws -> [UInt8] {
        try Array(rows.map { try StatementCoding.encode($0) + [UInt8(ascii: "\n")] }.joined())
    }

    private static func declaration() async throws -> [UInt8] {
        let declaration = try CertificationDeclaration(
            vendorID: World.vendorID,
            productIDs: [World.productID, ProductID(0x8002)],
            deviceType: 0x0100,
            certificateID: "ZIG20142ZB330001-24",
            versionNumber: 1,
            kind: .development
        )
        return try await SignedDeclaration.create(
            declaration,
            signer: TestDeclarationKey.publicKey(),
            sign: { try TestDeclarationKey.sign($0) }
        ).der
    }

    private static func device(_ unit: UnitRecord, number: Int) throws -> Row {
        let payload = try OnboardingPayload(
            vendorID: World.vendorID,
            productID: World.productID,
            flow: .standard,
            discovery: .onNetwork,
            discriminator: Discriminator(UInt16(100 + number)),
            passcode: Passcode(UInt32(20_202_021 + number))
        )
        return [
            "serial": .text(unit.serial.text), "chipUID": .text(unit.chipUID.hex),
            "factory": .text(World.factory.text), "batch": .text("batch-1"), "product": .text(World.product.text),
            "vid": .number(Int(World.vendorID.value)), "pid": .number(Int(World.productID.value)),
            "discriminator": .number(100 + number), "dac": .text("dac/\(unit.serial).der"), "pai": .text("pai.der"),
            "cd": .text("cd.der"), "qr": .text(payload.qrText), "manualCode": .text(ManualPairingCode(payload).printed),
        ]
    }

    private static func answer(_ unit: UnitRecord, _ cd: [UInt8], key: P256.Signing.PrivateKey) throws -> Row {
        let nonce = Nonce(validated: World.random(32))
        let challenge = World.random(16)
        let elements = try AttestationElements(declaration: cd, nonce: nonce).encoded
        let signature = try key.rawSignature(AttestationElements.message(elements: elements, challenge: challenge))
        return [
            "serial": .text(unit.serial.text), "nonce": .text(nonce.hex), "challenge": .text(Hex.encode(challenge)),
            "elements": .text(Hex.encode(elements)), "signature": .text(signature.hex),
        ]
    }
}
