public import Vocabulary

/// Everything that an EdgeHSM refuses, as an operator reads it in the night.
public enum EdgeError: String, ErrorCatalogue {
    // The box itself.
    case notStarted = "edge.state.not-started"
    case stopping = "edge.state.stopping"
    case zeroised = "edge.state.zeroised"
    case internalFault = "edge.state.internal"
    case journalInconsistent = "edge.journal.inconsistent"
    case entryTooLarge = "edge.journal.entry-too-large"
    case edgeHSMRevoked = "edge.box.revoked"
    case receiptNotContained = "edge.receipt.not-contained"
    case clockBehind = "edge.clock.behind-floor"
    case refusalsOverflow = "edge.refusals.overflow"
    case wrongEdgeHSM = "edge.box.mismatch"

    // Anchor.
    case anchorMissing = "edge.anchor.missing"
    case anchorMalformed = "edge.anchor.malformed"
    case anchorRollback = "edge.anchor.rollback"
    case anchorTokenRolledBack = "edge.anchor.token-rolled-back"
    case leaseExhausted = "edge.lease.exhausted"

    // Peers.
    case peerUnknown = "edge.peer.unknown"
    case peerRevoked = "edge.peer.revoked"
    case peerTaken = "edge.peer.taken"

    // RoleKeys, orders, status.
    case roleKeysExpired = "edge.rolekeys.expired"
    case roleKeysOutdated = "edge.rolekeys.outdated"
    case roleKeysForked = "edge.rolekeys.forked"
    case roleKeysGap = "edge.rolekeys.gap"
    case signerCompromised = "edge.signer.compromised"
    case timeBeyondRoleKeys = "edge.time.beyond-role-keys"
    case orderExpired = "edge.order.expired"
    case clockNonceStale = "edge.clock.nonce-stale"
    case releaseBelowUse = "edge.allotment.release-below-use"
    case releaseStale = "edge.allotment.release-stale"

    // Loading.
    case packageMismatch = "edge.package.mismatch"
    case authorizationUnknown = "edge.authorization.unknown"
    case alreadyLoaded = "edge.authorization.already-loaded"
    case tombstoned = "edge.authorization.void"
    case factoryMismatch = "edge.authorization.factory-mismatch"
    case authorizationRevoked = "edge.authorization.revoked"
    case authorizationClosed = "edge.authorization.closed"
    case tooManyOpen = "edge.authorization.too-many-open"
    case closeTooEarly = "edge.authorization.close-too-early"
    case approvalMismatch = "edge.approval.mismatch"
    case approvalExpired = "edge.approval.expired"
    case approvalForked = "edge.approval.forked"
    case manifestMismatch = "edge.manifest.mismatch"
    case allotmentLowered = "edge.allotment.lowered"
    case releaseUncited = "edge.allotment.release-uncited"
    case allotmentExceeded = "edge.allotment.exceeded"
    case serialsTaken = "edge.serials.taken"
    case batchTooLarge = "edge.rules.batch-too-large"
    case windowTooLong = "edge.rules.window-too-long"
    case chipIdentityTooWeak = "edge.rules.chip-identity"
    case silenceTooLong = "edge.rules.silence-too-long"
    case allowanceBeyondApproval = "edge.allowance.beyond-approval"
    case fleetKeyWithoutIdentity = "edge.fleet-key.no-chip-identity"
    case fleetKeyNotPermitted = "edge.fleet-key.not-permitted"
    case fleetKeyExhausted = "edge.fleet-key.exhausted"
    case productNotPrepared = "edge.product.not-prepared"
    case productMismatch = "edge.product.mismatch"
    case certificatesInUse = "edge.product.certificates-in-use"
    case otherAuthority = "edge.product.other-paa"

    // Units.
    case windowNotOpen = "edge.window.not-open"
    case windowOver = "edge.window.over"
    case graceOver = "edge.window.grace-over"
    case quotaExhausted = "edge.quota.exhausted"
    case tooManyHolds = "edge.hold.too-many"
    case holdMissing = "edge.hold.missing"
    case heldElsewhere = "edge.hold.other-station"
    case nonceStale = "edge.nonce.stale"
    case chipMismatch = "edge.chip.mismatch"
    case chipLiveElsewhere = "edge.chip.live-elsewhere"
    case chipNotOfBatch = "edge.chip.not-of-batch"
    case chipNotProven = "edge.chip.not-proven"
    case rotationUnproven = "edge.rotation.unproven"
    case keySeenBefore = "edge.key.seen-before"
    case unitOtherKey = "edge.unit.other-key"
    case unitUnknown = "edge.unit.unknown"
    case unitBusy = "edge.unit.busy"
    case unitNotIssued = "edge.unit.not-issued"
    case unitNotAttested = "edge.unit.not-attested"
    case unitCompleted = "edge.unit.completed"
    case unitNotCompleted = "edge.unit.not-completed"
    case unitEnded = "edge.unit.ended"
    case unitExposed = "edge.unit.exposed"
    case factoryDataNotGiven = "edge.unit.factory-data-not-given"
    case notPermitted = "edge.unit.not-permitted"
    case slotUnknown = "edge.slot.unknown"
    case reservationUnknown = "edge.reservation.unknown"

    // Completion.
    case firmwareMismatch = "edge.complete.firmware"
    case factoryDataMismatch = "edge.complete.factory-data"
    case debugPortOpen = "edge.complete.debug-port-open"

    // Allowances.
    case allowanceExhausted = "edge.allowance.exhausted"
    case allowanceOver = "edge.allowance.over"
    case permissionsTooWide = "edge.debug.permissions"

    public var isRetryable: Bool {
        switch self {
        case .leaseExhausted, .unitBusy, .tooManyHolds, .heldElsewhere, .stopping, .internalFault: true
        default: false
        }
    }
}
