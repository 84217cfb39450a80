import Governance
import Labels
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

/// One's own account: password, authenticator, recovery codes.
extension PortalServices {
    func account(_ context: SessionContext, _ call: PlainCall) async throws -> Answer<AccountView> {
        let session = context.session
        return try await database.read { transaction in
            let (accounts, people) = (AccountTable(transaction), PeopleTable(transaction))
            guard let account = try accounts.account(of: context.person.id),
                let person = try people.person(account.person),
                let organisation = try people.organisation(person.organisation)
            else { throw Refusal(PortalError.sessionEnded) }
            return Answer(
                AccountView(
                    person: Person(person),
                    organisation: Organisation(organisation),
                    email: account.login,
                    passwordSetAt: account.passwordSetAt,
                    authenticatorSince: account.authenticatorSince,
                    needsAuthenticator: SessionRules.needsAuthenticator(roles: person.roles, officer: person.officer),
                    recoveryCodesLeft: try accounts.unusedRecoveryCodes(of: person.id),
                    session: session.id,
                    isComplete: session.isComplete,
                    freshUntil: session.verifiedAt + SessionRules.fresh
                )
            )
        }
    }

    /// All other sessions end with the old password. Where there is an authenticator, knowing the password proves too little:
    /// what wants a fresh proof wants it after this as before.
    func changePassword(
        _ context: SessionContext,
        _ call: Call<Nothing, Nothing, JSON<PasswordChange>>
    ) async throws -> SessionAnswer<OpenedSession> {
        let (request, now) = (call.body, context.facts.time)
        let account = try await ownAccount(context)
        _ = try await proving(context) {
            try await accounts.isRight(request.current, for: account, isKnown: true) ? true : nil
        }
        let kept = try await accounts.keep(request.new, knowing: knownWords(of: account))
        let session = context.session
        let verifiedAt = account.authenticator == nil ? now : session.verifiedAt
        return try await renewing(context, isComplete: session.isComplete, verifiedAt: verifiedAt) {
            transaction,
            opened in
            let accounts = AccountTable(transaction)
            guard var newest = try accounts.account(of: account.person), newest.password == account.password,
                newest.authenticator == account.authenticator
            else {
                throw Refusal(AccountError.wrongProof)
            }
            newest.password = kept
            newest.passwordSetAt = now
            _ = try accounts.put(newest)
            try SessionTable(transaction).revokeAll(of: account.person, but: opened.session, at: now)
            return opened
        }
    }

    /// What an attacker who knows the person would put into a password.
    func knownWords(of account: AccountRecord) async throws -> [String] {
        try await database.read { transaction in
            let people = PeopleTable(transaction)
            let person = try people.person(account.person)
            let organisation = try person.flatMap { try people.organisation($0.organisation) }
            return [account.login, person?.name, organisation?.name].compactMap { $0 }
        }
    }

    /// A new secret. The authenticator from before counts until a code of the new one came back.
    func beginAuthenticator(_ context: SessionContext, _ call: PlainCall) async throws -> Answer<AuthenticatorSecret> {
        let (account, now) = (try await ownAccount(context), context.facts.time)
        let secret = Secret(FreshBytes.make(TOTP.secretSize))
        let sealed = try await accounts.keys.seal(secret, of: account.person)
        let uri = TOTP.uri(secret, issuer: enrolmentName, account: account.login)
        let message = AuthenticatorSecret(
            secret: secret.withBytes { Base32.encode($0) },
            uri: uri,
            qr: try SVGSymbol.render(uri)
        )
        return try await acts.perform(context) { transaction in
            let accounts = AccountTable(transaction)
            guard var newest = try accounts.account(of: account.person) else { throw Refusal(PortalError.sessionEnded) }
            newest.pending = sealed
            newest.pendingAt = now
            _ = try accounts.put(newest)
            return Act(Answer(message), object: account.person.text)
        }
    }

    /// The authenticator counts from now on; all other sessions end, and this one has a new cookie. The browser is known.
    func confirmAuthenticator(
        _ context: SessionContext,
        _ call: Call<Nothing, Nothing, JSON<AuthenticatorConfirmation>>
    ) async throws -> SessionAnswer<ConfirmedAuthenticator> {
        let now = context.facts.time
        let account = try await ownAccount(context)
        guard let pending = account.pending, let since = account.pendingAt,
            (0..<SessionRules.pending).contains(now - since)
        else { throw Refusal(AccountError.nothingPending) }
        let step = try await proving(context) {
            let secret = try await accounts.keys.open(pending, of: account.person)
            return TOTP.match(call.body.code.text, secret, at: now, after: -1)
        }
        let codes = Self.newRecoveryCodes()
        let known = try await knownDevice(context)
        let device = known == nil ? RandomCode() : nil
        return try await renewing(context, isComplete: true, verifiedAt: now, device: device) { transaction, opened in
            let accounts = AccountTable(transaction)
            guard var newest = try accounts.account(of: account.person), newest.pending == pending else {
                throw Refusal(AccountError.nothingPending)
            }
            (newest.authenticator, newest.authenticatorSince, newest.lastStep) = (pending, now, step)
            (newest.pending, newest.pendingAt) = (nil, nil)
            _ = try accounts.put(newest)
            try accounts.replaceRecoveryCodes(of: account.person, with: codes.map(RecoveryCodeText.digest))
            try SessionTable(transaction).revokeAll(of: account.person, but: opened.session, at: now)
            if let known = known ?? device?.digest {
                try accounts.know(known, of: account.person, most: SessionRules.mostDevices, at: now)
            }
            return ConfirmedAuthenticator(session: opened, recoveryCodes: codes)
        }
    }

    /// The browser's own cookie, where the account knows it.
    private func knownDevice(_ context: SessionContext) async throws -> Digest256? {
        guard let device = context.facts.browser.device.map({ Digest256.of($0.utf8) }) else { return nil }
        let (person, since) = (context.person.id, context.facts.time + -SessionRules.deviceLife)
        return try await database.read { try AccountTable($0).knows(device, of: person, since: since) } ? device : nil
    }

    func renewRecoveryCodes(_ context: SessionContext, _ call: PlainCall) async throws -> Answer<RecoveryCodes> {
        let codes = Self.newRecoveryCodes()
        return try await acts.perform(context) { transaction in
            let accounts = AccountTable(transaction)
            guard try accounts.account(of: context.person.id)?.authenticator != nil else {
                throw Refusal(AccountError.noAuthenticator)
            }
            try accounts.replaceRecoveryCodes(of: context.person.id, with: codes.map(RecoveryCodeText.digest))
            return Act(Answer(RecoveryCodes(codes: codes)), object: context.person.id.text)
        }
    }

    private static func newRecoveryCodes() -> [String] {
        (0..<RecoveryCodeText.count).map { _ in RecoveryCodeText.text(FreshBytes.make(RecoveryCodeText.size)) }
    }

    /// What an authenticator calls the portal.
    private var enrolmentName: String { "OBIS \(settings.publicHost)" }
}
