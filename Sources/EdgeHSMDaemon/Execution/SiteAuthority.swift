import KeyCustody
import Matter
import Statements
import Vocabulary

/// The CA of one site: certifies the TLS keys of stations, of the Factory Service and of the EdgeHSM itself. Its
/// certificate is kept in the token beside its key, so both are lost or kept together.
struct SiteAuthority: Sendable {
    static let record = "site-ca-certificate"

    /// DER.
    let certificate: [UInt8]
    private let key: any SigningKey

    init(certificate: [UInt8], key: any SigningKey) {
        self.certificate = certificate
        self.key = key
    }

    func sign(_ profile: ServiceCertificateProfile) async throws -> [UInt8] {
        let toBeSigned = ToBeSignedCertificate(profile)
        return try toBeSigned.assembled(with: await key.sign(toBeSigned.bytes))
    }
}

extension TokenExecution {
    /// The site CA, made at first use. Where an interrupted first use left two certificates, the smaller counts: both
    /// name the same key.
    func siteAuthority(at now: Instant) async throws -> SiteAuthority {
        let key = try await token.signingKey(KeyName(.siteCA))
        let kept = try await token.records(SiteAuthority.record).min { $0.lexicographicallyPrecedes($1) }
        if let kept { return SiteAuthority(certificate: kept, key: key) }
        let profile = try ServiceCertificateProfile(
            usage: .authority,
            subject: ServiceName(commonName: "site CA \(key.publicKey.keyID.hex.prefix(16))", organization: "OBIS"),
            issuer: nil,
            publicKey: key.publicKey,
            serial: CertificateSerial(random: Random.octets(CertificateSerial.size)),
            notBefore: now + -300,
            notAfter: .noExpiry
        )
        let made = try await SiteAuthority(certificate: [], key: key).sign(profile)
        try await token.createRecord(SiteAuthority.record, made)
        return SiteAuthority(certificate: made, key: key)
    }
}

/// Numeric internet addresses in configuration text.
enum InternetAddress {
    /// 4 octets for a dotted IPv4 address, nil for anything else: host names go into a certificate as names.
    static func octets(_ text: String) -> [UInt8]? {
        if text == "::1" { return [UInt8](repeating: 0, count: 15) + [1] }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let octets = parts.compactMap { part in part.utf8.count <= 3 ? UInt8(part) : nil }
        return octets.count == 4 ? octets : nil
    }
}
