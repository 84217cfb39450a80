import HTTPTypes
import PortalProtocol
import Vocabulary

/// Where a page leads to that was named in an address or a form: a page of our own, whoever wrote the link.
enum PageTarget {
    private static let longest = 1_024

    /// The path and query of a page that is there; nil for anything else.
    ///
    /// What a browser could read as another host's address is refused before the path is looked up: `//host`, `/\host`,
    /// whatever has a scheme, and characters that browsers leave out before they read an address.
    static func own(_ text: String?) -> String? {
        guard let text, text.utf8.count <= longest, text.hasPrefix("/"), !text.contains("//"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x5C && $0 != 0x23 })
        else { return nil }
        let path = String(text.prefix { $0 != "?" })
        // A segment of dots leads elsewhere than it reads.
        guard
            !path.split(separator: "/").contains(where: {
                $0 == "." || $0 == ".." || $0.contains("%2e") || $0.contains("%2E")
            }),
            PageSite.pages.contains(where: { $0.method == .get && $0.template.matches(path) })
        else { return nil }
        return text
    }

    /// `path?name=value&…` with values escaped; without those that are nil or empty.
    static func address(_ path: String, _ query: KeyValuePairs<String, String?>) -> String {
        let pairs = query.compactMap { name, value -> String? in
            guard let value, !value.isEmpty else { return nil }
            return "\(name)=\(escaped(value))"
        }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }
}
