import Foundation
import Governance
import KeyCustody
import Matter
import OEMWorld
import Silicon
import Statements
import TestSupport
import Testing
import Vocabulary

@testable import Ceremony

/// Appliances and product certificates, and the ledger of `obis authorize`, on SoftHSM2 tokens.
@Suite(.serialized) struct ProductTests {
    @Test func theLedgerNeverExceedsTheOfficers() async throws {
        let production = try await ProductionWorld.make()
        func code(_ batch: BatchRequest, approval: Envelope? = nil) async -> String? {
            await refusal { _ = try await production.make(batch, approval: approval) }
        }
        let first = try production.batch("b1", quantity: 60, firstSerial: 1)
        let made = try await production.make(first)
        // The same batch again is the same statement, sealed anew, and counts once.
        let again = try await production.make(first)
        #expect(again.authorization.id == made.authorization.id)
        #expect(again.file.sealed != made.file.sealed)
        #expect(await code(try production.batch("b1", quantity: 50, firstSerial: 1)) == "authorize.batch.taken")
        #expect(await code(try production.batch("b2", quantity: 30, firstSerial: 60)) == "authorize.serials.taken")
        let sameTexts = try production.batch("b2", quantity: 30, firstSerial: 60, prefix: "L00")
        #expect(await code(sameTexts) == "authorize.serials.taken", "another prefix that prints the same")
        #expect(
            await code(try production.batch("b2", quantity: 61, firstSerial: 100)) == "authorize.batch.outside-rules"
        )
        #expect(await code(try production.batch("b2", quantity: 41, firstSerial: 100)) == "authorize.quota.exhausted")
        #expect(
            await code(try production.batch("b2", quantity: 10, firstSerial: 100, unlocks: 3))
                == "authorize.batch.outside-rules"
        )
        #expect(
            await code(try production.batch("b2", quantity: 10, firstSerial: 100, days: 31))
                == "authorize.batch.outside-rules"
        )
        #expect(await code(try production.batch("b2", quantity: 40, firstSerial: 100)) == nil)
        #expect(await code(try production.batch("b3", quantity: 1, firstSerial: 900)) == "authorize.quota.exhausted")
        // A stolen portal token signs beyond it; the EdgeHSM's own count is what stops that.
        let stolen = try await production.steal(production.batch("b3", quantity: 60, firstSerial: 900))
        #expect(stolen.authorization.content.quantity == 60)

        let draft = try ProductionWorld.draft(lifetime: 1_000, allotted: 110)
        let second = try await production.world.approvedByTwo(
            draft.envelope(manifest: production.manifest.bytes, previous: production.approval)
        )
        let more = try production.batch("b3", quantity: 10, firstSerial: 900)
        #expect(await code(more, approval: second) == nil)
        #expect(
            await code(try production.batch("b4", quantity: 1, firstSerial: 990)) == "authorize.approval.superseded"
        )
    }

    /// From a portal's first start on, the totals are the portal's.
    @Test func outsideTheLaboratoryNoLedgerStandsBesideAPortal() async throws {
        let world = try await World()
        try await world.run(world.file())
        try await world.access.withToken(world.portalToken) { token in
            try await FileAuthorizer.requireNoPortal(in: token, profile: .production)
            _ = try await EnrolmentAuthority.open(in: token, oem: "Example", at: World.now)
            let code = await refusal { try await FileAuthorizer.requireNoPortal(in: token, profile: .production) }
            #expect(code == "authorize.ledger.portal")
            try await FileAuthorizer.requireNoPortal(in: token, profile: .lab)
        }
    }

    @Test func certifiesOnlyUnderARegisteredIdentity() async throws {
        let world = try await World()
        let appliance = try await Appliance.make("edge-1", factory: "shenzhen", access: world.access)
        let stranger = try await Appliance.make("edge-1", factory: "shenzhen", access: world.access)
        try await world.run(world.file())
        let genuine = try await appliance.preparation("lamp", productID: 0x8000, access: world.access)
        let path = try world.write("preparation.json", genuine)
        func code(_ changes: [String: Any] = [:]) async -> String? {
            await refusal {
                try await world.run(world.file(["products": [ProductionWorld.productEntry(path, changes)]]))
            }
        }
        #expect(await code() == "ceremony.edgehsm.unregistered", "no enrolment at all")
        // Enrolled, but signed by one officer only.
        let request = try await world.write("request.json", appliance.request(access: world.access))
        let entry: [String: Any] = [
            "edgeHSM": "edge-1", "factory": "shenzhen", "request": request,
            "identity": String(appliance.enrolment.identity.keyID.hex.prefix(16)),
        ]
        try await world.run(world.file(["edgeHSMs": [entry]]))
        let enrolment = "\(world.state.path)/enrolments/edge-1.json"
        let one = try await world.approve(Envelope(parsing: StateFile.read(enrolment, limit: Envelope.largest)), 0)
        try StateFile.write(enrolment, one.serialized())
        #expect(await code() == "ceremony.edgehsm.unregistered", "one officer")
        try StateFile.write(enrolment, try await world.approve(one, 1).serialized())
        // Signed by another appliance's identity.
        let foreign = try await stranger.sign(
            Envelope(payloadType: genuine.payloadType, payload: genuine.payload, signatures: []),
            access: world.access
        )
        _ = try world.write("preparation.json", foreign)
        #expect(await code() == "ceremony.edgehsm.unregistered", "another identity")
        _ = try world.write("preparation.json", genuine)
        #expect(await code(["productID": "8001"]) == "ceremony.preparation.differs")
        #expect(await code(["permissions": "13000000000000000000000000000000"]) == "ceremony.state.differs")
        #expect(await code() == nil)
        #expect(await code(["commonName": "Another"]) == "ceremony.state.differs")

        // Another PAI for the same key is said to be a renewal; it begins later and follows the one before.
        let renewed: [String: Any] = [
            "commonName": "Example PAI lamp edge-1 2028", "notBefore": "2028-01-01T00:00:00Z", "renewal": 1,
        ]
        func renewal(_ changes: [String: Any]) async -> String? {
            await code(renewed.merging(changes) { _, new in new })
        }
        #expect(await renewal(["renewal": 2]) == "ceremony.step.prerequisite")
        #expect(await renewal(["renewal": 0]) == "ceremony.file.malformed")
        #expect(await renewal(["notBefore": "2026-11-02T00:00:00Z"]) == "ceremony.state.differs")
        #expect(await renewal(["permissions": "01000000000000000000000000000000"]) == "ceremony.state.differs")
        #expect(await renewal([:]) == nil)
        let first = try Self.certificates(world, "edge-1/lamp.json")
        let second = try Self.certificates(world, "edge-1/renewed/0001/lamp.json")
        #expect(first.paa == second.paa && first.debugRoot == second.debugRoot)
        #expect(first.debugIntermediate == second.debugIntermediate)
        let (old, new) = (
            try AttestationCertificate(der: first.pai.bytes), try AttestationCertificate(der: second.pai.bytes)
        )
        #expect(old.publicKey == new.publicKey && old.notBefore < new.notBefore && old.subject != new.subject)
        // Both may stand in the file from now on, and neither is made again.
        try await world.run(
            world.file([
                "products": [ProductionWorld.productEntry(path), ProductionWorld.productEntry(path, renewed)]
            ])
        )
        #expect(try Self.certificates(world, "edge-1/lamp.json") == first)
        #expect(try Self.certificates(world, "edge-1/renewed/0001/lamp.json") == second)
    }

    private static func certificates(_ world: World, _ name: String) throws -> ProductCertificates {
        try ProductCertificates(
            parsing: StateFile.read("\(world.state.path)/products/\(name)", limit: Envelope.largest)
        )
    }

    /// An enrolment stands when an officer who signed it retires, and falls when that officer's key is compromised.
    @Test func enrolmentsOutliveTheirOfficers() async throws {
        let world = try await World()
        let appliance = try await Appliance.make("edge-1", factory: "shenzhen", access: world.access)
        try await world.run(world.file())
        let entry = try await world.enrol(appliance)
        let preparation = try await appliance.preparation("lamp", productID: 0x8000, access: world.access)
        let path = try world.write("preparation.json", preparation)
        func code(_ roles: [String: Any]) async -> String? {
            await refusal {
                try await world.run(
                    world.file([
                        "roleKeys": roles, "edgeHSMs": [entry], "products": [ProductionWorld.productEntry(path)],
                    ])
                )
            }
        }
        // Officers 0 and 1 signed; 0 retires. A version from before the enrolment would not do.
        let late = world.roles(version: 2, dropping: 1, issuedAt: "2026-12-01T00:00:00Z")
        try await world.run(world.file(["roleKeys": late, "edgeHSMs": [entry]]))
        let enrolment = try Envelope(
            parsing: StateFile.read("\(world.state.path)/enrolments/edge-1.json", limit: Envelope.largest)
        )
        let history = try world.state.roleKeysHistory()
        #expect(
            await refusal { _ = try Verified<EdgeHSMEnrolment>(enrolment, signedByOfficersOf: history[1].content) }
                == "statement.officers.too-few"
        )
        _ = try EnrolmentCheck.verify(enrolment, history: history)
        let stolen = world.officers[0].key.keyID
        #expect(
            await refusal {
                _ = try EnrolmentCheck.verify(enrolment, history: history, compromised: [stolen])
            } == "statement.officers.too-few"
        )
        let order = try OfficerOrder(
            order: .revoke(.roleKey(stolen)),
            reason: "stolen",
            issuedAt: World.now,
            expiresAt: World.now + 86_400
        ).unsigned()
        let signed = try await world.approve(world.approve(order, 1), 2)
        let place = "\(world.state.path)/orders/0001.json"
        try FileManager.default.createDirectory(
            atPath: world.state.path + "/orders",
            withIntermediateDirectories: true
        )
        try StateFile.write(place, signed.serialized())
        #expect(await code(late) == "ceremony.edgehsm.unregistered", "signed by a stolen key")
        try FileManager.default.removeItem(atPath: place)
        #expect(await code(late) == nil, "signed by an officer who only retired")
    }

    /// RoleKeys that had a successor before the enrolment was made did not sign it.
    @Test func retiredOfficersEnrolNothing() async throws {
        let world = try await World()
        let appliance = try await Appliance.make("edge-1", factory: "shenzhen", access: world.access)
        try await world.run(world.file())
        _ = try await world.enrol(appliance)
        let enrolment = try Envelope(
            parsing: StateFile.read("\(world.state.path)/enrolments/edge-1.json", limit: Envelope.largest)
        )
        try await world.run(world.file(["roleKeys": world.roles(version: 2, dropping: 1)]))
        let history = try world.state.roleKeysHistory()
        #expect(
            await refusal { _ = try EnrolmentCheck.verify(enrolment, history: history) }
                == "statement.officers.too-few"
        )
    }

    @Test func anotherApplianceNeverTakesAName() async throws {
        let world = try await World()
        let appliance = try await Appliance.make("edge-1", factory: "shenzhen", access: world.access)
        try await world.run(world.file())
        _ = try await world.enrol(appliance)
        let other = try await Appliance.make("edge-1", factory: "shenzhen", access: world.access)
        let request = try await world.write("other.json", other.request(access: world.access))
        let entry: [String: Any] = [
            "edgeHSM": "edge-1", "factory": "shenzhen", "request": request,
            "identity": String(other.enrolment.identity.keyID.hex.prefix(16)),
        ]
        #expect(
            await refusal { try await world.run(world.file(["edgeHSMs": [entry]])) } == "ceremony.edgehsm.replaced"
        )
        let trusted = KeyName.transport(of: other.enrolment)
        let isTrusted = try await world.access.withToken(world.portalToken) { try await $0.has(trusted) }
        #expect(!isTrusted, "its transport key is trusted with nothing")
    }

    @Test func enrolsOnlyWhatTheApplianceItselfSigned() async throws {
        let world = try await World()
        let appliance = try await Appliance.make("edge-2", factory: "pune", access: world.access)
        try await world.run(world.file())
        let request = try await appliance.request(access: world.access)
        func code(_ envelope: Envelope, _ changes: [String: String] = [:]) async -> String? {
            await refusal {
                let entry = try [
                    "edgeHSM": "edge-2", "factory": "pune", "request": world.write("r.json", envelope),
                    "identity": String(appliance.enrolment.identity.keyID.hex.prefix(16)),
                ].merging(changes) { _, new in new }
                try await world.run(world.file(["edgeHSMs": [entry]]))
            }
        }
        let bare = Envelope(payloadType: request.payloadType, payload: request.payload, signatures: [])
        #expect(await code(bare) == "ceremony.edgehsm.request-unsigned")
        let officer = try await world.access.withToken(world.officers[0].token) { token in
            let key = try await token.signingKey(.officer(world.officers[0].name))
            return bare.adding(
                Envelope.Signature(keyID: key.publicKey.keyID, value: try await key.sign(bare.signedBytes))
            )
        }
        #expect(await code(officer) == "ceremony.edgehsm.request-unsigned")
        #expect(await code(request, ["identity": "0000000000000000"]) == "ceremony.state.differs")
        #expect(await code(request, ["factory": "shenzhen"]) == "ceremony.state.differs")
        #expect(await code(request) == nil)
        let trusted = KeyName.transport(of: appliance.enrolment)
        let isTrusted = try await world.access.withToken(world.portalToken) { try await $0.has(trusted) }
        #expect(isTrusted)
    }
}
