import Crypto
import Statements
public import Vocabulary

/// P-256 public keys as people carry them: 130 hexadecimal digits, or PEM.
public enum PublicKeyText {
    public static let largest = 4096

    /// Throws `ceremony.key.malformed`.
    public static func parse(_ text: String) throws -> P256Point {
        let trimmed = String(text.drop { $0.isWhitespace })
        if trimmed.hasPrefix("-----BEGIN") {
            guard let key = try? P256.Signing.PublicKey(pemRepresentation: trimmed) else {
                throw Refusal(GovernanceError.keyMalformed, "PEM")
            }
            return P256Point(validated: Array(key.x963Representation))
        }
        let digits = trimmed.prefix { !$0.isWhitespace }
        guard let bytes = try? Hex.decode(digits), let point = try? P256Point(bytes), point.signingKey != nil else {
            throw Refusal(GovernanceError.keyMalformed, "hexadecimal")
        }
        return point
    }

    public static func read(_ path: String) throws -> P256Point {
        try parse(String(decoding: StateFile.read(path, limit: largest), as: UTF8.self))
    }

    /// PEM of the SubjectPublicKeyInfo, as OpenSSL reads it.
    public static func pem(_ point: P256Point) throws -> String {
        guard let key = point.signingKey else { throw Refusal(GovernanceError.keyMalformed, point.hex) }
        return key.pemRepresentation + "\n"
    }
}

/// A vendor or product id as people write it: four upper-case hexadecimal digits, `FFF1`.
public struct FourDigits: Codable, Sendable, Hashable {
    public let value: UInt16

    public init(_ value: UInt16) { self.value = value }

    public init(from decoder: any Decoder) throws {
        try self.init(text: decoder.singleValueContainer().decode(String.self))
    }

    /// Throws `ceremony.file.malformed`.
    public init(text: String) throws {
        guard text.utf8.count == 4, let value = UInt16(text, radix: 16), VendorID(value).description == text else {
            throw Refusal(GovernanceError.fileMalformed, "\(text.prefix(12)) is not four upper-case hexadecimal digits")
        }
        self.value = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(VendorID(value).description)
    }
}
