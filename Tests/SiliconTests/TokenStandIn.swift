import Crypto
import Vocabulary

/// A P-256 key that signs as a token does; test only.
struct TokenStandIn: Sendable {
    let key = P256.Signing.PrivateKey()

    var point: P256Point { P256Point(validated: Array(key.publicKey.x963Representation)) }

    func sign(_ message: [UInt8]) throws -> RawSignature {
        try RawSignature(key.signature(for: message).rawRepresentation)
    }
}
