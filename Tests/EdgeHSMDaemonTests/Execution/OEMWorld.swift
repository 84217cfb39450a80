import Crypto
import EdgeHSMDaemon
import Foundation
import KeyCustody
import LineProtocol
import Matter
import PKCS11Token
import Silicon
import Statements
import TestSupport
import Vocabulary

/// A key in software, for the OEM's side of a test.
struct SoftwareKey: SigningKey {
    let key = P256.Signing.PrivateKey()
    var publicKey: P256Point { P256Point(validated: Array(key.publicKey.x963Representation)) }
    func sign(_ message: [UInt8]) async throws -> RawSignature { try signNow(message) }
    func signNow(_ message: [UInt8]) throws -> RawSignature {
        try RawSignature(key.signature(for: message).rawRepresentation)
    }
    func signed(_ envelope: Envelope) throws -> Envelope {
        envelope.adding(Envelope.Signature(keyID: publicKey.keyID, value: try signNow(envelope.signedBytes)))
    }
}

/// An OEM with software keys, one product prepared at one EdgeHSM whose token is SoftHSM2, and a portal token with the
/// product key: everything that the execution meets, made from scratch for each test.
struct OEMWorld: Sendable {
    /// The real time, once for a process: the daemon's program has no other clock.
    static let now = Instant(seconds: Int64(Date().timeIntervalSince1970))

    let edge: PKCS11Token
    let execution: TokenExecution
    let context: ExecutionContext
    let root = SoftwareKey()
    let officers: [SoftwareKey]
    let authorizer: SoftwareKey
    let portal = SoftwareKey()
    let labelKey: P256.KeyAgreement.PrivateKey
    let debugRoot: SoftwareKey
    let certificates: CertificatesInstalled
    let manifestBytes: [UInt8]
    let manifest: Manifest
    let declaration: [UInt8]
    let wrappedKeys: [PackageContents.WrappedKey]
    let approval: VersionApproval

    static let edgeID = EdgeHSMID(validated: "edge-1")
    static let product = ProductName(validated: "bulb")
    static let slot = KeySlot(validated: "ota")

    static func make() async throws -> OEMWorld {
        let edge = try await open()
        for role in [KeyRole.edgeIdentity, .edgeTLS, .edgeTransport, .edgeSeal, .siteCA] {
            try await edge.generate(KeyName(role))
        }
        return try await OEMWorld(edge: edge)
    }

    private static func open() async throws -> PKCS11Token {
        let files = try SoftHSMFixture.shared().takeToken()
        return try await PKCS11Token.open(
            PKCS11TokenConfiguration(
                modulePath: SoftHSMFixture.modulePath,
                label: files.label,
                pinSource: .file(path: files.userPINPath)
            )
        )
    }

    /// A portal token with a per-unit master, wrapped under the EdgeHSM's transport key that the SO registered.
    private static func productKey(for transport: [UInt8]) async throws -> (check: String, wrapped: [UInt8]) {
        let files = try SoftHSMFixture.shared().takeToken()
        let transportName = KeyName(.trustedTransport, edgeID.text)
        let officer = PKCS11TokenOfficer(
            modulePath: SoftHSMFixture.modulePath,
            label: files.label,
            pinSource: .file(path: files.officerPINPath)
        )
        try await officer.registerTrusted(transportName, publicKey: transport)
        let portal = try await PKCS11Token.open(
            PKCS11TokenConfiguration(
                modulePath: SoftHSMFixture.modulePath,
                label: files.label,
                pinSource: .file(path: files.userPINPath)
            )
        )
        let master = KeyName(.productMasterKey, "bulb.ota")
        try await portal.generate(master)
        return (Hex.encode(try await portal.checkValue(master)), try await portal.wrap(master, under: transportName))
    }

    private init(edge: PKCS11Token) async throws {
        self.edge = edge
        execution = TokenExecution(
            token: edge,
            declarationSigners: [DeclarationSigner(publicKey: try TestDeclarationKey.publicKey())]
        )
        officers = [SoftwareKey(), SoftwareKey(), SoftwareKey()]
        authorizer = SoftwareKey()
        labelKey = P256.KeyAgreement.PrivateKey()
        let roleKeys = RoleKeys(
            oem: "Example",
            version: 1,
            previous: nil,
            root: root.publicKey,
            officers: officers.enumerated().map {
                .init(name: OfficerName(validated: "officer-\($0.offset)"), key: $0.element.publicKey)
            },
            threshold: 2,
            authorizer: authorizer.publicKey,
            portal: portal.publicKey,
            labelRecord: P256Point(validated: Array(labelKey.publicKey.x963Representation)),
            issuedAt: Self.now + -1_000,
            expiresAt: Self.now + 10_000_000
        )
        context = ExecutionContext(
            edgeHSM: Self.edgeID,
            factory: FactoryID(validated: "factory-1"),
            roleKeys: roleKeys,
            now: Self.now
        )
        debugRoot = SoftwareKey()
        certificates = try await Self.certify(execution, context, debugRoot: debugRoot)
        let key = try await Self.productKey(for: edge.transportPublicKey(KeyName(.edgeTransport)))
        wrappedKeys = [.init(slot: Self.slot, wrapped: Octets(key.wrapped))]
        declaration = try await Self.declare()
        manifest = Self.manifest(
            declaration: declaration,
            checkValue: key.check,
            paa: certificates.paa,
            debugRoot: ADACCertificateFields.hash(of: debugRoot.publicKey)
        )
        manifestBytes = try StatementCoding.encode(manifest)
        approval = VersionApproval(
            product: Self.product,
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8001),
            version: "1.0",
            manifest: Digest256.of(manifestBytes),
            lifetimeTotal: 1_000,
            allotments: [.init(edgeHSM: Self.edgeID, units: 500)],
            sequence: 1,
            previous: nil,
            allowances: .init(debugUnlocks: 2, reprovisions: 2, rotations: 2),
            rules: .init(chipIdentity: .none),
            issuedAt: Self.now + -500,
            expiresAt: Self.now + 1_000_000
        )
    }

    private static func certify(
        _ execution: TokenExecution,
        _ context: ExecutionContext,
        debugRoot: SoftwareKey
    ) async throws -> CertificatesInstalled {
        let request = PrepareProduct.Request(
            product: product,
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8001)
        )
        let envelope = try await execution.prepareProduct(request, in: context)
        let preparation = try ProductPreparation.read(payload: envelope.payload)
        let paaKey = SoftwareKey()
        let paa = try await issuePAA(paaKey)
        let pai = try await issuePAI(preparation, paa: paa, key: paaKey)
        let rootFields = ADACCertificateFields(role: .root, key: debugRoot.publicKey, permissions: .all)
        let fields = ADACCertificateFields(
            role: .intermediate,
            key: preparation.debugKey,
            permissions: .rework,
            socClass: 0x8001
        )
        let answer = ProductCertificates(
            edgeHSM: edgeID,
            product: product,
            paa: Octets(paa.der),
            pai: Octets(pai.der),
            debugRoot: Octets(
                ADACCertificate(fields: rootFields, signature: try debugRoot.signNow(rootFields.toBeSigned)).encoded
            ),
            debugIntermediate: Octets(
                ADACCertificate(fields: fields, signature: try debugRoot.signNow(fields.toBeSigned)).encoded
            )
        )
        try await execution.checkCertificates(answer, preparation: preparation, in: context)
        return CertificatesInstalled(
            product: answer.product,
            paa: answer.paa,
            pai: answer.pai,
            debugRoot: answer.debugRoot,
            debugIntermediate: answer.debugIntermediate
        )
    }

    static func issuePAA(_ key: SoftwareKey) async throws -> AttestationCertificate {
        let serial = try CertificateSerial(random: (0..<16).map { _ in UInt8.random(in: 0...255) })
        let profile = try CertificateProfile.paa(
            commonName: "Test PAA",
            vendorID: VendorID(0xFFF1),
            publicKey: key.publicKey,
            serial: serial,
            notBefore: now + -5_000
        )
        return try await CertificateIssuing.issue(
            ToBeSignedCertificate(profile),
            as: .paa,
            issuer: nil,
            expected: CertificateExpectation(
                publicKey: key.publicKey,
                vendorID: VendorID(0xFFF1),
                productID: nil,
                serial: serial,
                commonName: "Test PAA",
                notBefore: now + -5_000
            ),
            sign: { try key.signNow($0) }
        )
    }

    static func issuePAI(
        _ preparation: ProductPreparation,
        paa: AttestationCertificate,
        key: SoftwareKey
    ) async throws -> AttestationCertificate {
        let subject = try CertificateRequest(der: preparation.paiRequest.bytes).publicKey
        let serial = try CertificateSerial(random: (0..<16).map { _ in UInt8.random(in: 0...255) })
        let issuer = try CertificateIssuer(paa)
        let profile = try CertificateProfile.pai(
            issuer: issuer,
            commonName: "Test PAI",
            vendorID: preparation.vendorID,
            productID: preparation.productID,
            publicKey: subject,
            serial: serial,
            notBefore: now + -4_000
        )
        return try await CertificateIssuing.issue(
            ToBeSignedCertificate(profile),
            as: .pai,
            issuer: issuer,
            expected: CertificateExpectation(
                publicKey: subject,
                vendorID: preparation.vendorID,
                productID: preparation.productID,
                serial: serial,
                commonName: "Test PAI",
                notBefore: now + -4_000
            ),
            sign: { try key.signNow($0) }
        )
    }

    private static func declare() async throws -> [UInt8] {
        let declaration = try CertificationDeclaration(
            vendorID: VendorID(0xFFF1),
            productIDs: [ProductID(0x8001)],
            deviceType: 0x0100,
            certificateID: "ZIG20142ZB330001-24",
            versionNumber: 1,
            kind: .development
        )
        return try await SignedDeclaration.create(
            declaration,
            signer: TestDeclarationKey.publicKey(),
            sign: { try TestDeclarationKey.sign($0) }
        ).der
    }

    private static func manifest(
        declaration: [UInt8],
        checkValue: String,
        paa: Octets,
        debugRoot: Digest256
    ) -> Manifest {
        let firmwareKey = SoftwareKey().publicKey
        return Manifest(
            product: product,
            version: "1.0",
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8001),
            deviceType: 0x0100,
            family: "virtual-n",
            firmware: .init(
                format: "mcuboot",
                digest: Digest256.of([1, 2, 3]),
                size: 3,
                verificationKey: firmwareKey,
                softwareVersion: 1
            ),
            certificationDeclaration: Digest256.of(declaration),
            commissioning: .init(flow: 0, discovery: 4, iterations: 1_000),
            factoryData: .init(
                encoding: "nordic-cbor",
                vendorName: "Example",
                productName: "Bulb",
                productLabel: "",
                productURL: "",
                partNumber: "B-1",
                hardwareVersion: 1,
                hardwareVersionString: "1.0"
            ),
            chipIdentity: .none,
            vendorRoots: [],
            keys: [.init(slot: slot, kind: .perUnit, checkValue: checkValue)],
            chipSecurity: .init(
                secureBootKey: Digest256.of(firmwareKey.subjectPublicKeyInfo),
                debugRoot: debugRoot,
                socClass: 0x8001,
                debugPermissions: ADACPermissions.rework.hex,
                openPortReadsKeys: true
            ),
            paa: paa
        )
    }
}
