import Crypto
import Governance
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture

/// A bundle is refused where it is made for what the EdgeHSM would refuse, and for nothing else.
@Suite struct BundleTests {
    let world: World
    /// Officer 0 is replaced by version 2, officer 1 by version 3.
    let history: [Verified<RoleKeys>]

    init() throws {
        world = try World()
        let first = try world.roleKeys()
        let officers = [world.officers[1], world.officers[2], P256.Signing.PrivateKey()]
        let second = try world.roleKeys(version: 2, previous: first.statementID, officers: officers)
        let others = [world.officers[2], P256.Signing.PrivateKey(), P256.Signing.PrivateKey()]
        let third = try world.roleKeys(version: 3, previous: second.statementID, officers: others)
        let root = world.root.point
        history = try [first, second, third].map { try Verified<RoleKeys>($0, signedBy: root) }
    }

    private func bundle(after version: Int, _ order: Envelope) throws -> DownlinkBundle {
        try Downlink.bundle(history: history, after: version, orders: [order], status: nil)
    }

    @Test("a revocation goes with the RoleKeys after those under which it counts, and not beyond")
    func revocation() throws {
        let early = try world.order(.revoke(.version(.zero)), by: [0, 1])
        #expect(try bundle(after: 1, early).orders == [early])
        #expect(try bundle(after: 0, early).roleKeys.count == 3, "a new EdgeHSM takes all versions in turn")
        #expect(throws: Refusal.self) { try bundle(after: 2, early) }
        let later = try world.order(.revoke(.version(.zero)), by: [1, 2])
        #expect(try bundle(after: 2, later).orders == [later])
        #expect(throws: Refusal.self) { try bundle(after: 3, later) }
        #expect(throws: Refusal.self) { try bundle(after: 0, world.order(.revoke(.version(.zero)), by: [2])) }
    }

    @Test("what gives something counts under the newest officers alone")
    func release() throws {
        let order = OfficerOrder.Order.releaseAllotment(
            edgeHSM: World.edgeHSM,
            product: World.product,
            units: 1,
            sequence: 1
        )
        #expect(throws: Refusal.self) { try bundle(after: 0, world.order(order, by: [0, 1])) }
        #expect(throws: Refusal.self) { try bundle(after: 2, world.order(order, by: [1, 2])) }
    }
}
