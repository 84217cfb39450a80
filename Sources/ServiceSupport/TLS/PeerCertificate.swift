public import Vocabulary

/// What a peer's TLS certificate says, after it was judged.
public struct PeerCertificate: Sendable, Hashable {
    /// The one common name, 1 to 64 printable ASCII characters: which station, service or appliance.
    public let commonName: String
    /// The one organizational unit, 1 to 64 printable ASCII characters: the role (`station`, `service`, …).
    public let organizationalUnit: String
    /// DNS names of the subject alternative name, in the certificate's order.
    public let dnsNames: [String]
    public let publicKey: P256Point
    /// SHA-256 of `publicKey`'s 65 octets. Enrolment and revocation go by this: unlike the fingerprint, the holder
    /// can't change it.
    public let publicKeyDigest: Digest256
    /// SHA-256 of `der`, as `openssl x509 -fingerprint -sha256` shows it, for people to compare. Not for revocation:
    /// an ECDSA signature (r, s) is as valid as (r, −s), so a holder can present the same certificate under another
    /// fingerprint.
    public let fingerprint: Digest256
    /// The certificate's own first and last second.
    public let notBefore: Instant
    public let notAfter: Instant
    public let der: [UInt8]
    /// First and last second in which both the certificate and its authority are valid.
    let usableFrom: Instant
    let usableUntil: Instant
}

/// Who sent a request.
public enum PeerIdentity: Sendable, Hashable {
    /// Over mutual TLS 1.3; role and validity were judged for this very request.
    case tls(PeerCertificate)
    /// Over a Unix socket; the kernel's word on the user id at connection time.
    case local(uid: UInt32)

    /// The key by which connections are counted and logs name a peer.
    public var name: String {
        switch self {
        case .tls(let certificate): certificate.organizationalUnit + "/" + certificate.commonName
        case .local(let uid): "uid/\(uid)"
        }
    }
}
