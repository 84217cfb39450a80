import Foundation
import LineProtocol
import PortalProtocol
import ServiceSupport
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

/// A Factory Service with a stub EdgeHSM on one side, and a portal behind a wire that can break on the other.
final class SyncSite: Sendable {
    let line: FactoryLine
    let portal: FakePortal
    let wire: CutWire
    let synchroniser: Synchroniser

    private init(line: FactoryLine, portal: FakePortal, wire: CutWire, synchroniser: Synchroniser) {
        self.line = line
        self.portal = portal
        self.wire = wire
        self.synchroniser = synchroniser
    }

    /// - Parameters:
    ///   - isJoined: false: the certificate files are not there yet.
    ///   - life: of the Factory Service's certificate.
    static func with(
        isJoined: Bool = true,
        life: (from: Double, until: Double) = (-3_600, 86_400 * 30),
        heartbeat: Int? = nil,
        statusPage: Bool = false,
        _ body: (SyncSite) async throws -> Void
    ) async throws {
        let made = Mutex<(FakePortal, CutWire)?>(nil)
        let line = try await FactoryLine(
            portal: { pki, edge in
                let portal = FakePortal(pki: pki, edge: edge.identityPoint)
                try await portal.start()
                let wire = try await CutWire.start(to: portal.port)
                made.withLock { $0 = (portal, wire) }
                var files = (certificate: pki.folder + "/none.pem", key: pki.folder + "/none.key")
                if isJoined {
                    files = try pki.files(
                        "factory-1",
                        role: "factory",
                        organization: "site-1",
                        from: Date(timeIntervalSinceNow: life.from),
                        until: Date(timeIntervalSinceNow: life.until)
                    )
                }
                return .init(
                    host: "127.0.0.1",
                    port: wire.port,
                    tls: .init(certificates: files.certificate, key: files.key, authorities: pki.caPath),
                    interval: 100,
                    heartbeat: heartbeat
                )
            },
            statusPage: statusPage
        )
        let (portal, wire) = try #require(made.withLock { $0 })
        let site = SyncSite(
            line: line,
            portal: portal,
            wire: wire,
            synchroniser: try #require(line.daemon.synchroniser)
        )
        do { try await body(site) } catch {
            await site.close()
            throw error
        }
        await site.close()
    }

    private func close() async {
        await line.close()
        await wire.close()
        await portal.stop()
    }

    var rows: FakePortal.Rows { portal.rows.withLock { $0 } }

    /// The EdgeHSM's side, then the portal's.
    func rounds(_ count: Int = 1) async {
        for _ in 0..<count {
            await line.daemon.round()
            await synchroniser.round()
        }
    }

    /// Label records and events, as a station reports them.
    func report(_ caller: LineCaller, _ shift: String, unit number: Int) async throws {
        let unit = Digest256.of(Array("unit \(number)".utf8))
        _ = try await caller.call(
            ReportUnit.self,
            ReportUnit.Request(
                shift: shift,
                authorization: Sample.digest(1),
                chipUID: ChipUID(validated: Array(unit.bytes.prefix(16))),
                unit: unit,
                serial: try DeviceSerial("L\(number)"),
                result: .passed,
                code: nil,
                site: 1,
                milliseconds: 10,
                labelRecord: SealedRecord(
                    encapsulated: P256Point(validated: [4] + [UInt8](repeating: 1, count: 64)),
                    ciphertext: Octets(unit.bytes + unit.bytes)
                )
            )
        )
    }

    /// A package file of this authorization for the stub EdgeHSM.
    static func package(
        _ authorization: Digest256,
        edgeHSM: String = "edge-1",
        sealed: [UInt8] = [1, 2, 3]
    ) throws -> [UInt8] {
        let content = ProductionPackage(
            edgeHSM: EdgeHSMID(validated: edgeHSM),
            authorization: authorization,
            sealed: Digest256.of(sealed),
            encapsulated: P256Point(validated: [4] + [UInt8](repeating: 1, count: 64)),
            roleKeysVersion: 1,
            issuedAt: Instant(seconds: 5)
        )
        return try StatementCoding.encode(PackageFile(package: try content.unsigned(), sealed: Octets(sealed)))
    }

    /// Everything of the site stands at the portal, once, in order.
    func requireInStep(_ comment: String, units: Int) async throws {
        // What a round itself wrote down, that the link came back for one, goes up with the next.
        for _ in 0..<2 { await synchroniser.round() }
        let (rows, journal) = (rows, line.edge.state.withLock { $0.journal })
        try #require(rows.journal == journal, "\(comment): journal")
        try #require(Set(rows.labels.map(\.unit)).count == units && rows.labels.count == units, "\(comment): labels")
        let numbers = rows.events.map { line in
            Int(line.dropFirst(#"{"number":"#.count).prefix { $0.isNumber }) ?? -1
        }
        try #require(numbers == Array(1...max(numbers.count, 1)).prefix(numbers.count).map { $0 }, "\(comment): events")
        _ = try await line.local().call(ExportRecords.self, .init(folder: line.folder))
        let exported = try String(contentsOfFile: line.folder + "/events.jsonl", encoding: .utf8)
        let lines = exported.split(separator: "\n").map(String.init)
        try #require(Array(lines.prefix(rows.events.count)) == rows.events, "\(comment): event lines")
        let report = try await synchroniser.report()
        try #require(report.entries == 0 && report.labels == 0 && report.events == 0, "\(comment): \(report)")
    }
}
