public import Vocabulary

/// What is wrong with a message between Factory Service and portal before anybody asks what it says.
public enum SyncMessageError: String, ErrorCatalogue {
    case malformed = "sync.message.malformed"
    case codeMalformed = "sync.joining-code.malformed"
    case codeMistyped = "sync.joining-code.mistyped"

    public var meaning: String {
        switch self {
        case .malformed: "A message between Factory Service and portal has values that do not hang together."
        case .codeMalformed: "The text is no joining code."
        case .codeMistyped: "The joining code's check does not fit it: a part is missing or mistyped."
        }
    }

    public var remedy: String {
        switch self {
        case .malformed: "Bring Factory Service and portal to the same release."
        case .codeMalformed, .codeMistyped: "Copy the whole joining code again, from the portal's page for the factory."
        }
    }
}
