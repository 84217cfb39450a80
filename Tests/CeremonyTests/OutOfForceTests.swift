import Foundation
import Governance
import KeyCustody
import OEMWorld
import Statements
import Testing
import Vocabulary

@testable import Ceremony

/// What the officers took out of force gets nothing: no certificate, no trust, no key, no unit. On SoftHSM2 tokens.
@Suite(.serialized) struct OutOfForceTests {
    private func order(
        _ world: World,
        _ order: OfficerOrder.Order,
        by officers: (Int, Int) = (1, 2)
    ) async throws -> Envelope {
        let draft = try OfficerOrder(
            order: order,
            reason: "stolen",
            issuedAt: World.now,
            expiresAt: World.now + 86_400
        ).unsigned()
        return try await world.approve(world.approve(draft, officers.0), officers.1)
    }

    private func put(_ envelope: Envelope, _ name: String, _ world: World) throws {
        let folder = world.state.path + "/orders"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try StateFile.write(folder + "/" + name, envelope.serialized())
    }

    private func entry(_ production: ProductionWorld) -> [String: Any] {
        [
            "edgeHSM": "edge-1", "factory": "shenzhen", "request": production.world.folder + "/request-edge-1.json",
            "identity": String(production.appliance.enrolment.identity.keyID.hex.prefix(16)),
        ]
    }

    private func isTrusted(_ production: ProductionWorld) async throws -> Bool {
        let transport = KeyName.transport(of: production.appliance.enrolment)
        return try await production.world.access.withToken(production.world.portalToken) { try await $0.has(transport) }
    }

    @Test(arguments: [true, false])
    func aStolenBoxLosesItsTrustAndItsCertificates(isRetired: Bool) async throws {
        let production = try await ProductionWorld.make()
        let (world, edge) = (production.world, production.appliance.id)
        #expect(try await isTrusted(production))
        let lamp = ["products": [ProductionWorld.productEntry(world.folder + "/preparation.json")]]
        let file = try world.file(lamp.merging(["edgeHSMs": [entry(production)]]) { $1 })
        #expect(try await world.run(file).transcript == nil, "the file of a box in force makes nothing new")

        let word: OfficerOrder.Order =
            isRetired
            ? .retireEdgeHSM(edgeHSM: edge, product: try ProductName("lamp"), remainder: 0, sequence: 1)
            : .revoke(.edgeHSM(edge))
        try await put(order(world, word), "stolen.env", world)
        let plan = try await world.run(file, dryRun: true)
        #expect(plan.lines.filter { $0.outcome == .planned }.map(\.action) == ["withdrawn-transport"])
        #expect(try await isTrusted(production), "a dry run touches nothing")
        let report = try await world.run(file)
        #expect(report.lines.filter { $0.outcome == .made }.map(\.action) == ["withdrawn-transport"])
        #expect(report.transcript != nil)
        #expect(try await !isTrusted(production))
        let transcripts = try CeremonyTranscripts.verify(world.state)
        #expect(transcripts.last?.content.steps.map(\.action) == ["withdrawn-transport"])
        try CeremonyTranscripts.requireAccounted(world.state, by: transcripts)

        // The same file, and one that lists the box no more: the trust does not come back.
        for bytes in [file, try world.file()] {
            #expect(try await world.run(bytes).transcript == nil)
            #expect(try await !isTrusted(production))
        }
        // Cut between the key's end and its note.
        try FileManager.default.removeItem(atPath: world.state.path + "/withdrawn/edge-1.json")
        try FileManager.default.removeItem(
            atPath: "\(world.state.path)/\(StateFolder.transcript(transcripts.count))"
        )
        #expect(try await world.run(file).transcript == StateFolder.transcript(transcripts.count))

        let more = try await production.appliance.preparation("torch", productID: 0x8001, access: world.access)
        let changes = ["product": "torch", "productID": "8001"]
        let torch = ProductionWorld.productEntry(try world.write("torch.json", more), changes)
        #expect(
            await refusal { try await world.run(world.file(["products": [torch]])) } == "ceremony.edgehsm.out-of-force"
        )
        // Whoever holds the portal token alone: it wraps under no key that the officer does not trust.
        let batch = try production.batch("b1", quantity: 1, firstSerial: 1)
        #expect(await refusal { _ = try await production.steal(batch) } == "key.name.unknown")
    }

    @Test func aBoxThatWasRevokedFirstIsNeverEnrolled() async throws {
        let world = try await World()
        let appliance = try await Appliance.make("edge-1", factory: "shenzhen", access: world.access)
        try await world.run(world.file())
        try await put(order(world, .revoke(.edgeHSM(appliance.id))), "1", world)
        #expect(await refusal { _ = try await world.enrol(appliance) } == "ceremony.edgehsm.out-of-force")
        let transport = KeyName.transport(of: appliance.enrolment)
        #expect(try await !world.access.withToken(world.portalToken) { try await $0.has(transport) })
    }

    @Test func whatTheOfficersTookGetsNoUnits() async throws {
        let production = try await ProductionWorld.make()
        let world = production.world
        let made = try await production.make(production.batch("b1", quantity: 10, firstSerial: 1))
        let ledger = try StateFile.read(world.folder + "/ledger.json", limit: AuthorizationLedger.largest)
        func code(_ word: OfficerOrder.Order, _ batch: String = "b2") async -> String? {
            await refusal {
                let orders = [try await order(world, word)]
                let revoked = try OfficersRevocations(orders, history: world.state.roleKeysHistory())
                _ = try await production.make(
                    production.batch(batch, quantity: 10, firstSerial: batch == "b1" ? 1 : 100),
                    revoked: revoked
                )
            }
        }
        let product = try ProductName("lamp")
        let (edge, other) = (production.appliance.id, try EdgeHSMID("edge-2"))
        let refused = "authorize.ground.revoked"
        for batch in ["b1", "b2"] {
            #expect(await code(.revoke(.edgeHSM(edge)), batch) == refused)
            #expect(
                await code(.retireEdgeHSM(edgeHSM: edge, product: product, remainder: 0, sequence: 1), batch) == refused
            )
            #expect(await code(.revoke(.approval(production.approval.statementID)), batch) == refused)
            #expect(await code(.revoke(.version(Digest256.of(production.manifest.bytes))), batch) == refused)
            let authorizer = try world.roleKeys().content.authorizer.keyID
            #expect(await code(.revoke(.roleKey(authorizer)), batch) == refused)
            // Officers 0 and 1 signed the approval, and two it takes.
            let stolen = world.officers[0].key.keyID
            #expect(await code(.revoke(.roleKey(stolen)), batch) == "statement.officers.too-few")
        }
        #expect(await code(.revoke(.authorization(made.authorization.id)), "b1") == refused)
        #expect(
            try StateFile.read(world.folder + "/ledger.json", limit: AuthorizationLedger.largest) == ledger,
            "what is refused costs nothing"
        )
        // What concerns others stops nothing.
        #expect(await code(.revoke(.edgeHSM(other)), "b1") == nil)
        #expect(await code(.revoke(.authorization(made.authorization.id)), "b2") == nil)
        #expect(await code(.releaseAllotment(edgeHSM: edge, product: product, units: 0, sequence: 2), "b1") == nil)
    }

    /// An order counts under any version that its officers belonged to, also later; one that counts under none stops
    /// everything, and so does a file that is no order.
    @Test func ordersAreJudgedAndNeverPassedOver() async throws {
        let world = try await World()
        try await world.run(world.file())
        let edge = try EdgeHSMID("edge-1")
        let signed = try await order(world, .revoke(.edgeHSM(edge)), by: (0, 1))
        try await world.run(world.file(["roleKeys": world.roles(version: 2, dropping: 1)]))
        let history = try world.state.roleKeysHistory()
        #expect(try OfficersRevocations([signed], history: history).isOutOfForce(edge))
        let one = Envelope(
            payloadType: signed.payloadType,
            payload: signed.payload,
            signatures: Array(signed.signatures.prefix(1))
        )
        #expect(
            await refusal { _ = try OfficersRevocations([signed, one], history: history) }
                == "statement.officers.too-few"
        )
        try put(one, "half", world)
        #expect(
            await refusal { try await world.run(world.file(["roleKeys": NSNull()])) } == "statement.officers.too-few"
        )
        try StateFile.write(world.state.path + "/orders/half", Array("revoke edge-1".utf8))
        #expect(await refusal { try await world.run(world.file(["roleKeys": NSNull()])) } != nil)
        #expect(
            await refusal { _ = try OfficersRevocations.orders(in: world.state.path + "/orders/half") }
                == "ceremony.file.unreadable"
        )
    }
}
