import HTTPTypes
import PortalPages
import PortalProtocol
import Vocabulary

/// Invitations, where their links lead.
enum JoinController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/join", "joinPage", isOpen: true) { look in .page(JoinPage(nil, form: look.freshForm())) },
        PageRoute(.post, "/join", "joinForm", isOpen: true, handler: join),
    ]

    @Sendable private static func join(_ look: PageRequest) async throws -> PageAnswer {
        let code = SignInController.linkCode(look.entered("code"))
        var offer: InvitationOffer?
        do {
            let question = try PageBody(["code": .string(code)])
            let found = try await look.api.send(.post, "/v1/invitations/look", question.bytes, as: InvitationOffer.self)
                .message
            offer = found
            guard look.form["do"] == "join" else {
                return .page(JoinPage(found, form: look.freshForm(values: ["code": code])))
            }
            return try await accept(look, found, code)
        } catch let problem as APIProblem {
            let form = look.returned(
                problem.problem,
                fields: [
                    IdentityError.codeRefused: "code", AccountError.weakPassword: "password",
                    AccountError.emailTaken: "email",
                ]
            )
            let isRefused = problem.problem.code == IdentityError.codeRefused.rawValue
            return .page(JoinPage(isRefused ? nil : offer, form: form), status: problem.problem.status)
        }
    }

    private static func accept(_ look: PageRequest, _ offer: InvitationOffer, _ code: String) async throws -> PageAnswer
    {
        let email = look.entered("email")
        let isPerson = offer.kind != .workspace
        let body = try PageBody([
            "code": .string(code), "name": isPerson ? .string(look.entered("name")) : nil,
            "email": isPerson ? .string(email) : nil,
            "password": isPerson ? .string(look.form["password"] ?? "") : nil,
        ])
        try await look.api.send(
            .post,
            "/v1/invitations/accept",
            body.bytes,
            key: look.form["key"],
            as: AcceptedInvitation.self
        )
        return isPerson ? try await SignInController.enter(look, email: email) : .page(JoinedPage(offer))
    }
}
