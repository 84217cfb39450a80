public import Vocabulary

/// What can go wrong between a station and a chip.
public enum ProgrammerError: String, ErrorCatalogue {
    case malformed = "programmer.message.malformed"
    case tooLarge = "programmer.message.too-large"
    case versionUnknown = "programmer.message.version-unknown"
    case commandUnknown = "programmer.command.unknown"
    case unexpectedReply = "programmer.reply.unexpected"
    case unreachable = "programmer.chip.unreachable"
    case disconnected = "programmer.chip.disconnected"
    case timeout = "programmer.chip.timeout"
    case addressInvalid = "programmer.address.invalid"
    case readBackDiffers = "programmer.read-back.differs"
    case debugRefused = "programmer.debug.refused"

    public var meaning: String {
        switch self {
        case .malformed: "A message between station and chip is not in the agreed form."
        case .tooLarge: "A message between station and chip is larger than its limit."
        case .versionUnknown: "The chip's port speaks another version of the protocol."
        case .commandUnknown: "The chip's port does not know this command."
        case .unexpectedReply: "The chip answered another question than the one asked."
        case .unreachable: "No chip answers at this programming site."
        case .disconnected: "The connection to the chip broke before its answer came."
        case .timeout: "The chip did not answer in time."
        case .addressInvalid: "The address of a programming site is not a socket path or a loopback port."
        case .readBackDiffers: "What was read back from the chip is not what was written."
        case .debugRefused: "The chip refused the debug authentication."
        }
    }

    public var remedy: String {
        switch self {
        case .malformed, .versionUnknown, .commandUnknown, .unexpectedReply:
            "Use the same release of station and chip software on both ends."
        case .tooLarge: "Send smaller pieces; the limit is in the detail."
        case .unreachable: "Check that a device sits in the fixture and has power, then start the unit again."
        case .disconnected, .timeout: "Check contact and power of the fixture; the unit resumes where it stopped."
        case .addressInvalid: "Give an absolute socket path, or 127.0.0.1:PORT."
        case .readBackDiffers: "Clean the contacts and start the unit again; scrap the device if it happens twice."
        case .debugRefused: "Check that the chip UID is the one asked for, then start a new debug session."
        }
    }

    public var isRetryable: Bool {
        switch self {
        case .unreachable, .disconnected, .timeout, .readBackDiffers: true
        default: false
        }
    }
}
