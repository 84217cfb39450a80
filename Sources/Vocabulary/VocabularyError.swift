/// What can be wrong with the smallest values: ids, digests, times.
public enum VocabularyError: String, ErrorCatalogue {
    case malformedHex = "value.hex.malformed"
    case malformedIdentifier = "value.identifier.malformed"
    case malformedTime = "value.time.malformed"
    case textTooLong = "value.text.too-long"

    public var meaning: String {
        switch self {
        case .malformedHex: "A value that must be lower-case hexadecimal of a fixed length is not."
        case .malformedIdentifier: "An identifier has characters or a length that are not allowed."
        case .textTooLong: "A text has more octets than its field takes."
        case .malformedTime: "A time is not RFC 3339 in UTC with whole seconds, like 2026-11-22T15:04:05Z."
        }
    }

    public var remedy: String {
        "Correct the named field and send it again."
    }
}
