import HTTPTypes
import PortalCore
import PortalProtocol
import PortalStore
import Testing
import Vocabulary

@testable import PortalWeb

/// One caller takes nobody else's share, and nobody's view is cut.
@Suite struct LimitTests {
    @Test("who asks too often waits; others, and the same one later, do not")
    func rate() throws {
        let limiter = RequestLimiter(RequestLimits(atOnce: 3, perSecond: 2))
        let start = ContinuousClock.now
        func ask(_ caller: String, after seconds: Double) -> String? {
            do {
                try limiter.enter(caller, at: start + .seconds(seconds))
                limiter.leave(caller)
                return nil
            } catch { return (error as? Refusal)?.code }
        }
        for _ in 1...10 { #expect(ask("one", after: 0) == nil) }
        #expect(ask("one", after: 0) == "portal.access.busy")
        #expect(ask("other", after: 0) == nil)
        #expect(ask("one", after: 0.5) == nil && ask("one", after: 0.5) == "portal.access.busy")
        for _ in 1...10 { #expect(ask("one", after: 60) == nil) }
        #expect(ask("one", after: 60) != nil, "no more than five seconds' worth is saved up")
        for _ in 1...3 { try limiter.enter("third", at: start) }
        #expect(ask("third", after: 0) == "portal.access.busy")
        limiter.leave("third")
        #expect(ask("third", after: 0) == nil)
    }

    @Test("over the wire it is 429 with Retry-After, and documented so")
    func answer() async throws {
        let routes = try TestRoutes.people()
        let limits = RequestLimits(atOnce: 8, perSecond: 1)
        try await TestPortal.run(people: routes, limits: limits) { portal in
            let (one, other) = (
                portal.identities.add([.oemAdmin], in: TestIdentities.oem).token.text,
                portal.identities.add([.oemAdmin], in: TestIdentities.oem).token.text
            )
            let read = try #require(routes.map(\.declaration).first { $0.method == .get && $0.rule != .everybody })
            var replies: [TestPortal.Reply] = []
            for _ in 1...30 where replies.last?.status != 429 {
                replies.append(try await portal.probe(read, token: one))
            }
            let refused = try #require(replies.last)
            #expect(refused.status == 429 && refused.problem?.code == "portal.access.busy", "\(replies.count)")
            #expect(refused.header("Retry-After") == "1" && replies.count > 5)
            #expect(try await portal.probe(read, token: other).status != 429)
            #expect(
                routes.map(\.declaration).allSatisfy {
                    $0.rule == .everybody || $0.status(of: "portal.access.busy") == 429
                }
            )
        }
        let document = String(decoding: try APIDocument(title: "Test", routes: routes).serialized(), as: UTF8.self)
        #expect(document.contains("portal.access.busy") && document.contains("Retry-After"))
    }

    @Test("an ODM with many factories sees all of them")
    func factories() async throws {
        try await WholePortal.run { whole in
            let (admin, database) = (try await whole.administrator(), whole.services.database)
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            let own = try #require(try await whole.invite([.odmEngineer], into: odm, by: admin).token).token
            let most = 130
            try await database.write("fill") { transaction in
                for number in 1...most {
                    let record = FactoryRecord(
                        id: try FactoryID("site-\(number)"),
                        organisation: odm,
                        name: "Line hall",
                        country: "CN",
                        timeZone: "Asia/Shanghai",
                        createdAt: .epoch
                    )
                    _ = try FactoryTable(transaction).insert(record)
                    let alarm = Alarm(.silent, try EdgeHSMID("edge-\(number)"), "not heard")
                    try Alarms(transaction).raise([alarm], factory: record.id, at: .epoch)
                }
            }
            let alarms = try await whole.portal.ask("GET", "/v1/alarms?limit=200", token: own)
            #expect(try alarms.message(Page<AlarmView>.self).items.count == most)
            let sums = try await whole.portal.ask("GET", "/v1/rollups?by=factory&factory=site-99", token: own)
            #expect(sums.status == 200, "\(sums.text)")
        }
    }

    @Test("metrics tell what an operator is called for, and no secret")
    func figures() async throws {
        try await WholePortal.run { whole in
            let (admin, database) = (try await whole.administrator(), whole.services.database)
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            _ = try await whole.createFactory("shenzhen-1", of: odm, by: admin)
            _ = try await whole.put("/v1/role-keys", RoleKeysChain(roleKeys: [whole.roleKeys()]), token: admin)
            let enrolment = try whole.enrolment("edge-1", at: "shenzhen-1")
            #expect(try await whole.put("/v1/edges/edge-1", enrolment, token: admin).status == 200)
            whole.portal.clock.advance(100)
            try await database.write("alarm") { transaction in
                let edge = try EdgeHSMID("edge-1")
                let alarms = [Alarm(.silent, edge, ""), Alarm(.forked, edge, ""), Alarm(.gap, edge, "")]
                try Alarms(transaction).raise(alarms, factory: FactoryID("shenzhen-1"), at: .epoch)
                try Alarms(transaction).clear(.gap, of: edge, at: .epoch)
            }
            #expect(try await whole.portal.ask("GET", "/v1/me", token: "obis_nobody").status == 401)
            let text = try await whole.portal.ask("GET", "/metrics", token: admin).text
            for line in [
                "obis_portal_ingest_lag_seconds{edge=\"edge-1\"} 100.0", "obis_portal_packages_waiting 0.0",
                "obis_portal_ingest_lag_entries{edge=\"edge-1\"} 0.0",
                "obis_portal_alarms_open{severity=\"warning\"} 1.0",
                "obis_portal_alarms_open{severity=\"critical\"} 1.0", "obis_portal_database_bytes ",
                "obis_portal_callers_refused_total{code=\"portal.access.token\"} 1",
                "obis_portal_request_seconds_bucket{operation=\"getMe\"",
            ] { #expect(text.contains(line), "\(line)\n\(text)") }
            #expect(!text.contains(admin) && !text.contains("obis_nobody"))
        }
    }
}
