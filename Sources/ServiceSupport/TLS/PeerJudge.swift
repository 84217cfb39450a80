import Crypto
import FoundationEssentials
import SwiftASN1
public import Vocabulary
import X509

/// Our own judgement of a peer's certificate: a leaf directly under a trusted authority, P-256 with SHA-256 only.
///
/// It replaces the TLS library's checks, because those would use the machine's clock and would be skipped for a
/// resumed session. Whoever holds a connection calls `identify` once for it and `judgeTime` for every request.
public struct PeerJudge: Sendable {
    public enum Purpose: Sendable {
        /// The peer is a client: extended key usage `clientAuth`.
        case client
        /// The peer is a server: extended key usage `serverAuth`.
        case server
    }

    /// Largest certificate that is looked at, in octets of DER.
    public static let largestCertificate = 8_192

    private static let criticalExtensionsKnown: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
        .X509ExtensionID.subjectAlternativeName,
    ]

    private let authorities: [Certificate]
    private let purpose: Purpose
    private let now: @Sendable () -> Instant

    /// - Parameters:
    ///   - authorities: the trusted authorities' certificates in DER, at least one.
    ///   - now: the time by which certificates are judged; an EdgeHSM gives its trusted time.
    /// Throws `tls.file.malformed` when an authority is not a P-256 CA certificate.
    public init(authorities: [[UInt8]], purpose: Purpose, now: @escaping @Sendable () -> Instant) throws {
        guard !authorities.isEmpty else {
            throw Refusal(ServiceSupportError.credentialMalformed, "no trusted authority given")
        }
        self.authorities = try authorities.map(Self.authority)
        self.purpose = purpose
        self.now = now
    }

    /// Everything: form, signature, purpose and time. Throws the `tls.peer.*` refusal that applies.
    public func judge(_ der: [UInt8]) throws -> PeerCertificate {
        let peer = try identify(der)
        try judgeTime(peer)
        return peer
    }

    /// Throws `tls.peer.not-yet-valid` or `tls.peer.expired` by the injected clock, for the leaf and its authority.
    public func judgeTime(_ peer: PeerCertificate) throws {
        let time = now()
        guard time >= peer.usableFrom else {
            throw Refusal(ServiceSupportError.peerNotYetValid, "\(peer.commonName), from \(peer.usableFrom)")
        }
        guard time <= peer.usableUntil else {
            throw Refusal(ServiceSupportError.peerExpired, "\(peer.commonName), until \(peer.usableUntil)")
        }
    }

    /// Form, signature and purpose, without time.
    public func identify(_ der: [UInt8]) throws -> PeerCertificate {
        guard der.count <= Self.largestCertificate, let leaf = try? Certificate(derEncoded: der) else {
            throw Refusal(ServiceSupportError.peerMalformed, "not a DER certificate of a sane size")
        }
        guard Self.hasWholeSignature(der) else {
            throw Refusal(ServiceSupportError.peerMalformed, "signature not in its one DER form")
        }
        guard
            let authority = authorities.first(where: {
                $0.subject == leaf.issuer && $0.publicKey.isValidSignature(leaf.signature, for: leaf)
            }), leaf.signatureAlgorithm == .ecdsaWithSHA256
        else { throw Refusal(ServiceSupportError.peerUntrusted, "issuer \(leaf.issuer)") }
        let key = try checkForm(leaf)
        try checkPurpose(leaf)
        return PeerCertificate(
            commonName: try Self.single(.RDNAttributeType.commonName, of: leaf, called: "common name"),
            organizationalUnit: try Self.single(
                .RDNAttributeType.organizationalUnitName,
                of: leaf,
                called: "organizational unit"
            ),
            dnsNames: try Self.dnsNames(leaf),
            publicKey: key,
            publicKeyDigest: Digest256(validated: Array(SHA256.hash(data: key.bytes))),
            fingerprint: Digest256(validated: Array(SHA256.hash(data: der))),
            notBefore: Instant(leaf.notValidBefore),
            notAfter: Instant(leaf.notValidAfter),
            der: der,
            usableFrom: max(Instant(leaf.notValidBefore), Instant(authority.notValidBefore)),
            usableUntil: min(Instant(leaf.notValidAfter), Instant(authority.notValidAfter))
        )
    }

    /// A signature fills its BIT STRING: a count of unused bits other than 0 is another encoding of the same
    /// certificate, which the parser lets pass when those bits happen to be zero.
    private static func hasWholeSignature(_ der: [UInt8]) -> Bool {
        guard let root = try? DER.parse(der), case .constructed(let parts) = root.content,
            let signature = Array(parts).last, case .primitive(let bits) = signature.content
        else { return false }
        return bits.first == 0
    }

    private func checkForm(_ leaf: Certificate) throws -> P256Point {
        guard leaf.version == .v3, let key = P256.Signing.PublicKey(leaf.publicKey) else {
            throw Refusal(ServiceSupportError.peerMalformed, "not an X.509 v3 certificate of a P-256 key")
        }
        let unknown = leaf.extensions.first { $0.critical && !Self.criticalExtensionsKnown.contains($0.oid) }
        if let unknown { throw Refusal(ServiceSupportError.peerMalformed, "critical extension \(unknown.oid)") }
        if case .isCertificateAuthority = try? leaf.extensions.basicConstraints {
            throw Refusal(ServiceSupportError.peerMalformed, "an authority's certificate used as a peer's")
        }
        return P256Point(validated: Array(key.x963Representation))
    }

    private func checkPurpose(_ leaf: Certificate) throws {
        let wanted: ExtendedKeyUsage.Usage = purpose == .client ? .clientAuth : .serverAuth
        guard let usage = try? leaf.extensions.keyUsage, usage.digitalSignature,
            let extended = try? leaf.extensions.extendedKeyUsage, extended.contains(wanted)
        else { throw Refusal(ServiceSupportError.peerPurpose, purpose == .client ? "client" : "server") }
    }

    private static func authority(_ der: [UInt8]) throws -> Certificate {
        guard der.count <= largestCertificate, let certificate = try? Certificate(derEncoded: der),
            P256.Signing.PublicKey(certificate.publicKey) != nil,
            case .isCertificateAuthority = try? certificate.extensions.basicConstraints,
            let usage = try? certificate.extensions.keyUsage, usage.keyCertSign
        else { throw Refusal(ServiceSupportError.credentialMalformed, "not a P-256 certificate authority") }
        return certificate
    }

    /// The one value of an attribute; more or fewer, or unprintable characters, are refused.
    private static func single(
        _ type: ASN1ObjectIdentifier,
        of leaf: Certificate,
        called: String
    ) throws -> String {
        let values = leaf.subject.flatMap { $0 }.filter { $0.type == type }
        guard values.count == 1, let text = String(values[0].value), (1...64).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        else { throw Refusal(ServiceSupportError.peerMalformed, called) }
        return text
    }

    private static func dnsNames(_ leaf: Certificate) throws -> [String] {
        let names: SubjectAlternativeNames?
        do { names = try leaf.extensions.subjectAlternativeNames } catch {
            throw Refusal(ServiceSupportError.peerMalformed, "subject alternative name")
        }
        return (names.map { Array($0) } ?? []).compactMap { if case .dnsName(let name) = $0 { name } else { nil } }
    }
}

extension Instant {
    /// Whole seconds, rounded down: certificates have no fractions.
    init(_ date: Date) { self.init(seconds: Int64(date.timeIntervalSince1970.rounded(.down))) }
}
