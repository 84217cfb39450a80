import AsyncHTTPClient
import FactoryCore
import Foundation
import LineProtocol
import NIOCore
import NIOHTTP1
import PortalProtocol
import PortalStore
import PortalWeb
import ServiceSupport
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

/// A Factory Service, a line that breaks, and the portal itself.
@Suite(.serialized) struct RealPortalTests {
    private func report(_ caller: LineCaller, _ shift: String, _ number: Int) async throws {
        _ = try await caller.call(ReportUnit.self, Sample.report(shift, number))
    }

    @Test func whatGoesUpOverABreakingLineIsWhatAStickBrings() async throws {
        let seed = Seed.take("RealPortalTests.breakingLine")
        let random = Mutex(SeededGenerator(seed: seed))
        func draw(_ range: ClosedRange<Int>) -> Int { random.withLock { Int.random(in: range, using: &$0) } }
        try await RealPortal.withLine { line, portal, wire, synchroniser in
            line.edge.state.withLock { $0.batches = [Sample.batch(1)] }
            await line.rounds(1)
            let station = try line.station("station-1")
            let shift = try await station.call(SignIn.self, .init(operatorName: "Ada")).shift
            wire.setFate {
                random.withLock { generator in
                    Int.random(in: 0..<8, using: &generator) == 0
                        ? .refused : .cut(after: 1 << Int.random(in: 10...17, using: &generator))
                }
            }
            for number in 1...16 {
                try line.edge.grow(draw(1...120))
                try await report(station, shift, number)
                await line.daemon.round()
                await synchroniser.round()
                if draw(0...3) == 0 { wire.breakAll() }
            }
            wire.setFate { .whole }
            wire.breakAll()
            _ = try? await synchroniser.syncNow()
            let last = try await synchroniser.syncNow()
            #expect(last.entries == 0 && last.labels == 0, "seed \(seed): \(last)")
            let rows = try await portal.rows()
            let size = line.edge.state.withLock { $0.journal.count }
            #expect(rows.count { $0.hasPrefix("entry") } == size && rows.count { $0.hasPrefix("label") } == 16)

            // Another portal that never saw the line gets the same by file.
            let other = try await RealPortal.start(line.pki, edge: line.edge.identityPoint, name: "other")
            let reply = try await line.local().call(BundleRecords.self, .init(folder: line.folder, all: true))
            let text = try String(contentsOfFile: line.folder + "/" + reply.file, encoding: .utf8)
            for _ in 0..<2 {
                for upload in text.split(separator: "\n") {
                    let parsed = try SyncUpload(parsing: Array(upload.utf8))
                    _ = try await other.server.take(parsed, from: FactoryID(validated: "site-1"))
                }
            }
            _ = try await synchroniser.syncNow()
            let both = (try await portal.rows(), try await other.rows())
            let shared = Set(both.1)
            #expect(shared.count == both.1.count, "seed \(seed): nothing twice")
            #expect(Array(both.0.prefix { shared.contains($0) }).count >= size, "seed \(seed)")
            #expect(shared.isSubset(of: Set(both.0)), "seed \(seed)")
            try await other.stop()
        }
    }

    @Test func packageFirmwareCertificatesAndStatusComeDown() async throws {
        let firmware = (0..<2_500_000).map { UInt8(truncatingIfNeeded: ($0 &* 13) >> 2) }
        try await RealPortal.withLine { line, portal, wire, synchroniser in
            let id = Sample.digest(9)
            let batch = Sample.batch(9, firmware: Digest256.of(firmware), size: firmware.count)
            line.edge.state.withLock { $0.offers[id] = batch }
            let package = try SyncSite.package(id)
            portal.offers.state.withLock { state in
                state.packages[id] = package
                state.firmware[Digest256.of(firmware)] = firmware
                state.offers.revoked = [Sample.digest(77)]
            }
            let keys = Envelope(payloadType: RoleKeys.payloadType, payload: [1], signatures: [])
            try await portal.database.write("keys") { try GovernanceTable($0).insertRoleKeys(1, keys) }
            try line.edge.grow(30)
            wire.setFate { .cut(after: 700_000) }
            for _ in 0..<20 {
                await line.daemon.round()
                await synchroniser.round()
                if try await line.local().call(GetFactoryStatus.self).orders.first?.hasFirmware == true { break }
            }
            #expect(try await line.local().call(GetFactoryStatus.self).orders.map(\.hasFirmware) == [true])
            #expect(wire.connections > 3 && line.edge.state.withLock { $0.loads } == [package])
            let statuses = try line.edge.state.withLock { $0.downlinks }.compactMap(\.status).map {
                try Verified<PortalStatus>($0, signedBy: portal.key.publicKey).content
            }
            let status = try #require(statuses.last)
            #expect(status.revokedAuthorizations == [Sample.digest(77)] && status.storedSize == 30)
            #expect(status.storedRoot == (try await synchroniser.chunker.root(at: 30)))
        }
    }

    @Test func nothingIsToldToAStrangerAndARevokedServiceIsOut() async throws {
        try await RealPortal.withLine { line, portal, _, synchroniser in
            try line.edge.grow(5)
            await line.daemon.round()
            await synchroniser.round()
            let before = try await portal.rows().count
            portal.identities.factory.withLock { $0 = nil }
            try line.edge.grow(5)
            await line.daemon.round()
            await synchroniser.round()
            let refusal = try await synchroniser.report().refusal
            #expect(refusal?.has(FactoryError.portalRefused) == true && refusal?.detail.hasPrefix("403") == true)
            // A certificate of this factory that the database has for another one opens neither.
            portal.identities.factory.withLock { $0 = "site-2" }
            await synchroniser.round()
            #expect(try await synchroniser.report().refusal?.has(FactoryError.portalRefused) == true)
            #expect(try await portal.rows().count == before)
            // By stick, too: another factory's EdgeHSM is as unknown as one that does not exist.
            let reply = try await line.local().call(BundleRecords.self, .init(folder: line.folder, all: true))
            let text = try String(contentsOfFile: line.folder + "/" + reply.file, encoding: .utf8)
            let first = try SyncUpload(parsing: Array(try #require(text.split(separator: "\n").first).utf8))
            await #expect(throws: Refusal(SyncError.otherFactory)) {
                try await portal.server.take(first, from: FactoryID(validated: "site-2"))
            }
            let moved = SyncUpload(
                factory: FactoryID(validated: "site-2"),
                service: first.service,
                source: first.source,
                journal: first.journal
            )
            await #expect(throws: Refusal.self) {
                try await portal.server.take(moved, from: FactoryID(validated: "site-2"))
            }
            await #expect(throws: Refusal(SyncError.otherFactory)) {
                try await portal.server.downlink(
                    to: EdgeHSMID(validated: "edge-1"),
                    of: FactoryID(validated: "site-2"),
                    DownlinkRequest(roleKeysVersion: 0)
                )
            }
            let foreign = try await portal.server.state(of: FactoryID(validated: "site-2"), source: first.source)
            #expect(foreign.edges.isEmpty && foreign.labelsStored == 0 && foreign.eventsStored == 0)
        }
    }

    private func ask(
        _ portal: RealPortal,
        _ line: FactoryLine,
        _ path: String,
        token: String = TestSites.oemToken,
        body: [UInt8]? = nil
    ) async throws -> (status: Int, body: [UInt8]) {
        let tls = try PinnedTLS.client(nil, authorities: [line.pki.authority])
        let client = HTTPClient(configuration: .init(tlsConfiguration: tls))
        var request = HTTPClientRequest(url: "https://127.0.0.1:\(portal.people)\(path)")
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let body {
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/x-ndjson")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let result: Result<(Int, [UInt8]), any Error>
        do {
            let response = try await client.execute(request, timeout: .seconds(60))
            let bytes = Array(buffer: try await response.body.collect(upTo: 64 << 20))
            result = .success((Int(response.status.code), bytes))
        } catch { result = .failure(error) }
        try await client.shutdown()
        return try result.get()
    }

    /// A site without a link: everything goes by stick, in both directions, through the portal's own listener.
    @Test func aStickCarriesBothWays() async throws {
        let firmware = (0..<90_001).map { UInt8(truncatingIfNeeded: $0 &* 5) }
        try await RealPortal.withLine { line, portal, wire, _ in
            wire.setFate { .refused }
            let id = Sample.digest(9)
            let batch = Sample.batch(9, firmware: Digest256.of(firmware), size: firmware.count)
            line.edge.state.withLock { $0.offers[id] = batch }
            let package = try SyncSite.package(id)
            portal.offers.state.withLock { state in
                state.packages[id] = package
                state.firmware[Digest256.of(firmware)] = firmware
            }
            try line.edge.grow(1_300)
            await line.rounds(2)
            let caller = try line.local()
            let bundle = try await caller.call(BundleRecords.self, .init(folder: line.folder, all: false))
            let file = Array(try Data(contentsOf: URL(filePath: line.folder + "/" + bundle.file)))
            let path = "/v1/factories/site-1/uploads"
            for _ in 0..<2 {
                let answer = try await ask(portal, line, path, body: file)
                #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
            }
            #expect(try await portal.rows().count { $0.hasPrefix("entry") } == 1_300)
            // Another ODM's factory is as unknown as one that does not exist.
            let strange = try await ask(portal, line, path, token: TestSites.odmToken, body: file)
            let missing = try await ask(portal, line, "/v1/factories/site-9/uploads", body: file)
            #expect(strange.status == 404 && missing.status == 404)
            let broken = try await ask(portal, line, path, body: Array(file.dropLast(20)))
            #expect(broken.status == 422)

            let stick = try await ask(portal, line, "/v1/factories/site-1/downlink")
            #expect(stick.status == 200)
            let archive = line.folder + "/stick.tar"
            try Data(stick.body).write(to: URL(filePath: archive))
            let unpacked = try Subprocess.run("/bin/tar", ["-xf", archive, "-C", line.configuration.inbox])
            #expect(unpacked.status == 0, "\(unpacked.output)")
            await line.rounds(4)
            #expect(line.edge.state.withLock { $0.loads } == [package])
            #expect(try await caller.call(GetFactoryStatus.self).orders.map(\.hasFirmware) == [true])
            #expect(try line.inbox("refused") == [])
            try line.edge.grow(4)
            let next = try await caller.call(BundleRecords.self, .init(folder: line.folder, all: false))
            #expect(next.entries == 4, "the state file says where to go on")
        }
    }

    /// A stick of which one line is bad: what does not build on it is taken, and the answer names the line.
    @Test func aRefusedLineOfAStickKeepsNothingElseBack() async throws {
        try await RealPortal.withLine { line, portal, wire, synchroniser in
            wire.setFate { .refused }
            line.edge.state.withLock { $0.batches = [Sample.batch(1)] }
            try line.edge.grow(2_500)
            await line.rounds(1)
            let station = try line.station("station-1")
            let shift = try await station.call(SignIn.self, .init(operatorName: "Ada")).shift
            try await report(station, shift, 1)
            await line.rounds(1)
            let bundle = try await line.local().call(BundleRecords.self, .init(folder: line.folder, all: true))
            let text = try String(contentsOfFile: line.folder + "/" + bundle.file, encoding: .utf8)
            var lines = text.split(separator: "\n").map(String.init)
            #expect(lines.count >= 4 && lines[1].contains("\"journal\""))
            let good = lines[1]
            lines[1] = String(good.dropLast(30))
            let path = "/v1/factories/site-1/uploads"
            let body = Array((lines.joined(separator: "\n") + "\n").utf8)
            let answer = try await ask(portal, line, path, body: body)
            #expect(answer.status == 422)
            let problem = try JSONDecoder().decode(Problem.self, from: Data(answer.body))
            #expect(problem.code == "portal.sync.malformed")
            #expect(
                problem.detail?.hasPrefix("line 2: portal.sync.malformed; line 3: portal.journal.gap; ") == true,
                "\(problem.detail ?? "")"
            )
            let rows = try await portal.rows()
            #expect(rows.contains { $0.hasPrefix("label") } && rows.contains { $0.hasPrefix("event") })
            let entries = rows.count { $0.hasPrefix("entry") }
            #expect((1..<2_500).contains(entries))
            let again = try await ask(portal, line, path, body: Array(text.utf8))
            #expect(again.status == 200, "\(String(decoding: again.body, as: UTF8.self))")
            #expect(try await portal.rows().count { $0.hasPrefix("entry") } == 2_500)
        }
    }
}
