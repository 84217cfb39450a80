import Crypto
import EdgeHSMDaemon
import Foundation
import KeyCustody
import LineProtocol
import Matter
import Silicon
import Statements
import Testing
import Vocabulary

/// A chip in software, for the execution's tests.
private struct Chip {
    let signing = SoftwareKey()
    let agreement = P256.KeyAgreement.PrivateKey()
    let uid = ChipUID(validated: (0..<16).map { _ in UInt8.random(in: 0...255) })

    func request(_ nonce: Nonce) throws -> [UInt8] {
        let toBeSigned = ToBeSignedRequest(
            publicKey: signing.publicKey,
            chipUID: uid,
            nonce: nonce,
            agreementKey: P256Point(validated: Array(agreement.publicKey.x963Representation))
        )
        return try toBeSigned.assembled(with: signing.signNow(toBeSigned.bytes)).der
    }
}

@Suite("Making a unit")
struct UnitTests {
    private struct Line {
        let world: OEMWorld
        let batch: Batch
        let chip = Chip()
        let nonce = Nonce(validated: [UInt8](repeating: 7, count: 32))
        let unit: IssuedUnit

        static func make() async throws -> Line {
            let world = try await OEMWorld.make()
            let opened = try await world.execution.openPackage(
                world.package(),
                certificates: world.certificates,
                in: world.context
            )
            try await world.execution.installKeys(of: opened)
            return try await Line(world: world, batch: world.batch(opened))
        }

        private init(world: OEMWorld, batch: Batch) async throws {
            self.world = world
            self.batch = batch
            let facts = try await world.execution.verifyRequest(
                chip.request(nonce),
                proof: nil,
                for: batch,
                at: OEMWorld.now
            )
            let id = unitID(authorization: batch.id, chipUID: chip.uid, generation: 0)
            let credential = try await world.execution.issueCredential(facts, unit: id, of: batch)
            unit = IssuedUnit(
                id: id,
                authorization: batch.id,
                chipUID: chip.uid,
                generation: 0,
                index: 0,
                serial: try batch.authorization.serials.serial(0),
                issuedAt: OEMWorld.now,
                dac: credential.dac,
                request: facts.request,
                agreementKey: facts.agreementKey,
                commitment: credential.commitment,
                factoryData: nil
            )
        }

        func given(_ data: UnitData) -> IssuedUnit {
            IssuedUnit(
                id: unit.id,
                authorization: unit.authorization,
                chipUID: unit.chipUID,
                generation: 0,
                index: 0,
                serial: unit.serial,
                issuedAt: unit.issuedAt,
                dac: unit.dac,
                request: unit.request,
                agreementKey: unit.agreementKey,
                commitment: unit.commitment,
                factoryData: Digest256.of(data.factoryData)
            )
        }
    }

    @Test("the DAC holds the profile, chains to the PAA, and starts where the authorization does")
    func certificate() async throws {
        let line = try await Line.make()
        let dac = try AttestationCertificate(der: line.unit.dac)
        let pai = try AttestationCertificate(der: line.world.certificates.pai.bytes)
        let paa = try AttestationCertificate(der: line.world.certificates.paa.bytes)
        try AttestationChain.verify(dac: dac, pai: pai, paas: [paa], at: OEMWorld.now)
        #expect(dac.publicKey == line.chip.signing.publicKey)
        #expect(dac.notBefore == line.batch.authorization.notBefore)
        #expect(dac.notAfter == .noExpiry)
        #expect(dac.productID == ProductID(0x8001))
    }

    @Test("unit data is the same octets each time, its passcode opens its verifier, and the OEM can open the record")
    func unitData() async throws {
        let line = try await Line.make()
        let first = try await line.world.execution.unitData(line.unit, of: line.batch, in: line.world.context)
        let second = try await line.world.execution.unitData(line.unit, of: line.batch, in: line.world.context)
        #expect(first.factoryData == second.factoryData)
        #expect(first.label == second.label)
        let written = try NordicFactoryData(decoding: first.factoryData)
        let payload = try OnboardingPayload(qrText: first.label.qr)
        let verifier = try SPAKE2PlusVerifier(
            passcode: payload.passcode,
            salt: written.spake2pSalt,
            iterations: Int(written.spake2pIterations)
        )
        #expect(verifier.octets.withBytes { Array($0) } == written.spake2pVerifier)
        #expect(written.discriminator == payload.discriminator.value)
        #expect(written.serialNumber == line.unit.serial)

        var recipient = try HPKE.Recipient(
            privateKey: line.world.labelKey,
            ciphersuite: .P256_SHA256_AES_GCM_256,
            info: Data("obis label record v1".utf8),
            encapsulatedKey: Data(first.labelRecord.encapsulated.bytes)
        )
        let record = try recipient.open(
            Data(first.labelRecord.ciphertext.bytes),
            authenticating: Data(line.unit.id.bytes)
        )
        #expect(String(decoding: record, as: UTF8.self).contains(first.label.qr))

        // With the record alone the OEM opens the journal's commitment.
        struct Record: Decodable {
            let qr: String
            let salt: String
            let rotatingID: String
            let blind: String
        }
        let opened = try JSONDecoder().decode(Record.self, from: record)
        let code = try OnboardingPayload(qrText: opened.qr)
        func octets(_ number: UInt32, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt32($0 * 8)) }
        }
        var covered = try Hex.decode(opened.blind) + octets(code.passcode.reveal(), 4)
        covered += octets(UInt32(code.discriminator.value), 2)
        covered += try Hex.decode(opened.salt) + Hex.decode(opened.rotatingID)
        covered += octets(UInt32(line.batch.manifest.commissioning.iterations), 4)
        #expect(Digest256.of(covered) == line.unit.commitment)
    }

    @Test("a commitment that the token's secrets do not open is refused")
    func commitment() async throws {
        let line = try await Line.make()
        let altered = IssuedUnit(
            id: unitID(authorization: line.batch.id, chipUID: line.chip.uid, generation: 1),
            authorization: line.unit.authorization,
            chipUID: line.unit.chipUID,
            generation: 1,
            index: 0,
            serial: line.unit.serial,
            issuedAt: line.unit.issuedAt,
            dac: line.unit.dac,
            request: line.unit.request,
            agreementKey: line.unit.agreementKey,
            commitment: line.unit.commitment,
            factoryData: nil
        )
        let refusal = await #expect(throws: Refusal.self) {
            try await line.world.execution.unitData(altered, of: line.batch, in: line.world.context)
        }
        #expect(refusal?.has(ExecutionError.commitmentMismatch) == true)
    }

    @Test("a sealed key opens in this chip only, and only under this request's nonce")
    func sealedKey() async throws {
        let line = try await Line.make()
        let reply = try await line.world.execution.sealKey(
            OEMWorld.slot,
            fleet: false,
            to: line.unit,
            nonce: line.nonce,
            of: line.batch
        )
        func open(_ key: P256.KeyAgreement.PrivateKey, nonce: Nonce) throws -> SymmetricKey {
            try ProductKeySeal.open(
                ephemeral: reply.ephemeral,
                wrapped: reply.wrapped.bytes,
                info: ProductKeySealInfo(slot: OEMWorld.slot, uid: line.chip.uid, nonce: nonce).encoded,
                agree: { point in
                    let shared = try key.sharedSecretFromKeyAgreement(
                        with: P256.KeyAgreement.PublicKey(x963Representation: point.bytes)
                    )
                    return Secret(shared.withUnsafeBytes { Array($0) })
                }
            )
        }
        #expect(try open(line.chip.agreement, nonce: line.nonce).bitCount == 128)
        #expect(throws: (any Error).self) { try open(P256.KeyAgreement.PrivateKey(), nonce: line.nonce) }
        #expect(throws: (any Error).self) {
            try open(line.chip.agreement, nonce: Nonce(validated: [UInt8](repeating: 8, count: 32)))
        }
        await #expect(throws: Refusal.self) {
            try await line.world.execution.sealKey(
                OEMWorld.slot,
                fleet: true,
                to: line.unit,
                nonce: line.nonce,
                of: line.batch
            )
        }
    }

    @Test("completion is judged on every piece of evidence, one altered at a time")
    func completion() async throws {
        let line = try await Line.make()
        let data = try await line.world.execution.unitData(line.unit, of: line.batch, in: line.world.context)
        let unit = line.given(data)
        let terms = PermitTerms(
            nonce: Nonce(validated: [UInt8](repeating: 3, count: 32)),
            challenge: [UInt8](repeating: 4, count: 16),
            expiresAt: OEMWorld.now + 600
        )
        func evidence(
            firmware: Digest256? = nil,
            factoryData: Digest256? = nil,
            nonce: Nonce? = nil,
            declaration: [UInt8]? = nil,
            signer: SoftwareKey? = nil,
            label: String? = nil,
            locked: Bool = true
        ) throws -> CompleteUnit.Request {
            let elements = try AttestationElements(
                declaration: declaration ?? line.batch.certificationDeclaration,
                nonce: nonce ?? terms.nonce
            ).encoded
            let key = signer ?? line.chip.signing
            return CompleteUnit.Request(
                authorization: line.batch.id,
                unit: unit.id,
                firmware: firmware ?? line.batch.manifest.firmware.digest,
                factoryData: factoryData ?? Digest256.of(data.factoryData),
                attestationElements: Octets(elements),
                attestationSignature: try key.signNow(
                    AttestationElements.message(elements: elements, challenge: terms.challenge)
                ),
                scannedLabel: label ?? data.label.qr,
                debugPortLocked: locked
            )
        }
        func judge(_ evidence: CompleteUnit.Request) async -> String? {
            do {
                _ = try await line.world.execution.checkCompletion(
                    evidence,
                    unit: unit,
                    terms: terms,
                    of: line.batch,
                    in: line.world.context
                )
                return nil
            } catch {
                return (error as? Refusal)?.code
            }
        }
        #expect(await judge(try evidence(firmware: .zero)) == ExecutionError.evidenceFirmware.rawValue)
        #expect(await judge(try evidence(factoryData: .zero)) == ExecutionError.evidenceFactoryData.rawValue)
        let stale = Nonce(validated: [UInt8](repeating: 9, count: 32))
        #expect(await judge(try evidence(nonce: stale)) == ExecutionError.evidenceAttestation.rawValue)
        #expect(await judge(try evidence(declaration: [1])) == ExecutionError.evidenceAttestation.rawValue)
        #expect(await judge(try evidence(signer: SoftwareKey())) == ExecutionError.evidenceAttestation.rawValue)
        #expect(await judge(try evidence(label: "MT:Y.K9042C00KA0648G00")) == ExecutionError.evidenceLabel.rawValue)
        #expect(await judge(try evidence(locked: false)) == ExecutionError.evidenceOpenPort.rawValue)
        #expect(await judge(try evidence()) == nil)
    }

    @Test("a debug answer opens this chip, grants no more than the version allows, and opens no other chip")
    func debug() async throws {
        let line = try await Line.make()
        let challenge = ADACChallenge(vector: Nonce(validated: [UInt8](repeating: 5, count: 32)))
        let octets: [UInt8] = [1, 0, 0, 0] + challenge.vector.bytes
        let parsed = try ADACChallenge(parsing: octets)
        let answer = try await line.world.execution.answerDebug(
            octets,
            permissions: ADACPermissions.rework.hex,
            chipUID: line.chip.uid,
            of: line.batch
        )
        let chain = ADACChain(
            certificates: try answer.certificates.map { try ADACCertificate(parsing: $0) },
            token: try ADACToken(parsing: answer.token)
        )
        func target(_ uid: ChipUID) -> ADACTarget {
            ADACTarget(
                rootKeyHash: line.batch.manifest.chipSecurity.debugRoot,
                socClass: 0x8001,
                socID: uid,
                lifecycle: ADACLifecycle.secured
            )
        }
        #expect(try chain.verify(for: target(line.chip.uid), challenge: parsed) == .rework)
        #expect(throws: Refusal.self) { try chain.verify(for: target(Chip().uid), challenge: parsed) }
        let refusal = await #expect(throws: Refusal.self) {
            try await line.world.execution.answerDebug(
                octets,
                permissions: ADACPermissions.all.hex,
                chipUID: line.chip.uid,
                of: line.batch
            )
        }
        #expect(refusal?.has(ExecutionError.permissionsExceeded) == true)
    }

    @Test("stations and the server are certified by one site CA that stays the same")
    func siteCertificates() async throws {
        let world = try await OEMWorld.make()
        let server = try await world.execution.issueServerCertificates(
            edgeHSM: OEMWorld.edgeID,
            names: ["127.0.0.1", "edge.local"],
            at: OEMWorld.now
        )
        let key = SoftwareKey()
        let toBeSigned = ToBeSignedRequest(
            subject: try ServiceName(commonName: "whatever it asks for"),
            publicKey: key.publicKey
        )
        let request = try toBeSigned.assembled(with: key.signNow(toBeSigned.bytes)).der
        let chain = try await world.execution.issueStationCertificate(
            request,
            name: StationName(validated: "station-1"),
            role: .station,
            days: 30,
            at: OEMWorld.now
        )
        #expect(chain.last == server.siteCA.bytes)
        await #expect(throws: Refusal.self) {
            try await world.execution.issueStationCertificate(
                Array(request.dropLast()),
                name: StationName(validated: "station-1"),
                role: .station,
                days: 30,
                at: OEMWorld.now
            )
        }
    }
}
