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

/// From the approved version to the package that the appliance opens: every step on SoftHSM2 tokens.
@Suite(.serialized) struct PackageTests {
    @Test func certifiesAndPackagesAndTheApplianceOpensIt() async throws {
        let production = try await ProductionWorld.make()
        let certificates = production.certificates
        let (paa, pai) = (
            try AttestationCertificate(der: certificates.paa.bytes),
            try AttestationCertificate(der: certificates.pai.bytes)
        )
        try pai.check(as: .pai)
        #expect(pai.isSigned(by: paa.publicKey) && pai.productID == ProductID(0x8000))
        let root = try ADACCertificate(parsing: certificates.debugRoot.bytes)
        let intermediate = try ADACCertificate(parsing: certificates.debugIntermediate.bytes)
        #expect(intermediate.isSigned(by: root.fields.key) && intermediate.fields.socClass == 7)
        #expect(production.manifest.firmwareProvesProduct)

        let result = try await production.make(production.batch("b1", quantity: 40, firstSerial: 1))
        let file = try PackageFile(parsing: StatementCoding.encode(result.file))
        let roles = try production.world.roleKeys().content
        let outside = try Verified<ProductionPackage>(file.package, signedBy: roles.authorizer).content
        #expect(outside.sealed == Digest256.of(file.sealed.bytes))
        try await production.world.access.withToken(production.appliance.token) { token in
            let opened = try await HPKEOpener.open(
                HPKEMessage(encapsulated: outside.encapsulated, ciphertext: file.sealed.bytes),
                with: token.agreementKey(KeyName(.edgeSeal)),
                info: ProductionPackage.sealInfo,
                aad: ProductionPackage.sealContext(edgeHSM: outside.edgeHSM, authorization: outside.authorization)
            )
            let contents = try PackageContents(parsing: opened.withBytes { Array($0) })
            let authorization = try Verified<ProductionAuthorization>(
                contents.authorization,
                signedBy: roles.authorizer
            )
            #expect(authorization.id == outside.authorization && authorization.content.quantity == 40)
            let manifest = try Manifest(parsing: contents.manifest.bytes)
            for (key, wrapped) in zip(manifest.keys, contents.keys) {
                let name = KeyName(.importedMasterKey, "test.\(key.slot)")
                try await token.unwrap(wrapped.wrapped.bytes, with: KeyName(.edgeTransport), as: name)
                try await token.verifyCheckValue(Hex.decode(key.checkValue), of: name)
            }
            #expect(contents.keys.count == 1)
        }
    }

    @Test func refusesWhatDoesNotBelongTogether() async throws {
        let production = try await ProductionWorld.make()
        let roleKeys = try production.world.roleKeys()
        func ground(
            approval: Envelope? = nil,
            manifest: [UInt8]? = nil,
            cd: [UInt8]? = nil,
            profile: CustodyProfile = .lab
        ) async -> String? {
            await refusal { () throws in
                _ = try BatchGround(
                    roleKeys: roleKeys,
                    revoked: .none,
                    approval: approval ?? production.approval,
                    enrolment: production.enrolment(),
                    manifest: manifest ?? production.manifest.bytes,
                    certificationDeclaration: cd ?? production.declaration,
                    profile: profile
                )
            }
        }
        #expect(await ground() == nil)
        #expect(await ground(cd: production.declaration + [0]) == "authorize.manifest.differs")
        #expect(await ground(profile: .production) == "authorize.edgehsm.differs")
        let unsigned = Envelope(
            payloadType: production.approval.payloadType,
            payload: production.approval.payload,
            signatures: Array(production.approval.signatures.prefix(1))
        )
        #expect(await ground(approval: unsigned) == "statement.officers.too-few")
        var text = String(decoding: production.manifest.bytes, as: UTF8.self)
        text = text.replacingOccurrences(of: "\"Lamp\"", with: "\"Lump\"")
        #expect(await ground(manifest: Array(text.utf8)) == "authorize.manifest.differs")
        // Another key under the same name in the token is not the approved one.
        let batch = try production.batch("b1", quantity: 1, firstSerial: 1)
        let name = KeyName.product(
            try ProductName("lamp"),
            version: "1.0.0",
            slot: try KeySlot("ota"),
            kind: .perUnit
        )
        try await production.world.access.withToken(production.world.portalToken) { token in
            try await token.destroy(name)
            try await token.generate(name)
        }
        #expect(await refusal { _ = try await production.make(batch) } == "authorize.product-key.differs")
        let ceremony = production.world.ceremonyToken
        let wrongToken = await refusal {
            let ground = try production.ground()
            _ = try await production.world.access.withToken(ceremony) { token in
                try await PackageMaker(ground, token: token, now: World.now)
                    .make(from: ground.payload(for: batch, unitsGranted: 0, at: World.now))
            }
        }
        #expect(wrongToken == "authorize.token.wrong-key")
    }

    @Test func anAuthorizationIsMadeAgainFromItsOctets() async throws {
        let production = try await ProductionWorld.make()
        let ground = try production.ground()
        let batch = try production.batch("b1", quantity: 10, firstSerial: 1)
        let payload = try ground.payload(for: batch, unitsGranted: 0, at: World.now)
        #expect(payload.matches(batch))
        // As somebody keeps it until the package is made, and finds it again after a crash.
        let kept = try ProductionAuthorization.read(payload: payload.payload())
        func make(_ authorization: ProductionAuthorization, at time: Instant) async throws -> PackageMaker.Result {
            try await production.world.access.withToken(production.world.portalToken) { token in
                try await PackageMaker(ground, token: token, now: time).make(from: authorization)
            }
        }
        let first = try await make(kept, at: World.now)
        let second = try await make(kept, at: World.now + 3_600)
        #expect(first.authorization.id == second.authorization.id)
        #expect(first.authorization.envelope.payload == second.authorization.envelope.payload)
        #expect(first.file.sealed != second.file.sealed && first.file.package != second.file.package)

        let elsewhere = BatchRequest(
            product: batch.product,
            batch: batch.batch,
            edgeHSM: try EdgeHSMID("edge-2"),
            factory: batch.factory,
            quantity: 10,
            serials: batch.serials,
            notBefore: batch.notBefore,
            notAfter: batch.notAfter,
            debugUnlocks: batch.debugUnlocks,
            reprovisions: batch.reprovisions,
            rotations: batch.rotations
        )
        #expect(
            await refusal { _ = try ground.payload(for: elsewhere, unitsGranted: 0, at: World.now) }
                == "authorize.edgehsm.differs"
        )
        let stray = ground.forgedPayload(for: elsewhere, at: World.now)
        #expect(await refusal { _ = try await make(stray, at: World.now) } == "authorize.edgehsm.differs")
        let later = try await production.world.approvedByTwo(
            ProductionWorld.draft(lifetime: 1_000, allotted: 110)
                .envelope(manifest: production.manifest.bytes, previous: production.approval)
        )
        let other = try production.ground(approval: later).payload(for: batch, unitsGranted: 0, at: World.now)
        #expect(await refusal { _ = try await make(other, at: World.now) } == "authorize.manifest.differs")
    }

    @Test func theOfficersRulesBindEveryBatch() async throws {
        let production = try await ProductionWorld.make()
        let ground = try production.ground()
        func code(_ batch: BatchRequest, at time: Instant = World.now) async -> String? {
            await refusal { _ = try ground.payload(for: batch, unitsGranted: 0, at: time) }
        }
        let batch = try production.batch("b1", quantity: 60, firstSerial: 1)
        #expect(await code(batch) == nil)
        #expect(await code(batch, at: try Instant("2027-11-22T00:00:01Z")) == "authorize.approval.expired")
        #expect(await code(batch, at: try Instant("2030-01-01T00:00:01Z")) == "authorize.role-keys.expired")
        let outside = "authorize.batch.outside-rules"
        #expect(await code(try production.batch("b1", quantity: 61, firstSerial: 1)) == outside)
        #expect(await code(try production.batch("b1", quantity: 9, firstSerial: 1, unlocks: 3)) == outside)
        #expect(await code(try production.batch("b1", quantity: 9, firstSerial: 1, days: 31)) == outside)
        #expect(await code(try production.batch("b1", quantity: 0, firstSerial: 1)) == "statement.content.inconsistent")
    }

    @Test func aFleetKeyNeedsAnExceptionWithRoomForAllUnits() async throws {
        let production = try await ProductionWorld.make()
        let world = production.world
        let key = ["product": "lamp", "version": "2.0.0", "slot": "ota", "kind": "fleet"]
        try await world.run(world.file(["productKeys": [key]]))
        let firmware = try await ProductionWorld.firmware(world)
        func code(level: String, exception: Int?, quantity: Int, granted: Int = 0) async -> String? {
            await refusal {
                let maker = try ProductionWorld.maker(
                    world,
                    firmware: firmware,
                    declaration: production.declaration,
                    vendorRoots: [],
                    ["version": "2.0.0", "chipIdentity": level, "keys": [["slot": "ota", "kind": "fleet"]]]
                )
                let made = try await world.access.withToken(world.portalToken) { try await maker.make(token: $0) }
                let exceptions = exception.map { [["slot": "ota", "mostUnits": $0]] } ?? []
                let approval = try ProductionWorld.draft(
                    lifetime: 100,
                    allotted: 100,
                    ["rules": ["chipIdentity": "none"], "fleetKeyExceptions": exceptions]
                ).envelope(manifest: made.bytes, previous: nil)
                let signed = try await sign(approval, world)
                let ground = try BatchGround(
                    roleKeys: world.roleKeys(),
                    revoked: .none,
                    approval: signed,
                    enrolment: production.enrolment(),
                    manifest: made.bytes,
                    certificationDeclaration: production.declaration,
                    profile: .lab
                )
                let batch = try production.batch("b1", quantity: quantity, firstSerial: 1)
                _ = try ground.payload(for: batch, unitsGranted: granted, at: World.now)
            }
        }
        let refused = "authorize.fleet-key.no-exception"
        #expect(await code(level: "none", exception: 50, quantity: 10) == refused)
        #expect(await code(level: "applet", exception: nil, quantity: 10) == refused)
        #expect(await code(level: "applet", exception: 9, quantity: 10) == refused)
        #expect(await code(level: "applet", exception: 10, quantity: 10) == nil)
        #expect(await code(level: "applet", exception: 10, quantity: 10, granted: 1) == refused)
    }

    /// Two officers on machines without memory, since these approvals are each other's forks.
    private func sign(_ envelope: Envelope, _ world: World) async throws -> Envelope {
        var envelope = envelope
        for officer in world.officers.prefix(2) {
            let approval = try OfficerApproval(
                envelope,
                roleKeys: world.roleKeys(),
                earlier: [],
                memory: OfficerMemory("\(world.folder)/memory-\(UUID().uuidString)")
            )
            envelope = try await world.access.withToken(officer.token) {
                try await approval.sign(with: $0, confirmedBy: approval.confirmation).0
            }
        }
        return envelope
    }
}
