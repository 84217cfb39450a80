public import Vocabulary

/// What the portal refuses of products and their versions.
public enum VersionError: String, ErrorCatalogue {
    case productExists = "portal.product.exists"
    case productFoundation = "portal.product.foundation"
    case productFigures = "portal.product.figures"
    case keySlotUnknown = "portal.product.slot-unknown"
    case fileDigest = "portal.file.digest-differs"
    case fileUnknown = "portal.file.unknown"
    case fileStorage = "portal.file.storage"
    case fileQuota = "portal.file.quota"
    case versionExists = "portal.version.exists"
    case versionState = "portal.version.state"
    case versionPermissions = "portal.version.permissions"
    case approvalMissing = "portal.approval.missing"
    case approvalSigned = "portal.approval.signed"
    case approvalPending = "portal.approval.pending"
    case approvalDiffers = "portal.approval.differs"
    case approvalExpiry = "portal.approval.expiry"
    case approvalLooser = "portal.approval.looser"
    case approvalEdge = "portal.approval.edgehsm"
    case approvalBelowGranted = "portal.approval.below-granted"
    case signerUnknown = "portal.approval.signer-unknown"
    case signerConflicted = "portal.approval.signer-submitted"
    case signatureInvalid = "portal.approval.signature-invalid"

    public var meaning: String { texts.0 }
    public var remedy: String { texts.1 }
    public var isRetryable: Bool { self == .fileStorage }
}
