import Crypto
import Foundation
import Matter
import Vocabulary

/// Software keys and the certificates that they make: a PAA, a PAI and a device.
struct Laboratory: Sendable {
    static let start = Instant(seconds: 1_790_000_000)
    static let vendorID = VendorID(0xFFF1)
    static let productID = ProductID(0x8001)

    let paaKey = P256.Signing.PrivateKey()
    let paiKey = P256.Signing.PrivateKey()
    let deviceKey = P256.Signing.PrivateKey()
    let paa: AttestationCertificate
    let pai: AttestationCertificate

    init() async throws {
        let key = paaKey
        let paaProfile = try CertificateProfile.paa(
            commonName: "Laboratory PAA",
            vendorID: Self.vendorID,
            publicKey: key.point,
            serial: .fresh(),
            notBefore: Self.start
        )
        paa = try await Self.issue(paaProfile, key)
        let paiProfile = try CertificateProfile.pai(
            issuer: CertificateIssuer(paa),
            commonName: "Laboratory PAI",
            vendorID: Self.vendorID,
            productID: Self.productID,
            publicKey: paiKey.point,
            serial: .fresh(),
            notBefore: Self.start + 60
        )
        pai = try await Self.issue(paiProfile, key)
    }

    func dacProfile() throws -> CertificateProfile {
        try CertificateProfile.dac(
            issuer: CertificateIssuer(pai),
            commonName: "obis 0123456789abcdef",
            vendorID: Self.vendorID,
            productID: Self.productID,
            publicKey: deviceKey.point,
            serial: .fresh(),
            notBefore: Self.start
        )
    }

    func dac() async throws -> AttestationCertificate { try await Self.issue(dacProfile(), paiKey) }

    static func issue(
        _ profile: CertificateProfile,
        _ key: P256.Signing.PrivateKey
    ) async throws
        -> AttestationCertificate
    {
        try await CertificateIssuing.issue(
            ToBeSignedCertificate(profile),
            as: profile.kind,
            issuer: profile.issuer,
            expected: .init(profile),
            sign: key.sign
        )
    }

    /// A certificate over any to-be-signed bytes, made without any check; they need not be DER.
    static func certificate(over tbs: [UInt8], _ key: P256.Signing.PrivateKey) throws -> [UInt8] {
        let algorithm: [UInt8] = [0x30, 0x0A, 0x06, 0x08] + OID.ecdsaWithSHA256
        let signature = DERTree(0x03, [0] + (try key.signature(for: tbs).derRepresentation)).encoded
        return DERTree.sequence(tbs + algorithm + signature)
    }
}

enum OID {
    static let ecdsaWithSHA256: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]
    static let ecdsaWithSHA1: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01]
}

extension P256.Signing.PrivateKey {
    var point: P256Point { P256Point(validated: Array(publicKey.x963Representation)) }

    @Sendable func sign(_ message: [UInt8]) async throws -> RawSignature {
        try RawSignature(signature(for: message).rawRepresentation)
    }

    func signNow(_ message: [UInt8]) throws -> RawSignature {
        try RawSignature(signature(for: message).rawRepresentation)
    }
}

extension CertificateSerial {
    static func fresh() throws -> CertificateSerial {
        var random = SystemRandomNumberGenerator()
        return try CertificateSerial(random: (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
}

extension CertificateExpectation {
    init(_ profile: CertificateProfile) {
        self.init(
            publicKey: profile.publicKey,
            vendorID: Laboratory.vendorID,
            productID: profile.subject.productID,
            serial: profile.serial,
            commonName: profile.subject.commonName ?? "",
            notBefore: profile.notBefore,
            notAfter: profile.notAfter
        )
    }
}

/// The code of the refusal that `body` throws, nil when it throws none.
func refusalCode(_ body: () throws -> Void) throws -> String? {
    do {
        try body()
        return nil
    } catch let refusal as Refusal {
        return refusal.code
    }
}
