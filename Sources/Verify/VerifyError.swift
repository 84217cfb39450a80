public import Vocabulary

/// What the verifier itself refuses, beyond the refusals of the modules that it asks.
public enum VerifyError: String, ErrorCatalogue {
    case inputTooLarge = "verify.input.too-large"
    case inputNotPEM = "verify.input.pem"
    case deviceMismatch = "verify.device.mismatch"
    case unexpected = "verify.internal.unexpected"

    public var meaning: String {
        switch self {
        case .inputTooLarge: "An input file is larger than anything that the command can accept."
        case .inputNotPEM: "An input file is neither DER nor exactly one PEM block."
        case .deviceMismatch: "A device's codes, certificates and record do not speak of the same device."
        case .unexpected: "The verifier met an error that it has no code for."
        }
    }

    public var remedy: String {
        switch self {
        case .inputTooLarge, .inputNotPEM: "Give the file that the command asks for, as DER or PEM."
        case .deviceMismatch: "Do not ship the device; find out which of them was mixed up."
        case .unexpected: "Report it together with the input."
        }
    }
}
