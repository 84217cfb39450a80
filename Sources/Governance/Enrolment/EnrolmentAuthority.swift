public import KeyCustody
import Matter
import Statements
public import Vocabulary

/// The CA that lets Factory Services in to the portal: its key is in the portal token, its certificate beside it, so
/// both are lost or kept together. It certifies TLS client keys and nothing of a device.
public struct EnrolmentAuthority: Sendable {
    /// Label of the token's data object that holds the certificate.
    public static let record = "enrolment-ca-certificate"
    /// Organizational unit of every certificate that it makes.
    public static let unit = "factory"
    /// Life of the CA's own certificate, in seconds: 10 years.
    public static let lifetime: Int64 = 3_653 * 86_400
    /// Life of a client certificate where nothing else is asked, in seconds: 90 days.
    public static let clientLifetime: Int64 = 90 * 86_400
    /// A certificate is valid from 5 minutes before it was made, for clocks that lag.
    private static let backdating: Int64 = 300

    /// DER, self-signed.
    public let certificate: [UInt8]
    private let key: any SigningKey

    /// Takes the CA of this token; its certificate is made at first use. Where an interrupted first use left two, the
    /// smaller counts: both name the same key.
    ///
    /// Throws `key.name.unknown` for a token that no ceremony gave the key, `enrolment.certificate.differs` for a
    /// certificate of another key.
    public static func open(in token: any Token, oem: String, at now: Instant) async throws -> EnrolmentAuthority {
        let key = try await token.signingKey(KeyName(.enrolmentCA))
        if let kept = try await token.records(record).min(by: { $0.lexicographicallyPrecedes($1) }) {
            guard try ServiceIssuer(certificate: kept).publicKey == key.publicKey else {
                throw Refusal(GovernanceError.enrolmentCADiffers, "key \(key.publicKey.keyID.hex.prefix(16))")
            }
            return EnrolmentAuthority(certificate: kept, key: key)
        }
        let profile = try ServiceCertificateProfile(
            usage: .authority,
            subject: ServiceName(commonName: commonName(oem), organization: "OBIS"),
            issuer: nil,
            publicKey: key.publicKey,
            serial: CertificateSerial(random: FreshBytes.make(CertificateSerial.size)),
            notBefore: now + -backdating,
            notAfter: now + lifetime
        )
        let made = try await sign(profile, key)
        try await token.createRecord(record, made)
        return EnrolmentAuthority(certificate: made, key: key)
    }

    /// A client certificate for the key of `request` (PKCS#10 in DER, P-256, at most 2,048 octets, signed by the key in
    /// it): O = factory id, OU = `factory`, CN = service name. What else the request asks for is left out.
    ///
    /// - Parameter lifetime: seconds; 1 day to 397 days.
    /// - Returns: the chain in DER, the new certificate first.
    /// - Throws: `enrolment.request.refused`, `enrolment.lifetime.refused`.
    public func certify(
        _ request: [UInt8],
        factory: FactoryID,
        service: StationName,
        at now: Instant,
        lifetime: Int64 = clientLifetime
    ) async throws -> [[UInt8]] {
        guard (86_400...397 * 86_400).contains(lifetime) else {
            throw Refusal(GovernanceError.enrolmentLifetime, "\(lifetime) seconds")
        }
        let parsed: CertificateRequest
        do {
            parsed = try CertificateRequest(der: request)
        } catch let refusal as Refusal {
            throw Refusal(GovernanceError.enrolmentRequest, "\(refusal.code) \(refusal.detail)")
        }
        guard parsed.publicKey != key.publicKey else {
            throw Refusal(GovernanceError.enrolmentRequest, "the CA's own key")
        }
        let profile = try ServiceCertificateProfile(
            usage: .client,
            subject: ServiceName(commonName: service.text, organizationalUnit: Self.unit, organization: factory.text),
            issuer: ServiceIssuer(certificate: certificate),
            publicKey: parsed.publicKey,
            serial: CertificateSerial(random: FreshBytes.make(CertificateSerial.size)),
            notBefore: now + -Self.backdating,
            notAfter: now + lifetime
        )
        return [try await Self.sign(profile, key), certificate]
    }

    private static func sign(_ profile: ServiceCertificateProfile, _ key: any SigningKey) async throws -> [UInt8] {
        let toBeSigned = ToBeSignedCertificate(profile)
        return try toBeSigned.assembled(with: await key.sign(toBeSigned.bytes))
    }

    /// At most 64 octets, cut between characters where the OEM's name is long.
    private static func commonName(_ oem: String) -> String {
        var name = "OBIS enrolment \(oem)"
        while name.utf8.count > 64 { name.removeLast() }
        return name
    }
}
