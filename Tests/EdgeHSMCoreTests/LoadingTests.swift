import Crypto
import EdgeHSMCore
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// I7 and I10: an authorization does only what officers and authorizer signed for this EdgeHSM, version and quantity.
/// Each test breaks one thing in a batch that loads when only that is mended.
@Suite struct LoadingTests {
    let world: World

    init() throws { world = try World() }

    private func expect(_ code: some ErrorCatalogue, _ change: (inout BatchDraft) throws -> Void) throws {
        var box = try Box(world)
        var draft = BatchDraft()
        try change(&draft)
        expectRefused(code) { try box.load(draft) }
        #expect(try box.load(BatchDraft()) != .zero)
    }

    @Test func I7_anotherEdgeHSMOrFactory() throws {
        try expect(EdgeError.wrongEdgeHSM) { $0.edgeHSM = EdgeHSMID(validated: "edge-b") }
        try expect(EdgeError.factoryMismatch) { $0.factory = FactoryID(validated: "site-2") }
    }

    @Test func I7_anotherVersion() throws {
        let other = try world.manifest(version: "2.0")
        try expect(EdgeError.approvalMismatch) { $0.approvedManifest = other }
        var box = try Box(world)
        let load = try BatchDraft().load(world)
        let forged = LoadAuthorization(
            requester: "service",
            package: load.package,
            sealed: load.sealed,
            contents: PackageContents(
                authorization: load.contents.authorization,
                approval: load.contents.approval,
                manifest: Octets(other),
                keys: load.contents.keys,
                certificationDeclaration: load.contents.certificationDeclaration
            )
        )
        expectRefused(EdgeError.manifestMismatch) { try box.run(forged).grant() }
    }

    @Test func I10_officersAndAuthorizer() throws {
        try expect(StatementError.tooFewOfficers) { $0.signers = [0] }
        try expect(StatementError.tooFewOfficers) { $0.signers = [1, 1] }
        try expect(StatementError.notSigned) { $0.authorizerKey = P256.Signing.PrivateKey() }
        try expect(StatementError.notSigned) { $0.authorizerKey = world.officers[0] }
    }

    @Test func I10_rulesOfTheOfficers() throws {
        try expect(EdgeError.batchTooLarge) { $0.rules = .init(largestBatch: 9, chipIdentity: .none) }
        try expect(EdgeError.windowTooLong) { $0.rules = .init(longestWindow: 86_400, chipIdentity: .none) }
        try expect(EdgeError.chipIdentityTooWeak) { $0.rules = .init(chipIdentity: .applet) }
        try expect(EdgeError.allowanceBeyondApproval) { $0.debugUnlocks = 6 }
        try expect(EdgeError.allowanceBeyondApproval) { $0.reprovisions = 6 }
        try expect(EdgeError.allowanceBeyondApproval) { $0.rotations = 6 }
        try expect(EdgeError.approvalExpired) { $0.approvalExpires = World.start + -1 }
        try expect(EdgeError.fleetKeyNotPermitted) {
            $0.manifest = try world.manifest(identity: .applet, kind: .fleet)
        }
        // Without any identity the officers' exception does not help.
        try expect(EdgeError.fleetKeyWithoutIdentity) {
            $0.manifest = try world.manifest(kind: .fleet)
            $0.exceptions = [.init(slot: World.slot, mostUnits: 10)]
        }
    }

    @Test func I1_allotmentBoundsAuthorizations() throws {
        try expect(EdgeError.allotmentExceeded) { $0.allotment = 9 }
        var box = try Box(world)
        let approval = try BatchDraft(allotment: 25).approval(world)
        _ = try box.load(BatchDraft(batch: "b1"), under: approval)
        _ = try box.load(BatchDraft(batch: "b2"), under: approval)
        expectRefused(EdgeError.allotmentExceeded) { try box.load(BatchDraft(batch: "b3"), under: approval) }
        _ = try box.load(BatchDraft(quantity: 5, batch: "b3"), under: approval)
    }

    @Test func I1_allotmentIsCumulativeOverApprovals() throws {
        var box = try Box(world)
        let first = try BatchDraft(allotment: 10).approval(world)
        _ = try box.load(BatchDraft(), under: first)
        // The same figure under a new approval resets nothing.
        let same = try BatchDraft(allotment: 10, sequence: 2, previous: first.statementID).approval(world)
        expectRefused(EdgeError.allotmentExceeded) { try box.load(BatchDraft(quantity: 1, batch: "b2"), under: same) }
        let less = try BatchDraft(allotment: 9, sequence: 2, previous: first.statementID).approval(world)
        expectRefused(EdgeError.allotmentLowered) { try box.load(BatchDraft(quantity: 1, batch: "b2"), under: less) }
        let more = try BatchDraft(allotment: 12, sequence: 2, previous: first.statementID).approval(world)
        _ = try box.load(BatchDraft(quantity: 2, batch: "b2"), under: more)
        let fork = try BatchDraft(allotment: 50, sequence: 2, previous: first.statementID).approval(world)
        expectRefused(EdgeError.approvalForked) { try box.load(BatchDraft(quantity: 1, batch: "b3"), under: fork) }
        let orphan = try BatchDraft(allotment: 50, sequence: 3, previous: .zero).approval(world)
        expectRefused(EdgeError.approvalForked) { try box.load(BatchDraft(quantity: 1, batch: "b3"), under: orphan) }
    }

    @Test func I1_releaseLowersTheFigureForGood() throws {
        var box = try Box(world)
        let first = try BatchDraft(allotment: 100).approval(world)
        _ = try box.load(BatchDraft(), under: first)
        func release(_ units: Int) throws -> Envelope {
            try world.order(
                .releaseAllotment(edgeHSM: World.edgeHSM, product: World.product, units: units, sequence: 1)
            )
        }
        expectRefused(EdgeError.releaseBelowUse) { try box.downlink(orders: [release(9)]).grant() }
        _ = try box.downlink(orders: [release(10)]).grant()
        expectRefused(EdgeError.allotmentExceeded) { try box.load(BatchDraft(quantity: 1, batch: "b2"), under: first) }
        try box.crash()
        // Lower than before, so it must say on which order's strength; what it had, it may have again.
        let silent = BatchDraft(allotment: 30, sequence: 2, previous: first.statementID)
        expectRefused(EdgeError.releaseUncited) {
            try box.load(BatchDraft(quantity: 20, batch: "b3"), under: silent.approval(world))
        }
        var other = silent
        other.releases = [.zero]
        expectRefused(EdgeError.releaseUncited) {
            try box.load(BatchDraft(quantity: 20, batch: "b3"), under: other.approval(world))
        }
        var second = silent
        second.releases = [try #require(box.state.durable.products[World.product]?.release?.order)]
        _ = try box.load(BatchDraft(quantity: 20, batch: "b3"), under: second.approval(world))
        let trust = JournalAudit.Trust(identity: world.identity.point, root: world.root.point)
        #expect(JournalAudit(try box.export(), trust: trust).isAccepted)
    }

    @Test func whatWasReleasedMayBeAllottedAgainInFull() throws {
        var box = try Box(world)
        let first = try BatchDraft(allotment: 100).approval(world)
        _ = try box.load(BatchDraft(), under: first)
        let release = OfficerOrder.Order.releaseAllotment(
            edgeHSM: World.edgeHSM,
            product: World.product,
            units: 10,
            sequence: 1
        )
        _ = try box.downlink(orders: [world.order(release)]).grant()
        let second = try BatchDraft(allotment: 100, sequence: 2, previous: first.statementID).approval(world)
        _ = try box.load(BatchDraft(quantity: 20, batch: "b3"), under: second)
    }

    @Test func loadsOnceAndNeverAfterATombstone() throws {
        var box = try Box(world)
        let load = try BatchDraft().load(world)
        _ = try box.run(load).grant()
        expectRefused(EdgeError.alreadyLoaded) { try box.run(load).grant() }
        let lost = try BatchDraft(batch: "lost").load(world)
        let id = lost.contents.authorization.statementID
        let grant = try box.downlink(status: world.status(at: World.start + 5, closed: [id])).grant()
        #expect(grant.closed == 1)
        expectRefused(EdgeError.tombstoned) { try box.run(lost).grant() }
        try box.crash()
        expectRefused(EdgeError.tombstoned) { try box.run(lost).grant() }
    }

    @Test func roleKeysBoundWhatLoads() throws {
        try expect(EdgeError.roleKeysOutdated) { $0.roleKeysVersion = 2 }
        try expect(EdgeError.windowOver) { $0.notAfter = World.start + -1 }
        try expect(EdgeError.timeBeyondRoleKeys) {
            $0.issuedAt = World.start + 366 * World.day
            $0.approvalExpires = World.start + 400 * World.day
            $0.notAfter = World.start + 367 * World.day
        }
        var box = try Box(world)
        box.wall = World.start + 366 * World.day
        var draft = BatchDraft()
        draft.notAfter = box.wall + World.day
        draft.approvalExpires = box.wall + World.day
        expectRefused(EdgeError.roleKeysExpired) { try box.load(draft) }
        let next = try world.roleKeys(
            version: 2,
            previous: box.state.durable.roleKeysID,
            expiresAt: box.wall + 100 * World.day
        )
        _ = try box.downlink(roleKeys: [next]).grant()
        _ = try box.load(draft)
    }

    @Test func retiredOfficersAndCompromisedKeys() throws {
        var box = try Box(world)
        let running = try box.load(BatchDraft(signers: [0, 1]))
        let others = [world.officers[1], world.officers[2], P256.Signing.PrivateKey()]
        let next = try world.roleKeys(version: 2, previous: box.state.durable.roleKeysID, officers: others)
        _ = try box.downlink(roleKeys: [next]).grant()
        // Officer 0 retired: what runs runs on, what is new needs the present officers.
        try box.issue(running, Chip(1))
        expectRefused(StatementError.tooFewOfficers) { try box.load(BatchDraft(batch: "b2", signers: [0, 1])) }
        let second = try box.load(
            BatchDraft(
                sequence: 2,
                previous: BatchDraft().approval(world).statementID,
                batch: "b3",
                signers: [1, 2]
            )
        )
        let order = try OfficerOrder(
            order: .revoke(.roleKey(world.officers[0].point.keyID)),
            reason: "lost",
            issuedAt: World.start,
            expiresAt: World.start + 1
        ).unsigned().signed(by: world.officers[1], world.officers[2])
        _ = try box.downlink(orders: [order]).grant()
        expectRefused(EdgeError.authorizationRevoked) { try box.issue(running, Chip(2)) }
        try box.issue(second, Chip(3))
    }

    @Test func compromisedSignerThatWasNotNeeded() throws {
        var box = try Box(world)
        _ = try box.downlink(orders: [world.order(.revoke(.roleKey(world.officers[2].point.keyID)))]).grant()
        expectRefused(EdgeError.signerCompromised) { try box.load(BatchDraft(signers: [1, 2])) }
        // The other two make the quorum: the batch stands on them and is not revoked with the third.
        let id = try box.load(BatchDraft(quantity: 50, signers: [0, 1, 2]))
        try box.issue(id, Chip(1))
        try box.crash()
        try box.issue(id, Chip(2))
        let audit = JournalAudit(try box.export(), trust: .init(identity: world.identity.point))
        #expect(audit.isAccepted, "\(audit.findings)")
        // A key that was needed still stops it.
        let next = try world.order(.revoke(.roleKey(world.officers[1].point.keyID)), by: [0, 1])
        _ = try box.downlink(orders: [next]).grant()
        expectRefused(EdgeError.authorizationRevoked) { try box.issue(id, Chip(3)) }
    }

    @Test func openAuthorizationsAreBounded() throws {
        var box = try Box(world)
        let approval = try BatchDraft(allotment: 1_000).approval(world)
        func draft(_ number: Int) -> BatchDraft {
            BatchDraft(quantity: 1, allotment: 1_000, notAfter: World.start + World.day, batch: "b\(number)")
        }
        var first: Digest256?
        for number in 1...EdgeHSMState.mostOpenAuthorizations {
            let id = try box.load(draft(number), under: approval)
            first = first ?? id
        }
        var late = draft(0)
        late.notAfter = World.start + 10 * World.day
        expectRefused(EdgeError.tooManyOpen) { try box.load(late, under: approval) }
        // Closing one makes room for one.
        box.wall = World.start + 2 * World.day
        _ = try box.run(CloseCommand(requester: "service", authorization: #require(first))).grant()
        _ = try box.load(late, under: approval)
        late.batch = "one-more"
        expectRefused(EdgeError.tooManyOpen) { try box.load(late, under: approval) }
    }

    @Test func packageOutsideBindsItsInside() throws {
        var box = try Box(world)
        let (one, two) = (try BatchDraft().load(world), try BatchDraft(batch: "b2").load(world))
        let swapped = LoadAuthorization(
            requester: "service",
            package: one.package,
            sealed: one.sealed,
            contents: two.contents
        )
        expectRefused(EdgeError.packageMismatch) { try box.run(swapped).grant() }
        let resealed = LoadAuthorization(
            requester: "service",
            package: one.package,
            sealed: .zero,
            contents: one.contents
        )
        expectRefused(EdgeError.packageMismatch) { try box.run(resealed).grant() }
        let wrongType = Envelope(
            payloadType: VersionApproval.payloadType,
            payload: one.package.payload,
            signatures: one.package.signatures
        )
        expectRefused(StatementError.wrongType) { try box.state.checkPackage(wrongType, sealed: one.sealed) }
    }
}
