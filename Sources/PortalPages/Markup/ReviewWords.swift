import PortalProtocol
import Statements
import Vocabulary

/// The one list of words for a version, its terms and its checks: forms, review and manifest call each thing the same, and
/// dates, figures and digests look as everywhere else. What officers sign is shown beside it as it is.
enum ReviewWords {
    static let ids = "Vendor / product ID"
    static let secureBootKey = "Secure-boot key"
    static let rounds = "SPAKE2+ rounds"
    static let rotations = "Credential rotations"
    static let debugClass = "Debug class (ADAC soc_class)"
    static let encoding = "Factory data encoding"

    private static let labels = [
        "Matter ids": ids, "secure boot fuse": "\(secureBootKey), fused",
        "firmware key": "\(secureBootKey), by its key id",
        "passcode verifier": rounds, "rotations": rotations, "debug class": debugClass, "factory data": encoding,
        "discovered by": "Discovery", "PAA": "PAA", "EXCEPTION": "Fleet-key exception",
        "ALLOTMENT FALLS": "Allotment falls", "expires": "Valid until",
    ]

    /// What people call a field of a statement, a manifest or a check.
    static func label(_ field: String) -> String { labels[field] ?? FieldLabel.of(field) }

    /// A field's words as the portal writes them.
    /// - Parameter id: of the page's element, where a digest in it can be opened and copied.
    static func value(_ field: String, _ words: String, id: String) -> Markup {
        if field == "debug permissions", let mask = try? SixteenOctets(words) {
            return DebugPermissions(mask).markup
        }
        if field == "Matter ids", let found = words.wholeMatch(of: /vendor ([0-9A-F]{4}), product ([0-9A-F]{4})/) {
            return .code("\(found.1) / \(found.2)")
        }
        if field == "expires" || field == "issued",
            let time = words.prefixMatch(of: /[0-9TZ:-]+/).flatMap({ try? Instant(String($0.0)) })
        {
            return .time(time)
        }
        if field == "chip identity" { return .text(identity(words)) }
        return digest(in: words, id, label(field))
    }

    /// The first digest in it shortened, with the whole of it to be opened and copied.
    private static func digest(in words: String, _ id: String, _ name: String) -> Markup {
        guard let found = words.firstMatch(of: /\b[0-9a-f]{32,64}\b/) else { return figures(words) }
        var (before, after) = (words[..<found.range.lowerBound], words[found.range.upperBound...])
        if before.last == " " { before = before.dropLast() }
        if before == "key" || before.hasSuffix(" key") { before += " id" }
        if after.first == "," { after = after.dropFirst(2) }
        let parts: [Markup] = [
            before.isEmpty ? .empty : "<span>\(figures(String(before)))</span>",
            .folded(String(found.0), id: id, name: name),
            after.isEmpty ? .empty : "<span>\(figures(String(after)))</span>",
        ]
        return "<span class=\"with-digest\">\(parts.joined())</span>"
    }

    /// Levels of chip identity in words.
    private static func identity(_ words: String) -> String {
        ChipIdentityLevel.allCases.reduce(words) { text, level in
            text.replacing(level.rawValue, with: level.words)
        }
    }

    /// Counted things with their thousands apart, and times as everywhere else.
    private static func figures(_ words: String) -> Markup {
        let counted = words.replacing(/\b([0-9]{4,18}) (units?|octets|rounds|days|hours|seconds|entries)\b/) { found in
            "\(Int(found.1).map(Format.number) ?? String(found.1)) \(found.2)"
        }
        return .text(counted)
    }
}
