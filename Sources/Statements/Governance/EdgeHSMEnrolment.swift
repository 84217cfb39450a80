public import Vocabulary

/// The identity of one appliance, registered while the OEM held it. Signed by m officers.
public struct EdgeHSMEnrolment: Statement {
    public static let payloadType = "application/vnd.obis.edgehsm-enrolment.v1+json"

    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    /// Signs checkpoints, permits, CSR forwards.
    public let identity: P256Point
    /// HPKE recipient of sealed packages.
    public let seal: P256Point
    /// DER SubjectPublicKeyInfo of the RSA-3072 transport key.
    public let transport: Octets
    public let tokenSerial: String
    /// `software` or `hardware`; a production profile refuses `software`.
    public let assurance: String
    public let issuedAt: Instant

    public init(
        edgeHSM: EdgeHSMID,
        factory: FactoryID,
        identity: P256Point,
        seal: P256Point,
        transport: Octets,
        tokenSerial: String,
        assurance: String,
        issuedAt: Instant
    ) {
        self.edgeHSM = edgeHSM
        self.factory = factory
        self.identity = identity
        self.seal = seal
        self.transport = transport
        self.tokenSerial = tokenSerial
        self.assurance = assurance
        self.issuedAt = issuedAt
    }

    public func validate() throws {
        try require(identity != seal, "identity and seal key are one")
        try require(identity.signingKey != nil && seal.signingKey != nil, "a key is not on the curve")
        try require((200...1_024).contains(transport.bytes.count), "transport key size")
        try require(tokenSerial.utf8.count <= 64, "token serial length")
        try require(["software", "hardware"].contains(assurance), "assurance \(assurance.prefix(20))")
    }
}
