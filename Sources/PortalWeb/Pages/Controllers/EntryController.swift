import HTTPTypes
import PortalPages
import PortalProtocol
import Statements
import Vocabulary

/// The doors: first run, invitations, sign-in.
enum EntryController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/setup", "setup", isOpen: true) { look in .page(SetupPage(form: look.freshForm())) },
        PageRoute(.post, "/setup", "setUp", isOpen: true, handler: setUp),
        PageRoute(.get, "/join", "join", isOpen: true) { look in .page(JoinPage(form: look.freshForm())) },
        PageRoute(.post, "/join", "joined", isOpen: true, handler: join),
        PageRoute(.get, "/sign-in", "signIn", isOpen: true) { look in
            .page(
                SignInPage(
                    form: look.freshForm(),
                    wantsCode: false,
                    next: own(look.query["next"]),
                    isFirst: false
                )
            )
        },
    ]

    /// A path of our own: never another host's, whoever wrote the link.
    static func own(_ next: String?) -> String {
        guard let next, next.utf8.count <= 512, next.hasPrefix("/"), !next.hasPrefix("//"), !next.hasPrefix("/\\"),
            next.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x5C })
        else { return "/" }
        return next
    }

    @Sendable private static func setUp(_ look: PageRequest) async throws -> PageAnswer {
        do {
            let body = try PageBody([
                "code": .string(look.form["code"] ?? ""), "organisation": .string(look.form["organisation"] ?? ""),
                "name": .string(look.form["name"] ?? ""), "email": .string(look.form["email"] ?? ""),
            ])
            let made = try await look.api.send(.post, "/v1/setup", body.bytes, key: look.form["key"], as: Welcome.self)
            guard let token = made.message.token else { return .redirect("/sign-in") }
            return .page(welcome(token))
        } catch let problem as APIProblem {
            return .page(SetupPage(form: look.refusedForm(problem.problem)), status: problem.problem.status)
        }
    }

    @Sendable private static func join(_ look: PageRequest) async throws -> PageAnswer {
        let (name, email) = (look.form["name"] ?? "", look.form["email"] ?? "")
        do {
            let body = try PageBody([
                "code": .string(look.form["code"] ?? ""), "name": name.isEmpty ? nil : .string(name),
                "email": email.isEmpty ? nil : .string(email),
            ])
            let accepted = try await look.api.send(
                .post,
                "/v1/invitations/accept",
                body.bytes,
                key: look.form["key"],
                as: AcceptedInvitation.self
            ).message
            guard let token = accepted.welcome?.token else { return .redirect("/") }
            return .page(welcome(token))
        } catch let problem as APIProblem {
            return .page(JoinPage(form: look.refusedForm(problem.problem)), status: problem.problem.status)
        }
    }

    private static func welcome(_ token: NewToken) -> LinkPage {
        LinkPage(
            title: "Welcome",
            words: "Your first API token",
            text: token.token,
            expiresAt: token.expiresAt,
            back: ("Sign in", "/sign-in")
        )
    }
}
