internal import SwiftASN1
public import Vocabulary
internal import X509

/// The subject of a certificate that is not Matter's: who, in which role.
public struct ServiceName: Sendable, Hashable {
    public let commonName: String
    /// The role of a peer (`station`, `service`).
    public let organizationalUnit: String?
    public let organization: String?

    /// Throws `matter.service.name`: each part has 1 to 64 octets.
    public init(commonName: String, organizationalUnit: String? = nil, organization: String? = nil) throws {
        let parts = [commonName, organizationalUnit, organization].compactMap { $0 }
        guard parts.allSatisfy({ (1...64).contains($0.utf8.count) }) else {
            throw Refusal(MatterError.serviceName, "each part has 1 to 64 octets")
        }
        self.commonName = commonName
        self.organizationalUnit = organizationalUnit
        self.organization = organization
    }

    /// Reads a DER Name that has a common name, at most one of each other part, and nothing else.
    public init(der: [UInt8]) throws {
        var parts: [[UInt8]: String] = [:]
        var names = try DERReader(der, fault: .serviceName)
        while !names.isAtEnd {
            var attributes = try names.constructed(.set)
            var attribute = try attributes.constructed()
            try attributes.end()
            let type = Array(try attribute.primitive(.objectIdentifier))
            let node = try attribute.any()
            try attribute.end()
            let known = [
                ObjectIdentifier.commonName, ObjectIdentifier.organization, ObjectIdentifier.organizationalUnit,
            ]
            guard known.contains(type), parts[type] == nil,
                node.identifier == .utf8String || node.identifier == .printableString,
                let text = String(validating: try DERReader.primitive(node, fault: .serviceName), as: UTF8.self)
            else { throw Refusal(MatterError.serviceName, "an attribute that is unknown, repeated or not a string") }
            parts[type] = text
        }
        guard let commonName = parts[ObjectIdentifier.commonName] else {
            throw Refusal(MatterError.serviceName, "no common name")
        }
        try self.init(
            commonName: commonName,
            organizationalUnit: parts[ObjectIdentifier.organizationalUnit],
            organization: parts[ObjectIdentifier.organization]
        )
    }

    /// DER Name: organization, organizational unit, common name, each a UTF8String.
    public var der: [UInt8] {
        var attributes: [([UInt8], String)] = []
        if let organization { attributes.append((ObjectIdentifier.organization, organization)) }
        if let organizationalUnit { attributes.append((ObjectIdentifier.organizationalUnit, organizationalUnit)) }
        attributes.append((ObjectIdentifier.commonName, commonName))
        return NameEncoding.der(attributes)
    }
}

/// Who signs a service certificate.
public struct ServiceIssuer: Sendable, Hashable {
    public let nameDER: [UInt8]
    public let publicKey: P256Point

    public init(name: ServiceName, publicKey: P256Point) {
        self.nameDER = name.der
        self.publicKey = publicKey
    }

    /// Takes subject and key from a CA certificate of at most 4096 octets.
    ///
    /// Throws `matter.service.issuer` where it is no P-256 CA.
    public init(certificate der: [UInt8]) throws {
        guard der.count <= 4096, let certificate = try? Certificate(derEncoded: der),
            case .isCertificateAuthority = try? certificate.extensions.basicConstraints
        else { throw Refusal(MatterError.serviceIssuer, "no CA certificate") }
        var coder = DER.Serializer()
        do {
            try coder.serialize(certificate.subject)
            self.publicKey = try P256Point(certificate.publicKey.subjectPublicKeyInfoBytes).checkedOnCurve()
        } catch {
            throw Refusal(MatterError.serviceIssuer, "not a P-256 key")
        }
        self.nameDER = coder.serializedBytes
    }
}

/// A small X.509 profile for TLS inside a site: an EC P-256 CA and its leaves (RFC 5280). No private key comes near it.
public struct ServiceCertificateProfile: Sendable, Hashable {
    public enum Usage: Sendable, Hashable, CaseIterable {
        /// A CA that signs leaves only (path length 0).
        case authority
        case server
        case client
        case serverAndClient
    }

    public let usage: Usage
    public let subject: ServiceName
    /// Nil when it signs itself.
    public let issuer: ServiceIssuer?
    public let publicKey: P256Point
    public let serial: CertificateSerial
    public let notBefore: Instant
    public let notAfter: Instant
    /// Host names, ASCII, 1 to 253 characters each.
    public let dnsNames: [String]
    /// Addresses of 4 or 16 octets.
    public let addresses: [[UInt8]]

    /// Throws `matter.service.profile` for names or addresses that are malformed or too many (16 of each), a time span
    /// that ends before it starts, or a leaf without issuer.
    public init(
        usage: Usage,
        subject: ServiceName,
        issuer: ServiceIssuer?,
        publicKey: P256Point,
        serial: CertificateSerial,
        notBefore: Instant,
        notAfter: Instant,
        dnsNames: [String] = [],
        addresses: [[UInt8]] = []
    ) throws {
        func isHostCharacter(_ byte: UInt8) -> Bool {
            (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
                || byte == 0x2D || byte == 0x2E
        }
        guard dnsNames.count <= 16, addresses.count <= 16,
            dnsNames.allSatisfy({ (1...253).contains($0.utf8.count) && $0.utf8.allSatisfy(isHostCharacter) }),
            addresses.allSatisfy({ $0.count == 4 || $0.count == 16 })
        else { throw Refusal(MatterError.serviceProfile, "host names or addresses") }
        guard notBefore <= notAfter else { throw Refusal(MatterError.serviceProfile, "ends before it starts") }
        guard usage == .authority || issuer != nil else { throw Refusal(MatterError.serviceProfile, "no issuer") }
        self.usage = usage
        self.subject = subject
        self.issuer = issuer
        self.publicKey = try publicKey.checkedOnCurve()
        self.serial = serial
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.dnsNames = dnsNames
        self.addresses = addresses
    }

    func appendExtensions(_ coder: inout DER.Serializer) {
        coder.basicConstraints(isAuthority: usage == .authority, pathLength: usage == .authority ? 0 : nil)
        coder.keyUsage(usage == .authority ? .certificateAndCRLSigning : .digitalSignature)
        if !purposes.isEmpty {
            coder.certificateExtension(ObjectIdentifier.extendedKeyUsage, critical: false) { coder in
                coder.sequence { coder in for purpose in purposes { coder.objectIdentifier(purpose) } }
            }
        }
        coder.subjectKeyIdentifier(publicKey.keyIdentifier)
        coder.authorityKeyIdentifier((issuer?.publicKey ?? publicKey).keyIdentifier)
        guard !dnsNames.isEmpty || !addresses.isEmpty else { return }
        coder.certificateExtension(ObjectIdentifier.subjectAlternativeName, critical: false) { coder in
            coder.sequence { coder in
                for name in dnsNames { coder.primitive(.context(2), Array(name.utf8)) }
                for address in addresses { coder.primitive(.context(7), address) }
            }
        }
    }

    private var purposes: [[UInt8]] {
        switch usage {
        case .authority: []
        case .server: [ObjectIdentifier.serverAuthentication]
        case .client: [ObjectIdentifier.clientAuthentication]
        case .serverAndClient: [ObjectIdentifier.serverAuthentication, ObjectIdentifier.clientAuthentication]
        }
    }
}
