import Foundation
import LineProtocol
import Matter
import ServiceSupport
import StationCore
import StationService
import Testing
import Vocabulary

@Suite struct StationServiceTests {
    private let folder = NSTemporaryDirectory() + "obis-station-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    private var label: LabelContent {
        get throws {
            LabelContent(
                serial: try DeviceSerial("T-1"),
                vendorID: VendorID(0xFFF1),
                productID: ProductID(0x8000),
                discriminator: 3840,
                qr: "MT:Y.K9042C00KA0648G00",
                manualCode: "34970112332"
            )
        }
    }

    @Test func recordsAndReportsSurviveClosing() async throws {
        let path = folder + "/station.sqlite"
        var record = UnitRecord(
            authorization: .zero,
            chipUID: ChipUID(validated: [UInt8](repeating: 1, count: 16)),
            unit: .zero,
            phase: .issued
        )
        record.serial = try DeviceSerial("T-1")
        do {
            let store = try StationStore(path: path)
            try await store.save(record)
            record.phase = .passed
            try await store.save(record)
            try await store.add(
                ReportUnit.Request(
                    shift: "s",
                    authorization: .zero,
                    chipUID: record.chipUID,
                    unit: .zero,
                    serial: record.serial,
                    result: .passed,
                    code: nil,
                    site: 1,
                    milliseconds: 5,
                    labelRecord: nil
                )
            )
            try store.close()
        }
        let store = try StationStore(path: path)
        #expect(try await store.record(authorization: .zero, chipUID: record.chipUID) == record)
        #expect(try await store.pendingReports() == 1)
        let other = ChipUID(validated: [UInt8](repeating: 2, count: 16))
        #expect(try await store.record(authorization: .zero, chipUID: other) == nil)
        try store.close()
    }

    @Test func theSpoolHoldsLabelsForTheirOwnerAlone() async throws {
        let desk = LabDesk(LabelSpool(folder: folder, productName: "Lamp"))
        try await desk.printLabel(try label)
        try await desk.printLabel(try label)
        for ending in ["json", "svg", "zpl"] {
            let path = folder + "/T-1." + ending
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(ending)")
        }
        #expect(try await desk.scanLabel(try label) == "MT:Y.K9042C00KA0648G00")
    }

    @Test func anUnwritableSpoolStopsTheLine() async throws {
        let refusal = await #expect(throws: Refusal.self) {
            try await LabDesk(LabelSpool(folder: folder + "/absent", productName: "Lamp")).printLabel(try label)
        }
        #expect(refusal.map { FailureKind($0) } == .stopLine)
    }

    @Test func aCertificateRequestIsWhatTheSiteAuthorityReadsAndTheKeyIsNeverReplaced() throws {
        let (key, request) = (folder + "/tls.key", folder + "/tls.csr")
        let name = StationName(validated: "station-7")
        let made = try StationCertificate.make(name: name, keyPath: key, requestPath: request)
        let parsed = try CertificateRequest(der: made.der)
        #expect(try ServiceName(der: parsed.subjectDER).commonName == "station-7")
        #expect(Array(try Data(contentsOf: URL(filePath: request))) == made.der)
        let mode = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(throws: Refusal.self) { try StationCertificate.make(name: name, keyPath: key, requestPath: request) }
    }

    @Test func chipAddresses() throws {
        let point = P256Point(validated: [4] + [UInt8](repeating: 1, count: 64))
        func configuration(_ chips: [String]) -> StationConfiguration {
            StationConfiguration(
                name: StationName(validated: "s"),
                tls: .init(certificates: "/c", key: "/k", authorities: "/a"),
                edgeHSM: .init(id: EdgeHSMID(validated: "e"), host: "h", port: 1, identityKey: point),
                factory: .init(name: StationName(validated: "f"), host: "h", port: 2),
                chips: chips,
                state: "/s",
                labels: "/l"
            )
        }
        #expect(configuration(["/chips/{n}/port"]).chipAddress(12) == "/chips/12/port")
        #expect(configuration(["/one"]).chipAddress(1) == "/one")
        #expect(configuration(["/one"]).chipAddress(2) == nil)
        #expect(configuration(["/a", "/b"]).chipAddress(2) == "/b")
        #expect(configuration(["/a", "/b"]).chipAddress(3) == nil)
        #expect(configuration(["/a", "/b"]).chipAddress(0) == nil)
    }
}
