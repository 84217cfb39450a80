/// The hash of OAEP when product keys travel between tokens. Both ends must be configured alike: SoftHSM2 2.6.1 knows
/// SHA-1 only, which is sound in OAEP (RFC 8017 section 7.1: no collision resistance is asked of it) but old.
public enum TransportHash: String, Sendable, Codable, CaseIterable {
    case sha1
    case sha256
}
