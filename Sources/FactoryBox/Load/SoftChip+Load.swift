import Crypto
import Matter
import Statements
import Vocabulary

extension SoftChip {
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
        try SoftChip().request(Nonce(validated: [UInt8](repeating: 7, count: Nonce.size))).bytes
    }
}
