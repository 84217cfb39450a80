import EdgeHSMCore
import Foundation
import GRDB
import KeyCustody
import LineProtocol
import OEMWorld
import ServiceSupport
import Statements
import TestSupport
import Testing
import TransparencyLog
import Vocabulary

@testable import EdgeHSMDaemon

@Suite("The anchor, restarts and restored disks")
struct AnchorTests {
    @Test("a clean stop burns nothing; each start begins an epoch, journaled and anchored")
    func cleanStop() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        _ = try await engine.issue(EngineChip(), batch)
        await engine.stop()
        let anchor = try #require(try await AnchorKeeper.newest(in: world.token))
        #expect(anchor.clean && anchor.ceiling(of: batch) == 1)

        let next = try await world.start()
        let account = try await next.account(batch)
        #expect(account.issued == 1 && account.burned == 0 && account.remaining == 9)
        let entries = try await next.entries()
        #expect(entries.map(\.sequence) == Array(0..<entries.count))
        #expect(entries.last?.event.body is Restart && entries.last?.epoch == 2)
        #expect(next.writer.peek { $0.anchor?.epoch } == 2)
    }

    @Test("I8: an unclean stop burns the lease, so that units signed and not journaled are counted")
    func burn() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch(quantity: 40)
        _ = try await engine.issue(EngineChip(), batch)
        let ceiling = try #require(engine.writer.peek { $0.anchor?.ceiling(of: batch) })
        #expect(ceiling > 1)
        try world.crash(engine)

        let next = try await world.start()
        let account = try await next.account(batch)
        let newest = try #require(try await AnchorKeeper.newest(in: world.token))
        #expect(account.issued == 1 && account.burned >= ceiling - 1)
        #expect(account.issued + account.burned + account.remaining == 40)
        #expect(newest.epoch == 2 && !newest.clean)
        // Burned units have burned their serials too.
        let serial = try await next.issue(EngineChip(), batch).issued.serial
        #expect(try serial == OEMWorld.serials().serial(1 + account.burned))
    }

    @Test("I8: a restored journal file is refused, shows its status and journal, and issues nothing")
    func restoredDisk() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        _ = try await engine.issue(EngineChip(), batch)
        await engine.stop()
        let path = world.configuration.journalPath
        let saved = try Data(contentsOf: URL(filePath: path))

        let second = try await world.start()
        _ = try await second.issue(EngineChip(), batch)
        await second.stop()
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        try saved.write(to: URL(filePath: path))

        let third = try await world.start()
        let status = try await third.status()
        #expect(status.stopped?.has(EdgeError.anchorRollback) == true)
        #expect(
            try await third.readJournal(ReadJournal.Request(from: 0, limit: 1_000)).entries.count == status.journalSize
        )
        #expect(await refusal { try await third.issue(EngineChip(), batch) } == EdgeError.anchorRollback.rawValue)
        #expect(await refusal { try await third.checkpoint(by: "factory") } == EdgeError.anchorRollback.rawValue)
        await third.stop()
    }

    @Test("a journal whose entry was altered on disk is not served from")
    func alteredJournal() async throws {
        let world = try await EngineWorld.make()
        let (engine, _) = try await world.startWithBatch()
        await engine.stop()
        let store = try JournalStore(path: world.configuration.journalPath)
        try await store.queue.write { db in
            try db.execute(
                sql:
                    "UPDATE journal SET bytes = CAST(replace(CAST(bytes AS TEXT), 'clean', 'cleaN') AS BLOB) WHERE sequence = 1"
            )
        }
        try store.close()
        let code = await refusal { try await world.start() }
        #expect(code == EdgeDaemonError.journalCorrupt.rawValue || code == "statement.field.missing")
    }

    @Test("derived tables are rebuilt from the journal, equal to those that grew with it")
    func rebuild() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        let units = try await [engine.issue(EngineChip(), batch), engine.issue(EngineChip(), batch)]
        _ = try await engine.fail(
            FailUnit.Request(authorization: batch, unit: units[1].begun.unit, reason: "test"),
            by: EngineWorld.station
        )
        func records(_ store: JournalStore) async throws -> [UnitRecord] {
            try await store.queue.read { db in
                try units.compactMap { try JournalStore.unit($0.begun.unit, db) }
            }
        }
        let grown = try await records(engine.writer.store)
        #expect(grown.map(\.state) == [.issued, .failed])
        await engine.stop()
        let store = try JournalStore(path: world.configuration.journalPath)
        try await store.queue.write { try JournalSchema.dropDerived($0) }
        #expect(try store.rebuildIfNeeded())
        #expect(try await records(store) == grown)
        #expect(try !store.rebuildIfNeeded())
        try store.close()
    }

    @Test("a revocation is anchored before it is acknowledged, and stops the next call")
    func revocation() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        _ = try await engine.issue(EngineChip(), batch)
        let bundle = DownlinkBundle(orders: [try world.order(.revoke(.authorization(batch)))])
        try await EngineWorld.rest(engine)
        // The token fails now: the revocation holds at once, but nobody is told so before the anchor knows it.
        world.token.plan([.refuseCreate])
        #expect(
            await refusal { try await engine.apply(bundle, by: "factory") } == EdgeDaemonError.anchorNotWritten.rawValue
        )
        #expect(
            await refusal { try await engine.issue(EngineChip(), batch) } == EdgeError.authorizationRevoked.rawValue
        )
        _ = try await engine.apply(bundle, by: "factory")
        let size = try await engine.writer.read { $0.state.durable.size }
        #expect(try await AnchorKeeper.newest(in: world.token)?.size == size)
    }

    @Test("I8: no checkpoint vouches for a release that the anchor does not know, nor after a kill in between")
    func checkpointAwaitsAnchor() async throws {
        let world = try await EngineWorld.make()
        let (engine, _) = try await world.startWithBatch()
        let order = try world.order(
            .releaseAllotment(edgeHSM: OEMWorld.edgeID, product: OEMWorld.product, units: 10, sequence: 1)
        )
        try await EngineWorld.rest(engine)
        let path = world.configuration.journalPath
        func disk() async throws -> Data {
            try await engine.writer.store.queue.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
            return try Data(contentsOf: URL(filePath: path))
        }
        let before = try await disk()
        world.token.plan([.refuseCreate, .refuseCreate])
        let notWritten = EdgeDaemonError.anchorNotWritten.rawValue
        #expect(await refusal { try await engine.apply(DownlinkBundle(orders: [order]), by: "factory") } == notWritten)
        #expect(try await engine.entries().contains { $0.event.body is AllotmentReleased })
        // Whoever holds a checkpoint over it could have the units moved, and then put the older disk back.
        #expect(await refusal { try await engine.checkpoint(by: "factory") } == notWritten)
        let after = try await disk()
        try world.crash(engine)

        func put(_ file: Data) throws {
            for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            try file.write(to: URL(filePath: path))
        }
        try put(after)
        let next = try await world.start()
        let identity = try await world.token.signingKey(.init(.edgeIdentity)).publicKey
        let size = try Verified<Checkpoint>(await next.checkpoint(by: "factory").checkpoint, signedBy: identity)
            .content.size
        #expect(try #require(next.writer.peek { $0.anchor?.size }) >= size - 1)
        #expect(try await next.entries().contains { $0.event.body is AllotmentReleased })
        try world.crash(next)
        try put(before)
        let third = try await world.start()
        #expect(try await third.status().stopped?.has(EdgeError.anchorRollback) == true)
    }

    @Test("a DAC that was decided while an anchor is owed is abandoned: its chip is not busy once the token answers")
    func reservationIsAbandoned() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        _ = try await engine.issue(EngineChip(), batch)
        let chip = EngineChip()
        let begun = try await engine.begin(
            BeginUnit.Request(authorization: batch, chipUID: chip.uid),
            by: EngineWorld.station
        )
        let request = IssueCredential.Request(
            authorization: batch,
            unit: begun.unit,
            request: Octets(try chip.request(begun.nonce)),
            vendorProof: nil
        )
        // An entry is owed to the anchor, so the decision is made and its grant can't be handed out.
        let order = DownlinkBundle(orders: [try world.order(.revoke(.authorization(.zero)))])
        try await EngineWorld.rest(engine)
        world.token.plan([.refuseCreate, .refuseCreate])
        let notWritten = EdgeDaemonError.anchorNotWritten.rawValue
        #expect(await refusal { try await engine.apply(order, by: "factory") } == notWritten)
        #expect(
            await refusal { try await engine.issueCredential(request, by: EngineWorld.station) } == notWritten
        )
        #expect(try await !engine.issueCredential(request, by: EngineWorld.station).isRepeat)
        #expect(try await engine.account(batch).issued == 2)
    }

    @Test("a record whose answer was lost counts as written; a half-made one is passed over and pruned; two stay")
    func records() async throws {
        let world = try await EngineWorld.make()
        let engine = try await world.start()
        try await world.token.createRecord(AnchorKeeper.label, [1, 2, 3])
        world.token.plan([.loseAnswer])
        try await engine.keeper.move()
        let values = try await world.token.records(AnchorKeeper.label)
        #expect(values.count == 2)
        let numbers = values.compactMap { (try? AnchorRecord(parsing: $0))?.writeNumber }.sorted()
        #expect(numbers.count == 2 && numbers[0] + 1 == numbers[1])
        #expect(engine.writer.peek { $0.anchor?.writeNumber } == numbers[1])
    }

    @Test("I8: a second process on the same token and a copied journal stops the first, and neither goes on unseen")
    func clonedDisk() async throws {
        let world = try await EngineWorld.make()
        let (first, batch) = try await world.startWithBatch(quantity: 100)
        _ = try await first.issue(EngineChip(), batch)
        let path = world.configuration.journalPath
        try await first.writer.store.queue.writeWithoutTransaction { db in
            _ = try db.checkpoint(.truncate)
        }
        let clone = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: path, toPath: clone.path("journal.sqlite"))
        let second = try await world.start(dataDirectory: clone.path)
        // The clone has burned what the first had leased; the first finds the clone's record with its next write.
        #expect(await refusal { try await first.keeper.move() } == EdgeDaemonError.anchorForeign.rawValue)
        #expect(await refusal { try await first.keeper.move() } == EdgeDaemonError.anchorForeign.rawValue)
        var made = 1
        for _ in 0..<40 {
            do { _ = try await first.issue(EngineChip(), batch) } catch { break }
            made += 1
        }
        let account = try await second.account(batch)
        #expect(made <= account.issued + account.burned, "what the first still made was burned by the second")
    }

    @Test("many who ask while a record is being written share the next one")
    func coalescing() async throws {
        let world = try await EngineWorld.make()
        let engine = try await world.start()
        let before = world.token.recordsCreated
        world.token.hold { try? await Task.sleep(for: .milliseconds(50)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { try await engine.keeper.move() } }
            try await group.waitForAll()
        }
        world.token.hold(nil)
        #expect((1...3).contains(world.token.recordsCreated - before))
    }

    @Test("a token that does not answer stops issuing, and issuing goes on when it does again")
    func tokenGone() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        world.gate.report(.failing(Refusal(EdgeError.internalFault)))
        #expect(
            await refusal { try await engine.issue(EngineChip(), batch) } == EdgeDaemonError.tokenUnavailable.rawValue
        )
        #expect(try await engine.status().stopped?.has(EdgeDaemonError.tokenUnavailable) == true)
        let gauge = world.metrics.gauge("obis_edge_token_serving", "")
        #expect(gauge.level() == 0)
        world.gate.report(.serving)
        #expect(gauge.level() == 1)
        _ = try await engine.issue(EngineChip(), batch)
    }

    @Test("the root of a checkpoint is the root of the entries that can be read")
    func checkpoint() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        _ = try await engine.issue(EngineChip(), batch)
        let identity = try await world.token.signingKey(.init(.edgeIdentity)).publicKey
        let checkpoint = try Verified<Checkpoint>(await engine.checkpoint(by: "factory").checkpoint, signedBy: identity)
            .content
        let entries = try await engine.readJournal(ReadJournal.Request(from: 0, limit: 1_000)).entries
        #expect(entries.count == checkpoint.size)
        #expect(MerkleTree(leaves: entries.map { MerkleHash.leaf($0.bytes) }).root == checkpoint.root)
        #expect(checkpoint.accounts == [try await engine.account(batch)])
        #expect(
            await refusal { try await engine.readJournal(ReadJournal.Request(from: checkpoint.size + 1, limit: 1)) }
                == EdgeDaemonError.badRange.rawValue
        )
    }
}
