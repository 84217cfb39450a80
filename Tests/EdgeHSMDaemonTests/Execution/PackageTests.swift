import EdgeHSMDaemon
import KeyCustody
import Matter
import PKCS11Token
import Silicon
import Statements
import Testing
import Vocabulary

@Suite("Opening a package")
struct PackageTests {
    private func open(_ alterations: OEMWorld.Alterations, in world: OEMWorld) async -> String? {
        do {
            let file = try await world.package(alterations)
            _ = try await world.execution.openPackage(file, certificates: world.certificates, in: world.context)
            return nil
        } catch {
            return (error as? Refusal)?.code ?? "\(error)"
        }
    }

    @Test("one thing altered at a time is refused by its own code, and the unaltered package opens")
    func alterations() async throws {
        let world = try await OEMWorld.make()
        let other = EdgeHSMID(validated: "edge-2")
        let cases: [(OEMWorld.Alterations, String)] = [
            (.init(edgeHSM: other), ExecutionError.packageForOther.rawValue),
            (.init(sealedTo: SoftwareKey().publicKey), KeyCustodyError.sealUnopenable.rawValue),
            (.init(approvers: [0]), StatementError.tooFewOfficers.rawValue),
            (.init(approvers: [0, 0]), StatementError.tooFewOfficers.rawValue),
            (.init(authorizerOfPackage: SoftwareKey()), StatementError.notSigned.rawValue),
            (.init(declaration: [1, 2, 3]), ExecutionError.packageMismatch.rawValue),
            (.init(sealedForAuthorization: Digest256.zero), KeyCustodyError.sealUnopenable.rawValue),
            (.init(flipSealedOctet: true), ExecutionError.packageAltered.rawValue),
        ]
        for (alterations, code) in cases {
            #expect(await open(alterations, in: world) == code)
        }
        #expect(await open(.init(), in: world) == nil)
    }

    @Test("an authorization for another EdgeHSM inside a package sealed to this one is refused")
    func foreignAuthorizationInside() async throws {
        let world = try await OEMWorld.make()
        var approval = try world.approval.unsigned()
        for officer in world.officers.prefix(2) { approval = try officer.signed(approval) }
        let foreign = try world.authorizer.signed(
            world.authorization(approval.statementID, edgeHSM: EdgeHSMID(validated: "edge-2")).unsigned()
        )
        let contents = PackageContents(
            authorization: foreign,
            approval: approval,
            manifest: Octets(world.manifestBytes),
            keys: world.wrappedKeys,
            certificationDeclaration: Octets(world.declaration)
        )
        let message = try HPKESealer.seal(
            StatementCoding.encode(contents),
            to: try await world.edge.agreementKey(KeyName(.edgeSeal)).publicKey,
            info: ProductionPackage.sealInfo,
            aad: ProductionPackage.sealContext(edgeHSM: OEMWorld.edgeID, authorization: foreign.statementID)
        )
        let outside = ProductionPackage(
            edgeHSM: OEMWorld.edgeID,
            authorization: foreign.statementID,
            sealed: Digest256.of(message.ciphertext),
            encapsulated: message.encapsulated,
            roleKeysVersion: 1,
            issuedAt: OEMWorld.now
        )
        let file = try StatementCoding.encode(
            PackageFile(package: world.authorizer.signed(outside.unsigned()), sealed: Octets(message.ciphertext))
        )
        await #expect(throws: Refusal.self) {
            try await world.execution.openPackage(file, certificates: world.certificates, in: world.context)
        }
    }

    @Test("without certificates of the product nothing opens")
    func noCertificates() async throws {
        let world = try await OEMWorld.make()
        let file = try await world.package()
        let refusal = await #expect(throws: Refusal.self) {
            try await world.execution.openPackage(file, certificates: nil, in: world.context)
        }
        #expect(refusal?.has(ExecutionError.packageNoCertificates) == true)
    }

    @Test("where unlocks are granted, debug certificates of another root, soc_class or mask are refused at the load")
    func debugCertificates() async throws {
        let world = try await OEMWorld.make()
        let file = try await world.package()
        let intermediate = try ADACCertificate(parsing: world.certificates.debugIntermediate.bytes)
        func open(_ socClass: UInt32, _ mask: ADACPermissions, root: SoftwareKey? = nil) async throws -> String? {
            let root = root ?? world.debugRoot
            let rootFields = ADACCertificateFields(role: .root, key: root.publicKey, permissions: .all)
            let fields = ADACCertificateFields(
                role: .intermediate,
                key: intermediate.fields.key,
                permissions: mask,
                socClass: socClass
            )
            func certificate(_ fields: ADACCertificateFields) throws -> Octets {
                Octets(ADACCertificate(fields: fields, signature: try root.signNow(fields.toBeSigned)).encoded)
            }
            let certificates = CertificatesInstalled(
                product: world.certificates.product,
                paa: world.certificates.paa,
                pai: world.certificates.pai,
                debugRoot: try certificate(rootFields),
                debugIntermediate: try certificate(fields)
            )
            return await refusal {
                try await world.execution.openPackage(file, certificates: certificates, in: world.context)
            }
        }
        let mismatch = ExecutionError.certificatesMismatch.rawValue
        #expect(try await open(0x8001, .rework) == nil)
        #expect(try await open(0x8002, .rework) == mismatch)
        #expect(try await open(0x8001, .readFlash) == mismatch)
        #expect(try await open(0x8001, .rework, root: SoftwareKey()) == mismatch)
    }

    @Test("keys are installed once, verified again, and destroyed with the last batch that needs them")
    func keysComeAndGo() async throws {
        let world = try await OEMWorld.make()
        let opened = try await world.execution.openPackage(
            world.package(),
            certificates: world.certificates,
            in: world.context
        )
        try await world.execution.installKeys(of: opened)
        try await world.execution.installKeys(of: opened)
        let batch = world.batch(opened)
        let secret = KeyName(.unitSecret, batch.id.hex)
        #expect(try await world.edge.has(secret))
        try await world.execution.destroyKeys(of: batch, stillOpen: [batch])
        #expect(try await !world.edge.has(secret))
        try await world.execution.installKeys(of: opened)
        try await world.execution.destroyKeys(of: batch, stillOpen: [])
        try await world.execution.destroyKeys(of: batch, stillOpen: [])
        #expect(try await !world.edge.has(secret))
    }
}
