package import Crypto
import EdgeHSMCore
import Foundation
import Matter
package import Statements
package import Vocabulary

extension P256.Signing.PrivateKey {
    package var point: P256Point { P256Point(validated: Array(publicKey.x963Representation)) }

    func rawSignature(_ message: [UInt8]) throws -> RawSignature {
        RawSignature(validated: Array(try signature(for: message).rawRepresentation))
    }

    func sign(_ envelope: Envelope) throws -> Envelope {
        envelope.adding(.init(keyID: point.keyID, value: try rawSignature(envelope.signedBytes)))
    }
}

extension Envelope {
    package func signed(by keys: P256.Signing.PrivateKey...) throws -> Envelope {
        try keys.reduce(self) { try $1.sign($0) }
    }
    func signed(by keys: [P256.Signing.PrivateKey]) throws -> Envelope { try keys.reduce(self) { try $1.sign($0) } }
}

/// The OEM's side with software keys: everything that an EdgeHSM is told.
package struct World: Sendable {
    package static let start = Instant(seconds: 1_790_000_000)
    package static let day: Int64 = 86_400
    static let edgeHSM = EdgeHSMID(validated: "edge-a")
    static let factory = FactoryID(validated: "site-1")
    package static let product = ProductName(validated: "lamp")
    package static let slot = KeySlot(validated: "ota")
    static let vendorID = VendorID(0xFFF1)
    static let productID = ProductID(0x8001)

    package let root = P256.Signing.PrivateKey()
    let officers = (0..<3).map { _ in P256.Signing.PrivateKey() }
    let authorizer = P256.Signing.PrivateKey()
    let portal = P256.Signing.PrivateKey()
    package let label = P256.Signing.PrivateKey()
    /// What label records are sealed to; nil: to `label`.
    package var labelRecord: P256Point?
    /// Of a unit's secrets, as the journal holds it.
    package var commitment: @Sendable (Digest256) -> Digest256 = { _ in .zero }
    package var identity = P256.Signing.PrivateKey()
    var seal = P256.Signing.PrivateKey()
    /// The box that `Box.init` makes, and its site.
    package var box = World.edgeHSM
    package var site = World.factory
    let paaKey = P256.Signing.PrivateKey()
    let paiKey = P256.Signing.PrivateKey()
    let paa: [UInt8]
    let pai: [UInt8]
    let paiCertificate: AttestationCertificate

    package init() throws {
        let paaProfile = try CertificateProfile.paa(
            commonName: "Test PAA",
            vendorID: Self.vendorID,
            publicKey: paaKey.point,
            serial: CertificateSerial(random: Self.random(16)),
            notBefore: Self.start + -10 * Self.day
        )
        paa = try Self.certificate(paaProfile, paaKey)
        let issuer = try CertificateIssuer(AttestationCertificate(der: paa))
        let paiProfile = try CertificateProfile.pai(
            issuer: issuer,
            commonName: "Test PAI",
            vendorID: Self.vendorID,
            productID: Self.productID,
            publicKey: paiKey.point,
            serial: CertificateSerial(random: Self.random(16)),
            notBefore: Self.start + -5 * Self.day
        )
        pai = try Self.certificate(paiProfile, paaKey)
        paiCertificate = try AttestationCertificate(der: pai)
    }

    /// The same OEM with another appliance.
    package func other(_ box: EdgeHSMID, at site: FactoryID) -> World {
        var world = self
        world.identity = P256.Signing.PrivateKey()
        world.seal = P256.Signing.PrivateKey()
        world.box = box
        world.site = site
        return world
    }

    /// The enrolment as two officers sign it.
    package func enrolment() throws -> Envelope {
        try EdgeHSMEnrolment(
            edgeHSM: box,
            factory: site,
            identity: identity.point,
            seal: seal.point,
            transport: Octets([UInt8](repeating: 1, count: 422)),
            tokenSerial: "1",
            assurance: "software",
            issuedAt: World.start
        ).unsigned().signed(by: officers[0], officers[1])
    }

    package static func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255) } }

    static func certificate(_ profile: CertificateProfile, _ key: P256.Signing.PrivateKey) throws -> [UInt8] {
        let tbs = ToBeSignedCertificate(profile)
        return try tbs.assembled(with: key.rawSignature(tbs.bytes))
    }

    /// A DAC as the EdgeHSM's profile makes it.
    package func dac(for key: P256Point, notBefore: Instant) throws -> [UInt8] {
        try Self.certificate(
            CertificateProfile.dac(
                issuer: CertificateIssuer(paiCertificate),
                commonName: "obis test",
                vendorID: Self.vendorID,
                productID: Self.productID,
                publicKey: key,
                serial: CertificateSerial(random: Self.random(16)),
                notBefore: notBefore
            ),
            paiKey
        )
    }

    // MARK: Statements

    func roleKeys(
        version: Int = 1,
        previous: Digest256? = nil,
        officers: [P256.Signing.PrivateKey]? = nil,
        expiresAt: Instant = World.start + 365 * World.day,
        issuedAt: Instant = World.start + -20 * World.day
    ) throws -> Envelope {
        let officers = officers ?? self.officers
        return try RoleKeys(
            oem: "Test OEM",
            version: version,
            previous: previous,
            root: root.point,
            officers: officers.enumerated().map {
                .init(name: OfficerName(validated: "officer-\($0.offset)"), key: $0.element.point)
            },
            threshold: 2,
            authorizer: authorizer.point,
            portal: portal.point,
            labelRecord: labelRecord ?? label.point,
            issuedAt: issuedAt,
            expiresAt: expiresAt
        ).unsigned().signed(by: root)
    }

    func manifest(
        identity: ChipIdentityLevel = .none,
        kind: Manifest.Key.Kind = .perUnit,
        openPortReadsKeys: Bool = false,
        version: String = "1.0"
    ) throws -> [UInt8] {
        let manifest = Manifest(
            product: Self.product,
            version: version,
            vendorID: Self.vendorID,
            productID: Self.productID,
            deviceType: 0x0100,
            family: "virtual",
            firmware: .init(
                format: "mcuboot",
                digest: Self.firmware,
                size: 1_000,
                verificationKey: label.point,
                softwareVersion: 1
            ),
            certificationDeclaration: Digest256.of(Self.declaration),
            commissioning: .init(flow: 0, discovery: 4, iterations: 1_000),
            factoryData: .init(
                encoding: "nordic-cbor",
                vendorName: "V",
                productName: "P",
                productLabel: "",
                productURL: "",
                partNumber: "",
                hardwareVersion: 1,
                hardwareVersionString: "1"
            ),
            chipIdentity: identity,
            vendorRoots: identity == .vendorCertificate ? [Octets([1])] : [],
            keys: [.init(slot: Self.slot, kind: kind, checkValue: String(repeating: "0", count: 32))],
            chipSecurity: .init(
                secureBootKey: label.point.keyID,
                debugRoot: .zero,
                socClass: 1,
                debugPermissions: String(repeating: "0", count: 30) + "ff",
                openPortReadsKeys: openPortReadsKeys
            ),
            paa: Octets(paa)
        )
        return try StatementCoding.encode(manifest)
    }

    package static let firmware = Digest256.of([1, 2, 3])
    static let declaration: [UInt8] = [0x30, 0x00]

    func order(
        _ order: OfficerOrder.Order,
        by signers: [Int] = [0, 1],
        at time: Instant = World.start
    ) throws -> Envelope {
        try OfficerOrder(order: order, reason: "test", issuedAt: time, expiresAt: time + 30 * World.day)
            .unsigned().signed(by: signers.map { officers[$0] })
    }

    func status(
        at time: Instant,
        revoked: [Digest256] = [],
        closed: [Digest256] = [],
        storedSize: Int = 0,
        storedRoot: Digest256 = Digest256.of([]),
        edgeHSM: EdgeHSMID = World.edgeHSM,
        key: P256.Signing.PrivateKey? = nil
    ) throws -> Envelope {
        try PortalStatus(
            edgeHSM: edgeHSM,
            time: time,
            nonce: Nonce(validated: Self.random(32)),
            revokedAuthorizations: revoked,
            closeAuthorizations: closed,
            roleKeysVersion: 1,
            storedSize: storedSize,
            storedRoot: storedRoot
        ).unsigned().signed(by: key ?? portal)
    }
}

/// A batch in the making: change a field, then `load`.
package struct BatchDraft {
    package var quantity = 10
    package var allotment = 100
    package var lifetimeTotal = 1_000
    var sequence = 1
    var previous: Digest256?
    package var notBefore = World.start + -World.day
    package var notAfter = World.start + 10 * World.day
    var grace: Int64 = 3_600
    var debugUnlocks = 2
    var reprovisions = 2
    var rotations = 2
    var serviceNotAfter = World.start + 100 * World.day
    var allowances = VersionApproval.Allowances(debugUnlocks: 5, reprovisions: 5, rotations: 5)
    var rules = VersionApproval.Rules(chipIdentity: .none)
    var exceptions: [VersionApproval.FleetKeyException] = []
    /// Nil: those of the world that it is made in.
    var edgeHSM: EdgeHSMID?
    var factory: FactoryID?
    var allotments: [VersionApproval.Allotment]?
    package var batch = "batch-1"
    var roleKeysVersion = 1
    var signers = [0, 1]
    var authorizerKey: P256.Signing.PrivateKey?
    package var approvalExpires = World.start + 50 * World.day
    var issuedAt = World.start + -2 * World.day
    var manifest: [UInt8]?
    var approvedManifest: [UInt8]?
    /// Nil: `A` for the first batch, and a prefix of its own for any other.
    package var prefix: String?
    package var firstSerial = 1
    var releases: [Digest256] = []

    private var ownPrefix: String {
        batch == "batch-1" ? "A" : String(Digest256.of(batch.utf8).hex.prefix(8)).uppercased()
    }

    package func approval(_ world: World) throws -> Envelope {
        let manifest = try approvedManifest ?? manifest ?? world.manifest()
        return try VersionApproval(
            product: World.product,
            vendorID: World.vendorID,
            productID: World.productID,
            version: Manifest(parsing: manifest).version,
            manifest: Digest256.of(manifest),
            lifetimeTotal: lifetimeTotal,
            allotments: allotments ?? [.init(edgeHSM: world.box, units: allotment)],
            sequence: sequence,
            previous: previous,
            allowances: allowances,
            rules: rules,
            fleetKeyExceptions: exceptions,
            releases: releases,
            issuedAt: issuedAt,
            expiresAt: approvalExpires
        ).unsigned().signed(by: signers.map { world.officers[$0] })
    }

    func load(_ world: World, under approval: Envelope? = nil) throws -> LoadAuthorization {
        let manifest = try manifest ?? world.manifest()
        let approval = try approval ?? self.approval(world)
        let key = authorizerKey ?? world.authorizer
        let authorization = try ProductionAuthorization(
            product: World.product,
            approval: approval.statementID,
            manifest: Digest256.of(manifest),
            edgeHSM: edgeHSM ?? world.box,
            factory: factory ?? world.site,
            batch: BatchName(batch),
            quantity: quantity,
            serials: .init(prefix: prefix ?? ownPrefix, first: firstSerial, digits: 6),
            notBefore: notBefore,
            notAfter: notAfter,
            grace: grace,
            debugUnlocks: .init(count: debugUnlocks, notAfter: serviceNotAfter),
            reprovisions: .init(count: reprovisions, notAfter: serviceNotAfter),
            rotations: .init(count: rotations, notAfter: serviceNotAfter),
            roleKeysVersion: roleKeysVersion,
            issuedAt: issuedAt
        ).unsigned().signed(by: key)
        let sealed = Digest256.of(World.random(8))
        let package = try ProductionPackage(
            edgeHSM: edgeHSM ?? world.box,
            authorization: authorization.statementID,
            sealed: sealed,
            encapsulated: world.label.point,
            roleKeysVersion: roleKeysVersion,
            issuedAt: issuedAt
        ).unsigned().signed(by: key)
        return LoadAuthorization(
            requester: "service",
            package: package,
            sealed: sealed,
            contents: PackageContents(
                authorization: authorization,
                approval: approval,
                manifest: Octets(manifest),
                keys: try Manifest(parsing: manifest).keys.map { .init(slot: $0.slot, wrapped: Octets([0])) },
                certificationDeclaration: Octets(World.declaration)
            )
        )
    }
}

extension BatchDraft {
    package static func units(_ quantity: Int) -> BatchDraft { BatchDraft(quantity: quantity) }
}
