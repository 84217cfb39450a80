import Silicon
import Testing
import Vocabulary

struct ProductKeyReceiptTests {
    let chip = TokenStandIn()
    let uid = ChipUID(validated: [UInt8](repeating: 3, count: 16))
    let nonce = Nonce(validated: [UInt8](repeating: 4, count: 32))
    let check = KeyCheckValue(validated: [UInt8](repeating: 5, count: 16))

    @Test func sharedInfoNamesSlotChipAndRequest() throws {
        let info = try ProductKeySealInfo(slot: KeySlot("ota"), uid: uid, nonce: nonce).encoded
        #expect(info == Array("obis-seal-v1".utf8) + [0] + Array("ota".utf8) + [0] + uid.bytes + nonce.bytes)
    }

    @Test func aReceiptIsForOneChipKeyAndRequest() throws {
        let slot = try KeySlot("ota")
        let message = ProductKeyReceipt.message(slot: slot, uid: uid, nonce: nonce, checkValue: check)
        let receipt = try ProductKeyReceipt(slot: slot, nonce: nonce, checkValue: check, signature: chip.sign(message))
        try receipt.verify(signingKey: chip.point, uid: uid, nonce: nonce)
        let other = ChipUID(validated: [UInt8](repeating: 8, count: 16))
        let later = Nonce(validated: [UInt8](repeating: 8, count: 32))
        expect(.receiptInvalid) { try receipt.verify(signingKey: TokenStandIn().point, uid: uid, nonce: nonce) }
        expect(.receiptInvalid) { try receipt.verify(signingKey: chip.point, uid: other, nonce: nonce) }
        expect(.receiptInvalid) { try receipt.verify(signingKey: chip.point, uid: uid, nonce: later) }
        let changed = ProductKeyReceipt(
            slot: slot,
            nonce: nonce,
            checkValue: KeyCheckValue(validated: [UInt8](repeating: 6, count: 16)),
            signature: receipt.signature
        )
        expect(.receiptInvalid) { try changed.verify(signingKey: chip.point, uid: uid, nonce: nonce) }
    }
}
