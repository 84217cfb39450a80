import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

/// Links for people without a password, and passwords that come with an invitation.
extension PortalServices {
    /// Changes nothing yet: what was there counts until the link is used.
    func resetPerson(_ context: OEMAdminContext, _ call: ObjectCall<PersonPath>) async throws -> Answer<NewReset> {
        let (id, until) = (call.path.person, context.facts.time + SessionRules.resetLife)
        let base = "https://\(settings.publicHost):\(settings.publicPort)"
        return try await acts.perform(context) { transaction in
            guard let person = try PeopleTable(transaction).person(id), person.isActive else {
                throw Refusal(PortalError.unknownObject)
            }
            let code = RandomCode()
            try AccountTable(transaction).setReset(code.digest, of: id, until: until)
            let reset = NewReset(
                code: try OneTimeCode(code.text),
                link: "\(base)/reset#\(code.text)",
                expiresAt: until
            )
            return Act(Answer(reset), object: id.text, detail: "until \(until)")
        }
    }

    /// A new password; whatever the person signed in with before is void, and this browser is known.
    func acceptReset(
        _ context: PublicContext,
        _ call: Call<Nothing, Nothing, JSON<ResetAcceptance>>
    ) async throws -> CookieAnswer {
        let (request, now) = (call.body, context.facts.time)
        let digest = Digest256.of(request.code.text.utf8)
        let device = RandomCode()
        return try await countingFailures(context) {
            // Before the work that a password makes: a guess must not buy it.
            let person = try await database.read { transaction in
                try AccountTable(transaction).reset(digest, at: now).flatMap { try PeopleTable(transaction).person($0) }
            }
            guard let person else { throw Refusal(IdentityError.codeRefused) }
            let account = AccountRecord(
                person: person.id,
                login: AccountTools.login(person.email),
                password: "",
                passwordSetAt: now
            )
            let kept = try await accounts.keep(request.password, knowing: knownWords(of: account))
            _ = try await acts.perform(context) { transaction in
                let accounts = AccountTable(transaction)
                guard let id = try accounts.useReset(digest, at: now), id == person.id,
                    let newest = try PeopleTable(transaction).person(id), newest.isActive
                else { throw Refusal(IdentityError.codeRefused) }
                var account = account
                account.password = kept
                guard try accounts.put(account) else { throw Refusal(AccountError.emailTaken) }
                try accounts.replaceRecoveryCodes(of: id, with: [])
                try SessionTable(transaction).revokeAll(of: id, at: now)
                try accounts.forgetDevices(of: id)
                try accounts.know(device.digest, of: id, most: SessionRules.mostDevices, at: now)
                return Act(Answer(Nothing()), object: id.text, actor: .person(PersonIdentity(newest)))
            }
            return CookieAnswer(cookies: [SessionCookie.setDevice(device.text)])
        }
    }

    /// What is to be kept of the password that came with a code; nil where none came.
    func keep(_ password: Password?, knowing words: [String?]) async throws -> String? {
        guard let password else { return nil }
        return try await accounts.keep(password, knowing: words.compactMap { $0 })
    }

    /// An account of somebody new. Throws `portal.account.email-taken`.
    static func open(
        _ kept: String,
        for person: PersonRecord,
        at now: Instant,
        _ transaction: any SQLTransaction
    ) throws {
        let account = AccountRecord(
            person: person.id,
            login: AccountTools.login(person.email),
            password: kept,
            passwordSetAt: now
        )
        guard try AccountTable(transaction).put(account) else { throw Refusal(AccountError.emailTaken) }
    }
}
