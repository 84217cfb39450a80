import HTTPTypes
import Hummingbird
import PortalProtocol
import Statements
import Vocabulary

/// What pages need of accounts: the API's own operations, and cookies that go on to the browser.
extension PageAPI {
    /// - Parameter factor: what somebody typed as second factor: six digits, a recovery code, or nothing.
    /// Throws the API's problem. `cookies` of the reply must go to the browser.
    func signIn(email: String, password: String, factor: String) async throws -> Reply<OpenedSession> {
        let typed = factor.filter { $0 != " " }
        var body: [String: String] = ["email": email.filter { $0 != " " }, "password": password]
        if !typed.isEmpty { body[typed.utf8.count == 6 ? "code" : "recoveryCode"] = typed }
        return try await send(.post, "/v1/sessions", StatementCoding.encode(body), as: OpenedSession.self)
    }

    /// Proves again who sits there, by a code or, where there is no authenticator, the password.
    func verify(code: String, password: String) async throws -> Reply<OpenedSession> {
        let body = code.isEmpty ? ["password": password] : ["code": code.filter { $0 != " " }]
        return try await send(.post, "/v1/sessions/verify", StatementCoding.encode(body), as: OpenedSession.self)
    }
}

extension PageAnswer {
    /// 303 to a path of our own, with the cookies of an answer of the API.
    static func redirect(_ path: String, cookies: [String]) -> PageAnswer {
        var response = Response(status: .seeOther, headers: [.location: path])
        for cookie in cookies { response.headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return .response(response)
    }
}
