import Crypto
import Governance
import PortalCore
import PortalProtocol
import Statements
import Vocabulary

/// Officers with keys in memory, RoleKeys over them, and an approval for them to sign.
struct Officers {
    static let now = Instant(seconds: 1_795_340_000)  // 2026-11-22

    let keys: [(name: OfficerName, key: P256.Signing.PrivateKey)]
    let roleKeys: Verified<RoleKeys>
    private let root: P256.Signing.PrivateKey

    init(_ names: [String] = ["ada", "ben", "cem"], threshold: Int = 2, expiresAt: Instant = now + 86_400 * 900) throws
    {
        let root = P256.Signing.PrivateKey()
        let keys = try names.map { (name: try OfficerName($0), key: P256.Signing.PrivateKey()) }
        let content = RoleKeys(
            oem: "Example OEM",
            version: 1,
            previous: nil,
            root: try Self.point(root),
            officers: try keys.map { RoleKeys.Officer(name: $0.name, key: try Self.point($0.key)) },
            threshold: threshold,
            authorizer: try Self.point(P256.Signing.PrivateKey()),
            portal: try Self.point(P256.Signing.PrivateKey()),
            labelRecord: try Self.point(P256.Signing.PrivateKey()),
            issuedAt: Self.now + -86_400,
            expiresAt: expiresAt
        )
        let signed = try Self.sign(content.unsigned(), root)
        (self.keys, self.root) = (keys, root)
        roleKeys = try Verified<RoleKeys>(signed, signedBy: Self.point(root))
    }

    static func point(_ key: P256.Signing.PrivateKey) throws -> P256Point {
        try P256Point(Array(key.publicKey.x963Representation))
    }

    static func sign(_ envelope: Envelope, _ key: P256.Signing.PrivateKey) throws -> Envelope {
        let value = try RawSignature(Array(key.signature(for: envelope.signedBytes).rawRepresentation))
        return envelope.adding(.init(keyID: try point(key).keyID, value: value))
    }

    /// The envelope with the signatures of these officers, by their place in the list, and none of before.
    func signed(_ envelope: Envelope, by officers: Int...) throws -> Envelope {
        let bare = Envelope(payloadType: envelope.payloadType, payload: envelope.payload, signatures: [])
        return try officers.reduce(bare) { try Self.sign($0, keys[$1].key) }
    }

    func order(_ order: OfficerOrder.Order) throws -> Verified<OfficerOrder> {
        let unsigned = try OfficerOrder(
            order: order,
            reason: "moved",
            issuedAt: Self.now,
            expiresAt: Self.now + 86_400
        ).unsigned()
        return try Verified(signed(unsigned, by: 0, 1), signedByOfficersOf: roleKeys.content)
    }
}

/// A manifest as a portal would keep it; its parts were judged elsewhere.
enum SampleManifest {
    static func make(
        version: String = "1.0.0",
        productName: String = "Lamp",
        softwareVersion: UInt32 = 100,
        identity: ChipIdentityLevel = .vendorCertificate,
        slots: [String] = ["ota"]
    ) throws -> Manifest {
        let key = try P256Point(hex: "04" + generator)
        return Manifest(
            product: try ProductName("lamp"),
            version: version,
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            deviceType: 0x0100,
            family: "virtual-v",
            firmware: Manifest.Firmware(
                format: "mcuboot",
                digest: Digest256.of("\(softwareVersion)".utf8),
                size: 4_096,
                verificationKey: key,
                softwareVersion: softwareVersion
            ),
            certificationDeclaration: Digest256.of([1]),
            commissioning: Manifest.Commissioning(flow: 0, discovery: 2, iterations: 1_000),
            factoryData: Manifest.FactoryData(
                encoding: "nordic-cbor",
                vendorName: "Example",
                productName: productName,
                productLabel: "",
                productURL: "",
                partNumber: "",
                hardwareVersion: 1,
                hardwareVersionString: "1.0"
            ),
            chipIdentity: identity,
            vendorRoots: identity == .vendorCertificate ? [Octets([0x30, 0x00])] : [],
            keys: try slots.map {
                Manifest.Key(slot: try KeySlot($0), kind: .perUnit, checkValue: String(repeating: "5a", count: 16))
            },
            chipSecurity: Manifest.ChipSecurity(
                secureBootKey: Digest256.of(key.subjectPublicKeyInfo),
                debugRoot: Digest256.of([2]),
                socClass: 7,
                debugPermissions: "03000000000000000000000000000000",
                openPortReadsKeys: false
            ),
            paa: Octets([0x30, 0x00])
        )
    }

    static func bytes(_ manifest: Manifest) throws -> [UInt8] { try StatementCoding.encode(manifest) }

    /// The base point of P-256: on the curve, nobody's secret.
    private static let generator =
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        + "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
}

/// The code of what `body` refuses; nil when it does not.
func refusal(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let refusal as Refusal { return refusal.code } catch { return "\(error)" }
}
