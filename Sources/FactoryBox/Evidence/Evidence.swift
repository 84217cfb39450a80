import ChipPort
import Foundation
import Matter
import Programmers
import Statements
import VirtualChip
import Vocabulary

/// What came off the line, in a folder that other people's verifiers read. The demo makes it, and only the demo: it holds
/// the codes of devices.
enum Evidence {
    struct Device: Codable, Sendable {
        let serial: String
        let chipUID: String
        let factory: String
        let batch: String
        let product: String
        let vid: UInt16
        let pid: UInt16
        let discriminator: UInt16
        /// DER files, relative to the folder.
        let dac: String
        let pai: String
        let cd: String
        let qr: String
        let manualCode: String
    }

    /// Hexadecimal; the signature is r ‖ s, 64 octets, made by the chip over elements ‖ challenge.
    struct Attestation: Codable, Sendable {
        let serial: String
        let nonce: String
        let challenge: String
        let elements: String
        let signature: String
    }

    private struct Label: Decodable {
        let qr: String
        let manualCode: String
    }

    /// Takes certificates from the journals, codes from the labels, and signatures from the chips themselves. Returns
    /// the folder.
    static func collect(_ exports: [JournalExport], of company: Company) async throws -> String {
        let folder = try company.world.folder("evidence")
        for part in ["paa", "pai", "dac", "cd"] { _ = try company.world.folder("evidence", part) }
        try Files.write(
            "Made by a demo with test keys: nothing here is a secret of a product.\n",
            to: folder + "/README"
        )
        for product in company.products + [company.newcomer] {
            try Files.write(
                Files.read(company.office.productFile(product, "cd.der")),
                to: folder + "/cd/\(product.name).der",
                mode: 0o644
            )
        }
        let exportOf = Dictionary(zip(company.factories.map(\.profile.id), exports)) { first, _ in first }
        let parts = try await company.everywhere { factory in
            guard let export = exportOf[factory.profile.id] else { return ([Device](), [Attestation]()) }
            return try await collect(export, from: factory, folder)
        }
        try writeLines(parts.flatMap(\.0), to: folder + "/devices.jsonl")
        try writeLines(parts.flatMap(\.1), to: folder + "/attestation.jsonl")
        return folder
    }

    private static func collect(
        _ export: JournalExport,
        from factory: Factory,
        _ folder: String
    ) async throws -> ([Device], [Attestation]) {
        let ledger = try Ledger(export)
        for (product, certificates) in ledger.certificates {
            try Files.write(certificates.paa.bytes, to: folder + "/paa/\(OEM.vendorID).der", mode: 0o644)
            try Files.write(
                certificates.pai.bytes,
                to: "\(folder)/\(pai(of: product, at: factory))",
                mode: 0o644
            )
        }
        let chips = await factory.rack.chips
        let known = Set(chips.map(\.uid))
        if let stranger = ledger.completed.keys.first(where: { !known.contains($0) }) {
            throw Refusal(FactoryBoxError.unexpected, "the journal completes \(stranger), which is no chip of the line")
        }
        var devices: [Device] = []
        var attestations: [Attestation] = []
        for chip in chips {
            guard let unit = ledger.completed[chip.uid] else {
                throw Refusal(FactoryBoxError.unexpected, "chip \(chip.uid) has no finished unit in the journal")
            }
            guard try VirtualChipInspector.credentials(folder: chip.folder)?.dac.bytes == unit.dac.bytes else {
                throw Refusal(FactoryBoxError.unexpected, "chip \(chip.uid) does not hold the DAC of its unit")
            }
            devices.append(try device(unit, chip: chip, folder: folder, factory: factory))
            attestations.append(try await attest(unit, chip: chip))
        }
        return (devices, attestations)
    }

    /// Each EdgeHSM has a PAI of its own for each product.
    private static func pai(of product: String, at factory: Factory) -> String {
        "pai/\(product)-\(factory.edge.id).der"
    }

    private static func device(
        _ unit: Ledger.Unit,
        chip: ChipRack.Chip,
        folder: String,
        factory: Factory
    ) throws -> Device {
        let serial = unit.issued.serial.text
        try Files.write(unit.dac.bytes, to: folder + "/dac/\(serial).der", mode: 0o644)
        let label = try label(of: serial, at: factory)
        let payload = try OnboardingPayload(qrText: label.qr)
        return Device(
            serial: serial,
            chipUID: chip.uid.hex,
            factory: unit.authorization.factory.text,
            batch: unit.authorization.batch.text,
            product: unit.authorization.product.text,
            vid: payload.vendorID.value,
            pid: payload.productID.value,
            discriminator: payload.discriminator.value,
            dac: "dac/\(serial).der",
            pai: pai(of: unit.authorization.product.text, at: factory),
            cd: "cd/\(unit.authorization.product).der",
            qr: label.qr,
            manualCode: label.manualCode
        )
    }

    private static func label(of serial: String, at factory: Factory) throws -> Label {
        let paths = factory.host.stations.map { "\($0.printed)/\(serial).json" }
        guard let path = paths.first(where: FileManager.default.fileExists) else {
            throw Refusal(FactoryBoxError.unexpected, "no label of \(serial) at \(factory.profile.id)")
        }
        return try Files.decode(Label.self, path)
    }

    /// A commissioner's question to the finished device, with a nonce and a challenge of now.
    private static func attest(_ unit: Ledger.Unit, chip: ChipRack.Chip) async throws -> Attestation {
        var generator = SystemRandomNumberGenerator()
        func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) } }
        let nonce = Nonce(validated: random(32))
        let challenge = AttestationChallenge(validated: random(16))
        let answer = try await chip.probe {
            try await $0.attestationSignature(nonce: nonce, challenge: challenge, timestamp: 0)
        }
        return Attestation(
            serial: unit.issued.serial.text,
            nonce: nonce.hex,
            challenge: challenge.hex,
            elements: Hex.encode(answer.elements.bytes),
            signature: answer.signature.hex
        )
    }

    private static func writeLines(_ values: [some Encodable], to path: String) throws {
        let lines = try values.map { try StatementCoding.encode($0) + [UInt8(ascii: "\n")] }
        try Files.write(Array(lines.joined()), to: path)
    }

    /// What a journal says was finished: for each chip its newest issued unit, if it was completed.
    private struct Ledger {
        struct Unit {
            let issued: Issued
            /// The newest, DER.
            let dac: Octets
            let authorization: ProductionAuthorization
        }

        var certificates: [String: CertificatesInstalled] = [:]
        var completed: [ChipUID: Unit] = [:]

        init(_ export: JournalExport) throws {
            var authorizations: [Digest256: ProductionAuthorization] = [:]
            var newest: [ChipUID: Issued] = [:]
            var finished: Set<Digest256> = []
            var rotated: [Digest256: Octets] = [:]
            for octets in export.entries {
                switch try JournalEntry(parsing: octets.bytes).event.body {
                case let body as CertificatesInstalled: certificates[body.product.text] = body
                case let body as AuthorizationLoaded:
                    authorizations[body.authorization.statementID] = try ProductionAuthorization.read(
                        payload: body.authorization.payload
                    )
                case let body as Issued: newest[body.chipUID] = body
                case let body as Rotated: rotated[body.unit] = body.dac
                case let body as Completed: finished.insert(body.unit)
                default: break
                }
            }
            for (chip, issued) in newest {
                guard finished.contains(issued.unit) else {
                    throw Refusal(FactoryBoxError.unexpected, "\(issued.serial) was issued and not completed")
                }
                guard let authorization = authorizations[issued.authorization] else {
                    throw Refusal(FactoryBoxError.unexpected, "\(issued.serial) has no authorization in the journal")
                }
                completed[chip] = Unit(
                    issued: issued,
                    dac: rotated[issued.unit] ?? issued.dac,
                    authorization: authorization
                )
            }
        }
    }
}
