import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

extension PortalServices {
    typealias SignInCall = Call<Nothing, Nothing, JSON<SignInRequest>>

    /// An account as a sign-in finds it.
    private struct Found: Sendable {
        let account: AccountRecord
        let person: PersonRecord
        /// The browser's cookie, where the account knows it.
        let device: Digest256?
    }

    /// What a sign-in has proved.
    private struct Proof: Sendable {
        let found: Found
        /// Step of the code that was shown.
        let step: Int64?
        let recovery: Digest256?
        /// The password kept anew, where its cost was raised since.
        let rehashed: String?

        var isComplete: Bool {
            let person = found.person
            return found.account.authenticator != nil
                || !SessionRules.needsAuthenticator(roles: person.roles, officer: person.officer)
        }

        var factor: String { step != nil ? "code" : recovery != nil ? "recovery code" : "none" }
    }

    /// One answer, and the same work, whatever was wrong: whether there is such an account, the password, the second factor.
    func signIn(_ context: VisitorContext, _ call: SignInCall) async throws -> SessionAnswer<OpenedSession> {
        let (request, facts) = (call.body, context.facts)
        let login = AccountTools.login(request.email.text)
        let found = try await find(login, facts)
        func note(_ reason: SignInAudit.Reason) async {
            await accounts.audit.note(
                reason,
                person: found?.person.id,
                address: facts.address,
                requestID: facts.requestID,
                at: facts.time
            )
        }
        let ticket: SignInLimiter.Ticket
        do {
            ticket = try accounts.limiter.take(
                login: login,
                address: facts.address,
                device: found?.device,
                hasFactor: request.code != nil || request.recoveryCode != nil,
                at: facts.time
            )
        } catch {
            await note(.throttled)
            throw error
        }
        do {
            let isOverdrawn = ticket.overdrawn != nil
            switch try await judge(request, found, facts, isOverdrawn: isOverdrawn) {
            case .failure(let reason):
                await note(isOverdrawn && reason != .factor ? .throttled : reason)
                throw Refusal(AccountError.signInRefused)
            case .success(let proof):
                let answer = try await open(proof, context)
                accounts.limiter.giveBack(ticket)
                return answer
            }
        } catch let refusal as Refusal {
            // What fails for another reason was no guess.
            guard refusal.has(AccountError.signInRefused) else {
                accounts.limiter.giveBack(ticket)
                throw refusal
            }
            throw ticket.overdrawn ?? refusal
        }
    }

    private func find(_ login: String, _ facts: RequestFacts) async throws -> Found? {
        try await database.read { transaction in
            let (accounts, people) = (AccountTable(transaction), PeopleTable(transaction))
            guard let account = try accounts.account(login: login), let person = try people.person(account.person)
            else { return nil }
            let device = facts.browser.device.map { Digest256.of($0.utf8) }
            let known = try device.flatMap {
                try accounts.knows($0, of: person.id, since: facts.time + -SessionRules.deviceLife) ? $0 : nil
            }
            return Found(account: account, person: person, device: known)
        }
    }

    private enum Judgement {
        case success(Proof)
        case failure(SignInAudit.Reason)
    }

    /// - Parameter isOverdrawn: the account's budget is used up: a password alone, however right, is not enough.
    private func judge(
        _ request: SignInRequest,
        _ found: Found?,
        _ facts: RequestFacts,
        isOverdrawn: Bool
    ) async throws -> Judgement {
        let account = found?.account
        let isRight = try await accounts.isRight(request.password, for: account, isKnown: found?.device != nil)
        let step = try await accounts.step(of: request.code, for: account, at: facts.time)
        let recovery = request.recoveryCode.map { RecoveryCodeText.digest($0.text) }
        let hasRecovery = try await database.read { transaction in
            guard let recovery, let account else { return false }
            return try AccountTable(transaction).hasRecoveryCode(recovery, of: account.person)
        }
        guard let found, let account else { return .failure(.unknownAccount) }
        guard isRight else { return .failure(.password) }
        guard found.person.isActive else { return .failure(.inactive) }
        // Before the password is kept anew: that takes time, and would tell that it was right.
        guard !isOverdrawn || account.authenticator != nil else { return .failure(.throttled) }
        if account.authenticator != nil {
            let ticket = found.device == nil ? accounts.limiter.takeFactor(of: account.person, at: facts.time) : nil
            guard step != nil || hasRecovery, ticket != nil || found.device != nil else { return .failure(.factor) }
            if let ticket { accounts.limiter.giveBack(ticket) }
        }
        return .success(
            Proof(
                found: found,
                step: step,
                recovery: step == nil && hasRecovery ? recovery : nil,
                rehashed: accounts.isOutdated(account) ? try await accounts.keep(request.password) : nil
            )
        )
    }

    /// Takes the second factor, which counts once, ends the session that the browser had, and opens a new one.
    private func open(_ proof: Proof, _ context: VisitorContext) async throws -> SessionAnswer<OpenedSession> {
        let (found, facts) = (proof.found, context.facts)
        let (secret, device) = (NewSessionSecret(), found.device == nil ? RandomCode() : nil)
        let record = SessionRecord(
            id: .random(),
            digest: secret.digest,
            person: found.person.id,
            isComplete: proof.isComplete,
            createdAt: facts.time,
            seenAt: facts.time,
            verifiedAt: facts.time,
            expiresAt: facts.time + SessionRules.longest,
            address: facts.address,
            agent: facts.browser.agent
        )
        let answer = try await acts.perform(context) { transaction in
            try Self.take(proof, at: facts.time, transaction)
            let (accounts, sessions) = (AccountTable(transaction), SessionTable(transaction))
            if let old = facts.browser.session, let known = try sessions.find(Digest256.of(old.utf8)) {
                try sessions.revoke(known.session.id, at: facts.time)
            }
            try sessions.insert(record)
            try sessions.limit(
                record.person,
                to: SessionRules.most,
                seenAfter: facts.time + -SessionRules.idle,
                at: facts.time
            )
            if record.isComplete, let known = found.device ?? device?.digest {
                try accounts.know(known, of: record.person, most: SessionRules.mostDevices, at: facts.time)
            }
            return Act(
                Answer(OpenedSession(record, secret)),
                object: record.id.text,
                detail: "from \(facts.address), second factor: \(proof.factor)",
                actor: .person(PersonIdentity(found.person))
            )
        }
        var cookies = [SessionCookie.setSession(secret.text)]
        if record.isComplete, let device { cookies.append(SessionCookie.setDevice(device.text)) }
        return SessionAnswer(answer: answer, cookies: cookies)
    }

    /// Throws `portal.sign-in.refused` where the account has changed since it was judged, or another took the code first.
    private static func take(_ proof: Proof, at now: Instant, _ transaction: any SQLTransaction) throws {
        let accounts = AccountTable(transaction)
        let judged = proof.found.account
        guard var account = try accounts.account(of: judged.person), account.password == judged.password,
            account.authenticator == judged.authenticator,
            let person = try PeopleTable(transaction).person(judged.person), person == proof.found.person
        else { throw Refusal(AccountError.signInRefused) }
        if let step = proof.step {
            guard try accounts.take(step: step, of: person.id) else { throw Refusal(AccountError.signInRefused) }
            account.lastStep = step
        }
        if let recovery = proof.recovery {
            guard try accounts.useRecoveryCode(recovery, of: person.id, at: now) else {
                throw Refusal(AccountError.signInRefused)
            }
        }
        if let rehashed = proof.rehashed {
            account.password = rehashed
            _ = try accounts.put(account)
        }
    }
}

extension OpenedSession {
    init(_ record: SessionRecord, _ secret: NewSessionSecret) {
        self.init(
            session: record.id,
            csrf: secret.csrf,
            needsSecondFactor: !record.isComplete,
            expiresAt: record.expiresAt
        )
    }
}
