import AsyncHTTPClient
import FactoryCore
import Foundation
import LineProtocol
import NIOCore
import NIOHTTP1
import PortalProtocol
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

@Suite(.serialized) struct BundleTests {
    @Test func aStickCarriesTheSameOctetsAndGoesOnWhereThePortalSays() async throws {
        try await SyncSite.with { site in
            site.wire.setFate { .refused }
            site.line.edge.state.withLock { $0.batches = [Sample.batch(1)] }
            try site.line.edge.grow(1_500)
            await site.line.rounds(1)
            let station = try site.line.station("station-1")
            let shift = try await station.call(SignIn.self, .init(operatorName: "Ada")).shift
            try await site.report(station, shift, unit: 1)
            // The stub's journal has no genesis entry, so the factory is the status'.
            let caller = try site.line.local()
            let reply = try await caller.call(BundleRecords.self, .init(folder: site.line.folder, all: false))
            #expect(reply.entries == 1_500 && reply.labels == 1 && reply.events >= 1)
            let text = try String(contentsOfFile: site.line.folder + "/" + reply.file, encoding: .utf8)
            let lines = text.split(separator: "\n").map { Array($0.utf8) }
            let uploads = try lines.map { try SyncUpload(parsing: $0) }
            #expect(uploads.compactMap(\.journal).reduce(0) { $0 + $1.entries.count } == 1_500)
            for (upload, line) in zip(uploads, lines) { #expect(try upload.serialized() == line) }

            // What the portal says it has comes back on the stick.
            let edge = SyncState.Edge(
                edgeHSM: EdgeHSMID(validated: "edge-1"),
                storedSize: 1_500,
                storedRoot: try #require(try await site.synchroniser.chunker.root(at: 1_500)),
                roleKeysVersion: 1,
                downlink: .zero
            )
            let state = SyncState(
                factory: FactoryID(validated: "site-1"),
                time: Instant(seconds: 9),
                edges: [edge],
                labelsStored: 1,
                eventsStored: reply.events,
                source: uploads.first?.source,
                labelsHead: try await site.synchroniser.tape.head(of: .labels, at: 1),
                eventsHead: try await site.synchroniser.tape.head(of: .events, at: reply.events)
            )
            try site.line.drop(try state.serialized(), "5-state.json")
            await site.line.rounds(2)
            #expect(try site.line.inbox("done") == ["5-state.json"])
            try site.line.edge.grow(3)
            let next = try await caller.call(BundleRecords.self, .init(folder: site.line.folder, all: false))
            #expect(next.entries == 3 && next.labels == 0 && next.events >= 1)
            let all = try await caller.call(BundleRecords.self, .init(folder: site.line.folder, all: true))
            #expect(all.entries == 1_503 && all.labels == 1)
        }
    }

    @Test func aStateOfAnotherBoxIsRefusedInTheInbox() async throws {
        try await SyncSite.with { site in
            let state = SyncState(
                factory: FactoryID(validated: "site-1"),
                time: Instant(seconds: 9),
                edges: [],
                labelsStored: 0,
                eventsStored: 0
            )
            try site.line.drop(try state.serialized(), "state.json")
            await site.line.rounds(2)
            let why = try String(
                contentsOfFile: site.line.configuration.inbox + "/refused/state.json.why",
                encoding: .utf8
            )
            #expect(why.hasPrefix("factory.inbox.other-edge-hsm\n"))
        }
    }
}

@Suite(.serialized) struct StatusPageTests {
    private func get(
        _ site: SyncSite,
        _ path: String,
        method: String = "GET",
        host: String? = nil
    ) async throws -> (status: Int, headers: [(String, String)], body: String) {
        let port = site.line.daemon.pagePort ?? 0
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .RAW(value: method)
        if let host { request.headers.add(name: "Host", value: host) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let body = try await response.body.collect(upTo: 1_000_000)
        return (Int(response.status.code), response.headers.map { ($0.name, $0.value) }, String(buffer: body))
    }

    @Test func thePageSaysWhatTheLineIsAbout() async throws {
        try await SyncSite.with(statusPage: true) { site in
            site.line.edge.state.withLock { $0.batches = [Sample.batch(1, remaining: 7, notAfter: 28_600)] }
            await site.rounds(2)
            let page = try await get(site, "/")
            #expect(page.status == 200)
            for text in [
                "edge-1", "batch-1", "7 of 7", "Needs attention now", "in 7 h 40 min: window", "in contact", "all sent",
            ] {
                #expect(page.body.contains(text), "\(text)")
            }
            let policy = page.headers.first { $0.0.lowercased() == "content-security-policy" }?.1 ?? ""
            #expect(policy.contains("default-src 'none'"))
            #expect(!page.body.contains("<script") && !page.body.contains("style="))
            #expect(try await get(site, "/style.css").body.contains("prefers-color-scheme"))
            #expect(try await get(site, "/metrics").body.contains("obis_factory_sync_octets_total{direction=\"up\"}"))
            let json = try await get(site, "/status.json").body
            #expect(try JSONDecoder().decode(GetFactoryStatus.Reply.self, from: Data(json.utf8)).portal != nil)
        }
    }

    @Test func thePageIsReadOnlyAndForThisMachineOnly() async throws {
        try await SyncSite.with(statusPage: true) { site in
            let statuses = [
                try await get(site, "/", method: "POST").status, try await get(site, "/", host: "evil.example").status,
                try await get(site, "/", host: "localhost:1").status, try await get(site, "/nothing").status,
            ]
            #expect(statuses == [405, 421, 200, 404])
        }
    }

    @Test func whatCameFromElsewhereIsEscaped() {
        #expect(StatusView.escape("<a href='x'>\"&") == "&lt;a href=&#39;x&#39;&gt;&quot;&amp;")
    }
}
