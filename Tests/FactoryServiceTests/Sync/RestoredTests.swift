import FactoryCore
import Foundation
import LineProtocol
import PortalCore
import PortalProtocol
import PortalStore
import PortalWeb
import ServiceSupport
import Statements
import Synchronization
import TestSupport
import Testing
import TransparencyLog
import Vocabulary

@testable import FactoryService

/// An EdgeHSM whose newest entries were lost with its disk: Factory Service and portal keep both, and lose nothing.
@Suite(.serialized) struct RestoredTests {
    private struct Log: Equatable, CustomStringConvertible {
        let size: Int
        let base: Int
        let stage: String
        var description: String { "\(size) from \(base) \(stage)" }
    }

    private func with(_ body: (FactoryLine, RealPortal, CutWire, Synchroniser) async throws -> Void) async throws {
        let made = Mutex<(RealPortal, CutWire)?>(nil)
        let line = try await FactoryLine(
            portal: { pki, edge in
                let portal = try await RealPortal.start(pki, edge: edge.identityPoint, name: "portal")
                let wire = try await CutWire.start(to: portal.port)
                made.withLock { $0 = (portal, wire) }
                let files = try pki.files("factory-1", role: "factory", organization: "site-1")
                return .init(
                    host: "127.0.0.1",
                    port: wire.port,
                    tls: .init(certificates: files.certificate, key: files.key, authorities: pki.caPath),
                    interval: 100
                )
            }
        )
        let (portal, wire) = try #require(made.withLock { $0 })
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(line, portal, wire, try #require(line.daemon.synchroniser)))
        } catch { result = .failure(error) }
        await line.close()
        await wire.close()
        try await portal.stop()
        try result.get()
    }

    private func logs(_ portal: RealPortal) async throws -> [Log] {
        try await portal.database.read { transaction in
            try JournalLogs(transaction).all(of: EdgeHSMID(validated: "edge-1")).map {
                Log(size: $0.size, base: $0.base, stage: $0.stage.rawValue)
            }
        }
    }

    private func expectInStep(_ portal: RealPortal, _ line: FactoryLine) async throws {
        let journal = line.edge.state.withLock(\.journal)
        let log = try await portal.database.read { try JournalLogs($0).current(of: EdgeHSMID(validated: "edge-1")) }
        #expect(log?.size == journal.count)
        #expect(log?.root == CompactRange.root(of: 0..<journal.count) { MerkleHash.leaf(journal[$0]) })
        #expect(log?.halted != nil, "no package before officers decide")
    }

    private func pull(_ line: FactoryLine, _ count: Int) async throws {
        try line.edge.grow(count)
        await line.daemon.round()
    }

    @Test("a tail that the portal has: it is told of the branch, both are kept, the line goes on")
    func toldTail() async throws {
        try await with { line, portal, _, synchroniser in
            try await pull(line, 30)
            _ = try await synchroniser.syncNow()
            try line.edge.restore(to: 20, anchored: 15)
            try await pull(line, 5)
            _ = try await synchroniser.syncNow()
            #expect(
                try await logs(portal) == [
                    Log(size: 30, base: 0, stage: "superseded"), Log(size: 26, base: 20, stage: "current"),
                ]
            )
            try await expectInStep(portal, line)
            let store = await synchroniser.parts.store
            let tails = try await store.lostTails()
            #expect(tails.map { [$0.base, $0.size] } == [[20, 30]] && tails.allSatisfy(\.isTold))
            #expect(try await store.entries(from: 0, to: 100) == line.edge.state.withLock(\.journal))
            #expect(try await store.entries(from: 0, to: 30, in: JournalView.all(tails)[0]).count == 30)
            let status = try await line.local().call(GetFactoryStatus.self)
            #expect(status.alarms.contains { $0.code == FactoryError.journalRestored.rawValue })
            #expect(!status.alarms.contains { $0.code == FactoryError.portalDiffers.rawValue })
            try await pull(line, 700)
            _ = try await synchroniser.syncNow()
            try await expectInStep(portal, line)
            let alarms = try await portal.database.read { transaction in
                try transaction.rows("SELECT kind FROM alarms ORDER BY kind LIMIT 50").map { try $0.text("kind") }
            }
            #expect(alarms.contains("restored") && !alarms.contains("forked") && !alarms.contains("altered"))
        }
    }

    @Test("tails that were lost while the link was cut go up before what came after them")
    func untoldTails() async throws {
        try await with { line, portal, wire, synchroniser in
            try await pull(line, 10)
            _ = try await synchroniser.syncNow()
            wire.setFate { .refused }
            wire.breakAll()
            try await pull(line, 20)
            try line.edge.restore(to: 20, anchored: 15)
            try await pull(line, 7)
            // Further back than the first time.
            try line.edge.restore(to: 12, anchored: 8)
            try await pull(line, 6)
            await synchroniser.round()
            let tails = try await synchroniser.parts.store.lostTails()
            #expect(tails.map { [$0.base, $0.size] } == [[20, 30], [12, 28]] && !tails.contains(where: \.isTold))
            let file = try await line.local().call(BundleRecords.self, .init(folder: line.folder, all: true)).file
            wire.setFate { .whole }
            _ = try? await synchroniser.syncNow()
            _ = try await synchroniser.syncNow()
            let all = [
                Log(size: 30, base: 0, stage: "superseded"), Log(size: 28, base: 20, stage: "superseded"),
                Log(size: 19, base: 12, stage: "current"),
            ]
            #expect(try await logs(portal) == all)
            try await expectInStep(portal, line)
            #expect(try await synchroniser.parts.store.lostTails().allSatisfy(\.isTold))

            // By stick another portal comes to the same, and the same stick again changes nothing.
            let other = try await RealPortal.start(line.pki, edge: line.edge.identityPoint, name: "other")
            let text = try String(contentsOfFile: line.folder + "/" + file, encoding: .utf8)
            for _ in 0..<2 {
                for upload in text.split(separator: "\n") {
                    _ = try await other.server.take(
                        SyncUpload(parsing: Array(upload.utf8)),
                        from: FactoryID(validated: "site-1")
                    )
                }
                #expect(try await logs(other) == all)
                try await expectInStep(other, line)
            }
            try await other.stop()
        }
    }

    @Test("a Factory Service with new storage finds the place where the portal's journal parts")
    func newStorage() async throws {
        try await with { line, portal, _, synchroniser in
            try line.edge.restore(to: 0, anchored: 0, root: MerkleHash.empty)
            try await pull(line, 10)
            try line.edge.restore(to: 11, anchored: 11)
            try await pull(line, 28)
            _ = try await synchroniser.syncNow()
            await line.daemon.stop()
            try FileManager.default.removeItem(atPath: line.configuration.state)
            try line.edge.restore(to: 25, anchored: 20)
            try line.edge.grow(3)
            // Restarts after the branch and before the end of what the portal has, too.
            try line.edge.restore(to: 29, anchored: 29)
            try line.edge.grow(2)
            let daemon = try await line.restarted()
            await daemon.round()
            let again = try #require(daemon.synchroniser)
            for _ in 0..<4 { await again.round() }
            #expect(
                try await logs(portal) == [
                    Log(size: 40, base: 0, stage: "superseded"), Log(size: 32, base: 25, stage: "current"),
                ]
            )
            try await expectInStep(portal, line)
            #expect(try await again.report().refusal == nil)
            await daemon.stop()
        }
    }

    @Test("a fork that only new storage can tell comes to the portal by the link: an alarm, and no package any more")
    func forkToldByLink() async throws {
        try await with { line, portal, _, synchroniser in
            try await pull(line, 30)
            _ = try await synchroniser.syncNow()
            await line.daemon.stop()
            try FileManager.default.removeItem(atPath: line.configuration.state)
            line.edge.state.withLock {
                $0.journal.removeLast(10)
                $0.epoch += 1
            }
            try line.edge.grow(15)
            let daemon = try await line.restarted()
            await daemon.round()
            let again = try #require(daemon.synchroniser)
            for _ in 0..<3 { await again.round() }
            let found = try await portal.database.read { transaction in
                (
                    try JournalLogs(transaction).current(of: EdgeHSMID(validated: "edge-1")),
                    try transaction.rows("SELECT kind, times FROM alarms WHERE kind = 'forked' LIMIT 50")
                        .map { try $0.number("times") }
                )
            }
            #expect(found.0?.size == 30 && found.0?.halted == .forked && found.1 == [1])
            #expect(try await again.report().refusal != nil)
            await daemon.stop()
        }
    }

    @Test("what is no branch stays refused, and nothing that was stored is touched")
    func noBranch() async throws {
        let forged = Digest256.of([7])
        for (what, spoil) in [
            ("cut off", { (edge: StubEdge) in edge.state.withLock { $0.journal.removeLast(10) } }),
            (
                "other entries",
                { edge in
                    edge.state.withLock {
                        $0.journal.removeLast(10)
                        $0.epoch += 1
                    }
                    try edge.grow(15)
                }
            ),
            ("another anchor", { edge in try edge.restore(to: 20, anchored: 15, root: forged) }),
            (
                "no higher epoch",
                { edge in
                    edge.state.withLock { $0.epoch -= 1 }
                    try edge.restore(to: 20, anchored: 15)
                }
            ),
        ] as [(String, (StubEdge) throws -> Void)] {
            try await with { line, portal, _, synchroniser in
                try await pull(line, 30)
                _ = try await synchroniser.syncNow()
                let before = try await synchroniser.parts.store.entries(from: 0, to: 100)
                try spoil(line.edge)
                try await pull(line, 2)
                await line.rounds(2)
                await synchroniser.round()
                #expect(try await synchroniser.parts.store.entries(from: 0, to: 100) == before, "\(what)")
                #expect(try await synchroniser.parts.store.lostTails().isEmpty, "\(what)")
                #expect(try await logs(portal) == [Log(size: 30, base: 0, stage: "current")], "\(what)")
                let alarms = try await line.local().call(GetFactoryStatus.self).alarms
                #expect(alarms.contains { $0.code == FactoryError.journalChanged.rawValue }, "\(what)")
            }
        }
    }
}

extension StubEdge {
    /// The disk is put back to `size` entries, and the EdgeHSM goes on behind what its secure element remembers.
    func restore(to size: Int, anchored: Int, root: Digest256? = nil) throws {
        try state.withLock { state in
            state.journal.removeLast(state.journal.count - size)
            state.epoch += 1
            let journal = state.journal
            let restart = Restart(
                anchoredSize: anchored,
                anchoredRoot: root ?? CompactRange.root(of: 0..<anchored) { MerkleHash.leaf(journal[$0]) },
                clean: false
            )
            let entry = JournalEntry(
                sequence: size,
                epoch: state.epoch,
                time: Instant(seconds: 1_001),
                event: JournalEvent(body: restart)
            )
            state.journal.append(try entry.serialized())
        }
    }
}
