import Statements
import Vocabulary

/// Checks that several commands share. Each throws the refusal.
extension EdgeHSMState {
    /// Work in flight may finish while a clean stop is prepared.
    func requireServing(orStopping: Bool = false) throws {
        if let stopped, !(orStopping && stopped.has(EdgeError.stopping)) { throw stopped }
    }

    /// The authorization, unless a revocation hits it.
    func unrevoked(_ id: Digest256) throws -> AuthorizationAccount {
        let account = try authorization(id)
        if let target = revocation(of: account) {
            throw Refusal(EdgeError.authorizationRevoked, target.description)
        }
        return account
    }

    /// New units: not closed, inside the window, not silent for too long.
    func requireNewUnits(_ account: AuthorizationAccount, at now: Instant) throws {
        guard !account.isClosed else { throw Refusal(EdgeError.authorizationClosed, account.id.hex) }
        guard now >= account.content.notBefore else {
            throw Refusal(EdgeError.windowNotOpen, "opens \(account.content.notBefore), now \(now)")
        }
        guard now <= account.content.notAfter else {
            throw Refusal(EdgeError.windowOver, "ended \(account.content.notAfter), now \(now)")
        }
        guard let rule = longestSilence(account) else { return }
        let heard = max(durable.contact?.time ?? account.content.issuedAt, account.content.issuedAt)
        guard now - heard <= rule else {
            throw Refusal(EdgeError.silenceTooLong, "last word \(heard), limit \(rule) s")
        }
    }

    func requireQuota(_ account: AuthorizationAccount) throws {
        guard account.remaining - inFlight(account.id) > 0 else {
            throw Refusal(EdgeError.quotaExhausted, "\(account.consumed) of \(account.granted)")
        }
    }

    /// New units of this authorization between decision and signature.
    func inFlight(_ authorization: Digest256) -> Int {
        live.reservations.values.count { $0.authorization == authorization && $0.kind == .new }
    }

    /// An allowance has units left and its own day has not passed.
    func requireAllowance(
        _ allowance: ProductionAuthorization.Allowance,
        left: Int,
        _ account: AuthorizationAccount,
        at now: Instant
    ) throws {
        guard now >= account.content.notBefore else {
            throw Refusal(EdgeError.windowNotOpen, "opens \(account.content.notBefore), now \(now)")
        }
        guard now <= allowance.notAfter else {
            throw Refusal(EdgeError.allowanceOver, "ended \(allowance.notAfter), now \(now)")
        }
        guard left > 0 else { throw Refusal(EdgeError.allowanceExhausted, "\(allowance.count) used") }
    }

    /// A counted unit may be finished: not revoked, not ended, within its grace.
    func requireFinishing(_ unit: UnitRecord, _ account: AuthorizationAccount, at now: Instant) throws {
        switch unit.state {
        case .issued: break
        case .completed: throw Refusal(EdgeError.unitCompleted, unit.unit.hex)
        case .failed, .released, .replaced: throw Refusal(EdgeError.unitEnded, "\(unit.unit) \(unit.state.rawValue)")
        }
        let end = account.finishBy(unit)
        guard now <= end else { throw Refusal(EdgeError.graceOver, "ended \(end), now \(now)") }
    }

    /// The facts' newest unit, if it is the one asked for.
    func requested(_ unit: Digest256, _ authorization: Digest256, _ facts: ChipFacts) throws -> UnitRecord {
        if let newest = facts.newest, newest.unit == unit, newest.authorization == authorization { return newest }
        guard live.holds[unit]?.authorization == authorization else {
            throw Refusal(EdgeError.unitUnknown, unit.hex)
        }
        throw Refusal(EdgeError.unitNotIssued, unit.hex)
    }

    /// No other request for this chip is between decision and signature.
    func requireNoTwin(_ chipUID: ChipUID) throws {
        if live.reservations.values.contains(where: { $0.chipUID == chipUID }) { throw Waiting(reason: .twin) }
    }

    mutating func expireHolds(at reading: ClockReading) { live.holds.expire(at: reading.uptime) }
}
