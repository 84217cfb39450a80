import EdgeHSMCore
import Statements
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// I2: the clock alone neither opens a window nor closes one for good.
@Suite struct TimeTests {
    let world: World

    init() throws { world = try World() }

    @Test func I2_stepsBackAreIgnoredWhileRunning() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(notAfter: World.start + 1_000))
        box.wall = World.start + -9 * World.day
        box.uptime += 1_001
        expectRefused(EdgeError.windowOver) { try box.issue(id, Chip(1)) }
    }

    @Test func I2_clockAheadPoisonsNothingUntilSomethingIsIssued() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(notAfter: World.start + 1_000))
        box.wall = World.start + 300 * World.day
        expectRefused(EdgeError.windowOver) { try box.issue(id, Chip(1)) }
        box.wall = World.start + 10
        try box.issue(id, Chip(1))
        #expect(box.state.durable.floor == World.start + 10)
    }

    @Test func I2_clockBehindTheFloorRefusesAtStart() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 80))
        box.wall = World.start + 5_000
        try box.issue(id, Chip(1))
        box.wall = World.start + 4_699
        try box.crash()
        expectRefused(EdgeError.clockBehind) { try box.issue(id, Chip(2)) }
        // Somebody sets the clock right.
        box.wall = World.start + 5_000
        try box.issue(id, Chip(2))
        box.wall = World.start + 4_701
        try box.crash()
        try box.issue(id, Chip(3))
        #expect(box.state.durable.floor >= World.start + 5_000)
    }

    @Test func officersResetTheClockOnce() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 80))
        box.wall = World.start + 5 * World.day
        try box.issue(id, Chip(1))
        box.wall = World.start
        try box.crash()
        expectRefused(EdgeError.clockBehind) { try box.issue(id, Chip(2)) }
        let nonce = Nonce(validated: World.random(32))
        func order(_ nonce: Nonce) throws -> Envelope {
            try world.order(.resetClock(edgeHSM: World.edgeHSM, nonce: nonce, time: World.start + 60))
        }
        expectRefused(EdgeError.clockNonceStale) { try box.downlink(orders: [order(nonce)]).grant() }
        try box.run(OfferClockReset(requester: "operator", nonce: nonce)).grant()
        #expect(box.state.clockResetNonce == nonce)
        let good = try order(nonce)
        _ = try box.downlink(orders: [good]).grant()
        #expect(box.state.now(at: box.reading) == World.start + 60)
        try box.issue(id, Chip(2))
        try box.crash()
        #expect(box.state.stopped == nil)
        _ = try box.downlink(orders: [good]).grant()
        expectRefused(EdgeError.clockNonceStale) {
            try box.downlink(orders: [world.order(.resetClock(edgeHSM: World.edgeHSM, nonce: nonce, time: World.start))]
            )
            .grant()
        }
    }

    /// The portal was heard at a time that never was: from the reset on its closings, receipts and silence count again.
    @Test func thePortalIsHeardAgainAfterAClockReset() throws {
        var box = try Box(world)
        let rules = VersionApproval.Rules(chipIdentity: .none, longestSilence: 2 * World.day)
        let approval = try BatchDraft(rules: rules).approval(world)
        let id = try box.load(BatchDraft(quantity: 40, rules: rules), under: approval)
        let other = try box.load(BatchDraft(rules: rules, batch: "batch-2"), under: approval)
        _ = try box.downlink(status: world.status(at: World.start + 8 * World.day)).grant()
        let nonce = Nonce(validated: World.random(32))
        try box.run(OfferClockReset(requester: "operator", nonce: nonce)).grant()
        let reset = OfficerOrder.Order.resetClock(edgeHSM: World.edgeHSM, nonce: nonce, time: World.start + 60)
        _ = try box.downlink(orders: [world.order(reset)]).grant()
        try box.crash()
        #expect(box.state.durable.contact?.time == World.start + 60)

        let beyond = try world.status(
            at: World.start + 100,
            closed: [other],
            storedSize: box.disk.entries.count + 50,
            storedRoot: .zero
        )
        #expect(try box.downlink(status: beyond).grant().closed == 1)
        expectRefused(EdgeError.receiptNotContained) { try box.issue(id, Chip(1)) }
        let contained = try world.status(
            at: World.start + 200,
            storedSize: box.disk.entries.count,
            storedRoot: box.disk.tree.root
        )
        _ = try box.downlink(status: contained).grant()
        box.wall = World.start + 300
        try box.issue(id, Chip(1))
        box.wall = World.start + 200 + 2 * World.day + 1
        expectRefused(EdgeError.silenceTooLong) { try box.issue(id, Chip(2)) }

        var forge = try JournalForge(box)
        forge.portalNonce = box.state.durable.contact?.nonce
        #expect(try forge.codes().isEmpty)
        // The verifier counts the silence from the reset on too.
        let issued = try forge.last(Issued.self)
        forge.replace(at: issued.0, issued.1, time: World.start + 200 + 2 * World.day + 1)
        #expect(try forge.codes().contains(JournalError.windowOutside.rawValue))
    }

    /// Keys are destroyed for good, so no clock decides it: neither the host's nor a floor that a unit raised.
    @Test func onlyPortalTimeEndsAnAuthorization() throws {
        var box = try Box(world)
        let approval = try BatchDraft().approval(world)
        let short = BatchDraft(serviceNotAfter: World.start + 11 * World.day)
        let id = try box.load(short, under: approval)
        let long = try box.load(BatchDraft(notAfter: World.start + 40 * World.day, batch: "b2"), under: approval)
        func isOver(_ id: Digest256) throws -> Bool { try box.state.isOver(box.state.authorization(id)) }
        let chip = Chip(1)
        let unit = try box.issue(id, chip)
        box.wall = World.start + 30 * World.day
        try box.issue(long, Chip(2))
        #expect(box.state.durable.floor == box.wall)
        #expect(try !isOver(id))
        box.wall = World.start
        try box.crash()
        let nonce = Nonce(validated: World.random(32))
        try box.run(OfferClockReset(requester: "operator", nonce: nonce)).grant()
        let reset = OfficerOrder.Order.resetClock(edgeHSM: World.edgeHSM, nonce: nonce, time: World.start)
        _ = try box.downlink(orders: [world.order(reset)]).grant()
        try box.issue(id, chip)
        try box.program(unit)
        _ = try box.run(box.completion(unit)).grant()

        let end = World.start + 11 * World.day + 3_600 + EdgeHSMState.endMargin
        _ = try box.downlink(status: world.status(at: end)).grant()
        #expect(try !isOver(id))
        let past = try world.status(at: end + 1)
        _ = try box.downlink(status: past).grant()
        // Close after the last word, the secure element has not heard it yet.
        #expect(try !isOver(id))
        try box.moveAnchor()
        #expect(try isOver(id))
        #expect(try !isOver(long))
        // A closing before its time leaves the allowances, and so the keys.
        _ = try box.downlink(status: world.status(at: end + 2, closed: [long])).grant()
        #expect(try !isOver(long))
        _ = try box.downlink(orders: [world.order(.revoke(.authorization(long)))]).grant()
        #expect(try isOver(long))
    }

    @Test func I8_anchorRemembersTheFloor() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 40))
        let before = box.disk
        let token = box.token
        box.wall = World.start + 4 * World.day
        _ = try box.downlink(status: world.status(at: box.wall)).grant()
        #expect(box.token != token, "portal time an hour ahead moves the anchor")
        box.wall = World.start
        try box.crash()
        expectRefused(EdgeError.clockBehind) { try box.issue(id, Chip(1)) }
        box.disk = before
        expectRefused(EdgeError.anchorRollback) { try box.start() }
    }

    @Test func portalTimeBeyondRoleKeysIsNotBelieved() throws {
        var box = try Box(world)
        let approval = try BatchDraft().approval(world)
        let id = try box.load(under: approval)
        let other = try box.load(BatchDraft(batch: "batch-2"), under: approval)
        let late = try world.status(at: World.start + 366 * World.day, revoked: [other], closed: [id])
        let writes = box.anchorWrites
        expectRefused(EdgeError.timeBeyondRoleKeys) { try box.downlink(status: late).grant() }
        // No expiry holds a revocation up; of the rest nothing counts.
        expectRefused(EdgeError.authorizationRevoked) { try box.issue(other, Chip(9)) }
        #expect(box.anchorWrites == writes + 1)
        #expect(box.state.durable.contact == nil)
        let size = box.disk.entries.count
        expectRefused(EdgeError.timeBeyondRoleKeys) { try box.downlink(status: late).grant() }
        #expect(box.disk.entries.count == size, "said again it costs nothing")
        #expect(try JournalForge(box).codes().isEmpty)
        try box.issue(id, Chip(1))
        _ = try box.downlink(status: world.status(at: World.start + 11 * World.day)).grant()
        expectRefused(EdgeError.windowOver) { try box.issue(id, Chip(2)) }
    }

    @Test func refusalsAreCountedByTheMinute() throws {
        var box = try Box(world)
        let id = try box.load()
        for _ in 0..<5 { _ = refusal { try box.reprovision(id, Chip(1)) } }
        try box.run(NoteRefusal(requester: "st-2", code: "matter.request.malformed")).grant()
        let quiet = try box.run(FlushRefusals())
        #expect(quiet.entries.isEmpty)
        box.wall = World.start + 60
        let entries = try box.run(FlushRefusals()).entries
        let bodies = entries.compactMap { $0.event.body as? Refused }
        #expect(bodies.map(\.count).sorted() == [1, 5])
        #expect(bodies.contains { $0.code == EdgeError.chipNotOfBatch.rawValue && $0.station == "st-1" })
        for number in 0..<500 { try box.run(NoteRefusal(requester: "noise-\(number)", code: "x")).grant() }
        #expect(try box.run(FlushRefusals(all: true)).entries.count <= 65)
    }

    @Test func everyCodeSaysWhatToDo() {
        for code in EdgeError.allCases {
            #expect(code.rawValue.hasPrefix("edge.") && code.rawValue.split(separator: ".").count == 3)
            #expect(code.meaning.hasSuffix(".") && code.meaning != code.rawValue)
            #expect(code.remedy.hasSuffix(".") && code.remedy != "Ask the OEM's support.")
        }
        #expect(Set(EdgeError.allCases.map(\.meaning)).count == EdgeError.allCases.count)
    }
}
