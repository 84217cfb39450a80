import Crypto
import EdgeHSMCore
import Matter
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// A Factory Service that swaps certificates, a station that takes another's work, a station that was just revoked.
@Suite struct HostilePeerTests {
    let world: World

    init() throws { world = try World() }

    // MARK: Certificates

    /// The EdgeHSM's own PAI key, certified by `key` under the name of the OEM's PAA.
    private func certificates(_ key: P256.Signing.PrivateKey, notBefore: Instant) throws -> ProductCertificates {
        let paa = try World.certificate(
            CertificateProfile.paa(
                commonName: "Test PAA",
                vendorID: World.vendorID,
                publicKey: key.point,
                serial: CertificateSerial(random: World.random(16)),
                notBefore: World.start + -10 * World.day
            ),
            key
        )
        let issuer = key.point == world.paaKey.point ? world.paa : paa
        let pai = try World.certificate(
            CertificateProfile.pai(
                issuer: CertificateIssuer(AttestationCertificate(der: issuer)),
                commonName: "Test PAI",
                vendorID: World.vendorID,
                productID: World.productID,
                publicKey: world.paiKey.point,
                serial: CertificateSerial(random: World.random(16)),
                notBefore: notBefore
            ),
            key
        )
        return ProductCertificates(
            edgeHSM: world.box,
            product: World.product,
            paa: Octets(issuer),
            pai: Octets(pai),
            debugRoot: Octets([1]),
            debugIntermediate: Octets([2])
        )
    }

    private func install(_ certificates: ProductCertificates, _ box: inout Box) throws {
        try box.run(RecordCertificates(requester: "service", certificates: certificates)).grant()
    }

    private func close(_ box: inout Box, _ id: Digest256) throws {
        box.wall = World.start + 11 * World.day
        box.uptime += 11 * World.day
        _ = try box.run(CloseCommand(requester: "service", authorization: id)).grant()
    }

    @Test func certificatesStayWhileABatchIsOpen() throws {
        var box = try Box(world)
        let earlier = World.start + -5 * World.day
        // Before any batch they may still be put right.
        try install(certificates(P256.Signing.PrivateKey(), notBefore: earlier), &box)
        let own = try certificates(world.paaKey, notBefore: earlier)
        try install(own, &box)
        let id = try box.load()
        let size = box.state.durable.size
        let rogue = try certificates(P256.Signing.PrivateKey(), notBefore: earlier)
        let renewed = try certificates(world.paaKey, notBefore: World.start + -World.day)
        for other in [rogue, renewed] {
            expectRefused("edge.product.certificates-in-use") { try install(other, &box) }
        }
        try install(own, &box)
        #expect(box.state.durable.size == size, "the same certificates again are nothing new")
        try box.issue(id, Chip(1))
        // With its batches closed a product takes its renewed PAI.
        try close(&box, id)
        try install(renewed, &box)
        #expect(box.state.durable.products[World.product]?.certificates?.pai == renewed.pai)
    }

    @Test func certificatesStayWhileADACIsSigned() throws {
        var box = try Box(world)
        let id = try box.load()
        var chip = Chip(1)
        try box.issue(id, chip)
        try close(&box, id)
        _ = try box.reprovision(id, chip)
        chip.newKey()
        let begun = try box.begin(id, chip)
        guard case .sign(let reservation) = try box.settle(box.decision(id, begun.unit, chip, begun.nonce)) else {
            return #expect(Bool(false), "no reservation")
        }
        let renewed = try certificates(world.paaKey, notBefore: World.start + -World.day)
        expectRefused("edge.product.certificates-in-use") { try install(renewed, &box) }
        _ = try box.sign(reservation, chip.key)
        try install(renewed, &box)
    }

    @Test func noDACUnderAPAAThatNobodyApproved() throws {
        var box = try Box(world)
        let id = try box.load()
        var chip = Chip(1)
        try box.issue(id, chip)
        try close(&box, id)
        // Nothing is open now, so the swap is taken; what is still to be issued is not signed under it.
        try install(certificates(P256.Signing.PrivateKey(), notBefore: World.start + -5 * World.day), &box)
        _ = try box.reprovision(id, chip)
        chip.newKey()
        expectRefused("edge.product.other-paa") { try box.issue(id, chip) }
        try install(certificates(world.paaKey, notBefore: World.start + -5 * World.day), &box)
        try box.issue(id, chip)
    }

    @Test func theVerifierComparesThePAA() throws {
        var box = try Box(world)
        let id = try box.load()
        try box.issue(id, Chip(1))
        var forge = try JournalForge(box)
        #expect(try forge.codes() == [])
        let rogue = try certificates(P256.Signing.PrivateKey(), notBefore: World.start + -5 * World.day)
        forge.append(
            CertificatesInstalled(
                product: rogue.product,
                paa: rogue.paa,
                pai: rogue.pai,
                debugRoot: rogue.debugRoot,
                debugIntermediate: rogue.debugIntermediate
            )
        )
        // The same unit again, as if it were made after the swap: its chain holds, under a PAA of nobody's.
        let (index, body) = try forge.last(CertificatesInstalled.self)
        let first = try #require(forge.entries.firstIndex { $0.event.body is CertificatesInstalled })
        forge.replace(at: first, body)
        forge.entries.remove(at: index)
        #expect(try forge.codes() == ["journal.dac.wrong"])
    }

    // MARK: Holds

    @Test func aHoldInUseIsItsStationsAlone() throws {
        var box = try Box(world)
        let id = try box.load()
        let chip = Chip(1)
        let begun = try box.begin(id, chip)
        let code = "edge.hold.other-station"
        expectRefused(code) { try box.begin(id, chip, at: otherStation) }
        expectRefused(code) {
            try box.run(
                FailCommand(
                    authorization: id,
                    unit: begun.unit,
                    station: otherStation,
                    reason: "mine now",
                    facts: box.facts(id, chip.uid)
                )
            ).grant()
        }
        let unit = try box.issue(id, chip)
        box.uptime += 29
        expectRefused(code) { try box.begin(id, chip, at: otherStation) }
        expectRefused(code) { try box.fail(unit, at: otherStation) }
        try box.program(unit)
        box.uptime += 29
        expectRefused(code) { try box.begin(id, chip, at: otherStation) }
        // A unit whose station went silent moves on, and the one that it left begins anew.
        box.uptime += 1
        _ = try box.issue(id, chip, at: otherStation)
        expectRefused(code) { try box.begin(id, chip) }
        try box.program(unit, at: otherStation)
        _ = try box.run(box.completion(unit, at: otherStation)).grant()
    }

    @Test func noReprovisioningOfAUnitInWork() throws {
        var box = try Box(world)
        let id = try box.load()
        let chip = Chip(1)
        try box.issue(id, chip, at: otherStation)
        expectRefused("edge.hold.other-station") { try box.reprovision(id, chip) }
        #expect(try box.state.authorization(id).reprovisions == 0)
        box.uptime += 30
        _ = try box.reprovision(id, chip)
    }

    // MARK: Revoked stations

    /// An old certificate beside a renewed one: whoever revokes the station must not have to know of both.
    @Test func aNameIsRevokedWithEveryCertificate() throws {
        var box = try Box(world)
        let id = try box.load()
        let certificates = ["st-1", "st-1 renewed", "st-1 renewed again"].map { Digest256.of($0.utf8) }
        for text in ["st-1 renewed", "st-1 renewed again"] {
            let octets = Octets(Array(text.utf8))
            try box.run(
                RecordEnrolment(requester: "operator", name: station, role: "station", certificate: octets)
            ).grant()
        }
        // One alone, where the station goes on with another.
        try box.run(RevokePeer(requester: "operator", name: station, fingerprint: certificates[1])).grant()
        #expect(refusal { try box.state.peer(certificates[1]) }?.has(EdgeError.peerRevoked) == true)
        _ = try box.state.peer(certificates[0])
        _ = try box.begin(id, Chip(1))
        let writes = box.anchorWrites
        let outcome = try box.run(RevokePeer(requester: "operator", name: station))
        #expect(outcome.entries.count == 2 && box.anchorWrites == writes + 1)
        for certificate in certificates { expectRefused(EdgeError.peerRevoked) { try box.state.peer(certificate) } }
        _ = try box.state.peer(Digest256.of("st-2".utf8))
        // Its hold is gone: another one takes the chip at once.
        _ = try box.begin(id, Chip(1), at: otherStation)
        #expect(try box.run(RevokePeer(requester: "operator", name: station)).entries.isEmpty)
        expectRefused(EdgeError.peerUnknown) {
            try box.run(RevokePeer(requester: "operator", name: StationName("nobody"))).grant()
        }
        #expect(try JournalForge(box).codes().isEmpty)
    }

    @Test func aRevocationStopsWhatIsOnItsWay() throws {
        var box = try Box(world)
        let id = try box.load()
        let (chip, other) = (Chip(1), Chip(2))
        let fingerprint = Digest256.of("st-1".utf8)
        let done = try box.make(id, other)
        let begun = try box.begin(id, chip)
        let decision = box.decision(id, begun.unit, chip, begun.nonce)
        guard case .sign(let reservation) = try box.settle(decision) else {
            return #expect(Bool(false), "no reservation")
        }
        _ = try box.run(RevokePeer(requester: "operator", name: station, fingerprint: fingerprint)).grant()
        let dac = Octets(try world.dac(for: chip.key, notBefore: World.start + -World.day))
        let signed = SignedIssue(reservation: reservation, dac: dac, commitment: .zero)
        let before = box.state.durable
        let unlock = box.unlock(id, other, challenge: .zero)
        for outcome in [
            refused(signed, &box, fingerprint), refused(unlock, &box, fingerprint),
            refused(box.completion(done), &box, fingerprint), refused(decision, &box, fingerprint),
        ] { #expect(outcome == "edge.peer.revoked") }
        #expect(box.state.durable == before)
        #expect(refused(unlock, &box, .zero) == "edge.peer.unknown")
        // Its reservation ends, and another station makes the unit.
        try box.run(AbandonIssue(reservation: reservation)).grant()
        try box.issue(id, chip, at: otherStation)
        let reply = box.state.handle(unlock, from: Digest256.of("st-2".utf8), at: box.reading)
        #expect(try reply.grant().remaining == 1)
    }

    private func refused(_ command: some EdgeCommand, _ box: inout Box, _ peer: Digest256) -> String? {
        guard case .refused(let refusal) = box.state.handle(command, from: peer, at: box.reading).decision else {
            return nil
        }
        return refusal.code
    }
}
