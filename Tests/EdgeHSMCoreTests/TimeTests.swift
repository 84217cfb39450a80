import EdgeHSMCore
import Statements
import Testing
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
        let id = try box.load()
        expectRefused(EdgeError.timeBeyondRoleKeys) {
            try box.downlink(status: world.status(at: World.start + 366 * World.day)).grant()
        }
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
