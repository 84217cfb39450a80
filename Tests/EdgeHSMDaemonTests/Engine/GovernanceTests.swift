import EdgeHSMCore
import KeyCustody
import LineProtocol
import Matter
import PKCS11Token
import Statements
import Testing
import TransparencyLog
import Vocabulary

@testable import EdgeHSMDaemon

@Suite("What the OEM says to an EdgeHSM")
struct GovernanceTests {
    private func isAnchored(_ engine: EdgeEngine) async throws -> Bool {
        let size = try await engine.writer.read { $0.state.durable.size }
        return engine.writer.peek { $0.anchor?.size } == size
    }

    @Test("a portal status revokes one batch and closes another, anchored before it is acknowledged, and for good")
    func portalStatus() async throws {
        let world = try await EngineWorld.make()
        let (engine, revoked) = try await world.startWithBatch()
        let closed = try await world.load(engine, quantity: 10, batch: "B2")
        let open = try await world.load(engine, quantity: 10, batch: "B3")
        _ = try await engine.issue(EngineChip(), closed)
        let status = try world.status(at: OEMWorld.now + 5, revoked: [revoked], closed: [closed])
        // Not the portal's word: nothing happens.
        let forged = try world.status(at: OEMWorld.now + 5, revoked: [open], by: SoftwareKey())
        #expect(
            await refusal { try await engine.apply(DownlinkBundle(status: forged), by: "factory") }
                == StatementError.notSigned.rawValue
        )
        let reply = try await engine.apply(DownlinkBundle(status: status), by: "factory")
        #expect(reply.newRevocations == 1 && reply.closed == 1)
        #expect(try await isAnchored(engine))
        let again = try await engine.apply(DownlinkBundle(status: status), by: "factory")
        #expect(again.newRevocations == 0 && again.closed == 0)

        #expect(
            await refusal { try await engine.issue(EngineChip(), revoked) } == EdgeError.authorizationRevoked.rawValue
        )
        #expect(
            await refusal { try await engine.issue(EngineChip(), closed) } == EdgeError.authorizationClosed.rawValue
        )
        _ = try await engine.issue(EngineChip(), open)
        let account = try await engine.account(closed)
        #expect(account.issued == 1 && account.returned == 9 && account.remaining == 0)
        let checkpoint = try Checkpoint.read(payload: await engine.checkpoint(by: "factory").checkpoint.payload)
        #expect(try checkpoint.portalNonce == PortalStatus.read(payload: status.payload).nonce)
        await engine.stop()
        let next = try await world.start()
        #expect(
            await refusal { try await next.issue(EngineChip(), revoked) } == EdgeError.authorizationRevoked.rawValue
        )
        await next.stop()
    }

    @Test("a receipt that this journal does not contain stops issuing until a right one comes")
    func receipt() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        let size = try await engine.writer.read { $0.state.durable.size }
        let wrong = try world.status(at: OEMWorld.now + 5, stored: (size, .zero))
        _ = try await engine.apply(DownlinkBundle(status: wrong), by: "factory")
        #expect(
            await refusal { try await engine.issue(EngineChip(), batch) } == EdgeError.receiptNotContained.rawValue
        )
        let root = try await engine.writer.read { try $0.tree.root(at: size) }
        let right = try world.status(at: OEMWorld.now + 10, stored: (size, root))
        _ = try await engine.apply(DownlinkBundle(status: right), by: "factory")
        _ = try await engine.issue(EngineChip(), batch)
        await engine.stop()
    }

    @Test("a Factory Service that swaps PAA and PAI under an open batch is refused; the same certificates are not")
    func swappedCertificates() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        let prepared = engine.writer.peek { $0.durable.products[OEMWorld.product]?.preparation }
        let preparation = try ProductPreparation.read(payload: try #require(prepared).payload)
        // A PAA of its own making over the EdgeHSM's own PAI key: every certificate in it holds.
        let key = SoftwareKey()
        let paa = try await OEMWorld.issuePAA(key)
        let pai = try await OEMWorld.issuePAI(preparation, paa: paa, key: key)
        let installed = world.oem.certificates
        let rogue = ProductCertificates(
            edgeHSM: OEMWorld.edgeID,
            product: installed.product,
            paa: Octets(paa.der),
            pai: Octets(pai.der),
            debugRoot: installed.debugRoot,
            debugIntermediate: installed.debugIntermediate
        )
        #expect(
            await refusal { try await engine.install(rogue, by: "factory") } == "edge.product.certificates-in-use"
        )
        try await world.installProduct(engine)
        #expect(try await engine.issue(EngineChip(), batch).issued.pai == installed.pai)
        // Even where they are installed they are not used.
        let loaded = try await engine.batch(batch)
        let swapped = Batch(
            id: loaded.id,
            authorization: loaded.authorization,
            approval: loaded.approval,
            manifest: loaded.manifest,
            certificationDeclaration: loaded.certificationDeclaration,
            certificates: CertificatesInstalled(
                product: rogue.product,
                paa: rogue.paa,
                pai: rogue.pai,
                debugRoot: rogue.debugRoot,
                debugIntermediate: rogue.debugIntermediate
            )
        )
        let chip = EngineChip()
        let facts = try await engine.execution.verifyRequest(
            chip.request(Nonce(validated: Random.octets(Nonce.size))),
            proof: nil,
            for: swapped,
            at: OEMWorld.now
        )
        #expect(
            await refusal { try await engine.execution.issueCredential(facts, unit: .zero, of: swapped) }
                == "edge.product.other-paa"
        )
        await engine.stop()
    }

    @Test("longestSilence stops new units, not begun ones, until the portal is heard again")
    func longestSilence() async throws {
        let world = try await EngineWorld.make()
        let engine = try await world.start()
        try await world.installProduct(engine)
        var alterations = OEMWorld.Alterations()
        alterations.rules = .init(chipIdentity: .none, longestSilence: 3_600)
        let package = LoadPackage.Request(package: Octets(try await world.oem.package(alterations)))
        let batch = try await engine.load(package, by: "factory").authorization
        let chip = EngineChip()
        _ = try await engine.issue(chip, batch)
        world.clock.advance(3_700)
        #expect(await refusal { try await engine.issue(EngineChip(), batch) } == EdgeError.silenceTooLong.rawValue)
        _ = try await world.make(chip, batch, engine)
        let status = try world.status(at: OEMWorld.now + 3_700)
        _ = try await engine.apply(DownlinkBundle(status: status), by: "factory")
        _ = try await engine.issue(EngineChip(), batch)
        await engine.stop()
    }

    @Test("a floor in the future is mended by the officers' order over a fresh nonce alone, and stays mended")
    func clockReset() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        let ahead = try world.status(at: OEMWorld.now + 1_000_000)
        _ = try await engine.apply(DownlinkBundle(status: ahead), by: "factory")
        #expect(await refusal { try await engine.issue(EngineChip(), batch) } == EdgeError.windowOver.rawValue)
        func reset(_ nonce: Nonce, _ edgeHSM: EdgeHSMID = OEMWorld.edgeID) throws -> DownlinkBundle {
            DownlinkBundle(orders: [
                try world.order(.resetClock(edgeHSM: edgeHSM, nonce: nonce, time: OEMWorld.now + 10))
            ])
        }
        let stale = try await engine.offerClockNonce(by: "operator").nonce
        let nonce = try await engine.offerClockNonce(by: "operator").nonce
        #expect(try await engine.status().clockResetNonce == nonce)
        #expect(
            await refusal { try await engine.apply(try reset(stale), by: "factory") }
                == EdgeError.clockNonceStale.rawValue
        )
        // One for another box is passed over.
        _ = try await engine.apply(try reset(nonce, EdgeHSMID(validated: "edge-2")), by: "factory")
        #expect(await refusal { try await engine.issue(EngineChip(), batch) } == EdgeError.windowOver.rawValue)
        let order = try reset(nonce)
        _ = try await engine.apply(order, by: "factory")
        #expect(try await isAnchored(engine))
        _ = try await engine.issue(EngineChip(), batch)
        await engine.stop()
        let next = try await world.start()
        _ = try await next.issue(EngineChip(), batch)
        // The order is used up: no second reset, in no epoch.
        let resets = try await next.entries().filter { $0.event.body is ClockReset }.count
        _ = try await next.apply(order, by: "factory")
        #expect(try await next.entries().filter { $0.event.body is ClockReset }.count == resets && resets == 1)
        await next.stop()
    }

    @Test("a clock set ahead destroys no key: after the reset the first batch is finished; portal time ends it")
    func keysEndByPortalTime() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        let long = try await world.load(engine, quantity: 10, batch: "B2", lasting: 400_000)
        func hasKeys(_ id: Digest256) async throws -> Bool {
            try await world.oem.edge.has(KeyName(.unitSecret, id.hex))
        }
        let chip = EngineChip()
        _ = try await engine.issue(chip, batch)
        world.clock.set(300_000)
        _ = try await engine.issue(EngineChip(), long)
        await engine.tick()
        #expect(try await hasKeys(batch))
        world.clock.set(-300_000)
        let nonce = try await engine.offerClockNonce(by: "operator").nonce
        let reset = try world.order(.resetClock(edgeHSM: OEMWorld.edgeID, nonce: nonce, time: OEMWorld.now + 10))
        _ = try await engine.apply(DownlinkBundle(orders: [reset]), by: "factory")
        await engine.tick()
        _ = try await world.make(chip, batch, engine)

        let past = try world.status(at: OEMWorld.now + 200_000)
        _ = try await engine.apply(DownlinkBundle(status: past), by: "factory")
        await engine.tick()
        #expect(try await !hasKeys(batch))
        #expect(try await hasKeys(long))
        await engine.stop()
    }

    @Test("the service closes after notAfter only: what remains is returned, anchored, and nothing is issued any more")
    func close() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        _ = try await engine.issue(EngineChip(), batch)
        #expect(await refusal { try await engine.close(batch, by: "factory") } == EdgeError.closeTooEarly.rawValue)
        #expect(
            await refusal { try await engine.close(.zero, by: "factory") } == EdgeError.authorizationUnknown.rawValue
        )
        world.clock.advance(10_001)
        let reply = try await engine.close(batch, by: "factory")
        #expect(reply.account.issued == 1 && reply.account.returned == 9 && reply.account.remaining == 0)
        #expect(try await engine.entries()[reply.sequence].event.body is Closed)
        #expect(try await isAnchored(engine))
        #expect(
            await refusal { try await engine.close(batch, by: "factory") } == EdgeError.authorizationClosed.rawValue
        )
        #expect(
            await refusal { try await engine.issue(EngineChip(), batch) } == EdgeError.authorizationClosed.rawValue
        )
        // What was returned may be granted again under the same approval.
        let granted = try await engine.writer.read { $0.state.durable.products[OEMWorld.product]?.granted }
        #expect(granted == 1)
        await engine.stop()
    }
}
