public import Vocabulary

/// What the portal refuses of a batch before it is granted, and afterwards.
public enum BatchError: String, ErrorCatalogue {
    case nameTaken = "portal.batch.name-taken"
    case versionNotLocked = "portal.batch.version-not-locked"
    case outsideRules = "portal.batch.outside-rules"
    case factory = "portal.batch.factory"
    case window = "portal.batch.window"
    case allotment = "portal.batch.allotment-exhausted"
    case lifetime = "portal.batch.lifetime-exhausted"
    case serials = "portal.batch.serials-exhausted"
    case edgeHalted = "portal.batch.edgehsm-halted"
    case edgeFull = "portal.batch.edgehsm-full"
    case revoked = "portal.batch.revoked"
    case ended = "portal.batch.ended"
    case packagePending = "portal.package.pending"
    case packageGivenUp = "portal.package.given-up"
    case packageFailed = "portal.package.failed"

    public var meaning: String {
        switch self {
        case .nameTaken: "The product has a batch of this name already."
        case .versionNotLocked: "The officers have not locked this version, so no batch of it can be made."
        case .outsideRules: "The batch lies outside the rules that the OEM set for the product."
        case .factory: "The batch is for an EdgeHSM in a factory that is not this organisation's, or not the product's."
        case .window: "The batch's window has passed or is upside down."
        case .allotment: "The EdgeHSM would be granted more units of the product than the officers allotted to it."
        case .lifetime: "More units of the product would be granted than may ever be made."
        case .serials: "The product's serial numbers are used up."
        case .edgeHalted: "The journal of this EdgeHSM contradicts what it said before, so it gets no more packages."
        case .edgeFull: "The EdgeHSM has as many open batches as it can hold."
        case .revoked: "The officers have revoked the approval, the version or the EdgeHSM of this batch."
        case .ended: "The batch is closed or revoked already."
        case .packagePending: "The package is still being made."
        case .packageGivenUp: "The package could not be made and never can be; the detail says why."
        case .packageFailed: "The package could not be made; it is tried again."
        }
    }

    public var remedy: String {
        switch self {
        case .nameTaken: "Choose another name; names of batches are never used again."
        case .versionNotLocked: "Have the version approved, or name a version that is."
        case .outsideRules: "Make the batch fit the rule named in the detail, or have the administrator change it."
        case .factory: "Name an EdgeHSM of one of your own factories that the product's rules allow."
        case .window: "Send a notAfter that lies in the future and after notBefore."
        case .allotment:
            "Close batches that have units left, ask for fewer, or have the officers approve a larger allotment."
        case .lifetime: "Close batches that have units left, ask for fewer, or have the officers raise the total."
        case .serials: "Create a product with another serial prefix."
        case .edgeHalted: "Look at the alarms; the officers decide with an order how the EdgeHSM goes on."
        case .edgeFull: "Close batches that are done with, and wait until the EdgeHSM's journal says so."
        case .revoked: "Name a version and an EdgeHSM that are in force."
        case .ended: "Nothing: it takes no more units. Make a new batch for more."
        case .packagePending: "Ask again in a few seconds."
        case .packageGivenUp: "Close the batch, which gives its units back, and make another."
        case .packageFailed: "Look at the alarms and the portal's token; the portal goes on trying."
        }
    }

    public var isRetryable: Bool {
        switch self {
        case .packagePending, .packageFailed: true
        default: false
        }
    }
}
