import Crypto
import Foundation
import Programmers
import Silicon
import SwiftASN1
import Vocabulary
import X509

/// A P-256 key that signs as a token does; test only.
struct TokenStandIn: Sendable {
    let key = P256.Signing.PrivateKey()

    var point: P256Point { P256Point(validated: Array(key.publicKey.x963Representation)) }

    @Sendable func sign(_ message: [UInt8]) throws -> RawSignature {
        try RawSignature(key.signature(for: message).rawRepresentation)
    }
}

/// What a product version and its EdgeHSM give to a station: firmware, factory data, certificates, sealed keys, debug.
struct ProductFixture: Sendable {
    let firmwareKey = TokenStandIn()
    let issuer = TokenStandIn()
    let debugRoot = TokenStandIn()
    let debugIntermediate = TokenStandIn()
    let firmware: [UInt8]
    let root: ADACCertificate
    let intermediate: ADACCertificate
    let productKey = SymmetricKey(data: (0..<16).map { UInt8(0xa0 + $0) })
    static let socClass: UInt32 = 0x77
    static let declaration = [UInt8](repeating: 0xcd, count: 300)

    init() async throws {
        let body = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ ($0 >> 8)) }
        let builder = try MCUbootBuilder(
            body: body,
            version: MCUbootVersion(major: 1, minor: 0, revision: 0),
            product: nil,
            headerSize: 512
        )
        firmware = try await builder.signed(by: firmwareKey.point, firmwareKey.sign)
        root = try Self.certificate(.root, debugRoot, by: debugRoot, .all, socClass: 0)
        intermediate = try Self.certificate(
            .intermediate,
            debugIntermediate,
            by: debugRoot,
            .all,
            socClass: Self.socClass
        )
    }

    static func certificate(
        _ role: ADACRole,
        _ key: TokenStandIn,
        by issuer: TokenStandIn,
        _ permissions: ADACPermissions,
        socClass: UInt32 = socClass,
        socID: ChipUID? = nil
    ) throws -> ADACCertificate {
        let fields = ADACCertificateFields(
            role: role,
            key: key.point,
            permissions: permissions,
            socClass: socClass,
            socID: socID
        )
        return try ADACCertificate(fields: fields, signature: issuer.sign(fields.toBeSigned))
    }

    var firmwareDigest: Digest256 { Digest256(validated: Array(SHA256.hash(data: firmware))) }

    var features: SecurityFeatures {
        SecurityFeatures(
            secureBootKey: firmwareKey.point,
            debugRootKeyHash: root.fields.keyHash,
            socClass: Self.socClass
        )
    }

    /// A certificate for the chip's key and one for the issuer: enough of a DAC and a PAI for a chip.
    func credentials(for key: P256Point) throws -> ChipCredentials {
        try ChipCredentials(
            dac: Blob(certificate(for: key)),
            pai: Blob(certificate(for: issuer.point)),
            certificationDeclaration: Blob(Self.declaration)
        )
    }

    func renewed(for key: P256Point) throws -> RotatedCertificates {
        try RotatedCertificates(dac: Blob(certificate(for: key)), pai: Blob(certificate(for: issuer.point)))
    }

    func certificate(for key: P256Point) throws -> [UInt8] {
        let name = try DistinguishedName { CommonName("test") }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: .init(P256.Signing.PublicKey(x963Representation: key.bytes)),
            notValidBefore: Date(timeIntervalSince1970: 1_700_000_000),
            notValidAfter: Date(timeIntervalSince1970: 4_000_000_000),
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: .init(),
            issuerPrivateKey: .init(issuer.key)
        )
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }

    func factoryData(_ credentials: ChipCredentials) throws -> [UInt8] {
        try NordicFactoryData(
            serialNumber: DeviceSerial("OB-000001"),
            vendorID: VendorID(0xfff1),
            productID: ProductID(0x8001),
            vendorName: "Vendor",
            productName: "Product",
            manufacturingDate: "2026-11-22",
            hardwareVersion: 1,
            hardwareVersionText: "v1",
            dac: credentials.dac.bytes,
            pai: credentials.pai.bytes,
            spake2pIterations: 1_000,
            spake2pSalt: [UInt8](repeating: 5, count: 16),
            spake2pVerifier: [UInt8](repeating: 6, count: 97),
            discriminator: 3_840,
            rotatingDeviceID: [UInt8](repeating: 7, count: 16)
        ).encoded()
    }

    /// As the EdgeHSM's token seals: ephemeral ECDH, KDF over slot, UID and nonce, AES key wrap.
    func seal(to agreement: P256Point, uid: ChipUID, nonce: Nonce) throws -> SealedKeyDelivery {
        let ephemeral = P256.KeyAgreement.PrivateKey()
        let peer = try P256.KeyAgreement.PublicKey(x963Representation: agreement.bytes)
        let shared = try ephemeral.sharedSecretFromKeyAgreement(with: peer).withUnsafeBytes { Secret($0) }
        let slot = try KeySlot("ota")
        let info = ProductKeySealInfo(slot: slot, uid: uid, nonce: nonce).encoded
        let wrappingKey = try ProductKeySeal.keyEncryptionKey(shared: shared, info: info)
        return try SealedKeyDelivery(
            slot: slot,
            ephemeral: P256Point(ephemeral.publicKey.x963Representation),
            wrapped: Blob(AES.KeyWrap.wrap(productKey, using: wrappingKey))
        )
    }

    func answer(
        _ challenge: ADACChallenge,
        of uid: ChipUID,
        _ permissions: ADACPermissions
    ) async throws -> ADACChain {
        try await ADACAuthentication(root: root, intermediate: intermediate).answer(
            challenge,
            of: uid,
            approved: permissions,
            leafKey: debugIntermediate.point,
            signLeaf: debugIntermediate.sign,
            signToken: debugIntermediate.sign
        )
    }
}

extension Nonce {
    static func fresh() -> Nonce { Nonce(validated: (0..<32).map { _ in UInt8.random(in: 0...255) }) }
}
