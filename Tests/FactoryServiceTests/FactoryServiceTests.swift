import FactoryCore
import Foundation
import LineProtocol
import ServiceSupport
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

/// One after the other: each has servers and TLS handshakes of its own, whose time limits a loaded machine would miss.
@Suite(.serialized) struct FactoryServiceTests: UsesFactoryLine {
    private let firmware = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    @Test func packageThenFirmwareBecomeAWorkOrderThatStationsCanRead() async throws {
        try await with { line in
            let digest = Digest256.of(firmware)
            line.edge.state.withLock { $0.batches = [Sample.batch(firmware: digest, size: 300_000)] }
            try line.drop(try package(), "a.package")
            try line.drop(firmware, "lamp.bin")
            await line.rounds()
            #expect(try line.inbox("done") == ["a.package", "lamp.bin"])
            #expect(line.edge.state.withLock { $0.loads.count } == 1)
            let station = try line.station("station-1")
            let orders = try await station.call(ListWorkOrders.self).orders
            #expect(orders.map(\.hasFirmware) == [true])
            var file: [UInt8] = []
            while file.count < firmware.count {
                let reply = try await station.call(
                    ReadFirmware.self,
                    .init(
                        digest: digest,
                        offset: file.count,
                        length: 131_072 <= firmware.count - file.count ? 131_072 : firmware.count - file.count
                    )
                )
                file += reply.piece.bytes
            }
            #expect(file == firmware)
        }
    }

    @Test(arguments: [
        (-1, 10), (0, 0), (300_001, 1), (299_999, 2), (0, ReadFirmware.largestPiece + 1), (Int.max >> 11, 5),
    ])
    func piecesOutsideTheFileAreRefused(_ offset: Int, length: Int) async throws {
        try await with { line in
            let digest = Digest256.of(firmware)
            line.edge.state.withLock { $0.batches = [Sample.batch(firmware: digest)] }
            try line.drop(firmware, "f")
            await line.rounds()
            let station = try line.station("station-1")
            let refusal = await #expect(throws: Refusal.self) {
                try await station.call(ReadFirmware.self, .init(digest: digest, offset: offset, length: length))
            }
            #expect(refusal?.has(FactoryError.firmwareRange) == true)
        }
    }

    @Test func badFilesGoToRefusedWithTheReason() async throws {
        try await with { line in
            var altered = try package()
            altered[altered.count / 2] ^= 1
            let files: [(String, [UInt8], String)] = [
                ("empty", [], "factory.inbox.empty"), ("noise", [1, 2, 3], "factory.firmware.unwanted"),
                ("json", Array("{}".utf8), "factory.inbox.kind"),
                ("twice", Array(#"{"a":1,"a":2}"#.utf8), "statement.json.duplicate-key"),
                ("cut", Array(try package().dropLast(5)), "statement.json.malformed"),
                ("other", try package(edgeHSM: "edge-2"), "factory.inbox.other-edge-hsm"),
                ("resealed", try package(digest: .zero), "statement.content.inconsistent"),
            ]
            for file in files { try line.drop(file.1, file.0) }
            await line.rounds()
            for file in files {
                let path = line.configuration.inbox + "/refused/" + file.0 + ".why"
                let why = try String(contentsOfFile: path, encoding: .utf8)
                #expect(why.hasPrefix(file.2 + "\n"), "\(file.0): \(why)")
            }
            #expect(line.edge.state.withLock { $0.loads.isEmpty }, "none reached the EdgeHSM")
            let alarms = try await line.local().call(GetFactoryStatus.self).alarms
            #expect(alarms.contains { $0.code == "factory.alarm.inbox" })
        }
    }

    @Test func whatTheEdgeHSMRefusesIsRefusedWithItsCode() async throws {
        try await with { line in
            line.edge.state.withLock { $0.loadRefusal = Refusal(StatementError.badSignature, "package") }
            try line.drop(try package(), "p")
            await line.rounds()
            let why = try String(contentsOfFile: line.configuration.inbox + "/refused/p.why", encoding: .utf8)
            #expect(why.hasPrefix("statement.signature.invalid\n"))
        }
    }

    @Test func filesWaitWhileTheEdgeHSMIsAway() async throws {
        try await with { line in
            try line.drop(try package(), "p")
            let away = Refusal(FactoryError.statusUnknown)
            line.edge.state.withLock { $0.statusRefusal = away }
            await line.rounds(3)
            #expect(try line.inbox("refused").isEmpty && line.inbox("done").isEmpty)
            line.edge.state.withLock { $0.statusRefusal = nil }
            await line.rounds()
            #expect(try line.inbox("done") == ["p"])
        }
    }

    @Test func firmwareWaitsForItsPackage() async throws {
        try await with(60) { line in
            try line.drop(firmware, "f")
            await line.rounds(3)
            #expect(try line.inbox("refused").isEmpty && line.inbox("done").isEmpty)
            let digest = Digest256.of(firmware)
            line.edge.state.withLock { $0.batches = [Sample.batch(firmware: digest)] }
            await line.rounds()
            #expect(try line.inbox("done") == ["f"])
        }
    }

    @Test func journalIsCopiedUnderCheckpointsAndExported() async throws {
        try await with { line in
            try line.edge.grow(600)
            await line.rounds(1)
            try line.edge.grow(7)
            let reply = try await line.local().call(ExportRecords.self, .init(folder: line.folder))
            #expect(reply.journalSize == 607)
            let bytes = Array(try Data(contentsOf: URL(filePath: line.folder + "/journal.json")))
            let export = try StatementCoding.decode(JournalExport.self, from: bytes)
            let checkpoint = try Verified(
                export.checkpoint,
                as: Checkpoint.self,
                signedBy: line.edge.identityPoint
            )
            #expect(checkpoint.content.size == 607)
            #expect(export.entries.map(\.bytes) == line.edge.state.withLock { $0.journal })
            // An EdgeHSM that answers nothing more: what was copied before is what there is to rescue.
            line.edge.state.withLock { $0.statusRefusal = Refusal(FactoryError.portalUnreachable) }
            let rescued = try await line.local().call(ExportRecords.self, .init(folder: line.folder))
            #expect(rescued.journalSize == 607)
        }
    }

    @Test func aJournalThatShrinksOrForksIsAnAlarmAndNeverBelieved() async throws {
        for forks in [false, true] {
            try await with { line in
                try line.edge.grow(20)
                try await line.wait("checkpoint of 20") { $0.checkpointSize == 20 }
                if forks {
                    line.edge.state.withLock { $0.forksRoot = true }
                    try line.edge.grow(5)
                } else {
                    line.edge.state.withLock { $0.journal.removeLast(5) }
                }
                let status = try await line.wait("alarm, forks \(forks)") { status in
                    status.alarms.contains { $0.code == FactoryError.journalChanged.rawValue }
                }
                #expect(status.checkpointSize == 20)
            }
        }
    }

    /// The daemon's own loop, an export and a person's `status` may all pull at one time.
    @Test func pullsAtOneTimeAreNoAlarm() async throws {
        try await with { line in
            let caller = try line.local()
            let folder = line.folder
            for _ in 0..<3 {
                try line.edge.grow(300)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 {
                        group.addTask { _ = try await caller.call(ExportRecords.self, .init(folder: folder)) }
                        group.addTask { await line.rounds(1) }
                    }
                    try await group.waitForAll()
                }
                let alarms = try await caller.call(GetFactoryStatus.self).alarms
                #expect(!alarms.contains { $0.code.hasPrefix("factory.journal.") }, "\(alarms)")
            }
        }
    }

    /// A unit's sealed label record can't be fetched again after `complete`: a lost shift must not cost it.
    @Test func aLabelRecordIsTakenUnderAnUnknownShiftAndMarkedSo() async throws {
        try await with { line in
            line.edge.state.withLock { $0.batches = [Sample.batch(1)] }
            await line.rounds(1)
            let one = try line.station("station-1")
            _ = try await one.call(ReportUnit.self, report("lost", Sample.digest(1), sealed: 7))
            let refusal = await #expect(throws: Refusal.self) {
                try await one.call(ReportUnit.self, report("lost", Sample.digest(1)))
            }
            #expect(refusal?.has(FactoryError.notSignedIn) == true, "nothing is lost with this one")
            _ = try await line.local().call(ExportRecords.self, .init(folder: line.folder))
            let labels = try String(contentsOfFile: line.folder + "/labels.jsonl", encoding: .utf8)
            #expect(labels.contains(Octets([UInt8](repeating: 7, count: 64)).base64))
            let events = try String(contentsOfFile: line.folder + "/events.jsonl", encoding: .utf8)
            #expect(events.contains(#""shiftUnknown":true"#))
        }
    }

    @Test func aLabelRecordOfAnUnknownBatchIsTakenAndMarkedSo() async throws {
        try await with { line in
            line.edge.state.withLock { $0.batches = [Sample.batch(1)] }
            await line.rounds(1)
            let one = try line.station("station-1")
            let shift = try await one.call(SignIn.self, .init(operatorName: "Ada")).shift
            _ = try await one.call(ReportUnit.self, report(shift, Sample.digest(1)))
            _ = try await one.call(ReportUnit.self, report(shift, Sample.digest(9), sealed: 8))
            _ = try await line.local().call(ExportRecords.self, .init(folder: line.folder))
            let labels = try String(contentsOfFile: line.folder + "/labels.jsonl", encoding: .utf8)
            #expect(labels.contains(Octets([UInt8](repeating: 8, count: 64)).base64))
            let events = try String(contentsOfFile: line.folder + "/events.jsonl", encoding: .utf8)
            #expect(events.split(separator: "\n").map { $0.contains(#""batchUnknown":true"#) } == [false, true])
        }
    }

    @Test func aBundleLargerThanAFrameGoesDownInParts() async throws {
        let payload = [UInt8](repeating: UInt8(ascii: "x"), count: 60_000)
        func envelope(_ number: Int) -> Envelope {
            Envelope(payloadType: "test/\(number)", payload: payload, signatures: [])
        }
        let keys = (0..<5).map { envelope($0) }
        let orders = (5..<9).map { envelope($0) }
        try await with { line in
            try line.drop(try StatementCoding.encode(DownlinkBundle(roleKeys: keys, orders: orders)), "a.bundle")
            await line.rounds()
            #expect(try line.inbox("done") == ["a.bundle"])
            let parts = line.edge.state.withLock { $0.downlinks }
            #expect(parts.count > 1)
            #expect(parts.flatMap(\.roleKeys) == keys && parts.flatMap(\.orders) == orders)
            let order = parts.flatMap { $0.roleKeys + $0.orders }.map(\.payloadType)
            #expect(order == (0..<9).map { "test/\($0)" }, "applied in the bundle's order")
        }
    }

    /// As within one request: nobody keeps a revocation away by a bad part before it.
    @Test func aRefusedPartOfABundleKeepsNoLaterOneAway() async throws {
        let payload = [UInt8](repeating: UInt8(ascii: "x"), count: 150_000)
        let orders = (0..<3).map { Envelope(payloadType: "test/\($0)", payload: payload, signatures: []) }
        try await with { line in
            line.edge.state.withLock { $0.refusedPart = "test/0" }
            try line.drop(try StatementCoding.encode(DownlinkBundle(orders: orders)), "a.bundle")
            await line.rounds()
            #expect(line.edge.state.withLock { $0.downlinks.flatMap(\.orders) } == orders)
            let why = try String(contentsOfFile: line.configuration.inbox + "/refused/a.bundle.why", encoding: .utf8)
            #expect(why.hasPrefix("statement.signature.invalid\n"))
        }
    }

    /// Whose status took effect is not filed as refused, however old an order in it is; also where it went in parts.
    @Test func aBundleWhoseStatusTookEffectIsDone() async throws {
        let payload = [UInt8](repeating: UInt8(ascii: "x"), count: 150_000)
        let orders = (0..<2).map { Envelope(payloadType: "test/\($0)", payload: payload, signatures: []) }
        let status = try PortalStatus(
            edgeHSM: EdgeHSMID(validated: "edge-1"),
            time: Instant(seconds: 1_800_000_000),
            nonce: Nonce(validated: [UInt8](repeating: 1, count: Nonce.size)),
            revokedAuthorizations: [],
            closeAuthorizations: [],
            roleKeysVersion: 1,
            storedSize: 0,
            storedRoot: .zero
        ).unsigned()
        try await with { line in
            line.edge.state.withLock { $0.refusedPart = "test/0" }
            try line.drop(try StatementCoding.encode(DownlinkBundle(orders: orders, status: status)), "a.bundle")
            await line.rounds()
            line.edge.state.withLock { $0.passedOver = [Refusal(StatementError.tooFewOfficers)] }
            try line.drop(try StatementCoding.encode(DownlinkBundle(status: status)), "b.bundle")
            await line.rounds()
            #expect(try line.inbox("done") == ["a.bundle", "b.bundle"])
            _ = try await line.local().call(ExportRecords.self, .init(folder: line.folder))
            let events = try String(contentsOfFile: line.folder + "/events.jsonl", encoding: .utf8)
            #expect(events.contains("passed over: statement.signature.invalid"))
            #expect(events.contains("passed over: statement.officers.too-few"))
        }
    }

    @Test func reportsNeedAShiftOfThatStationAndKeepTheFirstLabelRecord() async throws {
        try await with { line in
            line.edge.state.withLock { $0.batches = [Sample.batch(1)] }
            await line.rounds(1)
            let (one, two) = (try line.station("station-1"), try line.station("station-2"))
            let shift = try await one.call(SignIn.self, .init(operatorName: "Ada")).shift
            let id = Sample.digest(1)
            _ = try await one.call(ReportUnit.self, report(shift, id, sealed: 7))
            _ = try await one.call(ReportUnit.self, report(shift, id, sealed: 8))
            let foreign = await #expect(throws: Refusal.self) {
                try await two.call(ReportUnit.self, report(shift, id))
            }
            #expect(foreign?.has(FactoryError.notSignedIn) == true)
            let unknown = await #expect(throws: Refusal.self) {
                try await one.call(ReportUnit.self, report(shift, Sample.digest(9)))
            }
            #expect(unknown?.has(FactoryError.reportUnknownBatch) == true)
            _ = try await line.local().call(ExportRecords.self, .init(folder: line.folder))
            let labels = try String(contentsOfFile: line.folder + "/labels.jsonl", encoding: .utf8)
            let sevens = Octets([UInt8](repeating: 7, count: 64)).base64
            #expect(labels.split(separator: "\n").count == 1 && labels.contains(sevens))
            let events = try String(contentsOfFile: line.folder + "/events.jsonl", encoding: .utf8)
            #expect(events.split(separator: "\n").count == 2 && !events.contains(sevens))
            for text in events.split(separator: "\n") { try StrictJSON.check(Array(text.utf8), limit: 10_000) }
        }
    }

    @Test func onlyStationsMayUseTheStationsPort() async throws {
        try await with { line in
            for role in ["service", "edgehsm", "operator"] {
                let caller = try line.station("someone", role: role)
                let refusal = await #expect(throws: Refusal.self) { try await caller.call(ListWorkOrders.self) }
                #expect(refusal?.has(FactoryError.roleNotAllowed) == true, "\(role)")
            }
            let station = try line.station("station-1")
            let wrong = await #expect(throws: Refusal.self) { try await station.call(GetFactoryStatus.self) }
            #expect(wrong?.has(LineProtocolError.wrongRole) == true)
        }
    }

    /// Frames that a broken or hostile station sends over its own good connection.
    @Test func mutatedFramesNeverEndTheService() async throws {
        try await with { line in
            line.edge.state.withLock { $0.batches = [Sample.batch(1)] }
            await line.rounds(1)
            let client = try line.client("station-1")
            let seed = Seed.take("FactoryServiceTests.FactoryServiceTests")
            var random = SeededGenerator(seed: seed)
            let good = [
                try LineMessage.request(ReportUnit.self, id: "a", report("s", Sample.digest(1), sealed: 1)),
                try LineMessage.request(ReadFirmware.self, id: "a", .init(digest: .zero, offset: 0, length: 5)),
                try LineMessage.request(SignIn.self, id: "a", .init(operatorName: "Ada")),
            ]
            var codes: Set<String> = []
            for round in 0..<600 {
                var frame = good[round % good.count]
                for _ in 0..<Int.random(in: 1...2, using: &random) {
                    frame[Int.random(in: frame.indices, using: &random)] = UInt8.random(in: 32...126, using: &random)
                }
                let reply = try await client.request(frame)
                try StrictJSON.check(reply, limit: LineMessage.largest)
                let text = String(decoding: reply, as: UTF8.self)
                if let range = text.firstRange(of: #""code":""#) {
                    codes.insert(String(text[range.upperBound...].prefix { $0 != "\"" }))
                }
            }
            #expect(!codes.contains(LineProtocolError.internalFault.rawValue), "seed \(seed)")
            #expect(codes.count >= 4, "seed \(seed): \(codes)")
            #expect(try await line.station("station-1").call(ListWorkOrders.self).orders.count == 1)
        }
    }

    @Test func aRestartKeepsFirmwareAndJournal() async throws {
        try await with { line in
            let digest = Digest256.of(firmware)
            line.edge.state.withLock { $0.batches = [Sample.batch(firmware: digest)] }
            try line.drop(firmware, "f")
            try line.edge.grow(30)
            await line.rounds()
            await line.daemon.stop()
            let damaged = line.configuration.state + "/firmware/" + Sample.digest(3).hex
            try Data([1]).write(to: URL(filePath: damaged))
            let again = try await line.restarted()
            await again.round()
            let status = try await line.local().call(GetFactoryStatus.self)
            #expect(status.orders.map(\.hasFirmware) == [true] && status.journalStored == 30)
            #expect(FileManager.default.fileExists(atPath: damaged + ".damaged"), "never served again")
            await again.stop()
        }
    }
}
