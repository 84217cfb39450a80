/// What can be wrong with the smallest values: ids, digests, times, sizes.
public enum VocabularyError: String, ErrorCatalogue {
    case malformedHex = "value.hex.malformed"
    case malformedIdentifier = "value.identifier.malformed"
    case malformedTime = "value.time.malformed"
    case outOfRange = "value.number.out-of-range"
    case tooLarge = "value.size.too-large"

    public var meaning: String {
        switch self {
        case .malformedHex: "A value that must be lower-case hexadecimal of a fixed length is not."
        case .malformedIdentifier: "An identifier has characters or a length that are not allowed."
        case .malformedTime: "A time is not RFC 3339 in UTC with whole seconds, like 2026-11-22T15:04:05Z."
        case .outOfRange: "A number is outside the range that its field allows."
        case .tooLarge: "An input is larger than its limit."
        }
    }

    public var remedy: String {
        switch self {
        case .malformedHex, .malformedIdentifier, .malformedTime, .outOfRange:
            "Correct the named field and send it again."
        case .tooLarge: "Send a smaller input; the limit is in the detail."
        }
    }
}
