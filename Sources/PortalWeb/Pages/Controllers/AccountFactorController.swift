import HTTPTypes
import PortalPages
import PortalProtocol
import Vocabulary

/// Authenticator and recovery codes of one's own account.
enum AccountFactorController {
    /// Seconds that a proof must still be good for when a page that needs it is opened.
    private static let margin: Int64 = 60

    static let routes: [PageRoute] = [
        PageRoute(.get, "/account/authenticator", "authenticatorPage", isForIncomplete: true, handler: authenticator),
        PageRoute(.post, "/account/authenticator", "authenticatorForm", isForIncomplete: true, handler: change),
        PageRoute(.get, "/account/recovery-codes", "recoveryCodesPage", handler: recoveryCodes),
        PageRoute(.post, "/account/recovery-codes", "recoveryCodesForm", handler: renew),
    ]

    /// Address of this page, to come back to.
    private static func here(_ look: PageRequest) -> String {
        PageTarget.address(
            "/account/authenticator",
            ["next": next(look), "first": isFirst(look) ? "1" : nil]
        )
    }

    private static func next(_ look: PageRequest) -> String? { PageTarget.own(look.query["next"] ?? look.form["next"]) }
    private static func isFirst(_ look: PageRequest) -> Bool { (look.query["first"] ?? look.form["first"]) == "1" }

    /// The first start goes on to the first product.
    private static func after(_ look: PageRequest) -> String {
        if isFirst(look) { return "/products/new?first=1" }
        return look.session?.needsSecondFactor == true ? "/" : "/account"
    }

    private static func wantsProof(_ account: AccountView, _ look: PageRequest) -> Bool {
        account.freshUntil < look.time + margin
    }

    @Sendable private static func authenticator(_ look: PageRequest) async throws -> PageAnswer {
        let account = try await look.api.get("/v1/account", as: AccountView.self)
        if wantsProof(account, look) {
            return .redirect(PageTarget.address("/account/verify", ["next": here(look)]))
        }
        return page(look, .start(isReplaced: account.authenticatorSince != nil), look.freshForm())
    }

    private static func page(
        _ look: PageRequest,
        _ stage: AuthenticatorPage.Stage,
        _ form: FormState,
        _ status: Int = 200
    ) -> PageAnswer {
        .page(
            AuthenticatorPage(
                stage,
                isForced: look.session?.needsSecondFactor ?? false,
                step: isFirst(look) ? "Step 2 of 3" : nil,
                next: next(look) ?? "",
                form: form
            ),
            status: status
        )
    }

    @Sendable private static func change(_ look: PageRequest) async throws -> PageAnswer {
        do {
            guard look.form["do"] == "confirm" else {
                let secret = try await look.api.send(.post, "/v1/account/authenticator", as: AuthenticatorSecret.self)
                return page(look, .scan(secret.message), look.freshForm())
            }
            let body = try PageBody(["code": SignInController.code(look) ?? ""])
            let confirmed = try await look.api.send(
                .post,
                "/v1/account/authenticator/confirm",
                body.bytes,
                as: ConfirmedAuthenticator.self
            ).message
            return .page(
                RecoveryCodesPage(
                    confirmed.recoveryCodes,
                    isFirst: true,
                    step: isFirst(look) ? "Step 2 of 3" : nil,
                    next: next(look) ?? after(look)
                )
            )
        } catch let problem as APIProblem {
            let code = problem.problem.code
            if code == PortalError.stale.rawValue { return try AccountController.proving(problem, next: here(look)) }
            let isOver = code == AccountError.nothingPending.rawValue
            let told = isOver ? problem.problem.restarting : problem.problem
            let form = look.returned(told, fields: [AccountError.wrongProof: "code"], secrets: ["code"])
            let account = try await look.api.get("/v1/account", as: AccountView.self)
            let start = AuthenticatorPage.Stage.start(isReplaced: account.authenticatorSince != nil)
            return page(look, isOver ? start : .again, form, problem.problem.status)
        }
    }

    // MARK: - Recovery codes

    @Sendable private static func recoveryCodes(_ look: PageRequest) async throws -> PageAnswer {
        let account = try await look.api.get("/v1/account", as: AccountView.self)
        if wantsProof(account, look) { return .redirect(PageTarget.address("/account/verify", ["next": look.path])) }
        return .page(RenewCodesPage(left: account.recoveryCodesLeft, form: look.freshForm()))
    }

    @Sendable private static func renew(_ look: PageRequest) async throws -> PageAnswer {
        do {
            let made = try await look.api.send(.post, "/v1/account/recovery-codes", as: RecoveryCodes.self).message
            return .page(RecoveryCodesPage(made.codes, isFirst: false, step: nil, next: "/account"))
        } catch let problem as APIProblem {
            return try AccountController.proving(problem, next: look.path)
        }
    }
}

extension Problem {
    /// For the page whose button starts again.
    fileprivate var restarting: Problem {
        Problem(
            type: type,
            title: "That took longer than a quarter of an hour, or was done in another window.",
            status: status,
            code: code,
            detail: nil,
            remedy: "Start again with a new QR code.",
            requestID: requestID
        )
    }
}
