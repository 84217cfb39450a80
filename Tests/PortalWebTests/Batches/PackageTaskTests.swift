import Logging
import OEMWorld
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// What becomes of a package that can't be made, and who is told.
@Suite struct PackageTaskTests {
    private static func halt(_ kind: AlarmKind?, _ database: any PortalDatabase) async throws {
        try await database.write("journal") { transaction in
            var log = JournalLog(
                log: 1,
                edgeHSM: try EdgeHSMID("edge-1"),
                factory: try FactoryID("shenzhen"),
                root: .zero,
                heardAt: OEMWorld.World.now
            )
            log.halted = kind
            try JournalLogs(transaction).put(log)
        }
    }

    @Test("a failed package says so, waits longer each time, and is made once nothing is in its way")
    func patience() async throws {
        try await BatchPortal.run { tester in
            let made = try await tester.create(try tester.order("b1")).message(Batch.self)
            func failure() async throws -> PackageFailure? {
                try await tester.get("/v1/batches/\(made.id)").message(Batch.self).failure
            }
            #expect(try await failure() == nil)
            try await Self.halt(.forked, tester.database)
            await tester.worker.makeWaiting(onlyDue: true)
            let first = try #require(try await failure())
            #expect(first.code == "portal.batch.edgehsm-halted" && first.attempts == 1 && first.givenUpAt == nil)
            #expect(first.nextAt == OEMWorld.World.now + PackagePatience.first)
            await tester.worker.makeWaiting(onlyDue: true)
            #expect(try await failure()?.attempts == 1, "it waits its time")
            try await Self.halt(nil, tester.database)
            try await tester.database.write("hurry") { try PackageTable($0).hurry(EdgeHSMID("edge-1")) }
            await tester.worker.makeWaiting(onlyDue: true)
            #expect(try await failure() == nil)
            #expect(try await tester.get("/v1/batches/\(made.id)/package").status == 200)
        }
        #expect((1...20).map { PackagePatience.pause(after: $0) }.prefix(6) == [15, 30, 60, 120, 240, 300])
        #expect(PackagePatience.pause(after: .max) == PackagePatience.longest)
    }

    @Test("what nothing can mend is given up, visibly, and waits no more")
    func givenUp() async throws {
        try await BatchPortal.run { tester in
            let made = try await tester.create(try tester.order("b1")).message(Batch.self)
            let closed = try await tester.create(try tester.order("b2")).message(Batch.self)
            #expect(try await tester.end("close", closed.id, by: tester.manager).status == 200)
            try await tester.database.write("order") { transaction in
                let order = OfficerOrder(
                    order: .revoke(.approval(made.approval)),
                    reason: "wrong figures",
                    issuedAt: OEMWorld.World.now,
                    expiresAt: OEMWorld.World.now + 86_400
                )
                _ = try GovernanceTable(transaction).insertOrder(try order.unsigned(), at: OEMWorld.World.now)
            }
            for _ in 1...3 { await tester.worker.makeWaiting() }
            for (batch, code) in [(made, "portal.batch.revoked"), (closed, "portal.batch.ended")] {
                let failure = try await tester.get("/v1/batches/\(batch.id)").message(Batch.self).failure
                #expect(failure?.code == code && failure?.attempts == 1 && failure?.nextAt == nil)
                #expect(failure?.givenUpAt == OEMWorld.World.now)
                let package = try await tester.get("/v1/batches/\(batch.id)/package")
                #expect(package.status == 409 && package.problem?.code == "portal.package.given-up")
            }
            #expect(try await tester.database.read { try PackageTable($0).waiting() }.count == 0)
            #expect(try await tester.database.read { try PackageTable($0).countGivenUp() } == 2)
        }
    }

    @Test("alarms of packages outlive the process that raised them: raised once, and cleared by another")
    func restarted() async throws {
        try await BatchPortal.run { tester in
            let batch = try await tester.create(try tester.order("b1")).message(Batch.self)
            func alarms() async throws -> [Alarms.Stored] {
                try await tester.database.read { try Alarms($0).list(limit: 10) }
            }
            try await tester.database.write("test") { transaction in
                try PackageTable(transaction).noteFailure(batch.authorization, code: "authorize.token.wrong-key")
            }
            await tester.worker.watch()
            let number = try #require(try await alarms().first?.number)
            _ = try await tester.database.write("test") {
                try Alarms($0).acknowledge(number, by: "person", at: OEMWorld.World.now)
            }
            let next = PackageWorker(tester.services, shelf: tester.shelf, logger: Logger(label: "test"))
            await next.watch()
            #expect(try await alarms().map(\.times) == [1])
            #expect(try await alarms().first?.acknowledgedAt != nil, "acknowledging lasts")
            await next.makeWaiting()
            await PackageWorker(tester.services, shelf: tester.shelf, logger: Logger(label: "test")).watch()
            #expect(try await alarms().first?.clearedAt != nil)
        }
    }
}
