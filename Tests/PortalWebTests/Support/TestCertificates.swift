import Crypto
import Foundation
import Matter
import NIOSSL
import ServiceSupport
import Statements
import SwiftASN1
import Vocabulary
import X509

/// An authority of the test's own, and what it issues.
struct TestAuthority {
    let name: DistinguishedName
    let key = P256.Signing.PrivateKey()
    let der: [UInt8]

    init(_ commonName: String) throws {
        name = try DistinguishedName { CommonName(commonName) }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(bytes: [0x41, 1]),
            publicKey: .init(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: 0),
            notValidAfter: Date(timeIntervalSince1970: 4_000_000_000),
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: .init(key)
        )
        der = try certificate.serializeAsPEM().derBytes
    }

    func issue(
        _ commonName: String,
        unit: String? = nil,
        organisation: String? = nil,
        usage: ExtendedKeyUsage.Usage,
        notAfter: Instant = Instant(seconds: 3_900_000_000)
    ) throws -> TestCredential {
        let key = P256.Signing.PrivateKey()
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(bytes: [0x42, UInt8.random(in: 0...255), UInt8.random(in: 0...255)]),
            publicKey: .init(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: 0),
            notValidAfter: Date(timeIntervalSince1970: TimeInterval(notAfter.seconds)),
            issuer: name,
            subject: try DistinguishedName {
                if let organisation { OrganizationName(organisation) }
                if let unit { OrganizationalUnitName(unit) }
                CommonName(commonName)
            },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([usage])
                SubjectAlternativeNames([.dnsName("localhost")])
            },
            issuerPrivateKey: .init(self.key)
        )
        return TestCredential(der: try certificate.serializeAsPEM().derBytes, key: key)
    }
}

struct TestCredential {
    let der: [UInt8]
    let key: P256.Signing.PrivateKey

    /// PKCS#10 over a key, as a Factory Service makes it.
    static func request(_ key: P256.Signing.PrivateKey, name: String = "service-1") throws -> [UInt8] {
        let body = try ToBeSignedRequest(
            subject: ServiceName(commonName: name),
            publicKey: P256Point(validated: Array(key.publicKey.x963Representation))
        )
        let signature = Array(try key.signature(for: body.bytes).rawRepresentation)
        return try body.assembled(with: RawSignature(validated: signature)).der
    }

    var publicKeyDigest: Digest256 { Digest256.of(key.publicKey.x963Representation) }

    func identity() throws -> TLSIdentity {
        let key = self.key
        let point = P256Point(validated: Array(key.publicKey.x963Representation))
        return try TLSIdentity(
            chain: [der],
            key: .custom(publicKey: point) { message in
                RawSignature(validated: Array(try key.signature(for: message).rawRepresentation))
            }
        )
    }

    func client(trusting authority: [UInt8]) throws -> TLSConfiguration {
        var tls = TestCredential.anonymous(trusting: authority)
        tls.certificateChain = [.certificate(try NIOSSLCertificate(bytes: der, format: .der))]
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(key.derRepresentation), format: .der))
        return tls
    }

    static func anonymous(trusting authority: [UInt8]) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let root = try? NIOSSLCertificate(bytes: authority, format: .der) { tls.trustRoots = .certificates([root]) }
        return tls
    }
}
