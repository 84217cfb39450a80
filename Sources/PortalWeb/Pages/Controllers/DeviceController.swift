import FoundationEssentials
import HTTPTypes
import PortalPages
import PortalProtocol
import Statements
import SwiftASN1
import Vocabulary
import X509

/// Devices: look-up, and one with its life, certificates and proof.
enum DeviceController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/devices", "devices", handler: list),
        PageRoute(.get, "/devices/{unit}", "device", handler: page),
        PageRoute(.get, "/devices/{unit}/proof.json", "deviceProof") { look in
            let bytes = try await look.api.octets("\(api(look))/proof")
            let serial = try await look.api.get(api(look), as: UnitHistory.self).unit.serial.text
            return .file(bytes, type: "application/json", name: "proof-\(serial).json")
        },
    ]

    private static func api(_ look: PageRequest) -> String { "/v1/units/\(look.escapedParameter("unit"))" }

    @Sendable private static func list(_ look: PageRequest) async throws -> PageAnswer {
        _ = try look.require()
        let query = (look.query["q"] ?? "").filter { !$0.isWhitespace }
        let (batchID, stage) = (look.query["batch"] ?? "", look.query["stage"] ?? "")
        let batches = try await look.api.get("/v1/batches", ["limit": "200"], as: Page<Batch>.self).items
        var units: [UnitView]?
        var next: String?
        if !query.isEmpty {
            units = try await found(query, look)
            if let wanted = UnitStage(rawValue: stage) { units = units?.filter { $0.stage == wanted } }
        } else if let batch = batches.first(where: { $0.authorization.hex == batchID }) {
            var filter = ["limit": "50"]
            filter["cursor"] = look.query["cursor"]
            if !stage.isEmpty { filter["stage"] = stage }
            let page = try await look.api.get(
                "/v1/batches/\(batch.id.text)/units",
                filter,
                as: PortalProtocol.Page<UnitView>.self
            )
            units = page.items
            next = page.next.map { "/devices?batch=\(batchID)&stage=\(escaped(stage))&cursor=\($0.text)" }
        }
        if let units, units.count == 1, let unit = units.first, !query.isEmpty {
            return .redirect("/devices/\(unit.id.text)")
        }
        return .page(
            DeviceListPage(
                query: query,
                units: units,
                next: next,
                batches: batches,
                values: ["q": query, "batch": batchID, "stage": stage],
                now: look.time
            )
        )
    }

    /// By whatever the text can be: people paste what they have.
    private static func found(_ query: String, _ look: PageRequest) async throws -> [UnitView] {
        let lower = query.lowercased().replacing(":", with: "")
        var questions: [[String: String]] = []
        if (try? DeviceSerial(query.uppercased())) != nil { questions.append(["serial": query.uppercased()]) }
        if (try? DeviceSerial(query)) != nil, query != query.uppercased() { questions.append(["serial": query]) }
        if (try? ChipUID(hex: lower)) != nil { questions.append(["chip": lower]) }
        if (try? CertificateSerialText(lower)) != nil { questions.append(["dac": lower]) }
        if (try? Digest256(hex: lower)) != nil { questions.append(["key": lower]) }
        var units: [UnitView] = []
        for question in questions {
            let answer = try await look.api.get("/v1/units", question, as: UnitList.self)
            for unit in answer.units where !units.contains(where: { $0.id == unit.id }) { units.append(unit) }
        }
        return units
    }

    @Sendable private static func page(_ look: PageRequest) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let history = try await look.api.get(api(look), as: UnitHistory.self)
        let proof = try await look.api.optional("\(api(look))/proof", as: InclusionFile.self)
        let factory = try await look.api.get("/v1/factories/\(history.unit.factory.text)", as: Factory.self)
        var certificates: [DevicePage.CertificateText] = []
        for step in history.steps {
            guard let entry = try? JournalEntry(parsing: step.entry.bytes) else { continue }
            let der: [UInt8]? =
                switch entry.event.body {
                case let body as Issued: body.dac.bytes
                case let body as Rotated: body.dac.bytes
                default: nil
                }
            if let der, let text = certificate("Device Attestation Certificate, entry \(step.sequence)", der) {
                certificates.append(text)
            }
        }
        return .page(
            DevicePage(
                history,
                certificates: certificates,
                hasProof: proof != nil,
                zone: factory.timeZone,
                viewer: viewer,
                now: look.time
            )
        )
    }

    /// What a person reads in a certificate.
    private static func certificate(_ title: String, _ der: [UInt8]) -> DevicePage.CertificateText? {
        guard let certificate = try? Certificate(derEncoded: der) else { return nil }
        let until = Int64(max(0, certificate.notValidAfter.timeIntervalSince1970))
        let from = Int64(max(0, certificate.notValidBefore.timeIntervalSince1970))
        let lines = [
            ("Subject", certificate.subject.description), ("Issuer", certificate.issuer.description),
            ("Serial number", Hex.encode(Array(certificate.serialNumber.bytes))),
            ("Not before", Instant(seconds: from).description),
            ("Not after", until >= Instant.noExpiry.seconds ? "no expiry" : Instant(seconds: until).description),
            ("Signature", certificate.signatureAlgorithm.description), ("SHA-256", Digest256.of(der).hex),
        ]
        let pem = PEMDocument(type: "CERTIFICATE", derBytes: der).pemString
        return .init(title: title, lines: lines, pem: pem)
    }
}
