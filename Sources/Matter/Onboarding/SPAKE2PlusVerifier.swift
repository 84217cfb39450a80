internal import Crypto
internal import CryptoExtras
internal import Foundation
public import Vocabulary

/// What a device keeps instead of its passcode: w0 and L = w1·G of SPAKE2+ (Matter 3.10, RFC 9383). Prints redacted.
public struct SPAKE2PlusVerifier: Sendable, CustomStringConvertible {
    public static let saltSizes = 16...32
    public static let iterationCounts = 1_000...100_000

    /// w0 (32 octets) ‖ L (65 octets, uncompressed).
    public let octets: Secret

    /// PBKDF2-HMAC-SHA256 over the passcode as 4 octets little-endian, 80 octets out, both halves modulo the order of
    /// P-256.
    ///
    /// Throws `matter.spake2p.parameters`, and `matter.spake2p.scalar` for a scalar of 0. Costs `iterations` rounds of
    /// HMAC: keep it off the cooperative pool when `iterations` is large.
    public init(passcode: Passcode, salt: [UInt8], iterations: Int) throws {
        guard Self.saltSizes.contains(salt.count), Self.iterationCounts.contains(iterations) else {
            throw Refusal(
                MatterError.spake2pParameters,
                "salt of \(salt.count) octets, \(iterations) iterations"
            )
        }
        let number = passcode.reveal()
        let password = (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32($0 * 8)) }
        try self.init(Self.derive(password: password, salt: salt, iterations: iterations, octets: 80))
    }

    /// Takes the 80 octets of the key derivation.
    init(_ derived: SymmetricKey) throws {
        let (w0, w1) = derived.withUnsafeBytes { bytes in
            (P256Scalar.reduce(bytes.prefix(40)), P256Scalar.reduce(bytes.suffix(40)))
        }
        guard w0.contains(where: { $0 != 0 }), let key = try? P256.KeyAgreement.PrivateKey(rawRepresentation: w1)
        else { throw Refusal(MatterError.spake2pScalar) }
        self.octets = Secret(w0 + key.publicKey.x963Representation)
    }

    static func derive(password: [UInt8], salt: [UInt8], iterations: Int, octets: Int) throws -> SymmetricKey {
        do {
            return try KDF.Insecure.PBKDF2.deriveKey(
                from: password,
                salt: salt,
                using: .sha256,
                outputByteCount: octets,
                unsafeUncheckedRounds: iterations
            )
        } catch {
            throw Refusal(MatterError.spake2pParameters, "key derivation")
        }
    }

    public var description: String { "<redacted>" }
}

/// Integers modulo the order of P-256.
enum P256Scalar {
    /// The order n, least significant word first.
    private static let order: [UInt64] = [
        0xF3B9_CAC2_FC63_2551, 0xBCE6_FAAD_A717_9E84, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_0000_0000,
    ]

    /// A big-endian number of any length modulo n, as 32 octets big-endian. Shift and subtract, bit by bit, with a
    /// selection that does not branch on the value.
    static func reduce(_ wide: some Sequence<UInt8>) -> [UInt8] {
        var words: [UInt64] = [0, 0, 0, 0]
        for octet in wide {
            for bit in (0..<8).reversed() { step(&words, UInt64(octet >> UInt8(bit) & 1)) }
        }
        return words.reversed().flatMap { word in
            (0..<8).reversed().map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }
        }
    }

    /// words = (2 · words + bit) mod n.
    private static func step(_ words: inout [UInt64], _ bit: UInt64) {
        let carry = words[3] >> 63
        for index in (1..<4).reversed() { words[index] = words[index] << 1 | words[index - 1] >> 63 }
        words[0] = words[0] << 1 | bit
        var difference: [UInt64] = [0, 0, 0, 0]
        var borrow: UInt64 = 0
        for index in 0..<4 {
            let (first, under) = words[index].subtractingReportingOverflow(order[index])
            let (second, underAgain) = first.subtractingReportingOverflow(borrow)
            difference[index] = second
            borrow = (under ? 1 : 0) | (underAgain ? 1 : 0)
        }
        let mask = 0 &- (carry | (1 &- borrow))
        for index in 0..<4 { words[index] = (difference[index] & mask) | (words[index] & ~mask) }
    }
}
