import Programmers
import Vocabulary

/// Matter attestation elements: an anonymous TLV structure of CD (tag 1), nonce (2) and timestamp (3).
/// Source: Matter core specification, section 11.18 (Node Operational Credentials cluster, AttestationRequest).
enum AttestationElements {
    /// The largest that a commissioner takes, in octets.
    static let largest = 900

    static func encode(certificationDeclaration: [UInt8], nonce: Nonce, timestamp: UInt32) throws -> [UInt8] {
        let elements =
            [0x15] + octets(tag: 1, certificationDeclaration) + octets(tag: 2, nonce.bytes)
            + unsigned(tag: 3, timestamp) + [0x18]
        guard elements.count <= largest else {
            throw Refusal(VirtualChipError.credentialMalformed, "attestation elements of \(elements.count) octets")
        }
        return elements
    }

    /// Octet string with 1-octet (0x30) or 2-octet (0x31) length under a context tag.
    private static func octets(tag: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        let count = UInt16(truncatingIfNeeded: bytes.count)
        let length: [UInt8] =
            count < 256 ? [0x30, tag, UInt8(count)] : [0x31, tag, UInt8(count & 0xff), UInt8(count >> 8)]
        return length + bytes
    }

    /// Unsigned integer in the fewest of 1, 2 or 4 octets (0x24, 0x25, 0x26), little-endian.
    private static func unsigned(tag: UInt8, _ value: UInt32) -> [UInt8] {
        let octets = (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        switch value {
        case 0..<0x100: return [0x24, tag, octets[0]]
        case 0x100..<0x1_0000: return [0x25, tag] + octets[0..<2]
        default: return [0x26, tag] + octets
        }
    }
}
