import Crypto
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// What leaves a trace in the portal's own log: also what is only looked at, handed out or refused again and again.
@Suite struct TraceTests {
    private static func entries(_ database: any PortalDatabase, _ action: String) async throws -> [PortalLogEntry] {
        try await database.read { try PortalLogTable($0).entries(from: 0, limit: 1_000) }
            .map { try StatementCoding.decode(PortalLogEntry.self, from: $0.bytes) }
            .filter { $0.action == action }
    }

    private static func alarms(_ whole: WholePortal, _ token: String) async throws -> [AlarmView] {
        let reply = try await whole.portal.ask("GET", "/v1/alarms", token: token)
        #expect(reply.status == 200, "\(reply.text)")
        let page: Page<AlarmView> = try reply.message(Page<AlarmView>.self)
        return page.items
    }

    @Test("who tries ids is counted, entered once for all of them, and called out when they are many")
    func probing() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let database = whole.services.database
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            #expect(try await whole.createFactory(Alarm.portal, of: odm, by: admin).status == 409)
            let probing = try await whole.invite([.odmEngineer], into: odm, by: admin)
            let token = try #require(probing.token).token
            func look(_ number: Int) async throws {
                let reply = try await whole.portal.ask("GET", "/v1/batches/b-\(number)", token: token)
                #expect(reply.status == 404 && reply.problem?.code == "portal.object.unknown", "\(reply.text)")
            }
            // One thing that is waited for is no probing.
            for _ in 1...40 { try await look(1) }
            for number in 2..<ActTally.mostLooks { try await look(number) }
            #expect(try await Self.alarms(whole, admin).isEmpty)
            #expect(try await Self.entries(database, ActTally.lookOperation).isEmpty)
            for number in ActTally.mostLooks...50 { try await look(number) }
            let alarm = try #require(try await Self.alarms(whole, admin).first)
            #expect(alarm.kind == "probing" && alarm.times == 1 && alarm.factory.text == Alarm.portal)
            #expect(alarm.detail.contains(probing.person.id.text) && alarm.detail.contains("getBatch"))
            #expect(try await Self.alarms(whole, token).isEmpty, "the OEM alone sees it")
            #expect(try await Self.entries(database, ActTally.lookOperation).count == 1)
            whole.portal.clock.advance(ActTally.lookWindow)
            try await whole.services.acts.enterCounted(at: whole.portal.clock.now)
            let told = try await Self.entries(database, ActTally.lookOperation)
            #expect(told.count == 2 && told.allSatisfy { $0.actor == probing.person.id.text })
            #expect(told.last?.detail?.hasPrefix("89 requests, 32 or more objects") == true, "\(told)")
            #expect(told.last?.outcome == "portal.object.unknown")
            try await whole.services.acts.enterCounted(at: whole.portal.clock.now, all: true)
            #expect(try await Self.entries(database, ActTally.lookOperation).count == 2)
        }
    }

    @Test("a refusal again and again is two entries, the second with how often")
    func refusals() async throws {
        try await WholePortal.run { whole in
            let (admin, database) = (try await whole.administrator(), whole.services.database)
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            let engineer = try #require(try await whole.invite([.odmEngineer], into: odm, by: admin).token).token
            for _ in 1...20 { #expect(try await whole.createFactory("x-1", of: odm, by: engineer).status == 403) }
            #expect(try await Self.entries(database, "createFactory").map(\.outcome) == ["portal.access.role"])
            whole.portal.clock.advance(ActTally.repeatWindow)
            #expect(try await whole.createFactory("x-1", of: odm, by: engineer).status == 403)
            let told = try await Self.entries(database, "createFactory")
            #expect(told.count == 3 && told.allSatisfy { $0.object == "/v1/factories" })
            #expect(told[1].detail?.hasPrefix("19 more since") == true && told[2].detail == nil)
        }
    }

    @Test("a downlink is entered when it says something else than before, not at each poll")
    func downlinks() async throws {
        try await WholePortal.run { whole in
            let (admin, database) = (try await whole.administrator(), whole.services.database)
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            _ = try await whole.createFactory("shenzhen-1", of: odm, by: admin)
            _ = try await whole.put("/v1/role-keys", RoleKeysChain(roleKeys: [whole.roleKeys()]), token: admin)
            let enrolment = try whole.enrolment("edge-1", at: "shenzhen-1")
            #expect(try await whole.put("/v1/edges/edge-1", enrolment, token: admin).status == 200)
            let codes = "/v1/factories/shenzhen-1/joining-codes"
            let text = try await whole.create(codes, JoiningCodeRequest(), token: admin).message(NewJoiningCode.self)
                .text
            let key = P256.Signing.PrivateKey()
            let request = JoinRequest(
                code: try JoiningCode(text).code,
                service: try StationName("service-1"),
                csr: Octets(try TestCredential.request(key))
            )
            let joined = try await whole.create("/v1/join", request).message(JoinReply.self)
            let credential = TestCredential(der: try #require(joined.certificates.first).bytes, key: key)
            func ask() async throws {
                let json = String(
                    decoding: try StatementCoding.encode(DownlinkRequest(roleKeysVersion: 1)),
                    as: UTF8.self
                )
                let path = "/sync/v1/edges/edge-1/downlink"
                let reply = try await whole.portal.askSync("POST", path, as: credential, json: json)
                #expect(reply.status == 200, "\(reply.text)")
            }
            for _ in 1...5 { try await ask() }
            #expect(try await Self.entries(database, "getDownlink").count == 1)
            let order = OfficerOrder(
                order: .revoke(.approval(.zero)),
                reason: "wrong figures",
                issuedAt: .epoch,
                expiresAt: whole.portal.clock.now + 100
            )
            try await database.write("order") {
                _ = try GovernanceTable($0).insertOrder(try order.unsigned(), at: .epoch)
            }
            for _ in 1...5 { try await ask() }
            let told = try await Self.entries(database, "getDownlink")
            #expect(told.count == 2 && told.allSatisfy { $0.actor == "shenzhen-1" && $0.object == "edge-1" })
            #expect(told.last?.detail?.hasPrefix("RoleKeys 1, 1 orders, 0 revoked") == true)
        }
    }

    @Test("a package is entered when it is made, when it can't be, and once for each who takes it")
    func packages() async throws {
        try await BatchPortal.run { tester in
            func entries(_ action: String) async throws -> [PortalLogEntry] {
                try await Self.entries(tester.database, action)
            }
            let batch = try await tester.create(try tester.order("b1")).message(Batch.self)
            try await tester.database.write("halt") { transaction in
                var log = JournalLog(
                    log: 1,
                    edgeHSM: try EdgeHSMID("edge-1"),
                    factory: try FactoryID("shenzhen"),
                    root: .zero,
                    heardAt: .epoch
                )
                log.halted = .forked
                try JournalLogs(transaction).put(log)
            }
            for _ in 1...3 { await tester.worker.makeWaiting() }
            #expect(try await entries("makePackage").map(\.outcome) == ["portal.batch.edgehsm-halted"])
            try await tester.database.write("halt") { try JournalLogs($0).release(EdgeHSMID("edge-1")) }
            await tester.worker.makeWaiting()
            let made = try await entries("makePackage")
            #expect(made.map(\.outcome) == ["portal.batch.edgehsm-halted", "done"])
            #expect(made.allSatisfy { $0.object == batch.id.text && $0.actorKind == .portal })
            for _ in 1...3 {
                for someone in [tester.manager, tester.officer] {
                    #expect(try await tester.get("/v1/batches/\(batch.id)/package", by: someone).status == 200)
                }
            }
            let taken = try await entries("getBatchPackage")
            #expect(taken.map(\.actor) == [tester.manager.person.id.text, tester.officer.person.id.text])
            let digest = try #require(
                try await tester.database.read { try PackageTable($0).package(batch.authorization) }
            )
            #expect(taken.allSatisfy { $0.object == batch.id.text && $0.detail?.contains("\(digest.digest)") == true })
        }
    }
}
