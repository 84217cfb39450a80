public import Vocabulary

/// What ceremonies, officers' approvals and the authorizer refuse.
public enum CeremonyError: String, ErrorCatalogue {
    // Files and tokens.
    case fileMissing = "ceremony.file.missing"
    case fileUnreadable = "ceremony.file.unreadable"
    case fileUnwritable = "ceremony.file.unwritable"
    case fileTooLarge = "ceremony.file.too-large"
    case fileMalformed = "ceremony.file.malformed"
    case unknownField = "ceremony.file.unknown-field"
    case keyMalformed = "ceremony.key.malformed"
    case stateBusy = "ceremony.state.busy"
    case pinFiles = "ceremony.token.pin-files"
    case tokenMissing = "ceremony.token.missing"
    case softwareToken = "ceremony.token.software"
    // The ceremony.
    case participants = "ceremony.participants.too-few"
    case differs = "ceremony.state.differs"
    case keyLost = "ceremony.key.lost"
    case versionGap = "ceremony.role-keys.version"
    case prerequisite = "ceremony.step.prerequisite"
    case unregistered = "ceremony.edgehsm.unregistered"
    case requestUnsigned = "ceremony.edgehsm.request-unsigned"
    case preparationDiffers = "ceremony.preparation.differs"
    case keyReused = "ceremony.key.reused"
    case labOnly = "ceremony.profile.lab-only"
    case transcriptInvalid = "ceremony.transcript.invalid"
    // Officers.
    case notOfficer = "officer.key.not-listed"
    case alreadySigned = "officer.signature.present"
    case notForOfficers = "officer.statement.unsuitable"
    case confirmation = "officer.confirmation.wrong"
    case fork = "officer.approval.fork"
    case chainMissing = "officer.approval.chain-missing"
    case allotmentFalls = "officer.approval.allotment-falls"
    case roleKeysOlder = "officer.role-keys.older"
    case rootUnknown = "officer.role-keys.root-unknown"
    // The authorizer.
    case roleKeysExpired = "authorize.role-keys.expired"
    case approvalExpired = "authorize.approval.expired"
    case approvalSuperseded = "authorize.approval.superseded"
    case manifestDiffers = "authorize.manifest.differs"
    case batchOutsideRules = "authorize.batch.outside-rules"
    case quota = "authorize.quota.exhausted"
    case batchTaken = "authorize.batch.taken"
    case serialsTaken = "authorize.serials.taken"
    case edgeHSMDiffers = "authorize.edgehsm.differs"
    case productKeyDiffers = "authorize.product-key.differs"
    case productKeyInClear = "authorize.product-key.in-clear"
    case fleetKeyWithoutException = "authorize.fleet-key.no-exception"
    case tokenNotAuthorizer = "authorize.token.wrong-key"
    case ledgerMalformed = "authorize.ledger.malformed"
    // Product versions.
    case firmwareDiffers = "manifest.firmware.differs"
    case declarationDiffers = "manifest.declaration.differs"
    case familyUnknown = "manifest.family.unknown"
    case textTooLong = "manifest.text.too-long"
    case identityMismatch = "manifest.chip-identity.mismatch"
    case scopeDiffers = "manifest.paa.scope"
    case debugRootDiffers = "manifest.debug-root.differs"

    public var meaning: String { texts.0 }
    public var remedy: String { texts.1 }
    public var isRetryable: Bool { self == .stateBusy }
}
