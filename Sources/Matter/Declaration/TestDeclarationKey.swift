internal import Crypto
internal import Foundation
public import Vocabulary

/// The published test key for Certification Declarations (connectedhomeip, Apache-2.0). Everybody has it: it proves
/// nothing. Laboratory and demo profiles alone use it, for declarations of type development.
public enum TestDeclarationKey {
    /// SHA-1 of the public key.
    public static let keyIdentifier: [UInt8] = [
        0x62, 0xFA, 0x82, 0x33, 0x59, 0xAC, 0xFA, 0xA9, 0x96, 0x3E, 0x1C, 0xFA, 0x14, 0x0A, 0xDD, 0xF5, 0x04, 0xF3,
        0x71, 0x60,
    ]

    /// The one private scalar that stands in this source.
    private static let scalar = "aef3484116e9481ec57be0472df41bf499064e5024ad869eca5e889802d48075"

    public static func publicKey() throws -> P256Point { try P256Point(key().publicKey.x963Representation) }

    /// ECDSA over SHA-256(`message`).
    public static func sign(_ message: [UInt8]) throws -> RawSignature {
        try RawSignature(key().signature(for: message).rawRepresentation)
    }

    private static func key() throws -> P256.Signing.PrivateKey {
        try P256.Signing.PrivateKey(rawRepresentation: Hex.decode(scalar))
    }
}
