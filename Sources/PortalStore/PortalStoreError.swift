public import Vocabulary

/// What can go wrong between the portal and its database.
public enum PortalStoreError: String, ErrorCatalogue {
    case conflict = "portal.store.conflict"
    case reference = "portal.store.reference"
    case rejected = "portal.store.rejected"
    case type = "portal.store.type"
    case statement = "portal.store.statement"
    case tooManyRows = "portal.store.too-many-rows"
    case ended = "portal.store.ended"
    case overloaded = "portal.store.overloaded"
    case failed = "portal.store.failed"

    public var meaning: String {
        switch self {
        case .conflict: "Something with the same name or key is there already."
        case .reference: "The change names something that is not there, or removes what something else still names."
        case .rejected: "A value breaks a rule of its table."
        case .type: "A stored value is not of the type that the program expects."
        case .statement: "A statement uses what only one kind of database understands."
        case .tooManyRows: "A query has more answers than are given at once."
        case .ended: "A transaction was used after its end or after a statement in it had failed."
        case .overloaded: "Too many changes wait to be written."
        case .failed: "The database did not do what was asked."
        }
    }

    public var remedy: String {
        switch self {
        case .conflict: "Look at what is there; choose another name or change that one."
        case .reference: "Create or keep what is named, then repeat the change."
        case .rejected: "Correct the value and send it again."
        case .type: "The database was changed by another program, or this is a fault of the portal: report it."
        case .statement: "This is a fault of the portal: report it with the detail."
        case .tooManyRows: "Narrow the filter or ask for smaller pages."
        case .ended: "This is a fault of the portal: report it with the detail."
        case .overloaded: "Wait a moment and send the request again."
        case .failed: "Check the portal's disk and log, then send the request again."
        }
    }

    public var isRetryable: Bool {
        switch self {
        case .overloaded, .failed: true
        default: false
        }
    }
}
