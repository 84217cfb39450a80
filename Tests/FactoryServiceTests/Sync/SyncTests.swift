import FactoryCore
import Foundation
import LineProtocol
import PortalProtocol
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

/// One after the other: each has servers and TLS of its own.
@Suite(.serialized) struct SyncTests {
    @Test func everythingGoesUpOnceOverALineThatBreaksAnywhere() async throws {
        let seed = Seed.take("SyncTests.everythingGoesUp")
        let random = Mutex(SeededGenerator(seed: seed))
        func draw(_ range: ClosedRange<Int>) -> Int { random.withLock { Int.random(in: range, using: &$0) } }
        try await SyncSite.with { site in
            site.line.edge.state.withLock { $0.batches = [Sample.batch(1)] }
            await site.line.rounds(1)
            let station = try site.line.station("station-1")
            let shift = try await station.call(SignIn.self, .init(operatorName: "Ada")).shift
            site.wire.setFate {
                random.withLock { generator in
                    switch Int.random(in: 0..<10, using: &generator) {
                    case 0: .refused
                    case 1...7: .cut(after: 1 << Int.random(in: 8...17, using: &generator))
                    default: .whole
                    }
                }
            }
            site.portal.rows.withLock { rows in
                rows.lossyAnswer = {
                    random.withLock { generator in
                        Int.random(in: 0..<4, using: &generator) == 0
                            ? [500, 502, 503, 409].randomElement(using: &generator) : nil
                    }
                }
                rows.lie = { _ in
                    random.withLock { generator in
                        Int.random(in: 0..<12, using: &generator) == 0 ? .status(503) : .none
                    }
                }
            }
            var units = 0
            for _ in 0..<25 {
                try site.line.edge.grow(draw(1...180))
                for _ in 0..<draw(0...4) {
                    units += 1
                    try await site.report(station, shift, unit: units)
                }
                await site.rounds()
                if draw(0...3) == 0 { site.wire.breakAll() }
            }
            let carried = site.rows
            #expect(carried.uploads.count > 1, "seed \(seed): something got through while the line broke")
            site.portal.rows.withLock { rows in
                rows.lossyAnswer = { nil }
                rows.lie = { _ in .none }
            }
            site.wire.setFate { .whole }
            site.wire.breakAll()
            _ = try? await site.synchroniser.syncNow()
            _ = try await site.line.local().call(SyncNow.self)
            try await site.requireInStep("seed \(seed)", units: units)
            let failures = carried.requests.count
            #expect(site.wire.connections > 5, "seed \(seed): \(failures) requests")
        }
    }

    @Test func aBacklogWithoutCheckpointsOfItsOwnProvesItself() async throws {
        try await SyncSite.with { site in
            try site.line.edge.grow(2_345)
            await site.rounds(1)
            try await site.requireInStep("first", units: 0)
            let chunks = try site.rows.uploads.compactMap { try SyncUpload(parsing: $0).journal }
            #expect(chunks.count > 2 && chunks.contains { !$0.consistency.isEmpty })
            #expect(chunks.last?.consistency.isEmpty == true)
            #expect(Set(site.rows.checkpoints.map(\.size)) == [2_345])
            // Afterwards a chunk ends at each checkpoint.
            for _ in 0..<5 {
                try site.line.edge.grow(7)
                await site.rounds(1)
            }
            try await site.requireInStep("then", units: 0)
            #expect(site.rows.checkpoints.suffix(5).map(\.size) == [2_352, 2_359, 2_366, 2_373, 2_380])
        }
    }

    /// Checkpoints of a time without a link are kept, so that each chunk of the backlog ends at one.
    @Test func checkpointsOfAnOfflineTimeAreKeptAChunkApart() async throws {
        try await SyncSite.with { site in
            site.wire.setFate { .refused }
            for _ in 0..<30 {
                try site.line.edge.grow(100)
                await site.line.rounds(1)
            }
            site.wire.setFate { .whole }
            await site.rounds(1)
            try await site.requireInStep("caught up", units: 0)
            let chunks = try site.rows.uploads.compactMap { try SyncUpload(parsing: $0).journal }
            #expect(chunks.contains { $0.consistency.isEmpty && $0.end < 3_000 })
            #expect(chunks.reduce(0) { $0 + $1.entries.count } == 3_000, "nothing twice")
        }
    }

    /// What could not be sent says nothing on how much the line carries: the backlog goes up in large chunks at once.
    @Test func aBacklogGoesUpInLargeChunksHoweverLongTheLinkWasGone() async throws {
        try await SyncSite.with { site in
            site.wire.setFate { .refused }
            for _ in 0..<20 {
                try site.line.edge.grow(100)
                await site.rounds(1)
            }
            site.wire.setFate { .whole }
            await site.rounds(1)
            try await site.requireInStep("caught up", units: 0)
            let chunks = try site.rows.uploads.compactMap { try SyncUpload(parsing: $0).journal }
            #expect(chunks.count <= 5, "\(chunks.map(\.entries.count))")
        }
    }

    @Test func nothingIsSentWhileNothingChanges() async throws {
        try await SyncSite.with { site in
            try site.line.edge.grow(20)
            await site.rounds(4)
            let before = (site.rows, await site.synchroniser.meter.total)
            await site.rounds(5)
            let after = (site.rows, await site.synchroniser.meter.total)
            #expect(after.0.uploads.count == before.0.uploads.count)
            #expect(after.0.notModified == before.0.notModified + 5, "each look is one conditional request")
            #expect(after.0.requests.count == before.0.requests.count + 5)
            #expect(after.1.up - before.1.up < 5 * 400 && after.1.down - before.1.down < 5 * 400)
        }
    }

    @Test func aHeartbeatGoesUpThoughNothingIsNew() async throws {
        try await SyncSite.with(heartbeat: 1) { site in
            try site.line.edge.grow(5)
            await site.rounds(2)
            try await Task.sleep(for: .milliseconds(1_100))
            await site.rounds(1)
            let chunks = try site.rows.uploads.compactMap { try SyncUpload(parsing: $0).journal }
            #expect(chunks.map(\.entries.count) == [5, 0] && site.rows.checkpoints.map(\.size) == [5, 5])
        }
    }

    @Test func aPortalWithAnotherJournalIsAnAlarmAndGetsNoEntry() async throws {
        try await SyncSite.with { site in
            try site.line.edge.grow(10)
            await site.rounds(2)
            site.portal.rows.withLock { $0.storedRoot = Digest256.of([1]) }
            try site.line.edge.grow(3)
            await site.rounds(2)
            #expect(site.rows.journal.count == 10)
            // Once, what it signed at the portal's size: the portal sees two journals under one signature.
            let told = try site.rows.uploads.compactMap { try SyncUpload(parsing: $0).journal }.filter(
                \.entries.isEmpty
            )
            #expect(told.map(\.from) == [10])
            await site.rounds(2)
            let again = try site.rows.uploads.compactMap { try SyncUpload(parsing: $0).journal }
            #expect(again.count { $0.entries.isEmpty } == 1)
            let alarms = try await site.line.local().call(GetFactoryStatus.self).alarms
            #expect(alarms.contains { $0.code == FactoryError.portalDiffers.rawValue && $0.severity == "critical" })
            // Everything else goes on.
            let station = try site.line.station("station-1")
            let shift = try await station.call(SignIn.self, .init(operatorName: "Ada")).shift
            try await site.report(station, shift, unit: 1)
            await site.rounds(1)
            #expect(site.rows.labels.count == 1)
        }
    }

    @Test func aLinkThatIsDownIsToldAndComesBackByItself() async throws {
        try await SyncSite.with { site in
            site.wire.setFate { .refused }
            let loop = Task { await site.line.daemon.run() }
            try site.line.edge.grow(5)
            let down = try await wait(site) { $0.portal?.refusal?.code == FactoryError.portalUnreachable.rawValue }
            #expect(down.alarms.contains { $0.code == "factory.alarm.portal" })
            site.wire.setFate { .whole }
            let up = try await wait(site) { $0.portal?.entries == 0 && $0.portal?.refusal == nil }
            #expect(up.portal?.lastContact != nil && site.rows.journal.count == 5)
            loop.cancel()
            await loop.value
        }
    }

    private func wait(
        _ site: SyncSite,
        until condition: (GetFactoryStatus.Reply) -> Bool
    ) async throws -> GetFactoryStatus.Reply {
        let (caller, end) = (try site.line.local(), ContinuousClock.now + .seconds(60))
        while ContinuousClock.now < end {
            let status = try await caller.call(GetFactoryStatus.self)
            if condition(status) { return status }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw FactoryLine.NeverCame(what: "status")
    }

    @Test func storageThatWasSetBackIsAnAlarm() async throws {
        try await SyncSite.with { site in
            let source = try await site.synchroniser.parts.store.source()
            site.portal.rows.withLock { rows in
                rows.events = (1...50).map { #"{"number":\#($0)}"# }
                rows.source = source
            }
            await site.rounds(2)
            let status = try await site.line.local().call(GetFactoryStatus.self)
            #expect(status.alarms.contains { $0.code == FactoryError.recordsRestored.rawValue })
            #expect(site.rows.former.map(\.events.count) == [50], "what the portal has stays")
            #expect(try await site.synchroniser.parts.store.source() != source)
            try await site.requireInStep("all of it again", units: 0)
        }
    }

    @Test func withoutAPortalSectionSyncIsRefusedAndNothingElseChanges() async throws {
        let line = try await FactoryLine()
        let refusal = await #expect(throws: Refusal.self) { try await line.local().call(SyncNow.self) }
        #expect(refusal?.has(FactoryError.notConfigured) == true)
        #expect(try await line.local().call(GetFactoryStatus.self).portal == nil)
        await line.close()
    }
}
