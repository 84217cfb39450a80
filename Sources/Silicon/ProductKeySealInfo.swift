public import Vocabulary

/// The shared info that binds a sealed product key to slot, chip and request: both sides compute it themselves.
///
/// Encoding: `obis-product-key-v1` (ASCII) ‖ 00 ‖ length of slot (1 octet) ‖ slot (ASCII) ‖ UID (16) ‖ nonce (32).
public struct ProductKeySealInfo: Hashable, Sendable {
    public let slot: KeySlot
    public let uid: ChipUID
    /// The nonce inside the chip's newest request.
    public let nonce: Nonce

    public init(slot: KeySlot, uid: ChipUID, nonce: Nonce) {
        self.slot = slot
        self.uid = uid
        self.nonce = nonce
    }

    public var encoded: [UInt8] { Self.encode("obis-product-key-v1", slot, uid, nonce) }

    static func encode(_ label: String, _ slot: KeySlot, _ uid: ChipUID, _ nonce: Nonce) -> [UInt8] {
        let text = Array(slot.text.utf8)
        return Array(label.utf8) + [0, UInt8(truncatingIfNeeded: text.count)] + text + uid.bytes + nonce.bytes
    }
}
