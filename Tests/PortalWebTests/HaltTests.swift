import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// Which order puts a halted EdgeHSM into service again.
@Suite struct HaltTests {
    @Test("an order lifts a halt if it was signed after it and names it; no other does")
    func lifting() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            _ = try await whole.createFactory("shenzhen-1", of: odm, by: admin)
            _ = try await whole.put("/v1/role-keys", RoleKeysChain(roleKeys: [whole.roleKeys()]), token: admin)
            let enrolment = try whole.enrolment("edge-1", at: "shenzhen-1")
            #expect(try await whole.put("/v1/edges/edge-1", enrolment, token: admin).status == 200)
            let edge = try EdgeHSMID("edge-1")
            let found = whole.portal.clock.now
            try await whole.services.database.write("halt") { transaction in
                var log = JournalLog(
                    log: 1,
                    edgeHSM: edge,
                    factory: try FactoryID("shenzhen-1"),
                    root: .zero,
                    heardAt: found
                )
                (log.halted, log.haltedAt) = (.restored, found)
                try JournalLogs(transaction).put(log)
            }
            func isHalted(after reason: String, _ order: OfficerOrder.Order, signed: Int64) async throws -> Bool {
                let signed = try WholePortal.sign(
                    OfficerOrder(order: order, reason: reason, issuedAt: found + signed, expiresAt: found + 9_000)
                        .unsigned(),
                    Array(whole.officers.prefix(2))
                )
                #expect(try await whole.put("/v1/orders", OrderList(orders: [signed]), token: admin).status == 200)
                return try await whole.services.database.read { try JournalLogs($0).current(of: edge) }?.halted != nil
            }
            let clock = OfficerOrder.Order.resetClock(
                edgeHSM: edge,
                nonce: Nonce(validated: Array(repeating: 7, count: Nonce.size)),
                time: found
            )
            let allotment = OfficerOrder.Order.releaseAllotment(
                edgeHSM: edge,
                product: try ProductName("lamp"),
                units: 10,
                sequence: 1
            )
            #expect(try await isHalted(after: "What is left moves to another factory", allotment, signed: 10))
            #expect(try await isHalted(after: "its battery was empty", clock, signed: 11))
            #expect(try await isHalted(after: "restored: disk exchanged", clock, signed: 0), "signed before")
            #expect(try await isHalted(after: "forked: both looked at", clock, signed: 12), "another finding")
            #expect(try await isHalted(after: "restored: unsafe", .revoke(.approval(.zero)), signed: 13))
            #expect(try await !isHalted(after: "Restored: disk exchanged, journals compared", clock, signed: 14))
        }
    }
}
