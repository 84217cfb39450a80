import FoundationEssentials
import Statements
public import Vocabulary

/// All that a Factory Service needs to join, as one text to copy: where the portal is, which authority issued its TLS
/// certificate, and the one-time code.
///
/// Text: `OBISJOIN1` ‖ base64url without padding of {issuer, 32 octets ‖ port, u16 big-endian ‖ length of the code, u8 ‖
/// code, ASCII ‖ host, ASCII} ‖ the first 4 hexadecimal digits of the SHA-256 of all characters before them.
public struct JoiningCode: Sendable, Hashable {
    public static let prefix = "OBISJOIN1"
    /// Longest text, in characters.
    public static let longest = 512

    /// Host name or address of the people's listener.
    public let host: String
    public let port: Int
    /// SHA-256 of the DER certificate that issued the portal's TLS certificate.
    public let issuer: Digest256
    /// 16 to 64 characters of base64url.
    public let code: String

    /// Throws `sync.joining-code.malformed`.
    public init(host: String, port: Int, issuer: Digest256, code: String) throws {
        let isHost = host.utf8.allSatisfy { Self.isAlphanumeric($0) || [0x2D, 0x2E, 0x3A].contains($0) }
        let isCode = code.utf8.allSatisfy { Self.isAlphanumeric($0) || [0x2D, 0x5F].contains($0) }
        guard (1...200).contains(host.utf8.count), isHost, (1...65_535).contains(port),
            (16...64).contains(code.utf8.count), isCode
        else { throw Refusal(SyncMessageError.codeMalformed) }
        self.host = host
        self.port = port
        self.issuer = issuer
        self.code = code
    }

    /// Reads a text as people paste it: spaces and line feeds around and in it are dropped.
    ///
    /// Throws `sync.joining-code.malformed` or `sync.joining-code.mistyped`.
    public init(_ pasted: String) throws {
        guard pasted.utf8.count <= 2 * Self.longest else { throw Refusal(SyncMessageError.codeMalformed) }
        let text = String(pasted.filter { !$0.isWhitespace })
        guard text.utf8.count <= Self.longest, text.hasPrefix(Self.prefix), text.utf8.count > Self.prefix.utf8.count + 4
        else { throw Refusal(SyncMessageError.codeMalformed) }
        let body = String(text.dropLast(4))
        guard Self.check(body) == text.suffix(4) else { throw Refusal(SyncMessageError.codeMistyped) }
        let bytes = try Self.decode(body.dropFirst(Self.prefix.count))
        guard bytes.count > 35 else { throw Refusal(SyncMessageError.codeMalformed) }
        let (issuer, port, length) = (bytes[..<32], Int(bytes[32]) << 8 | Int(bytes[33]), Int(bytes[34]))
        guard bytes.count > 35 + length,
            let code = String(validating: bytes[35..<35 + length], as: UTF8.self),
            let host = String(validating: bytes[(35 + length)...], as: UTF8.self)
        else { throw Refusal(SyncMessageError.codeMalformed) }
        try self.init(host: host, port: port, issuer: Digest256(issuer), code: code)
    }

    /// The text to copy.
    public var text: String {
        let length = UInt8(clamping: code.utf8.count)
        let bytes = issuer.bytes + [UInt8(port >> 8 & 0xFF), UInt8(port & 0xFF), length] + Array(code.utf8) + host.utf8
        let body = Self.prefix + Self.encode(bytes)
        return body + Self.check(body)
    }

    private static func check(_ body: String) -> String { String(Digest256.of(body.utf8).hex.prefix(4)) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        String(
            Data(bytes).base64EncodedString().compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            }
        )
    }

    /// Canonical base64url without padding only.
    private static func decode(_ text: Substring) throws -> [UInt8] {
        let standard = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        let padded = standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded), encode(Array(data)) == text else {
            throw Refusal(SyncMessageError.codeMalformed)
        }
        return Array(data)
    }
}
