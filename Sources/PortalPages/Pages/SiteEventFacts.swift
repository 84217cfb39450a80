import Statements
import Vocabulary

/// The members of a site's line as people read them: `serial L0001 · station line-1`; the line itself stands behind them.
/// It is the site's word, so it is shown as text and never followed.
struct SiteEventFacts {
    /// Members shown, and octets of each.
    private static let most = (members: 8, octets: 64)
    /// What has a column of its own.
    private static let elsewhere: Set<String> = ["kind", "time"]

    private enum Value: Decodable {
        case text(String)
        /// An object or a list: only in the line itself.
        case large

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
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

    private let line: String
    /// Sorted by name.
    let members: [(name: String, value: String)]

    init(_ line: String) {
        self.line = line
        let found = (try? StatementCoding.decode([String: Value].self, from: Array(line.utf8))) ?? [:]
        members = found.sorted { $0.key < $1.key }.compactMap { name, value in
            guard case .text(let text) = value, !Self.elsewhere.contains(name), !text.isEmpty else { return nil }
            let isLong = text.utf8.count > Self.most.octets
            return (name.kept(octets: 32), isLong ? text.kept(octets: Self.most.octets) + "…" : text)
        }
    }

    var markup: Markup {
        let shown = members.prefix(Self.most.members).map { member -> Markup in
            "<span class=\"muted\">\(member.name)</span> \(member.value)"
        }
        let facts: Markup = shown.isEmpty ? .empty : "<span class=\"breaks\">\(shown.joined(" · "))</span>"
        let summary = shown.isEmpty ? "The line" : "The whole line"
        return """
            \(facts)<details class="details"><summary>\(Icon.chevron.markup)\(summary)</summary>\
            <code class="breaks">\(line)</code></details>
            """
    }
}
