import Crypto
import Matter
import Statements
import Vocabulary

/// A chip in memory, made before the clock starts, so that what is measured is the EdgeHSM.
struct LoadChip: Sendable {
    let uid: ChipUID
    private let key = P256.Signing.PrivateKey()
    private let point: P256Point
    private let agreementKey: P256Point

    init() {
        var generator = SystemRandomNumberGenerator()
        uid = ChipUID(validated: (0..<ChipUID.size).map { _ in UInt8.random(in: 0...255, using: &generator) })
        point = P256Point(validated: Array(key.publicKey.x963Representation))
        agreementKey = P256Point(
            validated: Array(P256.KeyAgreement.PrivateKey().publicKey.x963Representation)
        )
    }

    /// PKCS#10 over the nonce that the EdgeHSM gave.
    func request(_ nonce: Nonce) throws -> [UInt8] {
        let toBeSigned = ToBeSignedRequest(publicKey: point, chipUID: uid, nonce: nonce, agreementKey: agreementKey)
        let signature = try RawSignature(key.signature(for: toBeSigned.bytes).rawRepresentation)
        return try toBeSigned.assembled(with: signature).der
    }

    /// The answer to a permit's attestation challenge.
    func attest(_ permit: ProgrammingPermit, declaration: [UInt8]) throws -> (elements: [UInt8], RawSignature) {
        let elements = try AttestationElements(declaration: declaration, nonce: permit.attestationNonce).encoded
        let message = try AttestationElements.message(
            elements: elements,
            challenge: Hex.decode(permit.attestationChallenge)
        )
        return (elements, try RawSignature(key.signature(for: message).rawRepresentation))
    }
}

/// Certificate requests for measuring what verifying one costs.
public enum LoadSamples {
    public static func deviceRequest() throws -> [UInt8] {
        try LoadChip().request(Nonce(validated: [UInt8](repeating: 7, count: Nonce.size)))
    }
}
