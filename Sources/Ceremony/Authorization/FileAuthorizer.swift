public import Governance
public import KeyCustody
public import Vocabulary

// Only what a debug build adds shows a statement to callers.
#if DEBUG
public import Statements
#else
import Statements
#endif

/// What the running totals do.
public enum Accounting: Sendable, Hashable {
    /// Totals of this ledger file are kept and obeyed.
    case ledger(path: String)
    #if DEBUG
    /// No totals: what a thief of the authorizer's token would do. For tests that show it is not enough.
    /// `approval` and `manifest` go inside in place of the true ones; the package is sealed to `box` in place of
    /// the EdgeHSM that the authorization names.
    case stolen(approval: Envelope? = nil, manifest: [UInt8]? = nil, box: EdgeHSMEnrolment? = nil)
    #endif
}

/// Authorizes batches against totals in a file, for work without the portal.
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
    public func make(
        _ batch: BatchRequest,
        _ accounting: Accounting,
        token: any Token
    ) async throws -> PackageMaker.Result {
        // A token that can't sign it must not cost the batch its quota.
        _ = try await token.signingKey(.authorizer, equal: ground.roleKeys.content.authorizer)
        let maker = PackageMaker(ground, token: token, now: now)
        switch accounting {
        case .ledger(let path): return try await maker.make(from: accounted(batch, path))
        #if DEBUG
        case .stolen(let approval, let manifest, let box):
            return try await maker.forge(
                ground.forgedPayload(for: batch, at: now),
                approval: approval,
                manifest: manifest,
                box: box
            )
        #endif
        }
    }

    /// The totals are written before anything is signed: a power cut in between loses quota, never exceeds it.
    private func accounted(_ batch: BatchRequest, _ path: String) throws -> ProductionAuthorization {
        let lock = try StateLock(path + ".lock")
        defer { withExtendedLifetime(lock) {} }
        var ledger = try AuthorizationLedger(reading: path)
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
