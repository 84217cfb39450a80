public import Vocabulary

/// Leave to program one unit: what exactly may be written, until when, and the challenge that the finished unit must
/// answer. Signed by the EdgeHSM's identity. It binds honest stations; secure boot and the read-back are the limit of
/// what is known about dishonest ones.
public struct ProgrammingPermit: Statement {
    public static let payloadType = "application/vnd.obis.programming-permit.v1+json"

    public let edgeHSM: EdgeHSMID
    public let authorization: Digest256
    public let unit: Digest256
    public let chipUID: ChipUID
    public let firmware: Digest256
    /// SHA-256 of the factory-data octets that this unit gets.
    public let factoryData: Digest256
    /// What the one-time fuse binds firmware to.
    public let secureBootKey: P256Point
    public let debugRoot: Digest256
    public let socClass: UInt32
    /// Nonce and session challenge of the attestation that `complete` must bring.
    public let attestationNonce: Nonce
    /// 16 octets in hexadecimal.
    public let attestationChallenge: String
    public let expiresAt: Instant

    public init(
        edgeHSM: EdgeHSMID,
        authorization: Digest256,
        unit: Digest256,
        chipUID: ChipUID,
        firmware: Digest256,
        factoryData: Digest256,
        secureBootKey: P256Point,
        debugRoot: Digest256,
        socClass: UInt32,
        attestationNonce: Nonce,
        attestationChallenge: String,
        expiresAt: Instant
    ) {
        self.edgeHSM = edgeHSM
        self.authorization = authorization
        self.unit = unit
        self.chipUID = chipUID
        self.firmware = firmware
        self.factoryData = factoryData
        self.secureBootKey = secureBootKey
        self.debugRoot = debugRoot
        self.socClass = socClass
        self.attestationNonce = attestationNonce
        self.attestationChallenge = attestationChallenge
        self.expiresAt = expiresAt
    }

    public func validate() throws {
        try require((try? Hex.decode(attestationChallenge))?.count == 16, "attestation challenge")
    }
}

/// The id of a unit: SHA-256(authorization ‖ chip UID ‖ generation as u32 big-endian). `fail` and `reprovision` raise
/// the generation.
public func unitID(authorization: Digest256, chipUID: ChipUID, generation: UInt32) -> Digest256 {
    var octets: [UInt8] = []
    octets.reserveCapacity(Digest256.size + ChipUID.size + 4)
    authorization.withOctets { octets.append(contentsOf: $0) }
    chipUID.withOctets { octets.append(contentsOf: $0) }
    for shift in [24, 16, 8, 0] { octets.append(UInt8(truncatingIfNeeded: generation >> UInt32(shift))) }
    return Digest256.of(octets)
}
