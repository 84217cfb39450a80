import PortalProtocol
import PortalStore
import Statements
import Vocabulary

extension PortalServices {
    struct InvitationPath: Codable, Sendable { let invitation: InvitationID }

    func invite(
        _ context: OEMAdminContext,
        _ call: Call<Nothing, Nothing, JSON<InvitationRequest>>
    ) async throws -> Answer<NewInvitation> {
        let (request, now) = (call.body, context.facts.time)
        let base = "https://\(settings.publicHost):\(settings.publicPort)"
        return try await acts.perform(context) { transaction in
            try Self.check(request, transaction)
            let code = RandomCode()
            let record = InvitationRecord(
                id: .random(),
                digest: code.digest,
                kind: request.kind,
                organisation: request.organisation,
                organisationName: request.organisationName?.text,
                roles: request.roles ?? [],
                officer: request.officer,
                product: request.product,
                createdAt: now,
                expiresAt: now + Int64((request.days ?? .usual).value) * 86_400
            )
            try InvitationTable(transaction).insert(record)
            let invitation = NewInvitation(
                id: record.id,
                code: try OneTimeCode(code.text),
                link: "\(base)/join#\(code.text)",
                expiresAt: record.expiresAt
            )
            return Act(Answer(invitation), object: record.id.text, detail: request.kind.rawValue)
        }
    }

    /// Each kind has its own fields, and what they name must be there.
    private static func check(_ request: InvitationRequest, _ transaction: any SQLTransaction) throws {
        func demand(_ condition: Bool, _ what: String) throws {
            guard condition else { throw Refusal(IdentityError.wrongFields, "\(request.kind.rawValue): \(what)") }
        }
        let people = PeopleTable(transaction)
        switch request.kind {
        case .person:
            try demand(request.organisationName == nil && request.product == nil, "organisation, roles, officer")
            guard let id = request.organisation, let organisation = try people.organisation(id) else {
                throw Refusal(IdentityError.unknownOrganisation)
            }
            try checkRoles(request.roles ?? [], organisation.kind)
            if let officer = request.officer {
                guard organisation.kind == .oem, try people.person(officer: officer) == nil else {
                    throw Refusal(IdentityError.officerTaken, officer.text)
                }
            }
        case .organisation:
            try demand(request.organisationName != nil, "organisationName")
            try demand(request.organisation == nil && request.officer == nil, "organisationName, roles, product")
            try checkRoles(request.roles ?? [], .odm)
            if let product = request.product { try checkProduct(product, transaction) }
        case .workspace:
            try demand(
                request.organisationName == nil && request.officer == nil && request.roles == nil,
                "organisation, product"
            )
            guard let id = request.organisation, try people.organisation(id)?.kind == .odm else {
                throw Refusal(IdentityError.unknownOrganisation)
            }
            guard let product = request.product else { throw Refusal(IdentityError.unknownProduct) }
            try checkProduct(product, transaction)
        }
    }

    func invitations(_ context: OEMAdminContext, _ call: ListCall) async throws -> Answer<Page<Invitation>> {
        let limit = (call.query.limit ?? .usual).value
        let start = try cursors.start(call.query.cursor, of: "invitations", count: 1)
        let found = try await database.read {
            try InvitationTable($0).invitations(after: start?.first, limit: limit + 1)
        }
        let page = try cursors.page(found.map { Invitation($0) }, limit: limit, of: "invitations") { [$0.id.text] }
        return Answer(page)
    }

    func revokeInvitation(_ context: OEMAdminContext, _ call: ObjectCall<InvitationPath>) async throws -> NoContent {
        _ = try await acts.perform(context) { transaction in
            let invitations = InvitationTable(transaction)
            guard let record = try invitations.invitation(call.path.invitation) else {
                throw Refusal(PortalError.unknownObject)
            }
            try invitations.revoke(record.id, at: context.facts.time)
            return Act(Answer(Nothing()), object: record.id.text)
        }
        return NoContent()
    }

    /// What a code is for. Uses nothing up.
    func lookAtInvitation(
        _ context: PublicContext,
        _ call: Call<Nothing, Nothing, JSON<InvitationLook>>
    ) async throws -> Answer<InvitationOffer> {
        let (digest, now) = (Digest256.of(call.body.code.text.utf8), context.facts.time)
        return try await countingFailures(context) {
            try await database.read { transaction in
                guard let invitation = try InvitationTable(transaction).find(digest), invitation.isOpen(at: now) else {
                    throw Refusal(IdentityError.codeRefused)
                }
                let known = try invitation.organisation.flatMap { try PeopleTable(transaction).organisation($0) }
                let offer = InvitationOffer(
                    kind: invitation.kind,
                    organisation: known?.name ?? invitation.organisationName ?? "",
                    roles: invitation.roles.sorted { $0.rawValue < $1.rawValue },
                    officer: invitation.officer,
                    product: invitation.product,
                    expiresAt: invitation.expiresAt
                )
                return Answer(offer)
            }
        }
    }

    func accept(
        _ context: PublicContext,
        _ call: Call<Nothing, Nothing, JSON<InvitationAcceptance>>
    ) async throws -> Answer<AcceptedInvitation> {
        let (request, now) = (call.body, context.facts.time)
        return try await countingFailures(context) {
            if let answer = try await acts.repeated(context, as: AcceptedInvitation.self) { return answer }
            let kept = try await keepPassword(of: request, at: now)
            return try await acts.perform(context) { transaction in
                let invitations = InvitationTable(transaction)
                guard let invitation = try invitations.find(Digest256.of(request.code.text.utf8)),
                    invitation.isOpen(at: now), try invitations.use(invitation.id, at: now)
                else { throw Refusal(IdentityError.codeRefused) }
                return try Self.accept(invitation, request, kept, at: now, transaction)
            }
        }
    }

    /// Only for a code that is good: a guess must not buy the work that a password makes.
    private func keepPassword(of request: InvitationAcceptance, at now: Instant) async throws -> String? {
        guard request.password != nil else { return nil }
        let organisation = try await database.read { transaction in
            let code = Digest256.of(request.code.text.utf8)
            guard let invitation = try InvitationTable(transaction).find(code), invitation.isOpen(at: now) else {
                throw Refusal(IdentityError.codeRefused)
            }
            let known = try invitation.organisation.flatMap { try PeopleTable(transaction).organisation($0) }
            return known?.name ?? invitation.organisationName
        }
        return try await keep(request.password, knowing: [organisation, request.name?.text, request.email?.text])
    }

    private static func accept(
        _ invitation: InvitationRecord,
        _ request: InvitationAcceptance,
        _ kept: String?,
        at now: Instant,
        _ transaction: any SQLTransaction
    ) throws -> Act<AcceptedInvitation> {
        let people = PeopleTable(transaction)
        let organisation: OrganisationRecord
        if let id = invitation.organisation {
            guard let known = try people.organisation(id) else { throw Refusal(IdentityError.codeRefused) }
            organisation = known
        } else {
            organisation = OrganisationRecord(
                id: .random(),
                name: invitation.organisationName ?? "",
                kind: .odm,
                createdAt: now
            )
            try people.insert(organisation)
        }
        if let product = invitation.product {
            _ = try FactoryTable(transaction).insertWorkspace(product, organisation.id, at: now)
        }
        var welcome: Welcome?
        var actor: LogActor?
        if invitation.kind == .workspace {
            guard request.name == nil, request.email == nil, request.password == nil else {
                throw Refusal(IdentityError.wrongFields, "workspace: the code alone")
            }
        } else {
            guard let name = request.name, let email = request.email else {
                throw Refusal(IdentityError.wrongFields, "name and email")
            }
            if let officer = invitation.officer, try people.person(officer: officer) != nil {
                throw Refusal(IdentityError.officerTaken, officer.text)
            }
            let (person, made) = try admit(
                name,
                email,
                password: kept,
                into: organisation,
                roles: invitation.roles,
                officer: invitation.officer,
                at: now,
                transaction
            )
            (welcome, actor) = (made, .person(PersonIdentity(person)))
        }
        let accepted = AcceptedInvitation(
            organisation: organisation.id,
            product: invitation.product,
            welcome: welcome
        )
        return Act(Answer(accepted), object: invitation.id.text, actor: actor)
    }
}

extension Invitation {
    init(_ record: InvitationRecord) {
        self.init(
            id: record.id,
            kind: record.kind,
            organisation: record.organisation,
            organisationName: record.organisationName,
            roles: record.roles.sorted { $0.rawValue < $1.rawValue },
            officer: record.officer,
            product: record.product,
            createdAt: record.createdAt,
            expiresAt: record.expiresAt,
            usedAt: record.usedAt,
            revokedAt: record.revokedAt
        )
    }
}
