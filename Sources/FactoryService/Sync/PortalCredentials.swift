import Crypto
import FactoryCore
import FoundationEssentials
import Glibc
import NIOSSL
import PortalProtocol
import ServiceSupport
import Statements
import SwiftASN1
import Vocabulary
import X509

/// This Factory Service's key, its certificate for the portal, and the authority pinned when it joined.
struct PortalCredentials: Sendable {
    let tls: TLSConfiguration
    let notBefore: Instant
    let notAfter: Instant

    /// Throws `factory.portal.not-joined` before anybody joined, and `tls.file.*`. Blocks.
    static func load(_ files: TLSFiles) throws -> PortalCredentials {
        guard access(files.certificates, F_OK) == 0 else {
            throw Refusal(FactoryError.notJoined, files.certificates)
        }
        let identity = try TLSIdentity.load(certificates: files.certificates, key: .pem(path: files.key))
        let authorities = try CredentialFile.certificates(files.authorities)
        guard let leaf = identity.chain.first, let certificate = try? Certificate(derEncoded: leaf) else {
            throw Refusal(ServiceSupportError.credentialMalformed, files.certificates)
        }
        return PortalCredentials(
            tls: try PinnedTLS.client(identity, authorities: authorities),
            notBefore: Instant(seconds: Int64(certificate.notValidBefore.timeIntervalSince1970)),
            notAfter: Instant(seconds: Int64(certificate.notValidAfter.timeIntervalSince1970))
        )
    }

    /// With a third of its life left, a certificate is renewed.
    func isDue(at now: Instant) -> Bool { notAfter - now < (notAfter - notBefore) / 3 }

    // MARK: Making

    /// The key of a file, made there with mode 0600 if there is none: a join that was cut is repeated with the same key.
    ///
    /// Throws `factory.join.key`. Blocks.
    static func key(_ path: String) throws -> P256.Signing.PrivateKey {
        if access(path, F_OK) == 0 {
            do {
                let text = try CredentialFile.secret(path)
                return try text.withBytes {
                    try P256.Signing.PrivateKey(pemRepresentation: String(decoding: $0, as: UTF8.self))
                }
            } catch let refusal as Refusal {
                throw Refusal(FactoryError.joinKey, "\(refusal.code) \(refusal.detail)")
            } catch { throw Refusal(FactoryError.joinKey, "\(path): no P-256 key in PEM") }
        }
        let key = P256.Signing.PrivateKey()
        do { try AtomicFile.write(Array((key.pemRepresentation + "\n").utf8), to: path) } catch let refusal as Refusal {
            throw Refusal(FactoryError.joinKey, refusal.detail)
        }
        return key
    }

    /// PKCS#10, DER, with the service's name as common name.
    static func request(_ key: P256.Signing.PrivateKey, service: StationName) throws -> [UInt8] {
        let request = try CertificateSigningRequest(
            version: .v1,
            subject: try DistinguishedName { CommonName(service.text) },
            privateKey: Certificate.PrivateKey(key),
            attributes: CertificateSigningRequest.Attributes(),
            signatureAlgorithm: .ecdsaWithSHA256
        )
        var serializer = DER.Serializer()
        try serializer.serialize(request)
        return serializer.serializedBytes
    }

    /// Judges what the portal gave, then puts it in place of the chain that is there. Throws `factory.join.certificate`.
    static func install(
        _ reply: JoinReply,
        for key: P256.Signing.PrivateKey,
        service: StationName,
        in path: String
    ) throws {
        let chain = reply.certificates.map(\.bytes)
        guard let leaf = chain.first.flatMap({ try? Certificate(derEncoded: $0) }) else {
            throw Refusal(FactoryError.joinCertificate, "no certificate")
        }
        guard leaf.publicKey == Certificate.PublicKey(key.publicKey) else {
            throw Refusal(FactoryError.joinCertificate, "another key")
        }
        func value(_ type: ASN1ObjectIdentifier) -> String? {
            let values = leaf.subject.flatMap { $0 }.filter { $0.type == type }
            return values.count == 1 ? String(values[0].value) : nil
        }
        guard value(.RDNAttributeType.commonName) == service.text,
            value(.RDNAttributeType.organizationalUnitName) == "factory",
            value(.RDNAttributeType.organizationName) == reply.factory.text
        else { throw Refusal(FactoryError.joinCertificate, "\(leaf.subject)") }
        for (lower, upper) in zip(chain, chain.dropFirst()) {
            guard let lower = try? Certificate(derEncoded: lower), let upper = try? Certificate(derEncoded: upper),
                upper.publicKey.isValidSignature(lower.signature, for: lower)
            else { throw Refusal(FactoryError.joinCertificate, "the chain does not hang together") }
        }
        let text = chain.map { PEMDocument(type: "CERTIFICATE", derBytes: $0).pemString + "\n" }.joined()
        try AtomicFile.write(Array(text.utf8), to: path, mode: 0o644)
    }
}
