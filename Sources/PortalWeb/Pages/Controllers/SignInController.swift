import HTTPTypes
import Hummingbird
import NIOCore
import PortalPages
import PortalProtocol
import Vocabulary

/// Signing in and out, and passwords by link.
enum SignInController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/sign-in", "signInPage", isOpen: true, handler: page),
        PageRoute(.post, "/sign-in", "signInForm", isOpen: true, handler: signIn),
        PageRoute(.post, "/sign-out", "signOutForm", isForIncomplete: true, handler: signOut),
        PageRoute(.get, "/reset", "resetPage", isOpen: true) { look in .page(ResetPage(form: look.freshForm())) },
        PageRoute(.post, "/reset", "resetForm", isOpen: true, handler: reset),
    ]

    @Sendable private static func page(_ look: PageRequest) async throws -> PageAnswer {
        let next = PageTarget.own(look.query["next"])
        if let session = look.session { return entered(isComplete: !session.needsSecondFactor, next: next) }
        if try await look.api.get("/v1/setup", as: SetupState.self).isOpen { return .redirect("/setup") }
        if look.api.headers[.fetchSite] == "cross-site", look.query["here"] == nil {
            return .response(fromHere(PageTarget.address("/sign-in", ["next": next, "here": "1"])))
        }
        let hasEnded = BrowserFacts(headers: look.api.headers).session != nil
        return .page(shown(look.freshForm(), next, usesRecovery: look.query["recovery"] != nil, hasEnded: hasEnded))
    }

    private static func shown(
        _ form: FormState,
        _ next: String?,
        usesRecovery: Bool,
        hasEnded: Bool,
        carried: String = ""
    ) -> SignInPage {
        let other = usesRecovery || !carried.isEmpty ? nil : "1"
        return SignInPage(
            form: form,
            next: next ?? "",
            usesRecovery: usesRecovery,
            other: PageTarget.address("/sign-in", ["recovery": other, "next": next]),
            hasEnded: hasEnded,
            carried: carried
        )
    }

    /// For a form that was sent when its session had ended: the page to sign in, which carries it. Nil for any other request.
    static func carrying(_ route: PageRoute, _ look: PageRequest) -> PageAnswer? {
        guard let carried = CarriedForm.ended(route, look) else { return nil }
        return .page(
            shown(look.freshForm(), look.address, usesRecovery: false, hasEnded: true, carried: carried),
            status: 401
        )
    }

    /// Who follows a link from elsewhere comes without the session's cookie, which is sent from our own pages alone: this
    /// page asks again from here, once.
    private static func fromHere(_ address: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/html; charset=utf-8", .known("Refresh"): "0; url=\(address)"],
            body: .init(byteBuffer: ByteBuffer(string: "<!doctype html><html lang=\"en\"><title>OBIS</title></html>"))
        )
    }

    @Sendable private static func signIn(_ look: PageRequest) async throws -> PageAnswer {
        let next = PageTarget.own(look.form["next"])
        let usesRecovery = look.form["recovery"] == "1"
        let opened: OpenedSession
        do {
            let body = try PageBody([
                "email": .string(look.entered("email")), "password": .string(look.form["password"] ?? ""),
                "code": usesRecovery ? nil : code(look), "recoveryCode": usesRecovery ? recoveryCode(look) : nil,
            ])
            opened = try await look.api.send(.post, "/v1/sessions", body.bytes, as: OpenedSession.self).message
        } catch let problem as APIProblem {
            let form = look.returned(problem.problem, secrets: ["code"])
            return .page(
                shown(
                    form,
                    next,
                    usesRecovery: usesRecovery,
                    hasEnded: false,
                    carried: look.form["carried"] ?? ""
                ),
                status: problem.problem.status
            )
        }
        return try await CarriedForm.afterSignIn(look, next)
            ?? entered(isComplete: !opened.needsSecondFactor, next: next)
    }

    /// The six digits, as people type them: with spaces.
    static func code(_ look: PageRequest) -> JSONValue? {
        let text = (look.form["code"] ?? "").filter { !$0.isWhitespace }
        return text.isEmpty ? nil : .string(text)
    }

    /// With its groups, however it was typed.
    private static func recoveryCode(_ look: PageRequest) -> JSONValue {
        let letters = Array((look.form["recoveryCode"] ?? "").filter { !$0.isWhitespace && $0 != "-" })
        let groups = stride(from: 0, to: letters.count, by: 4).map { String(letters[$0..<min($0 + 4, letters.count)]) }
        return .string(groups.joined(separator: "-"))
    }

    private static func entered(isComplete: Bool, next: String?) -> PageAnswer {
        .redirect(isComplete ? next ?? "/" : PageTarget.address("/account/authenticator", ["next": next]))
    }

    /// Somebody new, who has just said their password. Where that fails they sign in themselves.
    static func enter(_ look: PageRequest, email: String, isFirst: Bool = false) async throws -> PageAnswer {
        do {
            let body = try PageBody(["email": .string(email), "password": .string(look.form["password"] ?? "")])
            let opened = try await look.api.send(.post, "/v1/sessions", body.bytes, as: OpenedSession.self).message
            guard opened.needsSecondFactor else { return .redirect("/") }
            return .redirect(PageTarget.address("/account/authenticator", ["first": isFirst ? "1" : nil]))
        } catch is APIProblem { return .redirect("/sign-in") }
    }

    @Sendable private static func signOut(_ look: PageRequest) async throws -> PageAnswer {
        try await look.api.send(.post, "/v1/account/sign-out", as: Nothing.self)
        return .redirect("/sign-in", told: .signedOut)
    }

    @Sendable private static func reset(_ look: PageRequest) async throws -> PageAnswer {
        do {
            let body = try PageBody([
                "code": .string(linkCode(look.entered("code"))), "password": .string(look.form["password"] ?? ""),
            ])
            try await look.api.send(.post, "/v1/account/reset", body.bytes, as: Nothing.self)
            return .redirect("/sign-in", told: .passwordSet)
        } catch let problem as APIProblem {
            let form = look.returned(
                problem.problem,
                fields: [IdentityError.codeRefused: "code", AccountError.weakPassword: "password"]
            )
            return .page(ResetPage(form: form), status: problem.problem.status)
        }
    }

    /// The code alone, where somebody pasted the whole link.
    static func linkCode(_ text: String) -> String { text.split(separator: "#").last.map(String.init) ?? text }
}
