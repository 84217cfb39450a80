import HTTPTypes
import PortalPages
import PortalProtocol
import Statements
import Vocabulary

/// People, invitations, one's own account and tokens.
enum PeopleController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/people", "people") { look in try await people(look, nil, nil, 200) },
        PageRoute(.post, "/people", "changePeople", handler: change),
        PageRoute(.get, "/account", "account") { look in try await account(look, nil, nil, 200) },
        PageRoute(.post, "/account", "changeAccount", handler: changeAccount),
    ]

    private static func people(
        _ look: PageRequest,
        _ refused: Problem?,
        _ opened: String?,
        _ status: Int
    ) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        return .page(
            PeoplePage(
                try await look.api.all("/v1/people"),
                organisations: try await look.api.optional("/v1/organisations", as: Page<Organisation>.self)?.items ?? [],
                invitations: try await look.api.optional("/v1/invitations", as: Page<Invitation>.self)?.items ?? [],
                form: refused.map { look.refusedForm($0) } ?? look.freshForm(),
                opened: opened ?? look.query["do"],
                viewer: viewer,
                now: look.time
            ),
            status: status
        )
    }

    @Sendable private static func change(_ look: PageRequest) async throws -> PageAnswer {
        let what = look.form["do"] ?? ""
        let id = escaped(look.form["id"] ?? "")
        do {
            switch what {
            case "on", "off":
                let place = "/v1/people/\(id)"
                let tag = try await look.api.reply(place, as: Person.self).tag
                let body = try PageBody(["isActive": .bool(what == "on")])
                try await look.api.send(.patch, place, body.bytes, tag: tag, as: Person.self)
                return .redirect("/people", told: .personChanged)
            case "revoke":
                try await look.api.send(.delete, "/v1/invitations/\(id)", as: Nothing.self)
                return .redirect("/people", told: .invitationRevoked)
            case "odm":
                let body = try PageBody([
                    "kind": "organisation", "organisationName": .string(look.form["organisationName"] ?? ""),
                    "roles": ["odmEngineer", "odmProductionManager"], "days": days(look),
                ])
                return try await invited(look, body, back: ("People", "/people"))
            default:
                let roles = (look.form["roles"] ?? "").split(separator: ",").map { JSONValue.string(String($0)) }
                let officer = look.form["officer"] ?? ""
                let body = try PageBody([
                    "kind": "person", "organisation": .string(look.form["organisation"] ?? ""), "roles": .array(roles),
                    "officer": officer.isEmpty ? nil : .string(officer), "days": days(look),
                ])
                return try await invited(look, body, back: ("People", "/people"))
            }
        } catch let problem as APIProblem {
            let opened = ["person", "odm"].contains(what) ? what : nil
            return try await people(look, problem.problem, opened, problem.problem.status)
        }
    }

    private static func days(_ look: PageRequest) -> JSONValue? {
        Int64(look.form["days"] ?? "").map { .integer($0) }
    }

    static func invited(_ look: PageRequest, _ body: PageBody, back: (String, String)) async throws -> PageAnswer {
        let made = try await look.api.send(
            .post,
            "/v1/invitations",
            body.bytes,
            key: look.form["key"],
            as: NewInvitation.self
        ).message
        return .page(
            LinkPage(
                title: "Invitation",
                words: "Link for the person invited",
                text: made.link,
                expiresAt: made.expiresAt,
                back: back
            )
        )
    }

    // MARK: - One's own

    private static func account(
        _ look: PageRequest,
        _ refused: Problem?,
        _ opened: String?,
        _ status: Int
    ) async throws -> PageAnswer {
        _ = try look.require()
        return .page(
            AccountPage(
                try await look.api.get("/v1/me"),
                tokens: try await look.api.get("/v1/tokens", as: Page<TokenView>.self).items,
                form: refused.map { look.refusedForm($0) } ?? look.freshForm(),
                opened: opened ?? look.query["do"],
                now: look.time
            ),
            status: status
        )
    }

    @Sendable private static func changeAccount(_ look: PageRequest) async throws -> PageAnswer {
        do {
            if look.form["do"] == "revoke" {
                try await look.api.send(.delete, "/v1/tokens/\(escaped(look.form["id"] ?? ""))", as: Nothing.self)
                return .redirect("/account", told: .tokenRevoked)
            }
            let scopes = (look.form["scopes"] ?? "").split(separator: ",").map { JSONValue.string(String($0)) }
            let body = try PageBody([
                "name": .string(look.form["name"] ?? ""), "scopes": .array(scopes), "days": days(look),
            ])
            let made = try await look.api.send(
                .post,
                "/v1/tokens",
                body.bytes,
                key: look.form["key"],
                as: NewToken.self
            ).message
            return .page(
                LinkPage(
                    title: "API token",
                    words: "Token",
                    text: made.token,
                    expiresAt: made.expiresAt,
                    back: ("Account", "/account")
                )
            )
        } catch let problem as APIProblem {
            return try await account(look, problem.problem, look.form["do"], problem.problem.status)
        }
    }
}
