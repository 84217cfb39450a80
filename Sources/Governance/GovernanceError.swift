public import Vocabulary

/// What officers' approvals, manifests and the authorizer refuse, wherever they run.
public enum GovernanceError: String, ErrorCatalogue {
    // Files that people write and carry.
    case fileMissing = "ceremony.file.missing"
    case fileUnreadable = "ceremony.file.unreadable"
    case fileUnwritable = "ceremony.file.unwritable"
    case fileTooLarge = "ceremony.file.too-large"
    case fileMalformed = "ceremony.file.malformed"
    case fileOtherKind = "ceremony.file.wrong-kind"
    case unknownField = "ceremony.file.unknown-field"
    case keyMalformed = "ceremony.key.malformed"
    case stateBusy = "ceremony.state.busy"
    case pinFiles = "ceremony.token.pin-files"
    case prerequisite = "ceremony.step.prerequisite"
    // Officers.
    case notOfficer = "officer.key.not-listed"
    case alreadySigned = "officer.signature.present"
    case notForOfficers = "officer.statement.unsuitable"
    case confirmation = "officer.confirmation.wrong"
    case fork = "officer.approval.fork"
    case chainMissing = "officer.approval.chain-missing"
    case allotmentFalls = "officer.approval.allotment-falls"
    case releaseIdle = "officer.approval.release-idle"
    case releaseInvalid = "officer.release.invalid"
    case roleKeysOlder = "officer.role-keys.older"
    case rootUnknown = "officer.role-keys.root-unknown"
    // The authorizer.
    case roleKeysExpired = "authorize.role-keys.expired"
    case approvalExpired = "authorize.approval.expired"
    case groundRevoked = "authorize.ground.revoked"
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
    // Factory Services' certificates.
    case enrolmentRequest = "enrolment.request.refused"
    case enrolmentLifetime = "enrolment.lifetime.refused"
    case enrolmentCADiffers = "enrolment.certificate.differs"
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
