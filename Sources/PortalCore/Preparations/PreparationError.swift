public import Vocabulary

/// What the portal refuses of products that are prepared at EdgeHSMs.
public enum PreparationError: String, ErrorCatalogue {
    case edgeRevoked = "portal.edge.revoked"
    case workspace = "portal.preparation.workspace"
    case pending = "portal.preparation.pending"
    case mismatch = "portal.certificates.mismatch"

    public var meaning: String {
        switch self {
        case .edgeRevoked: "The officers have revoked or retired this EdgeHSM."
        case .workspace: "The ODM whose factory this is has no workspace of the product."
        case .pending: "The EdgeHSM was asked, and its answer has not come yet."
        case .mismatch: "The certificates are not the OEM's for the keys that this EdgeHSM prepared."
        }
    }

    public var remedy: String {
        switch self {
        case .edgeRevoked: "Name an EdgeHSM that is in force."
        case .workspace: "Give the ODM a workspace of the product first."
        case .pending: "Ask again after the factory's next contact, or bring its .upload file."
        case .mismatch:
            "Run the ceremony on the preparation that the portal has, under the product's own PAA and debug root."
        }
    }

    public var isRetryable: Bool { self == .pending }
}
