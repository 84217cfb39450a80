public import Vocabulary

/// An answer that left for a debug port. Another mask on the same challenge is another answer.
public struct DebugUnlock: Sendable, Hashable, Codable {
    /// SHA-256 of the chip's challenge octets.
    public let challenge: Digest256
    /// 16 octets in hexadecimal.
    public let permissions: String

    public init(challenge: Digest256, permissions: String) {
        self.challenge = challenge
        self.permissions = permissions.lowercased()
    }
}
