public import Vocabulary

/// What can be wrong with a label.
public enum LabelError: String, ErrorCatalogue {
    case fieldInvalid = "label.field.invalid"
    case symbolFailed = "label.symbol.failed"

    public var meaning: String {
        switch self {
        case .fieldInvalid: "A text for the label is too long, or has characters that it can't have."
        case .symbolFailed: "The QR code could not be made."
        }
    }

    public var remedy: String {
        switch self {
        case .fieldInvalid: "Correct the field named in the detail; serial and codes come from the EdgeHSM."
        case .symbolFailed: "Check the installation of libqrencode on the station."
        }
    }
}
