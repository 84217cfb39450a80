import HTTPTypes
import Hummingbird
import Synchronization

/// Cookies that the API's answers set while a page was made: the browser gets them with the page.
final class SetCookies: Sendable {
    private let values = Mutex<[String]>([])

    func collect(_ headers: HTTPFields) {
        let new = headers[values: .setCookie]
        if !new.isEmpty { values.withLock { $0 += new } }
    }

    /// Text of the session's cookie that was set last: what this browser's session goes on with. Nil: none was, or it ended.
    var session: String? {
        let prefix = SessionCookie.session + "="
        let last = values.withLock { $0.last { $0.hasPrefix(prefix) } }
        let text = last?.dropFirst(prefix.count).prefix { $0 != ";" } ?? ""
        return text.isEmpty ? nil : String(text)
    }

    func move(to response: inout Response) {
        for value in values.withLock({ $0 }) { response.headers.append(HTTPField(name: .setCookie, value: value)) }
    }
}
