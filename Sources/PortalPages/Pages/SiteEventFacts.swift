import PortalProtocol
import Statements
import Vocabulary

/// A site's line as people read it: what happened, to what, and whether somebody should look. It is the site's word, so it is
/// shown as text, and leads only to where what it names has the form of an id.
struct SiteEventFacts {
    /// Members shown, octets of each, octets of the line.
    private static let most = (members: 8, octets: 64, line: 2_048)
    /// What has a place of its own.
    private static let elsewhere: Set<String> = ["kind", "time", "number"]

    private enum Value: Decodable {
        case text(String)
        case members([String: Value])
        /// A list: only in the line itself.
        case large

        init(from decoder: any Decoder) throws {
            if let members = try? decoder.container(keyedBy: AnyKey.self) {
                let values = try members.allKeys.map { ($0.stringValue, try members.decode(Value.self, forKey: $0)) }
                self = .members(Dictionary(values) { first, _ in first })
                return
            }
            guard let container = try? decoder.singleValueContainer() else {
                self = .large
                return
            }
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let flag = try? container.decode(Bool.self) {
                self = .text(flag ? "yes" : "no")
            } else if let number = try? container.decode(Int.self) {
                self = .text(String(number))
            } else {
                self = .large
            }
        }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    let line: String
    /// What the Factory Service calls it.
    let kind: String
    /// Its members that are a word or a number, those of its `event` too.
    private let values: [String: String]

    init(_ line: String) {
        self.line = line
        let found = (try? StatementCoding.decode([String: Value].self, from: Array(line.utf8))) ?? [:]
        var values: [String: String] = [:]
        func take(_ members: [String: Value]) {
            for case (let name, .text(let text)) in members where !text.isEmpty { values[name] = text }
        }
        take(found)
        kind = (values["kind"] ?? "event").kept(octets: Self.most.octets)
        for name in Self.elsewhere { values[name] = nil }
        if case .members(let event)? = found["event"] { take(event) }
        self.values = values
    }

    /// A member's value, as much as is shown of it.
    subscript(_ name: String) -> String? {
        values[name].map { $0.utf8.count > Self.most.octets ? $0.kept(octets: Self.most.octets) + "…" : $0 }
    }

    /// Sorted by name; what something of its own is made of stands not here.
    var members: [(name: String, value: String)] {
        values.keys.filter { !told.contains($0) }.sorted().prefix(Self.most.members).map { name in
            (name.kept(octets: 32), self[name] ?? "")
        }
    }

    /// Members that the sentence has.
    private var told: Set<String> {
        switch kind {
        case "unit":
            [
                "authorization", "chipUID", "unit", "serial", "result", "code", "site", "milliseconds", "station",
                "shift",
                "shiftUnknown", "batchUnknown",
            ]
        case "sync", "inbox": ["what", "kind", "summary", "file"]
        default: []
        }
    }

    // MARK: - What happened

    /// A unit's report, and that it passed without anything to say.
    var isPlainPass: Bool {
        kind == "unit" && values["result"] == "passed" && values["code"] == nil && values["shiftUnknown"] == nil
            && values["batchUnknown"] == nil
    }

    /// A unit was begun, without anything to say.
    var isBegin: Bool {
        kind == "unit" && values["result"] == "begun" && values["shiftUnknown"] == nil && values["batchUnknown"] == nil
    }

    /// The unit that a report is about, as it names it itself at its beginning and at its end.
    var ofUnit: String? { kind == "unit" ? values["serial"] ?? values["chipUID"] : nil }

    var authorization: Digest256? { values["authorization"].flatMap { try? Digest256(hex: $0) } }

    /// What somebody at the line should look at.
    var isTrouble: Bool { reading.tone == .bad || reading.tone == .warn }

    /// In a word, with its tone.
    var reading: (tone: Tone, words: String) {
        switch kind {
        case "unit":
            let isDoubted = values["shiftUnknown"] != nil || values["batchUnknown"] != nil
            let result = Self.results[values["result"] ?? ""] ?? (.info, "Unit")
            return isDoubted && result.0 != .bad ? (.warn, result.1) : result
        case "sync": return Self.exchanges[values["what"] ?? ""] ?? (.info, "Exchange")
        case "inbox": return values["kind"] == "refused" ? (.bad, "File refused") : (.info, "File taken")
        case "journal": return (.bad, "Journal set back")
        case "too-long": return (.warn, "Line too long")
        default: return (.info, kind)
        }
    }

    private static let results: [String: (Tone, String)] = [
        "begun": (.info, "Begun"), "passed": (.ok, "Passed"), "failed": (.bad, "Failed"), "reworked": (.ok, "Reworked"),
        "rotated": (.ok, "Credential rotated"),
    ]

    private static let exchanges: [String: (Tone, String)] = [
        "taken": (.info, "Taken from the portal"), "refused": (.bad, "Refused"), "link-up": (.ok, "Link up"),
        "link-down": (.warn, "Link down"), "told": (.warn, "Lost tail told"),
        "records-restored": (.warn, "Records told anew"), "renewed": (.ok, "Certificate renewed"),
    ]

    /// What it is about.
    ///
    /// - Parameter batches: by authorization.
    func sentence(_ batches: [Digest256: Batch]) -> Markup {
        switch kind {
        case "unit": return .sub(subject, unit(batches))
        case "sync", "inbox":
            let file = self["file"].map { "\(Markup.code($0)): " as Markup } ?? .empty
            let summary = values["summary"].map { $0.kept(octets: 512) } ?? ""
            return "<span class=\"breaks\">\(file)\(Self.shortened(summary))</span>"
        default:
            let shown = members.map { member -> Markup in
                "<span class=\"muted\">\(member.name)</span> \(Self.shortened(member.value))"
            }
            return "<span class=\"breaks\">\(shown.joined(" · "))</span>"
        }
    }

    /// The unit, by what its device's page is found by.
    var subject: Markup {
        if let serial = values["serial"].flatMap({ try? DeviceSerial($0) }) {
            return "<a href=\"/devices?q=\(serial.text)\">\(Markup.code(serial.text))</a>"
        }
        guard let chip = values["chipUID"].flatMap({ try? ChipUID(hex: $0) }) else { return "a unit without a serial" }
        return "chip <a href=\"/devices?q=\(chip.hex)\">\(Markup.digest(chip.hex))</a>"
    }

    private func unit(_ batches: [Digest256: Batch]) -> Markup {
        var parts: [Markup] = []
        if let code = self["code"] { parts.append(.dotted(code)) }
        if let station = self["station"] {
            parts.append("\(station)\(self["site"].map { ", socket \($0)" } ?? "")")
        }
        if let batch = authorization.flatMap({ batches[$0] }) {
            parts.append("batch \(Markup.link(batch.batch.text, "/batches/\(batch.id.text)"))")
        }
        if let time = values["milliseconds"].flatMap({ Int($0) }), time > 0 {
            parts.append("\(Format.number(time)) ms")
        }
        if values["batchUnknown"] != nil { parts.append("of a batch that the factory does not know") }
        if values["shiftUnknown"] != nil { parts.append("outside a shift that the factory knows") }
        return parts.joined(" · ")
    }

    /// A refusal's code, as it stands among words.
    private static func isCode(_ word: Substring) -> Bool {
        word.split(separator: ".", omittingEmptySubsequences: false).count > 2
            && word.allSatisfy { $0 == "." || $0 == "-" || ("a"..."z").contains($0) }
    }

    /// Words, with digests among them shortened.
    private static func shortened(_ text: String) -> Markup {
        text.split(separator: " ", omittingEmptySubsequences: false).map { word -> Markup in
            let end = word.prefix { !",:;".contains($0) }
            if isCode(end) { return .dotted(String(end)) + .text(String(word.dropFirst(end.count))) }
            let parts = end.split(separator: "/", omittingEmptySubsequences: false).map { part -> Markup in
                part.utf8.count >= 32 && part.allSatisfy(\.isHexDigit) ? .digest(String(part)) : .text(String(part))
            }
            return parts.joined("/") + .text(String(word.dropFirst(end.count)))
        }.joined(" ")
    }

    /// The line itself, behind a word.
    func whole(_ words: String) -> Markup {
        let shown = line.utf8.count > Self.most.line ? line.kept(octets: Self.most.line) + "…" : line
        return """
            <details class="details"><summary>\(Icon.chevron.markup)\(words)</summary>\
            <code class="breaks">\(shown)</code></details>
            """
    }
}
