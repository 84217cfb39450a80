internal import Crypto
internal import EdgeHSMDaemon
internal import FoundationEssentials
internal import Glibc
internal import Statements
internal import Vocabulary

/// What the commands read and write besides their work.
enum Terminal {
    /// A value as JSON with sorted keys.
    static func show(_ value: some Encodable) throws {
        print(String(decoding: try StatementCoding.encode(value), as: UTF8.self))
    }
}

/// Files that people hand to a command.
enum InputFile {
    static let largest = 1024 * 1024

    static func read(_ path: String) throws -> [UInt8] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            throw Refusal(EdgeDaemonError.fileUnreadable, path)
        }
        guard data.count <= largest else {
            throw Refusal(EdgeDaemonError.fileUnreadable, "\(path): \(data.count) octets")
        }
        return Array(data)
    }

    static func envelope(_ path: String) throws -> Envelope { try Envelope(parsing: read(path)) }

    /// One file, or every `.json` of a folder in the order of their names.
    static func envelopes(_ path: String) throws -> [Envelope] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            return [try envelope(path)]
        }
        return try names.filter { $0.hasSuffix(".json") }.sorted().map { try envelope("\(path)/\($0)") }
    }

    /// A P-256 public key: PEM, or 130 hexadecimal digits.
    static func publicKey(_ path: String) throws -> P256Point {
        let text = String(decoding: try read(path), as: UTF8.self)
        let trimmed = String(text.drop { $0.isWhitespace })
        if trimmed.hasPrefix("-----BEGIN") {
            guard let key = try? P256.Signing.PublicKey(pemRepresentation: trimmed) else {
                throw Refusal(EdgeDaemonError.fileMalformed, "\(path): no P-256 public key in PEM")
            }
            return P256Point(validated: Array(key.x963Representation))
        }
        guard let point = try? P256Point(hex: String(trimmed.prefix { !$0.isWhitespace })), point.signingKey != nil
        else { throw Refusal(EdgeDaemonError.fileMalformed, "\(path): no P-256 public key") }
        return point
    }

    /// DER of a file that holds DER, or PEM of one object.
    static func der(_ path: String) throws -> [UInt8] {
        let bytes = try read(path)
        let text = String(decoding: bytes, as: UTF8.self).drop { $0.isWhitespace }
        guard text.hasPrefix("-----BEGIN") else { return bytes }
        let lines = text.split(whereSeparator: \.isNewline).dropFirst()
        let base64 = lines.prefix { !$0.hasPrefix("-----") }.joined()
        guard let data = Data(base64Encoded: base64) else {
            throw Refusal(EdgeDaemonError.fileMalformed, "\(path): PEM")
        }
        return Array(data)
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(filePath: path), options: .atomic)
        } catch { throw Refusal(EdgeDaemonError.fileUnwritable, path) }
    }

    static func pem(_ certificates: [[UInt8]]) -> String {
        certificates.map { der in
            let text = Data(der).base64EncodedString()
            var lines: [Substring] = []
            var rest = Substring(text)
            while !rest.isEmpty {
                lines.append(rest.prefix(64))
                rest = rest.dropFirst(64)
            }
            return "-----BEGIN CERTIFICATE-----\n\(lines.joined(separator: "\n"))\n-----END CERTIFICATE-----\n"
        }.joined()
    }
}
