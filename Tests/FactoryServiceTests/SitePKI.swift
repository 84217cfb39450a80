import Crypto
import Foundation
import LineProtocol
import PortalProtocol
import ServiceSupport
import Statements
import SwiftASN1
import Vocabulary
import X509

/// One CA and certificates of any role under it.
struct SitePKI: Sendable {
    let folder: String
    let authority: [UInt8]
    private let key = P256.Signing.PrivateKey()
    private let name: DistinguishedName

    init(folder: String) throws {
        self.folder = folder
        name = try DistinguishedName { CommonName("site CA") }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(bytes: [0x41, 1]),
            publicKey: .init(key.publicKey),
            notValidBefore: Date(timeIntervalSinceNow: -3_600),
            notValidAfter: Date(timeIntervalSinceNow: 86_400),
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: .init(key)
        )
        let pem = try certificate.serializeAsPEM()
        authority = pem.derBytes
        try pem.pemString.write(toFile: folder + "/ca.pem", atomically: true, encoding: .utf8)
    }

    var caPath: String { folder + "/ca.pem" }
    var digest: Digest256 { Digest256.of(authority) }

    /// A certificate for somebody else's key; for servers on this machine too.
    func issue(
        _ key: Certificate.PublicKey,
        _ commonName: String,
        role: String,
        organization: String? = nil,
        from: Date = Date(timeIntervalSinceNow: -3_600),
        until: Date = Date(timeIntervalSinceNow: 3_600)
    ) throws -> Certificate {
        try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: key,
            notValidBefore: from,
            notValidAfter: until,
            issuer: name,
            subject: try DistinguishedName {
                if let organization { OrganizationName(organization) }
                OrganizationalUnitName(role)
                CommonName(commonName)
            },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames([
                    .dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                ])
            },
            issuerPrivateKey: .init(self.key)
        )
    }

    /// What a portal answers to a request for a Factory Service's certificate.
    func joined(_ csr: [UInt8], factory: FactoryID, days: Double) throws -> JoinReply {
        let request = try CertificateSigningRequest(derEncoded: csr)
        guard request.publicKey.isValidSignature(request.signature, for: request) else { throw CancellationError() }
        let end = Date(timeIntervalSinceNow: days * 86_400)
        let leaf = try issue(
            request.publicKey,
            "factory-1",
            role: "factory",
            organization: factory.text,
            until: end
        )
        var serializer = DER.Serializer()
        try serializer.serialize(leaf)
        return JoinReply(
            factory: factory,
            certificates: [Octets(serializer.serializedBytes), Octets(authority)],
            notAfter: Instant(seconds: Int64(end.timeIntervalSince1970))
        )
    }

    func files(
        _ commonName: String,
        role: String,
        organization: String? = nil,
        from: Date = Date(timeIntervalSinceNow: -3_600),
        until: Date = Date(timeIntervalSinceNow: 3_600)
    ) throws -> (certificate: String, key: String) {
        let own = P256.Signing.PrivateKey()
        let certificate = try issue(
            .init(own.publicKey),
            commonName,
            role: role,
            organization: organization,
            from: from,
            until: until
        )
        let path = folder + "/\(role)-\(commonName)"
        try certificate.serializeAsPEM().pemString.write(toFile: path + ".pem", atomically: true, encoding: .utf8)
        try? FileManager.default.removeItem(atPath: path + ".key")
        _ = FileManager.default.createFile(
            atPath: path + ".key",
            contents: Data(own.pemRepresentation.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        return (path + ".pem", path + ".key")
    }

    func identity(_ name: String, role: String) throws -> TLSIdentity {
        let files = try files(name, role: role)
        return try TLSIdentity.load(certificates: files.certificate, key: .pem(path: files.key))
    }
}
