import Durability
import Governance
import KeyCustody
import Logging
import OEMWorld
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import TestSupport
import Testing
import Vocabulary

@testable import PortalWeb

@Suite struct BatchTests {
    @Test func aBatchIsGrantedPackedAndTakenBack() async throws {
        try await BatchPortal.run { try await Self.story($0) }
    }

    private static func story(_ tester: BatchPortal) async throws {
        let made = try await tester.create(try tester.order("b1", quantity: 40))
        try #require(made.status == 201, "\(made.text)")
        let batch = try made.message(Batch.self)
        #expect(made.header("Location") == "/v1/batches/\(batch.id)")
        #expect(batch.state == .granted && batch.package == nil)
        #expect(batch.firstSerial.text == "L0000000000" && batch.lastSerial.text == "L0000000039")
        let pending = try await tester.get("/v1/batches/\(batch.id)/package")
        #expect(pending.status == 409 && pending.problem?.code == "portal.package.pending")
        await tester.worker.makeWaiting()
        let package = try await tester.get("/v1/batches/\(batch.id)/package")
        try #require(package.status == 200, "\(package.text)")
        #expect(package.header("ETag") == "\"\(Digest256.of(package.body))\"")
        let inside = try await tester.opened(package.body)
        #expect(inside.id == batch.authorization)
        #expect(inside.content.quantity == 40 && inside.content.approval == tester.production.approval.statementID)
        #expect(try await tester.get("/v1/batches/\(batch.id)").message(Batch.self).state == .packaged)
        let edge = batch.edgeHSM
        let offers = PortalOffers(database: tester.database, shelf: tester.shelf)
        let offered = try await tester.database.read { try offers.offers(to: edge, in: $0) }
        #expect(offered.packages.map(\.authorization) == [batch.authorization])
        // The rest of the allotment of 100, and not one more.
        let over = try await tester.create(try tester.order("b2", quantity: 50))
        #expect(over.status == 201)
        let beyond = try await tester.create(try tester.order("b3", quantity: 11))
        #expect(beyond.status == 409 && beyond.problem?.code == "portal.batch.allotment-exhausted", "\(beyond.text)")
        // Closing frees nothing until the journal says so.
        let closed = try await tester.end("close", batch.id, by: tester.manager)
        #expect(closed.status == 200, "\(closed.text)")
        let again = try await tester.end("close", batch.id, by: tester.manager)
        #expect(again.status == 409 && again.problem?.code == "portal.batch.ended")
        let still = try await tester.create(try tester.order("b4", quantity: 11))
        #expect(still.status == 409)
        let down = try await tester.database.read { try offers.offers(to: edge, in: $0) }
        #expect(down.closed == [batch.authorization] && down.revoked.isEmpty && down.packages.isEmpty)
        try await tester.void(batch.authorization)
        let freed = try await tester.create(try tester.order("b5", quantity: 50))
        #expect(freed.status == 201, "\(freed.text)")
        #expect(try freed.message(Batch.self).firstSerial.text == "L0000000090")
        let figures = try await tester.get("/v1/batches/\(batch.id)/reconciliation")
        let found = try figures.message(BatchReconciliation.self)
        #expect(found.returned == 40 && found.isClosed && found.unaccounted == 0)
    }

    @Test("a batch's progress is told of each batch, not of the newest alone")
    func progress() async throws {
        try await BatchPortal.run { tester in
            let batch = try await tester.create(try tester.order("old", quantity: 10)).message(Batch.self)
            for number in 0..<45 {
                let made = try await tester.create(try tester.order("new-\(number)", quantity: 1))
                #expect(made.status == 201, "\(made.text)")
            }
            // A journal that has loaded it and made four, all in the last quarter of an hour.
            let (now, edge) = (tester.portal.clock.now, batch.edgeHSM)
            try await tester.load(batch, issued: 4, at: now)
            // Long enough to be a rate, and before the line could be called stopped.
            tester.portal.clock.advance(150)
            let later = tester.portal.clock.now
            let reply = try await tester.get("/v1/batches/\(batch.id)/progress")
            try #require(reply.status == 200, "\(reply.text)")
            let found = try reply.message(BatchProgress.self)
            #expect(found.batch.id == batch.id && found.batch.edgeHSM == edge)
            #expect(found.reconciliation.issued == 4 && found.reconciliation.remaining == 6)
            let slices = [ProductionRate.slice(of: now): 4]
            let since = max(batch.createdAt, batch.notBefore)
            #expect(found.rate == ProductionRate.of(slices, since: since, at: later))
            #expect(try #require(found.rate.perHour) > 0 && found.batch.begun == 4)
            #expect(found.forecast?.isFollowed == true, "forty-five others wait")
            // By where they stand: what runs is behind a page of what waits, and is found.
            func list(_ query: String) async throws -> Page<Batch> {
                try await tester.get("/v1/batches?\(query)").message(Page<Batch>.self)
            }
            let running = try await list("standing=running&limit=5")
            #expect(running.items.map(\.id) == [batch.id] && running.next == nil)
            var (waiting, cursor): (Set<BatchID>, PageCursor?) = ([], nil)
            repeat {
                let page = try await list("standing=waiting&limit=20" + (cursor.map { "&cursor=\($0.text)" } ?? ""))
                #expect(page.items.allSatisfy { waiting.insert($0.id).inserted })
                cursor = page.next
            } while cursor != nil
            #expect(waiting.count == 45 && !waiting.contains(batch.id))
            for standing in ["blocked", "usedUp", "over", "ended"] {
                #expect(try await list("standing=\(standing)").items.isEmpty, "\(standing)")
            }
            #expect(try await list("factory=\(batch.factory.text)&limit=100").items.count == 46)
            #expect(try await list("factory=elsewhere").items.isEmpty)
        }
    }

    @Test func theOEMRevokesAndAnotherODMSeesNothing() async throws {
        try await BatchPortal.run { tester in
            let batch = try await tester.create(try tester.order("b1")).message(Batch.self)
            let unknown = try await tester.get("/v1/batches/b-nothing", by: tester.stranger)
            for path in ["", "/package", "/reconciliation", "/progress"] {
                let reply = try await tester.get("/v1/batches/\(batch.id)\(path)", by: tester.stranger)
                #expect(reply.status == 404)
                #expect(reply.comparable == unknown.comparable)
            }
            let foreign = try await tester.end("close", batch.id, by: tester.stranger)
            #expect(foreign.status == 404)
            let mine = try await tester.create(try tester.order("b9"), by: tester.stranger)
            #expect(mine.status == 404, "\(mine.text)")
            let list = try await tester.get("/v1/batches", by: tester.stranger).message(Page<Batch>.self)
            #expect(list.items.isEmpty)
            let notOfficer = try await tester.end("revoke", batch.id, by: tester.manager)
            #expect(notOfficer.status == 403)
            let revoked = try await tester.end("revoke", batch.id, by: tester.officer)
            #expect(revoked.status == 200, "\(revoked.text)")
            let offers = PortalOffers(database: tester.database, shelf: tester.shelf)
            let edge = batch.edgeHSM
            let down = try await tester.database.read { try offers.offers(to: edge, in: $0) }
            #expect(down.revoked == [batch.authorization] && down.closed == [batch.authorization])
        }
    }

    @Test func rulesAreObeyed() async throws {
        try await BatchPortal.run { tester in
            func code(_ order: NewBatch) async throws -> String? { try await tester.create(order).problem?.code }
            #expect(try await code(tester.order("a", quantity: 51)) == "portal.batch.outside-rules")
            #expect(try await code(tester.order("b", days: 31)) == "authorize.batch.outside-rules")
            #expect(try await code(tester.order("c", days: -1)) == "portal.batch.window")
            #expect(try await code(tester.order("d", edge: "edge-9")) == "portal.object.unknown")
            #expect(try await code(tester.order("e")) == nil)
            let reused = try await tester.create(try tester.order("e"), key: "another-key")
            #expect(reused.problem?.code == "portal.batch.name-taken")
            let none = try await tester.allBatches().count
            #expect(none == 1)
        }
    }

    /// 64 people at a time, 7 units each, 100 allotted: 14 get theirs.
    @Test func concurrentCreationsNeverExceedTheAllotment() async throws {
        try await BatchPortal.run { tester in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<64 {
                    group.addTask { try await tester.create(try tester.order("b\(number)", quantity: 7)).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 201 }.count == 14)
            #expect(statuses.filter { $0 == 409 }.count == 50)
            let batches = try await tester.allBatches()
            #expect(batches.reduce(0) { $0 + $1.authorization.quantity } == 98)
            let firsts = batches.map(\.authorization.serials.first).sorted()
            #expect(firsts == (0..<14).map { $0 * 7 })
        }
    }

    @Test func oneKeyMakesOneBatch() async throws {
        try await BatchPortal.run { tester in
            let order = try tester.order("b1")
            let bodies = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<16 { group.addTask { try await tester.create(order, key: "the-one-key").text } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(bodies.count == 1, "\(bodies)")
            let count = try await tester.allBatches().count
            #expect(count == 1)
        }
    }

    /// At each point where a process can die, the next one finds all or nothing, and makes the same authorization.
    @Test(arguments: [
        "portal.createBatch.before-commit", "portal.createBatch.after-commit", "portal.package.made",
        "portal.package.before-commit", "portal.package.after-commit",
    ]) func nothingIsLostOrGrantedTwice(_ point: String) async throws {
        let seam = try FaultSeam(plan: "\(point):1:error")
        try await BatchPortal.run(seam: seam) { try await Self.crash($0, point) }
    }

    private static func crash(_ tester: BatchPortal, _ point: String) async throws {
        let order = try tester.order("b1", quantity: 50)
        let first = try await tester.create(order)
        #expect((first.status == 201) == !point.hasPrefix("portal.createBatch"))
        await tester.worker.makeWaiting()
        let before = try await tester.database.read { transaction in
            try BatchTable(transaction).page(of: nil, before: nil, limit: 10).first.flatMap {
                try PackageTable(transaction).content($0.statement)
            }
        }
        // The client asks again, and another process goes on with what stands in the database.
        let second = try await tester.create(order)
        #expect(second.status == 201, "\(second.text)")
        let successor = PackageWorker(tester.services, shelf: tester.shelf, logger: Logger(label: "test"))
        await successor.makeWaiting()
        let batches = try await tester.allBatches()
        let batch = try #require(batches.first)
        #expect(batches.count == 1)
        let package = try await tester.get("/v1/batches/\(batch.id)/package")
        try #require(package.status == 200, "\(package.text)")
        if let before { #expect(before == package.body) }
        #expect(try await tester.opened(package.body).id == batch.statement)
        let waiting = try await tester.database.read { try PackageTable($0).waiting().count }
        #expect(waiting == 0)
        // Exactly 50 of 100 are used.
        #expect(try await tester.create(try tester.order("b2", quantity: 50)).status == 201)
        #expect(try await tester.create(try tester.order("b3", quantity: 1)).status == 409)
    }

    @Test func nothingIsGrantedUnderWhatTheOfficersRevoked() async throws {
        try await BatchPortal.run { tester in
            let first = try await tester.create(try tester.order("b1"))
            #expect(first.status == 201)
            let order = OfficerOrder(
                order: .revoke(.version(Digest256.of(tester.production.manifest.bytes))),
                reason: "a flaw",
                issuedAt: World.now,
                expiresAt: World.now + 86_400
            )
            let envelope = try order.unsigned()
            try await tester.database.write("test") { transaction in
                _ = try GovernanceTable(transaction).insertOrder(envelope, at: World.now)
            }
            let second = try await tester.create(try tester.order("b2"))
            #expect(second.status == 409 && second.problem?.code == "portal.batch.revoked", "\(second.text)")
        }
    }

    /// A package that can't be made raises one alarm, which goes when it is made.
    @Test func aStuckPackageIsCalledOut() async throws {
        try await BatchPortal.run { tester in
            let batch = try await tester.create(try tester.order("b1")).message(Batch.self)
            func alarms() async throws -> [Alarms.Stored] {
                try await tester.database.read { try Alarms($0).list(limit: 10) }
            }
            try await tester.database.write("test") { transaction in
                try PackageTable(transaction).noteFailure(batch.authorization, code: "authorize.token.wrong-key")
            }
            await tester.worker.watch()
            await tester.worker.watch()
            let raised = try await alarms()
            #expect(raised.map(\.kind) == [.authorizerDiffers] && raised.map(\.times) == [1])
            #expect(raised.first?.clearedAt == nil)
            await tester.worker.makeWaiting()
            await tester.worker.watch()
            let after = try await alarms()
            #expect(after.first?.clearedAt == World.now)
        }
    }

    @Test func aHaltedOrRevokedEdgeHSMGetsNoPackage() async throws {
        try await BatchPortal.run { tester in
            let offers = PortalOffers(database: tester.database, shelf: tester.shelf)
            func offered() async throws -> [Digest256] {
                try await tester.database.read { try offers.offers(to: EdgeHSMID("edge-1"), in: $0) }
                    .packages.map(\.authorization)
            }
            func halt(_ kind: AlarmKind?) async throws {
                try await tester.database.write("journal") { transaction in
                    var log = JournalLog(
                        log: 1,
                        edgeHSM: try EdgeHSMID("edge-1"),
                        factory: try FactoryID("shenzhen"),
                        root: .zero,
                        heardAt: World.now
                    )
                    log.halted = kind
                    try JournalLogs(transaction).put(log)
                }
            }
            let first = try await tester.create(try tester.order("b1")).message(Batch.self)
            let second = try await tester.create(try tester.order("b2")).message(Batch.self)
            await tester.worker.makeWaiting()
            #expect(try await Set(offered()) == [first.authorization, second.authorization])
            // Granted before the fork was found, made after it.
            let third = try await tester.create(try tester.order("b3")).message(Batch.self)
            try await halt(.forked)
            #expect(try await tester.create(try tester.order("b4")).problem?.code == "portal.batch.edgehsm-halted")
            await tester.worker.makeWaiting()
            let pending = try await tester.get("/v1/batches/\(third.id)/package")
            #expect(pending.status == 503 && pending.problem?.code == "portal.package.failed")
            #expect(try await offered().isEmpty)
            let sent = try await tester.database.read {
                try offers.package(first.authorization, for: EdgeHSMID("edge-1"), in: $0)
            }
            #expect(sent == nil)
            try await halt(nil)
            await tester.worker.makeWaiting()
            #expect(try await offered().count == 3)
            try await tester.database.write("order") { transaction in
                let order = OfficerOrder(
                    order: .revoke(.approval(first.approval)),
                    reason: "wrong figures",
                    issuedAt: World.now,
                    expiresAt: World.now + 86_400
                )
                _ = try GovernanceTable(transaction).insertOrder(try order.unsigned(), at: World.now)
            }
            #expect(try await offered().isEmpty)
        }
    }

    @Test func silenceIsJudgedByTheStrictestRuleOfOpenBatches() async throws {
        try await BatchPortal.run { tester in
            func allowed(at time: Instant = World.now) async throws -> Int64? {
                try await tester.database.read { try SilenceRules($0, at: time).allowed(EdgeHSMID("edge-1")) }
            }
            #expect(try await allowed() == nil)
            let batch = try await tester.create(try tester.order("b1")).message(Batch.self)
            #expect(try await allowed() == nil, "neither approval nor product has a rule")
            try await tester.allowSilence(7_200)
            #expect(try await allowed() == 7_200)
            #expect(try await allowed(at: batch.notAfter + 1) == nil)
        }
    }

    @Test func pagesGoThroughAllBatches() async throws {
        try await BatchPortal.run { tester in
            for number in 0..<5 { _ = try await tester.create(try tester.order("b\(number)")) }
            var (seen, path): ([BatchID], String?) = ([], "/v1/batches?limit=2")
            while let next = path {
                let page = try await tester.get(next).message(Page<Batch>.self)
                seen += page.items.map(\.id)
                path = page.next.map { "/v1/batches?limit=2&cursor=\($0)" }
            }
            #expect(seen.count == 5 && Set(seen).count == 5)
        }
    }
}

extension BatchPortal {
    /// The journal's word that the authorization was never loaded and is void.
    func void(_ statement: Digest256) async throws {
        try await database.write("journal") { transaction in
            try JournalLogs(transaction).put(
                JournalLog(
                    log: 1,
                    edgeHSM: EdgeHSMID("edge-1"),
                    factory: FactoryID("shenzhen"),
                    root: .zero,
                    heardAt: World.now
                )
            )
            try transaction.execute(
                "INSERT INTO journal_voids (log, batch, sequence) VALUES (1, ?, 3)",
                [.fixed(statement)]
            )
        }
    }
}
