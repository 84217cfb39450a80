import FactoryCore
import Foundation
import LineProtocol
import PortalProtocol
import PortalStore
import PortalWeb
import ServiceSupport
import Statements
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

/// Records go up by source and number: what does not follow from what the portal has is refused.
@Suite(.serialized) struct RealPortalRecordTests {
    @Test func recordsWithAGapOrOfATakenSourceAreRefused() async throws {
        try await RealPortal.withLine { _, portal, _, _ in
            let source = RecordSource(validated: [UInt8](repeating: 9, count: 16))
            func upload(
                _ service: String,
                _ from: Int,
                _ lines: [String],
                site: String = "site-1",
                before: [String]? = nil
            ) -> SyncUpload {
                let before = before ?? (1..<from).map { String($0) }
                let head = before.reduce(RecordStream.events.start(of: source)) {
                    RecordStream.head(after: $0, Array($1.utf8))
                }
                return SyncUpload(
                    factory: FactoryID(validated: site),
                    service: StationName(validated: service),
                    source: source,
                    events: EventChunk(from: from, after: head, lines: lines)
                )
            }
            let site = FactoryID(validated: "site-1")
            let stored = [
                try await portal.server.take(upload("a", 1, ["1", "2"]), from: site).eventsStored,
                try await portal.server.take(upload("a", 2, ["2", "3"]), from: site).eventsStored,
                try await portal.server.take(upload("a", 1, ["1"]), from: site).eventsStored,
            ]
            #expect(stored == [2, 3, 3])
            let gap = await #expect(throws: Refusal.self) {
                try await portal.server.take(upload("a", 5, ["5"]), from: site)
            }
            #expect(gap?.has(SyncError.recordGap) == true)
            let taken = await #expect(throws: Refusal.self) {
                try await portal.server.take(upload("b", 4, ["4"]), from: site)
            }
            #expect(taken?.has(SyncError.sourceTaken) == true)
            #expect(try await portal.rows() == ["event 1 1", "event 2 2", "event 3 3"])
            // Records under numbers that were told before, and others: a copy of the storage, or one that was set back.
            for other in [
                upload("a", 2, ["2", "drei", "4"]), upload("a", 4, ["4"], before: ["1", "2", "drei"]),
            ] {
                let differs = await #expect(throws: Refusal.self) { try await portal.server.take(other, from: site) }
                #expect(differs?.has(SyncError.recordsDiffer) == true)
            }
            #expect(try await portal.rows().count == 3)
            #expect(try await portal.alarms() == ["records-replaced 2"])
            // The id of a source is worth nothing at another factory: neither side is touched by it.
            let elsewhere = FactoryID(validated: "site-2")
            let strange = upload("a", 1, ["x"], site: "site-2")
            #expect(try await portal.server.take(strange, from: elsewhere).eventsStored == 1)
            #expect(try await portal.server.take(upload("a", 4, ["4"]), from: site).eventsStored == 4)
            #expect(try await portal.server.state(of: elsewhere, source: source).eventsStored == 1)
        }
    }

    /// The Factory Service's own database is restored from a copy, and goes on beyond where the portal is before the link
    /// returns: by its numbers alone nothing would be missing.
    @Test func recordsOfAStorageThatWasSetBackGoUpAnew() async throws {
        try await RealPortal.withLine { line, portal, _, synchroniser in
            let store = await synchroniser.parts.store
            func tell(_ store: FactoryStore, _ units: ClosedRange<Int>) async throws {
                for number in units {
                    let report = Sample.report("s", number)
                    let doubts = UnitDoubts(isShiftUnknown: false, isBatchUnknown: false)
                    try await store.add(report, of: StationName(validated: "station-1"), doubts, at: .epoch)
                }
            }
            await line.daemon.round()
            try await tell(store, 1...4)
            let copy = line.folder + "/copy.sqlite"
            let made = try Subprocess.run(
                "/usr/bin/sqlite3",
                [line.configuration.state + "/factory.sqlite", "VACUUM INTO '\(copy)'"]
            )
            #expect(made.status == 0, "\(made.output)")
            try await tell(store, 5...8)
            _ = try await synchroniser.syncNow()
            #expect(try await portal.units().count == 8)

            let restored = try FactoryStore(path: copy)
            try await tell(restored, 101...120)
            let old = await synchroniser.parts
            let again = Synchroniser(
                SyncParts(
                    settings: old.settings,
                    service: old.service,
                    folder: old.folder,
                    edge: old.edge,
                    intake: old.intake,
                    puller: old.puller,
                    store: restored,
                    firmware: old.firmware,
                    metrics: Metrics(),
                    logger: old.logger,
                    now: old.now
                )
            )
            _ = try await again.syncNow()
            #expect(
                try await portal.units().count == 28,
                "none was passed over, and none of the lost database's is gone"
            )
            #expect(try await restored.formerSource()?.detail.hasPrefix("label 8") == true)
            #expect(try await portal.alarms() == ["records-replaced 1"])
            let report = try await again.syncNow()
            #expect(report.labels == 0 && report.events == 0)
            #expect(try await portal.alarms() == ["records-replaced 1"], "once")
            await again.close()
            try restored.close()
        }
    }
    /// Joined anew under another name, with the same database: the portal has its source of the old name.
    @Test func recordsOfAServiceThatWasRenamedGoUpUnderANewSource() async throws {
        try await RealPortal.withLine { line, portal, _, synchroniser in
            let store = await synchroniser.parts.store
            let doubts = UnitDoubts(isShiftUnknown: false, isBatchUnknown: false)
            await line.daemon.round()
            for number in 1...3 {
                let station = StationName(validated: "station-1")
                try await store.add(Sample.report("s", number), of: station, doubts, at: .epoch)
                _ = try await synchroniser.syncNow()
                guard number == 2 else { continue }
                try await portal.database.write("rename") {
                    try $0.execute("UPDATE record_source SET service = 'before'", [])
                }
            }
            #expect(try await store.formerSource()?.detail.contains("another Factory Service") == true)
            let units = try await portal.units()
            #expect(units.count == 3, "those that were there under the old name are the same units")
            #expect(try await synchroniser.syncNow().labels == 0)
        }
    }
}
