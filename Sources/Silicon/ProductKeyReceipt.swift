import Crypto
public import Vocabulary

/// A chip's proof that it opened a product key.
public struct ProductKeyReceipt: Hashable, Sendable, Codable {
    public let slot: KeySlot
    /// The nonce of the request that the key was sealed to.
    public let nonce: Nonce
    /// AES-CMAC (RFC 4493) of the opened key over the ASCII text `obis-check-value-v1`, 16 octets.
    public let checkValue: KeyCheckValue
    /// ECDSA P-256 with SHA-256 by the chip's signing key over `message`.
    public let signature: RawSignature

    public static let checkedText = "obis-check-value-v1"

    public init(slot: KeySlot, nonce: Nonce, checkValue: KeyCheckValue, signature: RawSignature) {
        self.slot = slot
        self.nonce = nonce
        self.checkValue = checkValue
        self.signature = signature
    }

    /// `obis-seal-receipt-v1` ‖ 00 ‖ slot ‖ 00 ‖ UID ‖ nonce ‖ check value.
    public static func message(slot: KeySlot, uid: ChipUID, nonce: Nonce, checkValue: KeyCheckValue) -> [UInt8] {
        ProductKeySealInfo.encode("obis-seal-receipt-v1", slot, uid, nonce) + checkValue.bytes
    }

    /// Throws `product-key.receipt.invalid` unless the receipt is by this key, for this chip and request.
    public func verify(signingKey: P256Point, uid: ChipUID, nonce expected: Nonce) throws {
        let message = Self.message(slot: slot, uid: uid, nonce: nonce, checkValue: checkValue)
        guard nonce == expected, P256Verification.accepts(signature, over: message, by: signingKey) else {
            throw Refusal(SiliconError.receiptInvalid, "slot \(slot)")
        }
    }
}

/// AES-CMAC over an agreed text: tells which key it is without telling the key. 16 octets.
public struct KeyCheckValue: FixedBytes {
    public static let size = 16
    public let bytes: [UInt8]
    public init(validated bytes: [UInt8]) { self.bytes = bytes }
}

/// ECDSA P-256 with SHA-256 over foreign keys and signatures: false for anything malformed.
enum P256Verification {
    static func accepts(_ signature: RawSignature, over message: [UInt8], by key: P256Point) -> Bool {
        guard let key = try? P256.Signing.PublicKey(x963Representation: key.bytes),
            let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature.bytes)
        else { return false }
        return key.isValidSignature(signature, for: message)
    }
}
