import Crypto
import EdgeHSMCore
import Statements
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// I9: what is revoked stops with the first message that says so; and the rest of what comes down from the portal.
@Suite struct DownlinkTests {
    let world: World

    init() throws { world = try World() }

    @Test(arguments: ["authorization", "approval", "version", "roleKey", "edgeHSM"])
    func I9_officersRevokeAnything(_ kind: String) throws {
        var box = try Box(world)
        let id = try box.load()
        let chip = Chip(1)
        let unit = try box.issue(id, chip)
        let content = try box.state.authorization(id).content
        let target: RevocationTarget =
            switch kind {
            case "authorization": .authorization(id)
            case "approval": .approval(content.approval)
            case "version": .version(content.manifest)
            case "roleKey": .roleKey(world.authorizer.point.keyID)
            default: .edgeHSM(World.edgeHSM)
            }
        expectRefused(StatementError.tooFewOfficers) {
            try box.downlink(orders: [world.order(.revoke(target), by: [2])]).grant()
        }
        let writes = box.anchorWrites
        let old = try world.order(.revoke(target), at: World.start + -60 * World.day)
        #expect(try box.downlink(orders: [old]).grant().newRevocations == 1, "an expired revocation holds")
        #expect(box.anchorWrites == writes + 1)
        #expect(refusal { try box.issue(id, Chip(2)) } != nil)
        #expect(refusal { try box.program(unit) } != nil)
        #expect(refusal { try box.run(box.unlock(id, chip, challenge: .zero)).grant() } != nil)
        #expect(refusal { try box.reprovision(id, chip) } != nil)
        // Only the stored DAC is repeated, and a unit may be given up.
        let again = DecideIssue(
            authorization: id,
            unit: unit.unit,
            station: station,
            request: PresentedRequest(
                chipUID: chip.uid,
                nonce: Nonce(validated: World.random(32)),
                deviceKey: chip.key,
                agreementKey: chip.agreement,
                digest: unit.request,
                isVendorProven: false
            ),
            facts: box.facts(id, chip.uid, key: chip.key)
        )
        #expect(try box.run(again).grant() == .stored(unit))
        try box.fail(unit)
    }

    @Test func I9_portalRevokesAuthorizationsOnlyAndOlderWordCounts() throws {
        var box = try Box(world)
        let (one, two) = (try box.load(), try box.load(BatchDraft(batch: "b2"), under: BatchDraft().approval(world)))
        let newer = try world.status(at: World.start + 100)
        _ = try box.downlink(status: newer).grant()
        let nonce = box.state.durable.contact?.nonce
        let older = try world.status(at: World.start + 50, revoked: [one], closed: [two])
        #expect(try box.downlink(status: older).grant().newRevocations == 1)
        #expect(box.state.durable.contact?.nonce == nonce)
        expectRefused(EdgeError.authorizationRevoked) { try box.issue(one, Chip(1)) }
        try box.issue(two, Chip(1))
        let size = box.disk.entries.count
        _ = try box.downlink(status: newer).grant()
        _ = try box.downlink(status: older).grant()
        #expect(box.disk.entries.count == size, "repeated words cost nothing")
        expectRefused(StatementError.notSigned) {
            try box.downlink(status: world.status(at: World.start + 200, key: world.authorizer)).grant()
        }
        let foreign = try world.status(at: World.start + 200, edgeHSM: EdgeHSMID(validated: "edge-b"))
        expectRefused(EdgeError.wrongEdgeHSM) { try box.downlink(status: foreign).grant() }
    }

    @Test func aBadPartHoldsNoRevocationUp() throws {
        var box = try Box(world)
        let id = try box.load()
        let bad = try world.order(.revoke(.version(.zero)), by: [0])
        let outcome = try box.downlink(orders: [bad], status: world.status(at: World.start + 1, revoked: [id]))
        let passedOver = try outcome.grant().passedOver
        #expect(passedOver.map(\.code) == [StatementError.tooFewOfficers.rawValue], "told beside a status that holds")
        expectRefused(EdgeError.authorizationRevoked) { try box.issue(id, Chip(1)) }
        // Where the status does not hold either, or there is none, the answer is a refusal.
        let foreign = try world.status(at: World.start + 2, key: world.authorizer)
        expectRefused(StatementError.tooFewOfficers) { try box.downlink(orders: [bad], status: foreign).grant() }
    }

    private func successors(of box: Box) throws -> [Envelope] {
        let second = try world.roleKeys(
            version: 2,
            previous: box.state.durable.roleKeysID,
            officers: Array(world.officers[1...]) + [P256.Signing.PrivateKey()]
        )
        let third = try world.roleKeys(
            version: 3,
            previous: second.statementID,
            officers: [world.officers[2], P256.Signing.PrivateKey(), P256.Signing.PrivateKey()]
        )
        return [second, third]
    }

    /// A box that was out of reach while officers retired gets what they revoked before; one that knows better does not.
    @Test func I9_aRevocationOutlivesItsOfficersOnTheWay() throws {
        var away = try Box(world)
        let id = try away.load()
        let keys = try successors(of: away)
        let orders = try [
            world.order(.revoke(.version(.zero)), by: [1, 2]), world.order(.revoke(.authorization(id)), by: [0, 1]),
        ]
        var present = away
        let grant = try away.downlink(roleKeys: keys, orders: orders).grant()
        #expect(grant.newRevocations == 2 && grant.roleKeysVersion == 3)
        expectRefused(EdgeError.authorizationRevoked) { try away.issue(id, Chip(1)) }
        let entries = away.disk.entries.map { Octets($0) }
        let checkpoint = try Checkpoint(
            edgeHSM: World.edgeHSM,
            epoch: away.state.durable.epoch,
            size: entries.count,
            root: away.disk.tree.root,
            time: World.start,
            portalNonce: nil,
            roleKeysVersion: 3,
            accounts: away.state.accounts,
            softwareVersion: "test"
        ).unsigned().signed(by: world.identity)
        let trust = JournalAudit.Trust(identity: world.identity.point, root: world.root.point)
        let audit = JournalAudit(JournalExport(checkpoint: checkpoint, entries: entries), trust: trust)
        #expect(audit.findings.isEmpty, "the verifier judges the same")
        // Version 3 first: neither counts any more, in whatever company it comes.
        _ = try present.downlink(roleKeys: keys).grant()
        expectRefused(StatementError.tooFewOfficers) { try present.downlink(roleKeys: keys, orders: orders).grant() }
        try present.issue(id, Chip(1))
    }

    /// What gives something waits for the newest officers that came with it.
    @Test func anOrderThatGivesCountsUnderTheNewestRoleKeysOnly() throws {
        var box = try Box(world)
        _ = try box.load(BatchDraft(quantity: 10))
        let release = try world.order(
            .releaseAllotment(edgeHSM: World.edgeHSM, product: World.product, units: 20, sequence: 1),
            by: [0, 1]
        )
        let keys = try successors(of: box)
        expectRefused(StatementError.tooFewOfficers) { try box.downlink(roleKeys: keys, orders: [release]).grant() }
        #expect(box.state.durable.products[World.product]?.allotment == 100)
    }

    /// Orders go down again with every bundle, also when their officers have gone and their time is over.
    @Test func anAppliedOrderIsNotJudgedAgain() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 10))
        let other = EdgeHSMID(validated: "edge-b")
        let orders = try [
            world.order(.revoke(.authorization(id)), by: [0, 1]),
            world.order(
                .releaseAllotment(edgeHSM: World.edgeHSM, product: World.product, units: 20, sequence: 1),
                by: [0, 1]
            ),
        ]
        _ = try box.downlink(orders: orders).grant()
        let foreign = try world.order(
            .releaseAllotment(edgeHSM: other, product: World.product, units: 20, sequence: 1),
            by: [0, 1]
        )
        // The same target by another order is as settled.
        let again = try world.order(.revoke(.authorization(id)), by: [0, 1], at: World.start + 1)
        let keys = try successors(of: box)
        _ = try box.downlink(roleKeys: keys).grant()
        box.wall = World.start + 60 * World.day
        let size = box.disk.entries.count
        let grant = try box.downlink(
            roleKeys: keys,
            orders: orders + [foreign, again],
            status: world.status(at: box.wall)
        ).grant()
        #expect(grant.passedOver.isEmpty && grant.newRevocations == 0)
        #expect(box.disk.entries.count == size + 1, "the status alone")
    }

    @Test func receiptThatWeDoNotContainStopsIssuing() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 80))
        let good = try world.status(
            at: World.start + 10,
            storedSize: box.disk.entries.count,
            storedRoot: box.disk.tree.root
        )
        _ = try box.downlink(status: good).grant()
        try box.issue(id, Chip(1))
        let beyond = try world.status(at: World.start + 20, storedSize: box.disk.entries.count + 50, storedRoot: .zero)
        _ = try box.downlink(status: beyond).grant()
        expectRefused(EdgeError.receiptNotContained) { try box.issue(id, Chip(2)) }
        try box.crash()
        expectRefused(EdgeError.receiptNotContained) { try box.issue(id, Chip(2)) }
        let agreed = try world.status(
            at: World.start + 30,
            storedSize: box.disk.entries.count,
            storedRoot: box.disk.tree.root
        )
        _ = try box.downlink(status: agreed).grant()
        try box.issue(id, Chip(2))
    }

    @Test func roleKeysFollowEachOther() throws {
        var box = try Box(world)
        let first = box.state.durable.roleKeysID
        let second = try world.roleKeys(version: 2, previous: first)
        let third = try world.roleKeys(version: 3, previous: second.statementID)
        expectRefused(EdgeError.roleKeysGap) { try box.downlink(roleKeys: [third]).grant() }
        let forged = Envelope(payloadType: second.payloadType, payload: second.payload, signatures: [])
        expectRefused(StatementError.notSigned) {
            try box.downlink(roleKeys: [forged.signed(by: world.authorizer)]).grant()
        }
        #expect(try box.downlink(roleKeys: [second, third]).grant().roleKeysVersion == 3)
        #expect(
            try box.downlink(roleKeys: [world.roleKeys()]).grant().roleKeysVersion == 3,
            "an old one is passed over"
        )
        let fork = try world.roleKeys(version: 3, previous: second.statementID, expiresAt: World.start + 9 * World.day)
        expectRefused(EdgeError.roleKeysForked) { try box.downlink(roleKeys: [fork]).grant() }
        try box.crash()
        #expect(box.state.durable.roleKeys.version == 3)
    }

    @Test func closingByThePortalDropsWhatIsInFlight() throws {
        var box = try Box(world)
        let id = try box.load()
        let chip = Chip(1)
        let begun = try box.begin(id, chip)
        guard case .sign(let reservation) = try box.settle(box.decision(id, begun.unit, chip, begun.nonce)) else {
            return
        }
        #expect(try box.downlink(status: world.status(at: World.start + 1, closed: [id])).grant().closed == 1)
        expectRefused(EdgeError.reservationUnknown) { try box.sign(reservation, chip.key) }
        #expect(try box.state.authorization(id).returned == 10)
    }

    @Test func silenceStopsNewUnits() throws {
        var box = try Box(world)
        let rules = VersionApproval.Rules(chipIdentity: .none, longestSilence: 3 * World.day)
        let id = try box.load(BatchDraft(rules: rules))
        try box.issue(id, Chip(1))
        box.wall = World.start + 2 * World.day
        expectRefused(EdgeError.silenceTooLong) { try box.issue(id, Chip(2)) }
        _ = try box.downlink(status: world.status(at: box.wall)).grant()
        try box.issue(id, Chip(2))
    }

    /// Whoever brings the portal's word goes by the strictest rule of what may still make units.
    @Test func theStrictestRuleOfOpenBatchesIsTold() throws {
        var box = try Box(world)
        #expect(box.state.longestSilence(at: box.wall) == nil)
        func load(_ rule: Int64?, _ sequence: Int, after previous: Digest256?) throws -> (Digest256, Digest256) {
            let draft = BatchDraft(
                sequence: sequence,
                previous: previous,
                rules: .init(chipIdentity: .none, longestSilence: rule),
                batch: "batch-\(sequence)"
            )
            return (try box.load(draft), try draft.approval(world).statementID)
        }
        let (_, first) = try load(nil, 1, after: nil)
        #expect(box.state.longestSilence(at: box.wall) == nil, "no rule")
        let (strict, second) = try load(600, 2, after: first)
        _ = try load(7_200, 3, after: second)
        #expect(box.state.longestSilence(at: box.wall) == 600)
        _ = try box.downlink(status: world.status(at: box.wall, closed: [strict])).grant()
        #expect(box.state.longestSilence(at: box.wall) == 7_200, "the strict one is closed")
        #expect(box.state.longestSilence(at: World.start + 10_000 * World.day) == nil, "all windows are over")
    }

    @Test func retiredBoxIssuesNothing() throws {
        var box = try Box(world)
        let id = try box.load()
        let order = OfficerOrder.Order.retireEdgeHSM(
            edgeHSM: World.edgeHSM,
            product: World.product,
            remainder: 90,
            sequence: 1
        )
        _ = try box.downlink(orders: [world.order(order)]).grant()
        expectRefused(EdgeError.edgeHSMRevoked) { try box.issue(id, Chip(1)) }
    }

    /// Any order but a revocation ends with its last second.
    @Test func anOrderExpires() throws {
        var box = try Box(world)
        _ = try box.load(BatchDraft(quantity: 10))
        let order = try world.order(
            .releaseAllotment(edgeHSM: World.edgeHSM, product: World.product, units: 20, sequence: 1)
        )
        let end = World.start + 30 * World.day
        box.wall = end + 1
        expectRefused(EdgeError.orderExpired) { try box.downlink(orders: [order]).grant() }
        let released = { (box: Box) in box.state.durable.products[World.product]?.allotment }
        #expect(released(box) == 100)
        // Time is judged when it is applied: at another box it is still the last second.
        var other = try Box(world)
        _ = try other.load(BatchDraft(quantity: 10))
        other.wall = end
        _ = try other.downlink(orders: [order]).grant()
        #expect(released(other) == 20)
    }

    @Test func peersAndZeroise() throws {
        var box = try Box(world)
        let fingerprint = Digest256.of(Array("st-1".utf8))
        #expect(try box.state.peer(fingerprint).role == "station")
        try box.run(RevokePeer(requester: "operator", name: station, fingerprint: fingerprint)).grant()
        expectRefused(EdgeError.peerRevoked) { try box.state.peer(fingerprint) }
        expectRefused(EdgeError.peerUnknown) { try box.state.peer(.zero) }
        expectRefused(EdgeError.wrongEdgeHSM) {
            try box.run(ZeroiseCommand(requester: "o", edgeHSM: EdgeHSMID(validated: "x"), reason: "")).grant()
        }
        try box.run(ZeroiseCommand(requester: "operator", edgeHSM: World.edgeHSM, reason: "end")).grant()
        expectRefused(EdgeError.zeroised) { try box.load() }
        try box.crash()
        expectRefused(EdgeError.zeroised) { try box.load() }
    }
}
