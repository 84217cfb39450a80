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

    func move(to response: inout Response) {
        for value in values.withLock({ $0 }) { response.headers.append(HTTPField(name: .setCookie, value: value)) }
    }
}
