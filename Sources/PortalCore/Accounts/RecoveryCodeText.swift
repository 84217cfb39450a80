import PortalProtocol
import Statements
public import Vocabulary

/// One-time codes for who lost the authenticator: 80 random bits each, in base32, four groups of four. So much that the
/// digest alone, which is kept, lets nobody find them.
public enum RecoveryCodeText {
    /// How many are made at a time.
    public static let count = 10
    /// Random octets of one.
    public static let size = 10

    public static func text(_ bytes: [UInt8]) -> String {
        let digits = Array(Base32.encode(bytes))
        return stride(from: 0, to: digits.count, by: 4)
            .map { String(digits[$0..<min($0 + 4, digits.count)]) }
            .joined(separator: "-")
    }

    /// SHA-256 of the capitals without dashes.
    public static func digest(_ text: String) -> Digest256 {
        Digest256.of(text.uppercased().filter { $0 != "-" }.utf8)
    }
}
