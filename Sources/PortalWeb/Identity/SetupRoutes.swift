import PortalProtocol
import PortalStore
import ServiceSupport
import Statements
import Vocabulary

extension PortalServices {
    /// Seconds for which the printed code is good.
    static let setupLife: Int64 = 86_400
    /// Seconds that a first token lives.
    static let firstTokenLife: Int64 = 90 * 86_400

    /// The one-time code of a first start, to be printed once; nil where the OEM is there or a code is still open.
    public func setupCode() async throws -> String? {
        let now = clock.realtime()
        return try await database.write("setup-code") { transaction in
            let invitations = InvitationTable(transaction)
            guard try !PeopleTable(transaction).hasOEM(), try !invitations.hasSetupCode(at: now) else { return nil }
            let code = RandomCode()
            try invitations.setSetupCode(code.digest, until: now + Self.setupLife)
            return code.text
        }
    }

    func setupState(_ context: VisitorContext, _ call: PlainCall) async throws -> Answer<SetupState> {
        Answer(SetupState(isOpen: try await database.read { try !PeopleTable($0).hasOEM() }))
    }

    func setup(
        _ context: PublicContext,
        _ call: Call<Nothing, Nothing, JSON<SetupRequest>>
    ) async throws
        -> Answer<Welcome>
    {
        let (request, now) = (call.body, context.facts.time)
        return try await countingFailures(context) {
            if let answer = try await acts.repeated(context, as: Welcome.self) { return answer }
            let digest = Digest256.of(request.code.text.utf8)
            // Before the work that a password makes: a guess must not buy it.
            try await database.read { transaction in
                guard try !PeopleTable(transaction).hasOEM() else { throw Refusal(IdentityError.setupDone) }
                guard try InvitationTable(transaction).isSetupCode(digest, at: now) else {
                    throw Refusal(IdentityError.codeRefused)
                }
            }
            let words = [request.organisation.text, request.name.text, request.email.text]
            let kept = try await keep(request.password, knowing: words)
            return try await acts.perform(context) { transaction in
                let people = PeopleTable(transaction)
                guard try !people.hasOEM() else { throw Refusal(IdentityError.setupDone) }
                guard try InvitationTable(transaction).useSetupCode(digest, at: now) else {
                    throw Refusal(IdentityError.codeRefused)
                }
                let oem = OrganisationRecord(
                    id: .random(),
                    name: request.organisation.text,
                    kind: .oem,
                    createdAt: now
                )
                try people.insert(oem)
                let (person, welcome) = try Self.admit(
                    request.name,
                    request.email,
                    password: kept,
                    into: oem,
                    roles: [.oemAdmin],
                    officer: nil,
                    at: now,
                    transaction
                )
                return Act(Answer(welcome), object: oem.id.text, actor: .person(PersonIdentity(person)))
            }
        }
    }

    /// A new person with an account, or with a first token where no password came.
    static func admit(
        _ name: DisplayName,
        _ email: EmailAddress,
        password kept: String?,
        into organisation: OrganisationRecord,
        roles: Set<Role>,
        officer: OfficerName?,
        at now: Instant,
        _ transaction: any SQLTransaction
    ) throws -> (PersonRecord, Welcome) {
        let person = PersonRecord(
            id: .random(),
            organisation: organisation.id,
            kind: organisation.kind,
            name: name.text,
            email: email.text,
            roles: roles,
            officer: officer,
            isActive: true,
            version: 1,
            createdAt: now
        )
        try PeopleTable(transaction).insert(person)
        if let kept {
            try open(kept, for: person, at: now, transaction)
            return (person, Welcome(person: Person(person), token: nil))
        }
        let token = try issue(
            to: person.id,
            name: "first token",
            scopes: Set(TokenScope.allCases),
            until: now + firstTokenLife,
            at: now,
            transaction
        )
        return (person, Welcome(person: Person(person), token: token))
    }

    static func issue(
        to person: PersonID,
        name: String,
        scopes: Set<TokenScope>,
        until: Instant,
        at now: Instant,
        _ transaction: any SQLTransaction
    ) throws -> NewToken {
        let token = APIToken()
        let record = TokenRecord(
            id: .random(),
            digest: token.digest,
            person: person,
            name: name,
            scopes: scopes,
            createdAt: now,
            expiresAt: until
        )
        try TokenTable(transaction).insert(record)
        return NewToken(id: record.id, token: token.text, expiresAt: until)
    }

    /// A wrong code counts against the address, as a wrong token does.
    func countingFailures<Result: Sendable>(
        _ context: PublicContext,
        _ body: () async throws -> Result
    ) async throws -> Result {
        try authenticator.checkFailures(of: context.facts.address)
        do { return try await body() } catch let refusal as Refusal {
            if refusal.has(IdentityError.codeRefused) { authenticator.noteFailure(of: context.facts.address) }
            throw refusal
        }
    }
}
