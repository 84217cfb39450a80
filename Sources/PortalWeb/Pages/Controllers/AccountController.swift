import HTTPTypes
import PortalPages
import PortalProtocol
import Vocabulary

/// One's own account.
enum AccountController {
    static let routes: [PageRoute] =
        [
            PageRoute(.get, "/account", "account") { look in try await page(look, nil) },
            PageRoute(.post, "/account", "changeAccount", handler: change),
            PageRoute(.get, "/account/password", "passwordPage") { look in try await password(look, nil) },
            PageRoute(.post, "/account/password", "passwordForm", handler: changePassword),
            PageRoute(.get, "/account/verify", "verifyPage", isForIncomplete: true) { look in
                try await verify(look, nil)
            },
            PageRoute(.post, "/account/verify", "verifyForm", isForIncomplete: true, handler: prove),
            PageRoute(.get, "/account/tokens/new", "newTokenPage") { look in
                _ = try look.require()
                return .page(NewTokenPage(form: look.freshForm()))
            },
            PageRoute(.post, "/account/tokens/new", "newTokenForm", handler: makeToken),
        ] + AccountFactorController.routes

    /// Nil for who came with a token, which has no part in the account.
    static func view(_ look: PageRequest) async throws -> AccountView? {
        do { return try await look.api.get("/v1/account", as: AccountView.self) } catch let problem as APIProblem
            where problem.problem.status == 401
        { return nil }
    }

    private static func page(_ look: PageRequest, _ refused: Problem?) async throws -> PageAnswer {
        _ = try look.require()
        let account = try await view(look)
        let content = AccountPage.Content(
            me: try await look.api.get("/v1/me"),
            account: account,
            sessions: account == nil ? [] : try await look.api.all("/v1/sessions"),
            tokens: try await look.api.all("/v1/tokens")
        )
        return .page(
            AccountPage(content, form: refused.map { look.returned($0) } ?? look.freshForm(), now: look.time),
            status: refused?.status ?? 200
        )
    }

    @Sendable private static func change(_ look: PageRequest) async throws -> PageAnswer {
        let id = escaped(look.form["id"] ?? "")
        do {
            switch look.form["do"] {
            case "token":
                try await look.api.send(.delete, "/v1/tokens/\(id)", as: Nothing.self)
                return .redirect("/account", told: .tokenRevoked)
            case "session":
                try await look.api.send(.delete, "/v1/sessions/\(id)", as: Nothing.self)
                return .redirect("/account", told: .sessionEnded)
            case "others":
                let sessions: [SessionView] = try await look.api.all("/v1/sessions")
                for session in sessions where !session.isCurrent {
                    try await look.api.send(.delete, "/v1/sessions/\(session.id.text)", as: Nothing.self)
                }
                return .redirect("/account", told: .sessionsEnded)
            default: return .redirect("/account")
            }
        } catch let problem as APIProblem { return try await page(look, problem.problem) }
    }

    // MARK: - Password

    private static func password(_ look: PageRequest, _ refused: Problem?) async throws -> PageAnswer {
        let account = try await look.api.get("/v1/account", as: AccountView.self)
        let form = refused.map {
            look.returned($0, fields: [AccountError.wrongProof: "current", AccountError.weakPassword: "new"])
        }
        return .page(PasswordPage(email: account.email, form: form ?? look.freshForm()), status: refused?.status ?? 200)
    }

    @Sendable private static func changePassword(_ look: PageRequest) async throws -> PageAnswer {
        do {
            let body = try PageBody([
                "current": .string(look.form["current"] ?? ""), "new": .string(look.form["new"] ?? ""),
            ])
            try await look.api.send(.post, "/v1/account/password", body.bytes, as: OpenedSession.self)
            return .redirect("/account", told: .passwordChanged)
        } catch let problem as APIProblem { return try await password(look, problem.problem) }
    }

    // MARK: - Fresh proof

    /// To the page that asks for a fresh proof, and back to `next`, where an act was refused for want of one.
    static func proving(_ problem: APIProblem, next: String) throws -> PageAnswer {
        guard problem.problem.code == PortalError.stale.rawValue else { throw problem }
        return .redirect(PageTarget.address("/account/verify", ["next": next]))
    }

    /// The same for a form: the page that asks carries what was entered, and what was asked for is done with the proof.
    static func proving(_ problem: APIProblem, keeping look: PageRequest) async throws -> PageAnswer {
        guard problem.problem.code == PortalError.stale.rawValue else { throw problem }
        let kept = look.form.filter { $0.key != "csrf" }
        return try await verify(look, nil, next: look.address, carried: PageForm.text(kept))
    }

    private static func verify(
        _ look: PageRequest,
        _ refused: Problem?,
        next: String? = nil,
        carried: String = ""
    ) async throws -> PageAnswer {
        let account = try await look.api.get("/v1/account", as: AccountView.self)
        let next = next ?? PageTarget.own(look.query["next"] ?? look.form["next"])
        let form = refused.map {
            look.returned(
                $0,
                fields: [AccountError.wrongProof: account.authenticatorSince == nil ? "password" : "code"],
                secrets: ["code"]
            )
        }
        return .page(
            VerifyPage(
                wantsCode: account.authenticatorSince != nil,
                next: next ?? "/account",
                back: next?.hasPrefix("/people") == true ? "/people" : "/account",
                carried: carried,
                form: form ?? look.freshForm()
            ),
            status: refused?.status ?? 200
        )
    }

    @Sendable private static func prove(_ look: PageRequest) async throws -> PageAnswer {
        do {
            let body = try PageBody([
                "code": SignInController.code(look), "password": look.form["password"].map { .string($0) },
            ])
            try await look.api.send(.post, "/v1/sessions/verify", body.bytes, as: OpenedSession.self)
        } catch let problem as APIProblem {
            return try await verify(look, problem.problem, carried: look.form["carried"] ?? "")
        }
        let next = PageTarget.own(look.form["next"]) ?? "/account"
        return try await CarriedForm.afterProof(look, next) ?? .redirect(next)
    }

    // MARK: - Tokens

    @Sendable private static func makeToken(_ look: PageRequest) async throws -> PageAnswer {
        let scopes = (look.form["scopes"] ?? "").split(separator: ",").map { JSONValue.string(String($0)) }
        do {
            let body = try PageBody([
                "name": .string(look.entered("name")), "scopes": .array(scopes), "days": days(look),
            ])
            let made = try await look.api.send(
                .post,
                "/v1/tokens",
                body.bytes,
                key: look.form["key"],
                as: NewToken.self
            )
            return .page(
                ShownOncePage(
                    title: "Your new token",
                    lead: "A program sends it as Authorization: Bearer.",
                    text: made.message.token,
                    label: "API token",
                    warning: "Copy it now. The portal keeps only a digest, from which it can't be recovered.",
                    expiresAt: made.message.expiresAt,
                    back: ("I have saved it", "/account"),
                    above: ("Account", "/account")
                ),
                status: 201
            )
        } catch let problem as APIProblem where problem.problem.code != PortalError.stale.rawValue {
            let form = look.returned(problem.problem, fields: [IdentityError.scopeWidened: "scopes"])
            return .page(NewTokenPage(form: form), status: problem.problem.status)
        } catch let problem as APIProblem {
            return try await proving(problem, keeping: look)
        }
    }

    static func days(_ look: PageRequest) -> JSONValue {
        Int64(look.entered("days")).map { .integer($0) } ?? .string(look.entered("days"))
    }
}
