import HTTPTypes
import PortalPages
import PortalProtocol
import Vocabulary

/// The first start.
enum SetupController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/setup", "setupPage", isOpen: true) { look in
            let isOpen = try await look.api.get("/v1/setup", as: SetupState.self).isOpen
            return .page(SetupPage(form: look.freshForm(), isDone: !isOpen))
        },
        PageRoute(.post, "/setup", "setupForm", isOpen: true, handler: setUp),
    ]

    @Sendable private static func setUp(_ look: PageRequest) async throws -> PageAnswer {
        do {
            let email = look.entered("email")
            let body = try PageBody([
                "code": .string(look.entered("code")), "organisation": .string(look.entered("organisation")),
                "name": .string(look.entered("name")), "email": .string(email),
                "password": .string(look.form["password"] ?? ""),
            ])
            try await look.api.send(.post, "/v1/setup", body.bytes, key: look.form["key"], as: Welcome.self)
            return try await SignInController.enter(look, email: email, isFirst: true)
        } catch let problem as APIProblem {
            let isDone = problem.problem.code == IdentityError.setupDone.rawValue
            let form = look.returned(
                problem.problem,
                fields: [
                    IdentityError.codeRefused: "code", AccountError.weakPassword: "password",
                    AccountError.emailTaken: "email",
                ]
            )
            return .page(SetupPage(form: form, isDone: isDone), status: problem.problem.status)
        }
    }
}
