public import Vocabulary

/// What can go wrong with keys and the tokens that hold them.
public enum KeyCustodyError: String, ErrorCatalogue {
    case configurationMalformed = "key.configuration.malformed"
    case moduleUnloadable = "key.module.unloadable"
    case tokenUnknown = "key.token.unknown"
    case tokenAmbiguous = "key.token.ambiguous"
    case tokenLocked = "key.token.locked"
    case tokenClosed = "key.token.closed"
    case mechanismMissing = "key.mechanism.missing"
    case pinUnreadable = "key.pin.unreadable"
    case pinExposed = "key.pin.exposed"
    case pinRefused = "key.pin.refused"
    case officerBusy = "key.officer.busy"
    case queueFull = "key.queue.full"
    case deviceFailed = "key.device.failed"
    case deviceHangs = "key.device.hangs"
    case operationRefused = "key.operation.refused"
    case nameMalformed = "key.name.malformed"
    case nameUnknown = "key.name.unknown"
    case nameTaken = "key.name.taken"
    case nameAmbiguous = "key.name.ambiguous"
    case roleUnsuitable = "key.role.unsuitable"
    case pairInconsistent = "key.pair.inconsistent"
    case pointMalformed = "key.point.malformed"
    case transportMalformed = "key.transport.malformed"
    case inputOutOfRange = "key.input.out-of-range"
    case checkValueDiffers = "key.check-value.differs"
    case sealUnopenable = "key.seal.unopenable"

    public var meaning: String { text.meaning }
    public var remedy: String { text.remedy }

    public var isRetryable: Bool {
        switch self {
        case .queueFull, .deviceFailed, .deviceHangs, .officerBusy: true
        default: false
        }
    }

    private var text: (meaning: String, remedy: String) {
        switch self {
        case .configurationMalformed, .moduleUnloadable, .tokenUnknown, .tokenAmbiguous, .tokenLocked, .tokenClosed,
            .mechanismMissing, .pinUnreadable, .pinExposed, .pinRefused, .officerBusy, .queueFull, .deviceFailed,
            .deviceHangs, .operationRefused:
            tokenText
        default: keyText
        }
    }

    private var tokenText: (meaning: String, remedy: String) {
        switch self {
        case .configurationMalformed:
            ("The configuration of a token has a value that is not allowed.", "Correct the named field.")
        case .moduleUnloadable:
            (
                "The PKCS#11 module could not be loaded.",
                "Check the module's path, its architecture and what the dynamic loader says in the detail."
            )
        case .tokenUnknown:
            ("No token with this label is present.", "Insert or initialise the token, or correct its label.")
        case .tokenAmbiguous:
            ("More than one token has this label.", "Give every token that this machine sees a label of its own.")
        case .tokenLocked:
            (
                "Another process holds this token for itself.",
                "Stop the other process; one token belongs to one appliance and one process."
            )
        case .tokenClosed: ("The token was closed by this process.", "Restart the service.")
        case .mechanismMissing:
            (
                "The token lacks a mechanism that a key of this role needs.",
                "Use a token or firmware that has the named mechanism."
            )
        case .pinUnreadable:
            ("The file or credential with the PIN can't be read.", "Check that it exists and holds 4 to 255 octets.")
        case .pinExposed:
            (
                "The file with the PIN can be read by others than its owner.",
                "Set its mode to 0400 and its owner to the service's user, then change the PIN."
            )
        case .pinRefused:
            (
                "The token refused the PIN. No further attempt is made, so that the PIN isn't locked.",
                "Check the PIN and the token's state, then restart the service."
            )
        case .officerBusy:
            (
                "The security officer can't log in while a user is logged in to the token in this process.",
                "Close the token's user sessions first, or use a process of its own."
            )
        case .queueFull: ("Too many calls are waiting for the token.", "Send the request again in a moment.")
        case .deviceHangs:
            (
                "A call into the token's module does not come back; nothing is asked of the token until it does.",
                "Look at the token, its driver and its cable; if the call never returns, restart the service."
            )
        case .deviceFailed:
            (
                "The token failed; its sessions are being opened again.",
                "Send the request again; if it lasts, look at the token and its driver."
            )
        default:
            ("The token refused the operation.", "See the function and return value in the detail.")
        }
    }

    private var keyText: (meaning: String, remedy: String) {
        switch self {
        case .nameMalformed: ("The name of a key has characters or a length that are not allowed.", "Correct it.")
        case .nameUnknown: ("The token has no key of this name.", "Make the key in a ceremony, or correct the name.")
        case .nameTaken: ("The token has a key of this name already.", "Choose another name or destroy the old key.")
        case .nameAmbiguous:
            (
                "The token has more than one key of this name.",
                "Find out who made the second one; destroy both only when their origin is known."
            )
        case .roleUnsuitable:
            ("A key of this role can't do what was asked.", "Use the key whose role is made for the operation.")
        case .pairInconsistent:
            (
                "The public key beside a private key in the token doesn't belong to it.",
                "Treat the token as tampered with: somebody replaced an object."
            )
        case .pointMalformed:
            ("A foreign public key is not a point of the curve P-256.", "Refuse the peer that sent it.")
        case .transportMalformed:
            ("A transport key is not an RSA key of 3072 bits with exponent 65537.", "Export it again from its EdgeHSM.")
        case .inputOutOfRange: ("An input is larger or smaller than allowed.", "See the limit in the detail.")
        case .checkValueDiffers:
            (
                "A product key isn't the one that was approved: its check value differs.",
                "Take the package again from the portal; tell the OEM if it happens twice."
            )
        default:
            (
                "A sealed message can't be opened: wrong recipient, wrong context or changed on the way.",
                "Have the sender seal it again to this key."
            )
        }
    }
}
