import HTTPTypes
import PortalProtocol
import PortalStore
import Vocabulary

extension PortalServices {
    struct PersonPath: Codable, Sendable { let person: PersonID }
    struct TokenPath: Codable, Sendable { let token: TokenID }
    struct PeopleQuery: Codable, Sendable {
        let organisation: OrganisationID?
        let limit: PageLimit?
        let cursor: PageCursor?
    }
    typealias ListCall = Call<Nothing, PageQuery, NoBody>

    func me(_ context: PersonContext, _ call: PlainCall) async throws -> Answer<Me> {
        try await database.read { transaction in
            let people = PeopleTable(transaction)
            guard let person = try people.person(context.person.id),
                let organisation = try people.organisation(person.organisation)
            else { throw Refusal(PortalError.internalFailed, "the caller's person is gone") }
            let me = Me(
                person: Person(person),
                organisation: Organisation(organisation),
                token: context.grant.credential.token,
                session: context.grant.credential.session?.id
            )
            return Answer(me, tag: EntityTag(version: person.version))
        }
    }

    func organisations(_ context: OEMReaderContext, _ call: ListCall) async throws -> Answer<Page<Organisation>> {
        let limit = (call.query.limit ?? .usual).value
        let scope = "organisations"
        let start = try cursors.start(call.query.cursor, of: scope, count: 1)
        let found = try await database.read {
            try PeopleTable($0).organisations(after: start?.first, limit: limit + 1)
        }
        return Answer(try cursors.page(found.map { Organisation($0) }, limit: limit, of: scope) { [$0.id.text] })
    }

    func createOrganisation(
        _ context: OEMAdminContext,
        _ call: Call<Nothing, Nothing, JSON<NewOrganisation>>
    ) async throws -> Answer<Organisation> {
        let (request, now) = (call.body, context.facts.time)
        return try await acts.perform(context) { transaction in
            let record = OrganisationRecord(id: .random(), name: request.name.text, kind: .odm, createdAt: now)
            try PeopleTable(transaction).insert(record)
            return Act(Answer(Organisation(record)), object: record.id.text, detail: record.name)
        }
    }

    /// The OEM sees everybody, an ODM its own people.
    func people(
        _ context: MemberContext,
        _ call: Call<Nothing, PeopleQuery, NoBody>
    ) async throws -> Answer<Page<Person>> {
        if let wanted = call.query.organisation, let own = context.limitedTo, wanted != own {
            throw Refusal(PortalError.unknownObject)
        }
        let organisation = context.limitedTo ?? call.query.organisation
        let limit = (call.query.limit ?? .usual).value
        let scope = "people \(organisation?.text ?? "")"
        let start = try cursors.start(call.query.cursor, of: scope, count: 1)
        let found = try await database.read {
            try PeopleTable($0).people(of: organisation, after: start?.first, limit: limit + 1)
        }
        return Answer(try cursors.page(found.map { Person($0) }, limit: limit, of: scope) { [$0.id.text] })
    }

    func person(_ context: MemberContext, _ call: ObjectCall<PersonPath>) async throws -> Answer<Person> {
        let found = try await database.read { try PeopleTable($0).person(call.path.person) }
        guard let found, context.limitedTo == nil || context.limitedTo == found.organisation else {
            throw Refusal(PortalError.unknownObject)
        }
        return Answer(Person(found), tag: EntityTag(version: found.version))
    }

    func changePerson(
        _ context: OEMAdminContext,
        _ call: Call<PersonPath, Nothing, JSON<PersonChange>>
    ) async throws -> Answer<Person> {
        let (change, id) = (call.body, call.path.person)
        return try await acts.perform(context) { transaction in
            let people = PeopleTable(transaction)
            guard var person = try people.person(id) else { throw Refusal(PortalError.unknownObject) }
            try context.facts.requireMatch(EntityTag(version: person.version))
            if let roles = change.roles { try Self.checkRoles(roles, person.kind) }
            let leaves = change.isNoOfficer == true
            if let officer = change.officer {
                guard !leaves else { throw ParameterDecoding.malformed("body", "officer and isNoOfficer") }
                let holder = try people.person(officer: officer)
                guard person.kind == .oem, holder == nil || holder?.id == id else {
                    throw Refusal(IdentityError.officerTaken, officer.text)
                }
            }
            let before = person
            person.name = change.name?.text ?? person.name
            person.roles = change.roles ?? person.roles
            person.officer = leaves ? nil : change.officer ?? person.officer
            person.isActive = change.isActive ?? person.isActive
            person.version += 1
            try people.update(person)
            if (person.roles, person.officer, person.isActive) != (before.roles, before.officer, before.isActive) {
                // What a session was opened for is no longer so: the person signs in anew, under the new roles.
                try SessionTable(transaction).revokeAll(of: id, at: context.facts.time)
            }
            guard try people.administrators() > 0 else { throw Refusal(IdentityError.lastAdmin) }
            let roles = person.roles.map(\.rawValue).sorted().joined(separator: ",")
            return Act(
                Answer(Person(person), tag: EntityTag(version: person.version)),
                object: id.text,
                detail:
                    "\(person.isActive ? "active" : "inactive"), \(roles), officer \(person.officer?.text ?? "none")"
            )
        }
    }

    static func checkRoles(_ roles: Set<Role>, _ kind: OrganisationKind) throws {
        guard !roles.isEmpty, roles.allSatisfy({ $0.kind == kind }) else {
            throw Refusal(IdentityError.roleKind, kind.rawValue)
        }
    }

    func tokens(_ context: PersonContext, _ call: ListCall) async throws -> Answer<Page<TokenView>> {
        let limit = (call.query.limit ?? .usual).value
        let scope = "tokens \(context.person.id)"
        let start = try cursors.start(call.query.cursor, of: scope, count: 1)
        let found = try await database.read {
            try TokenTable($0).tokens(of: context.person.id, after: start?.first, limit: limit + 1)
        }
        return Answer(try cursors.page(found.map { TokenView($0) }, limit: limit, of: scope) { [$0.id.text] })
    }

    /// Anybody's, for an administrator who may revoke them.
    func tokensOfPerson(
        _ context: OEMAdminContext,
        _ call: Call<PersonPath, PageQuery, NoBody>
    ) async throws -> Answer<Page<TokenView>> {
        let (limit, id) = ((call.query.limit ?? .usual).value, call.path.person)
        let scope = "tokens of \(id)"
        let start = try cursors.start(call.query.cursor, of: scope, count: 1)
        let found = try await database.read { transaction in
            guard try PeopleTable(transaction).person(id) != nil else { throw Refusal(PortalError.unknownObject) }
            return try TokenTable(transaction).tokens(of: id, after: start?.first, limit: limit + 1)
        }
        return Answer(try cursors.page(found.map { TokenView($0) }, limit: limit, of: scope) { [$0.id.text] })
    }

    func createToken(
        _ context: PersonContext,
        _ call: Call<Nothing, Nothing, JSON<TokenRequest>>
    ) async throws -> Answer<NewToken> {
        let (request, now) = (call.body, context.facts.time)
        guard !request.scopes.isEmpty, request.scopes.isSubset(of: context.grant.scopes) else {
            throw Refusal(IdentityError.scopeWidened)
        }
        return try await acts.perform(context) { transaction in
            let token = try Self.issue(
                to: context.person.id,
                name: request.name.text,
                scopes: request.scopes,
                until: now + Int64(request.days.value) * 86_400,
                at: now,
                transaction
            )
            return Act(Answer(token), object: token.id.text, detail: "until \(token.expiresAt)")
        }
    }

    /// One's own; an administrator of the OEM anybody's.
    func revokeToken(_ context: PersonContext, _ call: ObjectCall<TokenPath>) async throws -> NoContent {
        let isAdmin = OEMAdminContext.rule.admits(context.person)
        _ = try await acts.perform(context) { transaction in
            let tokens = TokenTable(transaction)
            guard let token = try tokens.token(call.path.token), isAdmin || token.person == context.person.id else {
                throw Refusal(PortalError.unknownObject)
            }
            try tokens.revoke(token.id, at: context.facts.time)
            return Act(Answer(Nothing()), object: token.id.text)
        }
        return NoContent()
    }
}

extension Organisation {
    init(_ record: OrganisationRecord) {
        self.init(id: record.id, name: record.name, kind: record.kind, createdAt: record.createdAt)
    }
}

extension Person {
    init(_ record: PersonRecord) {
        self.init(
            id: record.id,
            organisation: record.organisation,
            name: record.name,
            email: record.email,
            roles: record.roles.sorted { $0.rawValue < $1.rawValue },
            officer: record.officer,
            isActive: record.isActive
        )
    }
}

extension TokenView {
    init(_ record: TokenRecord) {
        self.init(
            id: record.id,
            name: record.name,
            scopes: record.scopes.sorted { $0.rawValue < $1.rawValue },
            createdAt: record.createdAt,
            expiresAt: record.expiresAt,
            lastUsedAt: record.lastUsedAt,
            revokedAt: record.revokedAt
        )
    }
}
