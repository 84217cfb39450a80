public import Vocabulary

/// What the key of a device's present DAC says of its successor, before it is destroyed: nobody but the device that is
/// attested by a DAC can have another DAC put in that one's place.
public struct RotationProof: Codable, Sendable, Hashable {
    /// The key of the DAC that is replaced.
    public let replacedKey: P256Point
    /// ECDSA P-256 with SHA-256 by the replaced key over `message`.
    public let signature: RawSignature

    public init(replacedKey: P256Point, signature: RawSignature) {
        self.replacedKey = replacedKey
        self.signature = signature
    }

    /// `obis-rotation-v1` ‖ 00 ‖ chip UID (16) ‖ the new key (65) ‖ SHA-256 of the CSR (32). The text in front keeps it
    /// apart from all else that a DAC key signs: attestation elements, requests and receipts begin otherwise.
    public static func message(chipUID: ChipUID, newKey: P256Point, request: Digest256) -> [UInt8] {
        Array("obis-rotation-v1".utf8) + [0] + chipUID.bytes + newKey.bytes + request.bytes
    }

    /// True where the replaced key signed for this chip, this new key and this CSR.
    public func holds(chipUID: ChipUID, newKey: P256Point, request: Digest256) -> Bool {
        let message = Self.message(chipUID: chipUID, newKey: newKey, request: request)
        return replacedKey != newKey && replacedKey.verifies(signature, over: message)
    }
}
