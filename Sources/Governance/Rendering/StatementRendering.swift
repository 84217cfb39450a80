public import Statements
public import Vocabulary

/// A statement in words and in bytes, exactly as it would be signed.
public struct StatementRendering: Codable, Sendable, Hashable {
    public struct Line: Codable, Sendable, Hashable {
        public let field: String
        public let words: String

        public init(field: String, words: String) {
            self.field = field
            self.words = words
        }
    }

    /// One sentence: what signing this does.
    public let summary: String
    public private(set) var lines: [Line]
    public let payloadType: String
    public let statementID: Digest256
    /// SHA-256 of the DSSE pre-authentication encoding: what the token signs.
    public let signedDigest: Digest256
    /// Key ids that signed, verified or not.
    public let signers: [Digest256]
    public let payload: String

    /// Throws a `StatementError` for a payload that is not what its type says.
    public init(_ envelope: Envelope) throws {
        let words = try StatementWords.of(envelope)
        self.summary = words.summary
        self.lines = words.lines
        self.payloadType = envelope.payloadType
        self.statementID = envelope.statementID
        self.signedDigest = Digest256.of(envelope.signedBytes)
        self.signers = envelope.signatures.map(\.keyID)
        self.payload = Self.visible(envelope.payload)
    }

    /// With lines about something that the statement names by digest.
    func adding(_ more: [Line]) -> Self {
        var other = self
        other.lines += more
        return other
    }

    /// Text for a terminal of 100 columns.
    public func text() -> String {
        let width = lines.map(\.field.count).max() ?? 0
        var text = summary + "\n\n"
        for line in lines {
            let padding = String(repeating: " ", count: width - line.field.count)
            text += "  \(line.field)\(padding)  \(Self.visible(Array(line.words.utf8)))\n"
        }
        text += "\n  id           \(statementID)\n"
        text += "  type         \(Self.visible(Array(payloadType.utf8)))\n"
        text += "  PAE SHA-256  \(signedDigest)\n"
        for signer in signers { text += "  signed by    \(signer)\n" }
        return text + "\nThe exact octets that are signed, inside the type and length above:\n" + box()
    }

    private func box() -> String {
        let columns = 96
        var rows: [String] = []
        var rest = Substring(payload)
        while !rest.isEmpty {
            rows.append(String(rest.prefix(columns)))
            rest = rest.dropFirst(columns)
        }
        let edge = "+" + String(repeating: "-", count: columns + 2) + "+\n"
        let body = rows.map { "| \($0)\(String(repeating: " ", count: columns - $0.count)) |\n" }.joined()
        return edge + body + edge
    }

    /// Printable ASCII as it is, every other octet as `\xNN`, so that no control or direction character can make a
    /// terminal show something else than what is signed.
    static func visible(_ bytes: [UInt8]) -> String {
        bytes.reduce(into: "") { text, byte in
            if (0x20...0x7E).contains(byte) {
                text.append(Character(UnicodeScalar(byte)))
            } else {
                text += "\\x" + Hex.encode([byte])
            }
        }
    }
}
