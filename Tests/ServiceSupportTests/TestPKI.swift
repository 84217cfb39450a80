import Crypto
import Foundation
import Logging
import SwiftASN1
import Synchronization
import Vocabulary
import X509

@testable import ServiceSupport

/// 2026-01-01T00:00:00Z: the middle of every test certificate's validity unless said otherwise.
let testTime = Instant(seconds: 1_767_225_600)

/// A clock that a test moves.
final class TestClock: Sendable {
    private let time = Mutex(testTime)
    var now: Instant { time.withLock { $0 } }
    func set(_ instant: Instant) { time.withLock { $0 = instant } }
}

/// A certificate with its key, also as files in the test's own folder.
struct TestCredential {
    let certificate: Certificate
    let key: P256.Signing.PrivateKey
    let der: [UInt8]

    init(_ certificate: Certificate, _ key: P256.Signing.PrivateKey) throws {
        self.certificate = certificate
        self.key = key
        der = try certificate.serializeAsPEM().derBytes
    }

    var fingerprint: Digest256 { Digest256(validated: Array(SHA256.hash(data: der))) }

    /// Octets of the DER signature, the last thing in a certificate: SEQUENCE of two INTEGERs.
    var signatureLength: Int {
        (68...72).first { der[der.count - $0] == 0x30 && der[der.count - $0 + 1] == UInt8($0 - 2) } ?? 0
    }

    var publicKeyDigest: Digest256 {
        Digest256(validated: Array(SHA256.hash(data: key.publicKey.x963Representation)))
    }

    func write(to folder: URL, as name: String) throws -> (certificate: String, key: String) {
        let files = (folder.path + "/\(name).pem", folder.path + "/\(name).key")
        try certificate.serializeAsPEM().pemString.write(toFile: files.0, atomically: true, encoding: .utf8)
        try key.pemRepresentation.write(toFile: files.1, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: files.1)
        return files
    }

    func identity(in folder: URL, as name: String) throws -> TLSIdentity {
        let files = try write(to: folder, as: name)
        return try TLSIdentity.load(certificates: files.certificate, key: .pem(path: files.key))
    }
}

/// One authority that issues what a test needs, right or wrong.
struct TestPKI {
    let authority: TestCredential
    let name: DistinguishedName

    init(
        _ commonName: String = "Test CA",
        notBefore: Instant = testTime + -86_400,
        notAfter: Instant = testTime + 86_400
    ) throws {
        name = try DistinguishedName { CommonName(commonName) }
        let key = P256.Signing.PrivateKey()
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(bytes: [0x41, 1]),
            publicKey: .init(key.publicKey),
            notValidBefore: notBefore.date,
            notValidAfter: notAfter.date,
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: .init(key)
        )
        authority = try TestCredential(certificate, key)
    }

    func issue(
        _ commonName: String,
        role: String,
        usage: ExtendedKeyUsage.Usage = .clientAuth,
        notBefore: Instant = testTime + -3_600,
        notAfter: Instant = testTime + 3_600,
        dnsName: String = "localhost",
        isAuthority: Bool = false,
        critical: ASN1ObjectIdentifier? = nil
    ) throws -> TestCredential {
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName {
            OrganizationalUnitName(role)
            CommonName(commonName)
        }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(bytes: [0x42, UInt8.random(in: 0...255), UInt8.random(in: 0...255)]),
            publicKey: .init(key.publicKey),
            notValidBefore: notBefore.date,
            notValidAfter: notAfter.date,
            issuer: name,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                if isAuthority {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                } else {
                    Critical(BasicConstraints.notCertificateAuthority)
                }
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([usage])
                SubjectAlternativeNames([.dnsName(dnsName)])
                if let critical { Certificate.Extension(oid: critical, critical: true, value: [5, 0]) }
            },
            issuerPrivateKey: .init(authority.key)
        )
        return try TestCredential(certificate, key)
    }
}

extension Instant {
    var date: Date { Date(timeIntervalSince1970: TimeInterval(seconds)) }
}

/// A folder of its own for one test, removed at the end.
final class TestFolder {
    let url: URL

    init() throws {
        // Short, because the path of a Unix socket has at most 107 octets.
        url = URL(fileURLWithPath: "/tmp/obis-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// A refusal's code, or what came instead.
func code(_ body: () async throws -> some Any) async -> String {
    do { return "no error: \(try await body())" } catch { return (error as? Refusal)?.code ?? "\(error)" }
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

extension FrameLimits {
    /// Time limits that a busy machine keeps, too; a test shortens the one that it is about.
    static var patient: FrameLimits {
        var limits = FrameLimits()
        limits.handshake = .seconds(60)
        limits.frame = .seconds(60)
        limits.reply = .seconds(60)
        return limits
    }
}
