import Crypto
import Matter
import Statements
import Vocabulary

/// What a hostile station can be: a chip in software, for products whose chips have no certificate of their vendor.
struct SoftChip: Sendable {
    let uid: ChipUID
    let key: P256.Signing.PrivateKey
    let agreement: P256.KeyAgreement.PrivateKey

    /// `key`: the signing key of another chip, as a clone has it.
    init(uid: ChipUID = .random(), key: P256.Signing.PrivateKey = P256.Signing.PrivateKey()) {
        self.uid = uid
        self.key = key
        agreement = P256.KeyAgreement.PrivateKey()
    }

    var agreementKey: P256Point { P256Point(validated: Array(agreement.publicKey.x963Representation)) }

    /// PKCS#10 as a chip makes it.
    func request(_ nonce: Nonce) throws -> Octets {
        let toBeSigned = ToBeSignedRequest(
            publicKey: P256Point(validated: Array(key.publicKey.x963Representation)),
            chipUID: uid,
            nonce: nonce,
            agreementKey: agreementKey
        )
        let signature = try RawSignature(key.signature(for: toBeSigned.bytes).rawRepresentation)
        return Octets(try toBeSigned.assembled(with: signature).der)
    }

    /// The chip's request with another key-agreement key written over its own.
    func request(_ nonce: Nonce, swapping other: P256Point) throws -> Octets {
        var octets = try request(nonce).bytes
        let own = agreementKey.bytes
        for start in octets.indices where octets[start...].starts(with: own) {
            octets.replaceSubrange(start..<start + own.count, with: other.bytes)
            break
        }
        return Octets(octets)
    }
}

extension ChipUID {
    static func random() -> ChipUID {
        var generator = SystemRandomNumberGenerator()
        return ChipUID(validated: (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}
