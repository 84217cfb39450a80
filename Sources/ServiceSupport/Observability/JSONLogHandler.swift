import Glibc
public import Logging
import Vocabulary

/// One JSON object a line: `time`, `level`, `logger`, `message`, then the metadata in alphabetical order.
///
/// A line has at most `longestLine` octets, a text in it at most `longestText` characters. Metadata under a name that
/// speaks of a secret is not printed, whatever it holds; `Secret` prints itself as redacted anyway.
public struct JSONLogHandler: LogHandler {
    public static let longestLine = 8_192
    public static let longestText = 1_000

    /// Parts of metadata names whose values are never printed.
    private static let secretNames = ["pin", "password", "passcode", "secret", "token", "privatekey", "credential"]

    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let sink: @Sendable (String) -> Void

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// - Parameter sink: gets each line without its line feed; standard error if none is given.
    public init(label: String, level: Logger.Level = .info, sink: (@Sendable (String) -> Void)? = nil) {
        self.label = label
        self.logLevel = level
        self.sink = sink ?? Self.writeToStandardError
    }

    public func log(event: LogEvent) {
        var line = "{\"time\":\"\(Self.now())\",\"level\":\"\(event.level)\",\"logger\":\(Self.quoted(label))"
        line += ",\"message\":\(Self.quoted(event.message.description))"
        if let error = event.error { line += ",\"error\":\(Self.quoted("\(error)"))" }
        var all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
        all.merge(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            let member = ",\(Self.quoted(key)):\(Self.isSecret(key) ? "\"<redacted>\"" : Self.json(value))"
            guard line.utf8.count + member.utf8.count <= Self.longestLine - 20 else {
                line += ",\"truncated\":true"
                break
            }
            line += member
        }
        sink(line + "}")
    }

    private static func isSecret(_ key: String) -> Bool {
        let plain = key.lowercased().filter { $0.isLetter }
        return secretNames.contains { plain == $0 || plain.hasSuffix($0) }
    }

    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): return quoted(text)
        case .stringConvertible(let value): return quoted(value.description)
        case .array(let values): return "[" + values.map(json).joined(separator: ",") + "]"
        case .dictionary(let members):
            let sorted = members.sorted { $0.key < $1.key }
            let texts = sorted.map { "\(quoted($0.key)):\(isSecret($0.key) ? "\"<redacted>\"" : json($0.value))" }
            return "{" + texts.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        var count = 0
        for scalar in text.unicodeScalars {
            count += 1
            guard count <= longestText else {
                out += "…"
                break
            }
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            // Control characters, C1 and the line separators: nothing that moves a cursor or starts a line.
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value), "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    private static func now() -> String {
        let time = ClockSource.read(CLOCK_REALTIME)
        let digits = String(time.tv_nsec / 1_000_000)
        let seconds = Instant(seconds: Int64(time.tv_sec)).description.dropLast()
        return seconds + "." + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
    }

    private static func writeToStandardError(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        // One write for a line, so that lines of several threads do not mix.
        _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    }
}
