import FoundationEssentials
import PortalPages
import Statements
import SwiftASN1
import Vocabulary
import X509

/// A certificate in words: attributes by name, as people call them.
enum DeviceCertificate {
    /// Nil for octets that are no certificate.
    static func words(_ title: String, _ der: [UInt8]) -> DevicePage.CertificateText? {
        guard let certificate = try? Certificate(derEncoded: der) else { return nil }
        let until = Int64(max(0, certificate.notValidAfter.timeIntervalSince1970))
        let from = Int64(max(0, certificate.notValidBefore.timeIntervalSince1970))
        var lines: [(String, DevicePage.CertificateText.Value)] = [
            ("Subject", .text(name(certificate.subject))), ("Issuer", .text(name(certificate.issuer))),
            ("Serial number", .digits(Hex.encode(Array(certificate.serialNumber.bytes)))),
            ("Not before", .time(Instant(seconds: from))), ("Not after", .time(Instant(seconds: until))),
            ("Signature", .text(algorithm(certificate.signatureAlgorithm))),
        ]
        if let key = (try? certificate.extensions.subjectKeyIdentifier)??.keyIdentifier {
            lines.append(("Key id", .digits(Hex.encode(Array(key)))))
        }
        if let key = (try? certificate.extensions.authorityKeyIdentifier)??.keyIdentifier {
            lines.append(("Issuer's key id", .digits(Hex.encode(Array(key)))))
        }
        lines.append(("SHA-256", .digits(Digest256.of(der).hex)))
        let pem = PEMDocument(type: "CERTIFICATE", derBytes: der).pemString
        return .init(title: title, lines: lines, pem: pem)
    }

    /// Names of RFC 4519, and of Matter core specification 6.1.1.
    private static let attributes: [ASN1ObjectIdentifier: String] = [
        .RDNAttributeType.commonName: "Common name", .RDNAttributeType.organizationName: "Organization",
        .RDNAttributeType.organizationalUnitName: "Organizational unit", .RDNAttributeType.countryName: "Country",
        .RDNAttributeType.localityName: "Locality", .RDNAttributeType.stateOrProvinceName: "State",
        [2, 5, 4, 5]: "Serial number", [1, 3, 6, 1, 4, 1, 37_244, 2, 1]: "Vendor ID (Matter)",
        [1, 3, 6, 1, 4, 1, 37_244, 2, 2]: "Product ID (Matter)",
    ]

    /// `Common name: Lamp DAC, Vendor ID (Matter): FFF1`; an attribute without a name by its OID.
    static func name(_ name: DistinguishedName) -> String {
        let parts = name.flatMap { $0 }.map { attribute in
            let value = String(attribute.value) ?? attribute.value.description
            return "\(attributes[attribute.type] ?? attribute.type.description): \(value)"
        }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }

    static func algorithm(_ algorithm: Certificate.SignatureAlgorithm) -> String {
        switch algorithm {
        case .ecdsaWithSHA256: "ECDSA with SHA-256"
        case .ecdsaWithSHA384: "ECDSA with SHA-384"
        case .ecdsaWithSHA512: "ECDSA with SHA-512"
        case .sha256WithRSAEncryption: "RSA with SHA-256"
        case .sha384WithRSAEncryption: "RSA with SHA-384"
        case .sha512WithRSAEncryption: "RSA with SHA-512"
        case .sha1WithRSAEncryption: "RSA with SHA-1"
        case .ed25519: "Ed25519"
        default: algorithm.description
        }
    }
}
