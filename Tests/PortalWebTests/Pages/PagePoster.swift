import Foundation
import Testing

@testable import PortalWeb

/// Somebody with a token who sends pages' forms, with the hidden fields of the page that they stand on.
struct PagePoster {
    private static let html = ["Accept": "text/html"]

    let whole: WholePortal
    let token: String

    func get(_ path: String) async throws -> TestPortal.Reply {
        try await whole.portal.ask("GET", path, token: token, headers: Self.html)
    }

    /// - Parameter page: where the form stands, with the tag and key that it then has; nil: the page at its path.
    func send(
        _ path: String,
        _ fields: [String: String],
        from page: TestPortal.Reply? = nil
    ) async throws
        -> TestPortal.Reply
    {
        let start = try await get("/")
        let shown = if let page { page } else { try await get(path) }
        var all = fields
        for name in ["key", "tag"] where all[name] == nil { all[name] = Self.hidden(name, shown.text) }
        all["csrf"] = Self.hidden("csrf", start.text)
        return try await whole.portal.ask(
            "POST",
            path,
            token: token,
            headers: Self.html.merging(["Content-Type": "application/x-www-form-urlencoded"]) { $1 },
            body: Array(PageForm.text(all).utf8)
        )
    }

    static func hidden(_ name: String, _ html: String) -> String? {
        let pattern = #"<input type="hidden" name="\#(name)" value="([^"]*)""#
        guard let match = try? Regex(pattern).firstMatch(in: html) else { return nil }
        return match.output[1].substring.map { String($0).replacing("&quot;", with: "\"") }
    }
}
