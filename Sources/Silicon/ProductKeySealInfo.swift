public import Vocabulary

/// The shared info that binds a sealed product key to slot, chip and request: both sides compute it themselves.
///
/// Encoding: `obis-seal-v1` (ASCII) ‖ 00 ‖ slot (ASCII) ‖ 00 ‖ UID (16) ‖ nonce (32).
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

    public var encoded: [UInt8] { Self.encode("obis-seal-v1", slot, uid, nonce) }

    static func encode(_ label: String, _ slot: KeySlot, _ uid: ChipUID, _ nonce: Nonce) -> [UInt8] {
        Array(label.utf8) + [0] + Array(slot.text.utf8) + [0] + uid.bytes + nonce.bytes
    }
}
