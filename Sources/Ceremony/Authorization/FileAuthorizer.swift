public import Governance
public import KeyCustody
import Statements
public import Vocabulary

/// Authorizes batches against totals in a file, for an OEM that has no portal. Once a portal was started on the token, the
/// totals are the portal's: two memories of them would grant everything twice.
public struct FileAuthorizer: Sendable {
    private let ground: BatchGround
    private let now: Instant

    public init(_ ground: BatchGround, now: Instant) {
        self.ground = ground
        self.now = now
    }

    /// Checks, accounts, signs, wraps and seals with the portal token. Throws `authorize.*`, `key.*`, a
    /// `StatementError`.
    ///
    /// Calling it again for the same batch makes the same authorization, sealed and signed anew.
    ///
    /// - Parameters:
    ///   - ledger: the file with the totals, which are kept and obeyed.
    ///   - isFirst: the ledger is begun. A second one would give out the same serials and totals again, so a missing file
    ///     is refused unless somebody says that nothing was ever granted.
    public func make(
        _ batch: BatchRequest,
        ledger: String,
        isFirst: Bool = false,
        token: any Token
    ) async throws -> PackageMaker.Result {
        try await Self.requireNoPortal(in: token, profile: ground.profile)
        // A token that can't sign it must not cost the batch its quota.
        _ = try await token.signingKey(.authorizer, equal: ground.roleKeys.content.authorizer)
        let maker = PackageMaker(ground, token: token, now: now)
        return try await maker.make(from: accounted(batch, ledger, isFirst: isFirst))
    }

    /// A portal keeps its enrolment certificate in the token from its first start on. A laboratory may play with both.
    ///
    /// Throws `authorize.ledger.portal`.
    static func requireNoPortal(in token: any Token, profile: CustodyProfile) async throws {
        guard profile != .lab else { return }
        guard try await token.records(EnrolmentAuthority.record).isEmpty else {
            throw Refusal(CeremonyError.portalKeepsTotals, token.information.label)
        }
    }

    /// The totals are written before anything is signed: a power cut in between loses quota, never exceeds it.
    private func accounted(_ batch: BatchRequest, _ path: String, isFirst: Bool) throws -> ProductionAuthorization {
        let lock = try StateLock(path + ".lock")
        defer { withExtendedLifetime(lock) {} }
        guard isFirst != StateFile.exists(path) else {
            throw Refusal(isFirst ? CeremonyError.ledgerExists : .ledgerMissing, path)
        }
        var ledger = isFirst ? AuthorizationLedger() : try AuthorizationLedger(reading: path)
        if let existing = try ledger.existing(batch) {
            try ground.check(batch, now: now)
            guard existing.matches(batch), existing.approval == ground.approval.id else {
                throw Refusal(GovernanceError.batchTaken, batch.batch.text)
            }
            return existing
        }
        let granted = try ledger.units(of: batch.product)
        let authorization = try ground.payload(for: batch, unitsGranted: granted, at: now)
        try ledger.add(authorization, under: ground.approval.content)
        try ledger.write(to: path)
        return authorization
    }
}
