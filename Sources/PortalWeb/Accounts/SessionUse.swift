import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

/// Sessions that are there: listed, ended, proved anew.
extension PortalServices {
    struct SessionPath: Codable, Sendable { let session: SessionID }
    typealias SessionsOfPersonCall = Call<PersonPath, PageQuery, NoBody>

    func sessions(_ context: PersonContext, _ call: ListCall) async throws -> Answer<Page<SessionView>> {
        let current = context.grant.credential.session?.id
        return try await sessions(of: context.person.id, current, call.query, at: context.facts.time)
    }

    func sessionsOfPerson(
        _ context: OEMAdminContext,
        _ call: SessionsOfPersonCall
    ) async throws -> Answer<Page<SessionView>> {
        let id = call.path.person
        guard try await database.read({ try PeopleTable($0).person(id) }) != nil else {
            throw Refusal(PortalError.unknownObject)
        }
        let current = context.grant.credential.session?.id
        return try await sessions(of: id, current, call.query, at: context.facts.time)
    }

    private func sessions(
        of person: PersonID,
        _ current: SessionID?,
        _ query: PageQuery,
        at now: Instant
    ) async throws -> Answer<Page<SessionView>> {
        let limit = (query.limit ?? .usual).value
        let scope = "sessions \(person)"
        let start = try cursors.start(query.cursor, of: scope, count: 1)
        let found = try await database.read {
            try SessionTable($0).open(
                of: person,
                seenAfter: now + -SessionRules.idle,
                after: start?.first,
                limit: limit + 1,
                at: now
            )
        }
        let views = found.map { SessionView($0, current) }
        return Answer(try cursors.page(views, limit: limit, of: scope) { [$0.id.text] })
    }

    /// One's own; another's is not there.
    func revokeSession(_ context: PersonContext, _ call: ObjectCall<SessionPath>) async throws -> NoContent {
        _ = try await acts.perform(context) { transaction in
            let sessions = SessionTable(transaction)
            guard let session = try sessions.session(call.path.session), session.person == context.person.id else {
                throw Refusal(PortalError.unknownObject)
            }
            try sessions.revoke(session.id, at: context.facts.time)
            return Act(Answer(Nothing()), object: session.id.text)
        }
        return NoContent()
    }

    func revokeSessionsOfPerson(_ context: OEMAdminContext, _ call: ObjectCall<PersonPath>) async throws -> NoContent {
        let id = call.path.person
        _ = try await acts.perform(context) { transaction in
            guard try PeopleTable(transaction).person(id) != nil else { throw Refusal(PortalError.unknownObject) }
            let count = try SessionTable(transaction).revokeAll(of: id, at: context.facts.time)
            return Act(Answer(Nothing()), object: id.text, detail: "\(count) sessions")
        }
        return NoContent()
    }

    func signOut(_ context: SessionContext, _ call: PlainCall) async throws -> CookieAnswer {
        let id = context.session.id
        _ = try await acts.perform(context) { transaction in
            try SessionTable(transaction).revoke(id, at: context.facts.time)
            return Act(Answer(Nothing()), object: id.text)
        }
        return CookieAnswer(cookies: [SessionCookie.endSession])
    }

    /// Proves again who sits there; the session gets a new cookie.
    func verify(
        _ context: SessionContext,
        _ call: Call<Nothing, Nothing, JSON<VerificationRequest>>
    ) async throws -> SessionAnswer<OpenedSession> {
        let (request, now) = (call.body, context.facts.time)
        let account = try await ownAccount(context)
        let step: Int64? = try await proving(context) {
            if account.authenticator == nil {
                guard let password = request.password, request.code == nil else { return nil }
                return try await accounts.isRight(password, for: account, isKnown: true) ? -1 : nil
            }
            guard request.password == nil else { return nil }
            return try await accounts.step(of: request.code, for: account, at: now)
        }
        return try await renewing(context, isComplete: context.session.isComplete, verifiedAt: now) {
            transaction,
            opened in
            guard let step, try step < 0 || AccountTable(transaction).take(step: step, of: account.person) else {
                throw Refusal(AccountError.wrongProof)
            }
            return opened
        }
    }

    // MARK: What other use cases of one's own account share

    func ownAccount(_ context: SessionContext) async throws -> AccountRecord {
        let id = context.person.id
        guard let account = try await database.read({ try AccountTable($0).account(of: id) }) else {
            throw Refusal(PortalError.sessionEnded)
        }
        return account
    }

    /// Charges an attempt; what comes out is nil where it was wrong. Throws `portal.account.proof` then.
    func proving<Value: Sendable>(
        _ context: SessionContext,
        _ body: () async throws -> Value?
    ) async throws -> Value {
        let ticket = try accounts.limiter.takeProof(of: context.person.id, at: context.facts.time)
        guard let value = try await body() else { throw Refusal(AccountError.wrongProof) }
        accounts.limiter.giveBack(ticket)
        return value
    }

    /// Performs an act after which the session has a new cookie, and the one from before is good for nothing.
    ///
    /// - Parameters:
    ///   - verifiedAt: when it was proved, with all factors that the account has, who sits there.
    ///   - device: by which the browser is known from then on; nil where it is, or is not to be.
    func renewing<Message: Codable & Sendable>(
        _ context: SessionContext,
        isComplete: Bool,
        verifiedAt: Instant,
        device: RandomCode? = nil,
        _ body: @escaping @Sendable (any SQLTransaction, OpenedSession) throws -> Message
    ) async throws -> SessionAnswer<Message> {
        let (secret, session) = (NewSessionSecret(after: context.facts.browser.session), context.session)
        let opened = OpenedSession(
            session: session.id,
            csrf: secret.csrf,
            needsSecondFactor: !isComplete,
            expiresAt: session.expiresAt
        )
        let answer = try await acts.perform(context) { transaction in
            let message = try body(transaction, opened)
            let isThere = try SessionTable(transaction).renew(
                session.id,
                digest: secret.digest,
                isComplete: isComplete,
                verifiedAt: verifiedAt
            )
            guard isThere else { throw Refusal(PortalError.sessionEnded) }
            return Act(Answer(message), object: session.id.text)
        }
        let known = device.map { SessionCookie.setDevice($0.text) }
        return SessionAnswer(
            answer: answer,
            cookies: [SessionCookie.setSession(secret.text)] + (known.map { [$0] } ?? [])
        )
    }
}

extension SessionView {
    init(_ record: SessionRecord, _ current: SessionID?) {
        self.init(
            id: record.id,
            createdAt: record.createdAt,
            lastSeenAt: record.seenAt,
            expiresAt: record.expiresAt,
            address: record.address,
            agent: record.agent,
            isCurrent: record.id == current
        )
    }
}
