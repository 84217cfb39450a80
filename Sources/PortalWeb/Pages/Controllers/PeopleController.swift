import HTTPTypes
import PortalPages
import PortalProtocol
import Vocabulary

/// People, organisations and invitations.
enum PeopleController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/people", "people") { look in try await page(look, nil) },
        PageRoute(.post, "/people", "changePeople", handler: revoke),
        PageRoute(.get, "/people/invite", "invitePage") { look in try await invitation(look, nil) },
        PageRoute(.post, "/people/invite", "inviteForm", handler: invite),
        PageRoute(.get, "/people/{person}", "personPage") { look in try await person(look, nil, nil) },
        PageRoute(.post, "/people/{person}", "personForm", handler: change),
    ]

    private static func page(_ look: PageRequest, _ refused: Problem?) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let content = PeoplePage.Content(
            people: try await look.api.all("/v1/people"),
            organisations: viewer.isOEM ? try await look.api.all("/v1/organisations") : [],
            invitations: try await look.api.optionalAll("/v1/invitations"),
            organisation: look.query["organisation"].flatMap { try? OrganisationID($0) }
        )
        let form = refused.map { look.returned($0) } ?? look.freshForm()
        return .page(PeoplePage(content, form: form, viewer: viewer, now: look.time), status: refused?.status ?? 200)
    }

    @Sendable private static func revoke(_ look: PageRequest) async throws -> PageAnswer {
        do {
            try await look.api.send(.delete, "/v1/invitations/\(escaped(look.form["id"] ?? ""))", as: Nothing.self)
            return .redirect("/people", told: .invitationRevoked)
        } catch let problem as APIProblem { return try await page(look, problem.problem) }
    }

    // MARK: - One person

    private static func api(_ look: PageRequest) -> String { "/v1/people/\(look.escapedParameter("person"))" }

    private static func person(_ look: PageRequest, _ refused: Problem?, _ opened: String?) async throws -> PageAnswer {
        let (session, viewer) = try look.require()
        let reply = try await look.api.reply(api(look), as: Person.self)
        // Another active admin, whom only an admin needs to know of.
        let isAdmin = reply.message.isActive && reply.message.roles.contains(.oemAdmin)
        let everybody: [Person] = isAdmin ? try await look.api.all("/v1/people") : []
        let hasOther = everybody.contains {
            $0.id != reply.message.id && $0.isActive && $0.roles.contains(.oemAdmin)
        }
        let organisations: [Organisation] = viewer.isOEM ? try await look.api.all("/v1/organisations") : []
        let content = PersonPage.Content(
            person: reply.message,
            organisation: organisations.first { $0.id == reply.message.organisation },
            sessions: try await look.api.optionalAll("\(api(look))/sessions"),
            tokens: try await look.api.optionalAll("\(api(look))/tokens") ?? [],
            isSelf: reply.message.id == session.person.id,
            isLastAdmin: isAdmin && !hasOther
        )
        let form = refused.map {
            look.returned(
                $0,
                fields: [
                    IdentityError.roleKind: "roles", IdentityError.officerTaken: "officer",
                    IdentityError.lastAdmin: "roles",
                ],
                tag: reply.tag
            )
        }
        return .page(
            PersonPage(
                content,
                form: form ?? look.freshForm(tag: reply.tag),
                opened: opened ?? look.query["do"],
                viewer: viewer,
                now: look.time
            ),
            status: refused?.status ?? 200
        )
    }

    @Sendable private static func change(_ look: PageRequest) async throws -> PageAnswer {
        let what = look.form["do"] ?? ""
        do {
            switch what {
            case "reset": return try await reset(look)
            case "end":
                try await look.api.send(.delete, "\(api(look))/sessions", as: Nothing.self)
                return .redirect(look.path, told: .sessionsEnded)
            case "token":
                let token = escaped(look.form["id"] ?? "")
                try await look.api.send(.delete, "/v1/tokens/\(token)", as: Nothing.self)
                return .redirect(look.path, told: .tokenRevoked)
            case "on", "off":
                try await patch(look, ["isActive": .bool(what == "on")])
            default:
                let roles = (look.form["roles"] ?? "").split(separator: ",").map { JSONValue.string(String($0)) }
                let officer = look.entered("officer")
                try await patch(
                    look,
                    [
                        "name": .string(look.entered("name")), "roles": .array(roles),
                        "officer": officer.isEmpty ? nil : .string(officer),
                        // The field is on the page of the OEM's people alone, and holds what they are.
                        "isNoOfficer": officer.isEmpty && look.form["officer"] != nil ? .bool(true) : nil,
                    ]
                )
            }
            return .redirect(look.path, told: .personChanged)
        } catch let problem as APIProblem {
            let dialog = ["reset", "end", "on", "off"].contains(what) ? what : nil
            if problem.problem.code == PortalError.stale.rawValue, dialog == nil {
                return try await AccountController.proving(problem, keeping: look)
            }
            if problem.problem.code == PortalError.stale.rawValue {
                return try AccountController.proving(problem, next: PageTarget.address(look.path, ["do": dialog]))
            }
            return try await person(look, problem.problem, dialog)
        }
    }

    private static func patch(_ look: PageRequest, _ members: [String: JSONValue?]) async throws {
        let body = try PageBody(members)
        try await look.api.send(.patch, api(look), body.bytes, tag: look.form["tag"], as: Person.self)
    }

    private static func reset(_ look: PageRequest) async throws -> PageAnswer {
        let made = try await look.api.send(.post, "\(api(look))/reset", key: look.form["key"], as: NewReset.self)
            .message
        return .page(
            ShownOncePage(
                title: "Reset link",
                lead: "Pass it on in a way that only this person can read: whoever has it can set the password.",
                text: made.link,
                label: "Link to pass on",
                warning: "It works once.",
                expiresAt: made.expiresAt,
                back: ("I have passed it on", look.path),
                above: ("People", "/people")
            ),
            status: 201
        )
    }

    // MARK: - Invitations

    private static func invitation(_ look: PageRequest, _ refused: Problem?) async throws -> PageAnswer {
        _ = try look.require()
        // Whose page this is the API says.
        _ = try await look.api.get("/v1/invitations", ["limit": "1"], as: Page<Invitation>.self)
        let kind: InvitePage.Kind
        if look.query["kind"] == "odm" {
            kind = .odm(try await look.api.all("/v1/products"))
        } else {
            let organisations: [Organisation] = try await look.api.all("/v1/organisations")
            let chosen = organisations.first { $0.id.text == look.query["organisation"] }
            guard let organisation = chosen ?? organisations.first(where: { $0.kind == .oem }) else {
                throw APIProblem(
                    problem: Problem(
                        Refusal(PortalError.unknownObject),
                        status: 404,
                        requestID: look.api.exchange.requestID
                    )
                )
            }
            kind = .person(organisations, into: organisation)
        }
        let form = refused.map {
            look.returned($0, fields: [IdentityError.roleKind: "roles", IdentityError.officerTaken: "officer"])
        }
        return .page(InvitePage(kind, form: form ?? look.freshForm()), status: refused?.status ?? 200)
    }

    @Sendable private static func invite(_ look: PageRequest) async throws -> PageAnswer {
        let product = look.entered("product")
        let officer = look.entered("officer")
        let roles = (look.form["roles"] ?? "").split(separator: ",").map { JSONValue.string(String($0)) }
        do {
            let body =
                look.query["kind"] == "odm"
                ? try PageBody([
                    "kind": "organisation", "organisationName": .string(look.entered("organisationName")),
                    "roles": ["odmEngineer", "odmProductionManager"],
                    "product": product.isEmpty ? nil : .string(product),
                    "days": AccountController.days(look),
                ])
                : try PageBody([
                    "kind": "person", "organisation": .string(look.query["organisation"] ?? ""), "roles": .array(roles),
                    "officer": officer.isEmpty ? nil : .string(officer), "days": AccountController.days(look),
                ])
            return try await invited(look, body, back: ("I have passed it on", "/people"))
        } catch let problem as APIProblem { return try await invitation(look, problem.problem) }
    }

    /// Makes a link of any kind, and shows it once. Asks for a fresh proof first where there is none.
    static func invited(
        _ look: PageRequest,
        _ body: PageBody,
        back: (title: String, address: String)
    ) async throws -> PageAnswer {
        let made: NewInvitation
        do {
            let reply = try await look.api.send(
                .post,
                "/v1/invitations",
                body.bytes,
                key: look.form["key"],
                as: NewInvitation.self
            )
            made = reply.message
        } catch let problem as APIProblem where problem.problem.code == PortalError.stale.rawValue {
            return try await AccountController.proving(problem, keeping: look)
        }
        return .page(
            ShownOncePage(
                title: "Invitation",
                lead: "Pass the link on to the person who is to join. It works once, for whoever uses it first.",
                text: made.link,
                label: "Link to pass on",
                warning: "The portal keeps only a digest of its code. If the link gets lost, create another.",
                expiresAt: made.expiresAt,
                back: back,
                above: back.address == "/people" ? ("People", "/people") : ("Product", back.address)
            ),
            status: 201
        )
    }
}
