import EdgeHSMCore
import Foundation
import KeyCustody
import LineProtocol
import Logging
import Matter
import OEMWorld
import ServiceSupport
import Statements
import TestSupport
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMDaemon

@Suite("The doors of an EdgeHSM")
struct ServerTests {
    @Test("a station over mutual TLS may do a station's work and nothing else, until it is revoked")
    func stationOverTLS() async throws {
        let site = try await Site.make()
        let (serviceKey, stationKey) = (SoftwareKey(), SoftwareKey())
        let service = try site.client(try await site.enrol("factory", .service, serviceKey), serviceKey)
        let chain = try await site.enrol("station-7", .station, stationKey)
        let station = try site.client(chain, stationKey)
        let asService = LineCaller(prefix: "factory") { try await service.request($0) }
        let asStation = LineCaller(prefix: "station") { try await station.request($0) }

        _ = try await asService.call(
            PrepareProduct.self,
            .init(product: OEMWorld.product, vendorID: VendorID(0xFFF1), productID: ProductID(0x8001))
        )
        try await site.world.installProduct(site.engine)
        let package = try await site.world.oem.package()
        let batch = try await asService.call(LoadPackage.self, .init(package: Octets(package))).authorization
        let chip = EngineChip()
        let begun = try await asStation.call(BeginUnit.self, .init(authorization: batch, chipUID: chip.uid))
        let issue = IssueCredential.Request(
            authorization: batch,
            unit: begun.unit,
            request: Octets(try chip.request(begun.nonce)),
            vendorProof: nil
        )
        let issued = try await asStation.call(IssueCredential.self, issue)
        #expect(try await asStation.call(IssueCredential.self, issue).dac == issued.dac)

        // Roles: by type and by certificate.
        let wrong = LineProtocolError.wrongRole.rawValue
        #expect(await refusal { try await asStation.call(LoadPackage.self, .init(package: Octets(package))) } == wrong)
        #expect(await refusal { try await asStation.call(GetStatus.self) } == wrong)
        #expect(await refusal { try await asService.call(IssueCredential.self, issue) } == wrong)
        #expect(await refusal { try await asService.call(StopCleanly.self) } == wrong)
        #expect(await refusal { try await site.local.call(IssueCredential.self, issue) } == wrong)

        // A retry is judged anew, on the connection that is open.
        _ = try await site.local.call(
            RevokeStation.self,
            .init(name: StationName("station-7"), fingerprint: Digest256.of(chain[0]))
        )
        #expect(
            await refusal { try await asStation.call(IssueCredential.self, issue) } == EdgeError.peerRevoked.rawValue
        )
        _ = try await asService.call(GetStatus.self)
        await station.close()
        await service.close()
        await site.end()
    }

    @Test("a forwarded request waits for the operator, who must name its fingerprint; then its certificate comes back")
    func forwarded() async throws {
        let site = try await Site.make()
        let key = SoftwareKey()
        let csr = try site.csr(key)
        let name = StationName(validated: "station-9")
        let request = ForwardStationRequest.Request(name: name, request: Octets(csr))
        #expect(try await site.engine.forward(request, by: "factory").certificates == nil)
        let waiting = try await site.local.call(ListStationRequests.self).pending
        #expect(waiting.map(\.name) == [name] && waiting.map(\.fingerprint) == [Digest256.of(csr)])
        let wrong = EnrolStation.Request(
            name: name,
            role: .station,
            request: Octets(csr),
            fingerprint: .zero,
            days: 30
        )
        #expect(
            await refusal { try await site.local.call(EnrolStation.self, wrong) }
                == EdgeDaemonError.stationFingerprint.rawValue
        )
        // Without its octets the waiting one counts, by name and fingerprint.
        func byFingerprint(_ name: String, _ fingerprint: Digest256) async throws -> [[UInt8]] {
            try await site.local.call(
                EnrolStation.self,
                .init(name: StationName(name), role: .station, fingerprint: fingerprint, days: 30)
            ).certificates.map(\.bytes)
        }
        let missing = EdgeDaemonError.noStationRequest.rawValue
        #expect(await refusal { try await byFingerprint(name.text, .zero) } == missing)
        #expect(await refusal { try await byFingerprint("station-8", Digest256.of(csr)) } == missing)
        let chain = try await byFingerprint(name.text, Digest256.of(csr))
        #expect(await refusal { try await byFingerprint(name.text, Digest256.of(csr)) } == missing)
        let answer = try await site.engine.forward(request, by: "factory").certificates
        #expect(answer?.map(\.bytes) == chain)
        #expect(try await site.local.call(ListStationRequests.self).pending.isEmpty)
        await site.end()
    }

    @Test("of several certificates of one key the newest valid one comes back; a key without any waits anew")
    func newestCertificate() async throws {
        let site = try await Site.make()
        let key = SoftwareKey()
        let name = StationName(validated: "station-9")
        let request = ForwardStationRequest.Request(name: name, request: Octets(try site.csr(key)))
        // Enough that no order by chance passes.
        var newest: [[UInt8]] = []
        for _ in 0..<6 {
            newest = try await site.enrol(name.text, .station, key)
            #expect(try await site.engine.forward(request, by: "factory").certificates?.map(\.bytes) == newest)
        }
        // The newest is revoked: the one before it counts.
        _ = try await site.local.call(
            RevokeStation.self,
            .init(name: name, fingerprint: Digest256.of(try #require(newest.first)))
        )
        let before = try #require(try await site.engine.forward(request, by: "factory").certificates)
        #expect(before.map(\.bytes) != newest)
        // All have ended: a new request, for the operator to decide on.
        site.world.clock.advance(31 * 86_400)
        #expect(try await site.engine.forward(request, by: "factory").certificates == nil)
        #expect(try await site.local.call(ListStationRequests.self).pending.map(\.name) == [name])
        let renewed = try await site.enrol(name.text, .station, key)
        #expect(try await site.engine.forward(request, by: "factory").certificates?.map(\.bytes) == renewed)
        await site.end()
    }

    @Test("a certificate of the site CA that this EdgeHSM never enrolled is refused")
    func notEnrolled() async throws {
        let site = try await Site.make()
        let key = SoftwareKey()
        let chain = try await site.world.oem.execution.issueStationCertificate(
            site.csr(key),
            name: StationName(validated: "station-8"),
            role: .station,
            days: 30,
            at: OEMWorld.now
        )
        let client = try site.client(chain, key)
        let caller = LineCaller(prefix: "station") { try await client.request($0) }
        let begin = BeginUnit.Request(authorization: .zero, chipUID: EngineChip().uid)
        #expect(await refusal { try await caller.call(BeginUnit.self, begin) } == EdgeError.peerUnknown.rawValue)
        await client.close()
        await site.end()
    }

    @Test("zeroise needs this box's own id, destroys its keys, and leaves a journal that can be read")
    func zeroise() async throws {
        let site = try await Site.make()
        try await site.world.installProduct(site.engine)
        let other = Zeroise.Request(edgeHSM: EdgeHSMID(validated: "edge-2"), reason: "test")
        #expect(await refusal { try await site.local.call(Zeroise.self, other) } == EdgeError.wrongEdgeHSM.rawValue)
        let identity = try await site.world.token.signingKey(.init(.edgeIdentity)).publicKey
        _ = try await site.local.call(Zeroise.self, .init(edgeHSM: OEMWorld.edgeID, reason: "test"))
        // The identity's last word covers the end, and is all that is left to be said.
        let last = try await site.local.call(GetCheckpoint.self).checkpoint
        let covered = try Verified<Checkpoint>(last, signedBy: identity).content
        let entries = try await site.local.call(ReadJournal.self, .init(from: 0, limit: 1_000)).entries
        #expect(
            covered.size == entries.count
                && covered.root == MerkleTree(leaves: entries.map { MerkleHash.leaf($0.bytes) }).root
        )
        #expect(try JournalEntry(parsing: try #require(entries.last).bytes).event.body is Zeroised)
        let path = site.world.folder.path("export.json")
        let printed = try await EdgeProcess.run(["operator", "export", "--out", path], site.world)
        let exported = try? JournalExport(parsing: Array(Data(contentsOf: URL(filePath: path))))
        #expect(exported == JournalExport(checkpoint: last, entries: entries), "\(printed)")
        for role in EdgeEnrolment.roles { #expect(try await !site.world.token.has(KeyName(role))) }
        #expect(try await !site.world.token.has(KeyName(.pai, OEMWorld.product.text)))
        await site.end()
        let next = try await site.world.start()
        let status = try await next.status()
        #expect(status.stopped?.has(EdgeError.zeroised) == true)
        #expect(try await next.checkpoint(by: "operator").checkpoint == last)
        let prefix = try await next.readJournal(ReadJournal.Request(from: 0, limit: covered.size)).entries
        let audit = JournalAudit(
            JournalExport(checkpoint: last, entries: prefix),
            trust: .init(identity: identity, root: site.world.oem.root.publicKey)
        )
        #expect(audit.isAccepted, "\(audit.findings)")
        let package = LoadPackage.Request(
            package: Octets(try await site.world.oem.package(.init(sealedTo: EngineChip().signing.publicKey)))
        )
        #expect(await refusal { try await next.load(package, by: "factory") } != nil)
        await next.stop()
    }

    @Test("an enrolment that names another key, another box or too few officers is refused, and a second one too")
    func enrolment() async throws {
        let world = try await EngineWorld.make()
        let oem = world.oem
        let roleKeys = try oem.root.signed(oem.context.roleKeys.unsigned())
        let request = try await world.enrolment.request()
        let bare = Envelope(payloadType: request.payloadType, payload: request.payload, signatures: [])
        let one = try oem.officers[0].signed(bare)
        let both = try oem.officers[1].signed(one)
        func enrol(_ enrolment: Envelope, root: P256Point? = nil, roleKeys keys: Envelope? = nil) async -> String? {
            do {
                try await world.enrolment.enrol(
                    root: root ?? oem.root.publicKey,
                    roleKeys: [keys ?? roleKeys],
                    enrolment: enrolment
                )
                return nil
            } catch { return (error as? Refusal)?.code }
        }
        #expect(await enrol(one) == StatementError.tooFewOfficers.rawValue)
        #expect(await enrol(both, root: SoftwareKey().publicKey) == StatementError.notSigned.rawValue)
        // Another statement of the same content: the box is pinned to the one it was enrolled with.
        world.clock.advance(5)
        let later = try await world.enrolment.request()
        var second = Envelope(payloadType: later.payloadType, payload: later.payload, signatures: [])
        for officer in oem.officers.prefix(2) { second = try officer.signed(second) }
        #expect(await enrol(second) == EdgeDaemonError.alreadyEnrolled.rawValue)
    }

    @Test("the digits that the ceremony compares are those of the identity key in the request")
    func identityDigits() async throws {
        let world = try await EngineWorld.make()
        let request = try EdgeHSMEnrolment.read(payload: try await world.enrolment.request().payload)
        let printed = try await EdgeProcess.run(["enrol-request", "--out", world.folder.path("request.json")], world)
        #expect(printed.contains("identity \(request.identity.keyID.hex.prefix(16))\n"), "\(printed)")
    }

    @Test("a server certificate is made anew near its end, and when it is from the future of trusted time")
    func serverCertificate() async throws {
        let world = try await EngineWorld.make()
        func certificates(after seconds: Int64) async throws -> ServerCertificates {
            try await ServerCertificateFile.renewed(
                configuration: world.configuration,
                execution: world.oem.execution,
                now: OEMWorld.now + seconds
            )
        }
        let first = try await certificates(after: 0)
        #expect(try await certificates(after: 100 * 86_400) == first)
        // A clock that was a year ahead must not leave a certificate that no station accepts.
        let ahead = try await certificates(after: 365 * 86_400)
        #expect(ahead.server != first.server && ahead.siteCA == first.siteCA)
        let mended = try await certificates(after: 10)
        #expect(mended.server != ahead.server && mended.siteCA == first.siteCA)
        #expect(try await certificates(after: 20) == mended)
    }

    @Test("the program dates its server certificate by trusted time, not by a clock that is behind it")
    func serverCertificateByTrustedTime() async throws {
        let world = try await EngineWorld.make()
        let engine = try await world.start()
        // The portal was heard a year and more ahead of this machine's clock: the floor is there.
        let ahead = OEMWorld.now + 100 * 86_400
        _ = try await engine.apply(DownlinkBundle(status: try world.status(at: ahead)), by: "factory")
        await engine.stop()
        let process = try await EdgeProcess(world)
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        let kept = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(filePath: world.configuration.certificatesPath))
        )
        let made = try #require((kept as? [String: Any])?["madeAt"] as? String)
        #expect(try Instant(made) >= ahead)
    }

    @Test("a production profile refuses a software token")
    func profile() async throws {
        let world = try await EngineWorld.make()
        var configuration = world.configuration
        configuration.profile = .production
        let refused = #expect(throws: Refusal.self) {
            try EdgeEnrolment.requireProfile(configuration, world.token.information)
        }
        #expect(refused?.has(EdgeDaemonError.softwareToken) == true)
        #expect(EdgeDaemonError.softwareToken.rawValue == "edge.token.software")
        try EdgeEnrolment.requireProfile(world.configuration, world.token.information)
    }
}
