import Ceremony
import Governance
import KeyCustody
import OEMWorld
import Statements
import Testing
import Vocabulary

/// Allotment leaves an EdgeHSM only where that EdgeHSM has journaled it, or is declared dead; and once.
@Suite(.serialized) struct MovingAllotmentTests {
    private let edge = EdgeHSMID(validated: "edge-1")
    private let other = EdgeHSMID(validated: "edge-2")
    private let product = ProductName(validated: "lamp")

    private func approval(
        _ sequence: Int,
        after previous: Envelope?,
        _ first: Int,
        _ second: Int,
        releases: [Digest256] = []
    ) throws -> Envelope {
        try VersionApproval(
            product: product,
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            version: "1.0.\(sequence)",
            manifest: .zero,
            lifetimeTotal: 1_000,
            allotments: [.init(edgeHSM: edge, units: first), .init(edgeHSM: other, units: second)],
            sequence: sequence,
            previous: previous?.statementID,
            allowances: VersionApproval.Allowances(debugUnlocks: 1, reprovisions: 1, rotations: 0),
            rules: VersionApproval.Rules(chipIdentity: .none),
            releases: releases,
            issuedAt: World.now,
            expiresAt: World.now + 1_000_000
        ).unsigned()
    }

    private func order(_ order: OfficerOrder.Order) throws -> Envelope {
        try OfficerOrder(order: order, reason: "moved", issuedAt: World.now, expiresAt: World.now + 86_400).unsigned()
    }

    /// A journal of one entry, which is enough of one for a proof.
    private func evidence(
        _ body: AllotmentReleased,
        _ appliance: Appliance,
        _ world: World,
        named edgeHSM: EdgeHSMID? = nil
    ) async throws -> InclusionFile {
        let entry = try JournalEntry(sequence: 0, epoch: 0, time: World.now, event: JournalEvent(body: body))
            .serialized()
        let checkpoint = try Checkpoint(
            edgeHSM: edgeHSM ?? appliance.id,
            epoch: 0,
            size: 1,
            root: Digest256.of([0] + entry),
            time: World.now,
            portalNonce: nil,
            roleKeysVersion: 1,
            accounts: [],
            softwareVersion: "test"
        ).unsigned()
        return InclusionFile(
            checkpoint: try await appliance.sign(checkpoint, access: world.access),
            entry: Octets(entry),
            index: 0,
            hashes: []
        )
    }

    private func enrolment(_ appliance: Appliance, _ world: World) throws -> Envelope {
        let path = "\(world.state.path)/enrolments/\(appliance.id).json"
        return try Envelope(parsing: StateFile.read(path, limit: Envelope.largest))
    }

    private func check(
        _ new: Envelope,
        _ world: World,
        earlier: [Envelope],
        _ evidence: [InclusionFile] = []
    ) async throws -> String? {
        let keys = try world.roleKeys()
        return await refusal {
            _ = try OfficerApproval(
                new,
                roleKeys: keys,
                earlier: earlier,
                evidence: evidence,
                memory: OfficerMemory("\(world.folder)/memory-fresh")
            )
        }
    }

    @Test func aLivingEdgeHSMsOwnWordIsNeeded() async throws {
        let world = try await World()
        try await world.run(world.file())
        let appliance = try await Appliance.make("edge-1", factory: "shenzhen", access: world.access)
        _ = try await world.enrol(appliance)
        let enrolled = try enrolment(appliance, world)
        let release = try order(.releaseAllotment(edgeHSM: edge, product: product, units: 70, sequence: 1))
        let signed = try await world.approvedByTwo(release)
        let first = try approval(1, after: nil, 100, 50)
        let moved = try approval(2, after: first, 70, 80, releases: [release.statementID])
        let falls = "officer.approval.allotment-falls"
        #expect(try await check(moved, world, earlier: [first, signed, enrolled]) == falls, "an order is not enough")
        func body(_ units: Int = 70, sequence: Int = 1, order: Digest256? = nil) -> AllotmentReleased {
            AllotmentReleased(
                product: product,
                units: units,
                sequence: sequence,
                order: order ?? release.statementID
            )
        }
        let proof = try await evidence(body(), appliance, world)
        #expect(try await check(moved, world, earlier: [first, enrolled], [proof]) == nil)
        #expect(try await check(moved, world, earlier: [first], [proof]) == "officer.release.invalid", "no enrolment")
        let silent = try approval(2, after: first, 70, 80)
        #expect(try await check(silent, world, earlier: [first, enrolled], [proof]) == falls, "not cited")
        let deeper = try approval(2, after: first, 69, 80, releases: [release.statementID])
        #expect(try await check(deeper, world, earlier: [first, enrolled], [proof]) == falls, "below what it keeps")
        let late = try await evidence(body(sequence: 2), appliance, world)
        #expect(try await check(moved, world, earlier: [first, enrolled], [late]) == falls, "of another approval")
        let raised = try approval(2, after: first, 100, 50)
        let again = try approval(3, after: raised, 70, 80, releases: [release.statementID])
        #expect(try await check(again, world, earlier: [first, raised, enrolled], [proof]) == falls, "one too late")
        let idle = try approval(2, after: first, 100, 80, releases: [release.statementID])
        #expect(
            try await check(idle, world, earlier: [first, enrolled], [proof]) == "officer.approval.release-idle"
        )
        // Somebody else's word for it, and a word that was changed.
        let stranger = try await Appliance.make("edge-9", factory: "shenzhen", access: world.access)
        let forged = try await evidence(body(), stranger, world, named: edge)
        #expect(try await check(moved, world, earlier: [first, enrolled], [forged]) == "officer.release.invalid")
        let altered = InclusionFile(
            checkpoint: proof.checkpoint,
            entry: try await evidence(body(60), appliance, world).entry,
            index: 0,
            hashes: []
        )
        #expect(try await check(moved, world, earlier: [first, enrolled], [altered]) == "officer.release.invalid")
        #expect(try StatementRendering(moved).text().contains("ALLOTMENT FALLS"))
    }

    @Test func aDeadOnesRemainderMovesOnce() async throws {
        let world = try await World()
        try await world.run(world.file())
        let first = try approval(1, after: nil, 100, 50)
        func dead(_ remainder: Int, sequence: Int = 1) async throws -> Envelope {
            try await world.approvedByTwo(
                order(.retireEdgeHSM(edgeHSM: edge, product: product, remainder: remainder, sequence: sequence))
            )
        }
        let falls = "officer.approval.allotment-falls"
        let retired = try await dead(30)
        let moved = try approval(2, after: first, 70, 80, releases: [retired.statementID])
        #expect(try await check(moved, world, earlier: [first]) == falls)
        #expect(try await check(moved, world, earlier: [first, retired]) == nil)
        let unsigned = Envelope(payloadType: retired.payloadType, payload: retired.payload, signatures: [])
        #expect(try await check(moved, world, earlier: [first, unsigned]) == falls, "an order that nobody signed")
        let small = try await dead(29)
        let less = try approval(2, after: first, 70, 80, releases: [small.statementID])
        #expect(try await check(less, world, earlier: [first, small]) == falls, "a smaller remainder")
        // The same order once more: its step is over.
        let twice = try approval(3, after: moved, 40, 110, releases: [retired.statementID])
        #expect(try await check(twice, world, earlier: [first, moved, retired]) == falls)
        // One order is one fall, not two at once.
        let both = try approval(2, after: first, 70, 20, releases: [retired.statementID])
        #expect(try await check(both, world, earlier: [first, retired]) == falls)
    }
}
