import EdgeHSMCore
import Statements
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

extension Simulator {
    // MARK: - Portal and officers

    mutating func load() throws {
        if let old = pick(packages), roll(3) == 0 {
            _ = try box.run(old).grant()
            return
        }
        let now = box.state.now(at: box.reading)
        var draft = BatchDraft()
        draft.quantity = 1 + roll(30)
        draft.notBefore = now + Int64(roll(7_200) - 3_600)
        draft.notAfter = draft.notBefore + Int64(7_200 + roll(90_000))
        draft.serviceNotAfter = draft.notAfter + Int64(roll(90_000))
        draft.issuedAt = min(now, World.start)
        draft.batch = "batch-\(packages.count)"
        draft.prefix = "S\(packages.count)-"
        draft.manifest = try box.world.manifest(openPortReadsKeys: roll(2) == 0)
        if approvals.isEmpty || roll(2) == 0 {
            allotment += roll(40)
            draft.allotment = allotment
            draft.sequence = approvals.count + 1
            draft.previous = approvals.last?.statementID
            approvals.append(try draft.approval(box.world))
        } else {
            draft.manifest = try approvedManifest()
        }
        let load = try draft.load(box.world, under: approvals.last)
        packages.append(load)
        batches.append(try box.run(load).grant().id)
    }

    /// The one that the newest approval names.
    private func approvedManifest() throws -> [UInt8]? {
        guard let last = approvals.last else { return nil }
        let wanted = try VersionApproval.read(payload: last.payload).manifest
        return try [true, false].map { try box.world.manifest(openPortReadsKeys: $0) }
            .first { Digest256.of($0) == wanted }
    }

    mutating func status() throws {
        if let old = pick(statuses), roll(3) == 0 {
            _ = try box.downlink(status: old).grant()
            return
        }
        let now = box.state.now(at: box.reading)
        let size = roll(box.disk.entries.count)
        let unknown = Digest256.of(World.random(4))
        let targets = batches + [unknown]
        let status = try box.world.status(
            at: now + Int64(roll(5_000) - 1_000),
            revoked: roll(6) == 0 ? [pick(targets) ?? unknown] : [],
            closed: roll(6) == 0 ? [pick(targets) ?? unknown] : [],
            storedSize: size,
            storedRoot: box.disk.tree.root(at: size)
        )
        statuses.append(status)
        _ = try box.downlink(status: status).grant()
    }

    mutating func govern() throws {
        switch roll(4) {
        case 0:
            let keys = box.state.durable
            let next = try box.world.roleKeys(version: keys.roleKeys.version + 1, previous: keys.roleKeysID)
            _ = try box.downlink(roleKeys: [next]).grant()
        case 1:
            let product = try #require(box.state.durable.products[World.product])
            let order = OfficerOrder.Order.releaseAllotment(
                edgeHSM: World.edgeHSM,
                product: World.product,
                units: product.granted + roll(5),
                sequence: product.sequence
            )
            _ = try box.downlink(orders: [box.world.order(order)]).grant()
        case 2:
            guard let batch = pick(batches) else { return }
            _ = try box.downlink(orders: [box.world.order(.revoke(.authorization(batch)))]).grant()
        default:
            let nonce = Nonce(validated: World.random(32))
            try box.run(OfferClockReset(requester: "operator", nonce: nonce)).grant()
            let order = OfficerOrder.Order.resetClock(edgeHSM: World.edgeHSM, nonce: nonce, time: box.wall)
            _ = try box.downlink(orders: [box.world.order(order)]).grant()
        }
    }

    mutating func close() throws {
        guard let batch = pick(batches) else { return }
        _ = try box.run(CloseCommand(requester: "service", authorization: batch)).grant()
    }

    // MARK: - Power, disks and clocks

    mutating func clock() {
        let elapsed = Int64(roll(1_200))
        box.uptime += elapsed
        switch roll(6) {
        case 0 where roll(3) == 0: box.wall = box.wall + -Int64(roll(200_000))
        case 1: box.wall = box.wall + Int64(roll(40_000))
        default: box.wall = max(box.wall + elapsed, World.start)
        }
    }

    mutating func crash() throws {
        pending = []
        let chip = chips[roll(chips.count)]
        if let batch = pick(batches) {
            let begin = Begin(
                authorization: batch,
                chipUID: chip.uid,
                station: station,
                nonce: Nonce(validated: World.random(32)),
                facts: box.facts(batch, chip.uid)
            )
            // Before the commit, or between the commit and the anchor.
            let outcome = box.state.handle(begin, at: box.reading)
            if roll(2) == 0 { for entry in outcome.entries { try box.disk.commit(entry) } }
        }
        if roll(3) == 0 {
            // The restart's entries are durable, its anchor is not.
            let token = box.token
            try box.start()
            box.token = token
        }
        if roll(2) == 0 { box.wall = max(box.wall, box.state.durable.floor) }
        try box.crash()
    }

    mutating func stop() throws {
        pending = []
        box.state.beginStop()
        try box.crash()
        try box.stopCleanly()
        try box.start()
    }

    /// An old disk. Refused when it lacks what the anchor covers; else a lost tail, which nothing can tell from a crash.
    mutating func restore() throws {
        guard let anchor = try AnchorRecord.newest(of: box.token) else { return }
        let present = box.disk
        let beyond = present.entries.count - anchor.size
        let size = roll(4) == 0 ? 1 + roll(present.entries.count) : anchor.size + (beyond > 0 ? roll(beyond) : -1)
        pending = []
        box.disk = Box.Disk()
        for bytes in present.entries.prefix(max(1, size)) { try box.disk.commit(JournalEntry(parsing: bytes)) }
        if box.disk.entries.count >= anchor.size {
            if box.disk.entries.count < present.entries.count { lostTails += 1 }
            try box.start()
            // The daemon serves no station and no product that its journal does not name; the operator does both anew.
            try box.setUp()
        } else {
            expectRefused(EdgeError.anchorRollback) { try box.start() }
            box.disk = present
            try box.start()
        }
    }

    // MARK: - Invariants

    func check() throws {
        let durable = box.state.durable
        let anchor = try #require(try AnchorRecord.newest(of: box.token))
        for account in durable.authorizations.values {
            let parts = [account.issued, account.burned, account.returned, account.remaining]
            #expect(parts.allSatisfy { $0 >= 0 } && parts.reduce(0, +) == account.granted, "accounting")
            #expect(account.unlocks <= account.content.debugUnlocks.count)
            #expect(account.reprovisions <= account.content.reprovisions.count)
            #expect(account.rotations <= account.content.rotations.count)
            let left = released[account.id]?.count ?? 0
            #expect(left <= account.consumed, "I8: \(left) left the box, \(account.consumed) counted")
            #expect(unlocks[account.id] ?? 0 <= account.unlocks, "I8: unlocks")
            #expect(reissues[account.id] ?? 0 <= account.reissues, "I8: reissues")
            #expect(rotations[account.id] ?? 0 <= account.rotations, "I8: rotations")
            guard !account.isClosed else { continue }
            let flying = pending.count { $0.reservation.authorization == account.id && $0.reservation.kind == .new }
            #expect(account.consumed + flying <= anchor.ceiling(of: account.id) ?? 0, "consumed + in flight ≤ ceiling")
        }
        for product in durable.products.values { #expect(product.granted <= product.allotment, "I1") }
        let live = box.disk.units.values.filter(\.isLive)
        #expect(Set(live.map(\.chipUID)).count == live.count, "I4: one live DAC for a chip")
        #expect(Set(box.disk.units.values.map(\.deviceKey)).count == box.disk.units.count, "I4: one DAC for a key")
    }

    /// Replays the disk, and has the verifier judge it by its own rules.
    func compare() throws {
        var replayed = try EdgeHSMState(genesis: JournalEntry(parsing: box.disk.entries[0]))
        for bytes in box.disk.entries.dropFirst() { try replayed.apply(JournalEntry(parsing: bytes)) }
        #expect(replayed.durable == box.state.durable, "a replay gives the same state")
        let trust = JournalAudit.Trust(identity: box.world.identity.point, root: box.world.root.point)
        let audit = JournalAudit(try box.export(), trust: trust)
        #expect(audit.isAccepted, "\(audit.verdict)")
        #expect(audit.accounts == box.state.accounts, "core and verifier count alike")
    }
}
