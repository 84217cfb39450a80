import HTTPTypes
import HummingbirdCore
import PortalProtocol

/// A JSON message that sets cookies.
struct SessionAnswer<Message: Codable & Sendable>: RouteOutput {
    let answer: Answer<Message>
    /// Values of `Set-Cookie`.
    let cookies: [String]

    static func declared() throws -> OutputDeclaration {
        OutputDeclaration(body: .json(try JSONSchema.of(Message.self)))
    }

    func response(status: Int) throws -> Response {
        var response = try answer.response(status: status)
        for cookie in cookies { response.headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return response
    }
}

/// Nothing but cookies.
struct CookieAnswer: RouteOutput {
    let cookies: [String]

    static func declared() -> OutputDeclaration { OutputDeclaration(body: .none) }

    func response(status: Int) -> Response {
        var response = Response(status: .init(code: status))
        for cookie in cookies { response.headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return response
    }
}
