public import Vocabulary

/// What can be wrong with a message on the line before anybody judges what it asks for.
public enum LineProtocolError: String, ErrorCatalogue {
    case malformed = "line.message.malformed"
    case wrongVersion = "line.message.version"
    case unknownOperation = "line.operation.unknown"
    case wrongRole = "line.operation.not-permitted"
    case wrongReply = "line.reply.mismatch"
    case internalFault = "line.service.internal"

    public var meaning: String {
        switch self {
        case .malformed: "A message is not in the form of the line protocol."
        case .wrongVersion: "A message is of another version of the line protocol."
        case .unknownOperation: "A message asks for an operation that does not exist here."
        case .wrongRole: "This operation is not for the role that the caller's certificate names."
        case .wrongReply: "A reply belongs to another request."
        case .internalFault: "The service met a fault of its own while it worked on a request."
        }
    }

    public var remedy: String {
        switch self {
        case .malformed, .wrongVersion, .unknownOperation:
            "Bring station, Factory Service and EdgeHSM to the same release."
        case .wrongRole: "Use the certificate of the role that this operation is for."
        case .wrongReply: "Try again; if it repeats, restart the station software."
        case .internalFault: "Try again; if it repeats, send the service's log to the OEM."
        }
    }

    public var isRetryable: Bool { self == .internalFault || self == .wrongReply }
}
