import Crypto
import CryptoExtras
public import Vocabulary

/// scrypt (RFC 7914). Blocks for a quarter of a second at the usual cost: never on the cooperative pool.
public enum Scrypt {
    public static func derive(
        _ password: Secret,
        salt: [UInt8],
        cost: PasswordCost,
        octets: Int = 32
    ) throws -> [UInt8] {
        try password.withBytes { bytes in
            let key = try KDF.Scrypt.deriveKey(
                from: Array(bytes),
                salt: salt,
                outputByteCount: octets,
                rounds: cost.rounds,
                blockSize: cost.blockSize,
                parallelism: cost.parallelism
            )
            return key.withUnsafeBytes { Array($0) }
        }
    }
}
