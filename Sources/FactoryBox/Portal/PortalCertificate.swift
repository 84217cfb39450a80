import Crypto
import Foundation
import SwiftASN1
public import Vocabulary
import X509

/// The portal's TLS certificate, from an authority of the OEM's own: a public one would do as well.
public enum PortalCertificate {
    /// Writes `portal.pem`, `portal.key` and `portal-authority.pem` into `folder`.
    public static func make(in folder: String, start: Instant) throws {
        let authorityKey = P256.Signing.PrivateKey()
        let authority = try DistinguishedName { CommonName("Example Lighting TLS authority") }
        let begin = Date(timeIntervalSince1970: Double(start.seconds - 3_600))
        let end = begin.addingTimeInterval(90 * 86_400)
        let root = try Certificate(
            version: .v3,
            serialNumber: serial(),
            publicKey: .init(authorityKey.publicKey),
            notValidBefore: begin,
            notValidAfter: end,
            issuer: authority,
            subject: authority,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            },
            issuerPrivateKey: .init(authorityKey)
        )
        let key = P256.Signing.PrivateKey()
        let leaf = try Certificate(
            version: .v3,
            serialNumber: serial(),
            publicKey: .init(key.publicKey),
            notValidBefore: begin,
            notValidAfter: end,
            issuer: authority,
            subject: try DistinguishedName { CommonName("portal") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([
                    .dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                ])
            },
            issuerPrivateKey: .init(authorityKey)
        )
        let pem = try (leaf: leaf.serializeAsPEM().pemString, root: root.serializeAsPEM().pemString)
        try Files.write(pem.leaf + "\n" + pem.root + "\n", to: folder + "/portal.pem")
        try Files.write(key.pemRepresentation + "\n", to: folder + "/portal.key")
        try Files.write(pem.root + "\n", to: folder + "/portal-authority.pem")
    }

    /// 16 octets: what swift-certificates draws by itself may be a sign octet too long for RFC 5280.
    private static func serial() -> Certificate.SerialNumber {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        bytes[0] = bytes[0] & 0x7F | 0x40
        return Certificate.SerialNumber(bytes: bytes)
    }
}
