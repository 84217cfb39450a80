public import Vocabulary

/// What the verifier itself refuses, beyond the refusals of the modules that it asks.
public enum VerifyError: String, ErrorCatalogue {
    case inputTooLarge = "verify.input.too-large"
    case inputNotPEM = "verify.input.pem"
    case unexpected = "verify.internal.unexpected"

    public var meaning: String {
        switch self {
        case .inputTooLarge: "An input file is larger than anything that the command can accept."
        case .inputNotPEM: "An input file is neither DER nor exactly one PEM block."
        case .unexpected: "The verifier met an error that it has no code for."
        }
    }

    public var remedy: String {
        switch self {
        case .inputTooLarge, .inputNotPEM: "Give the file that the command asks for, as DER or PEM."
        case .unexpected: "Report it together with the input."
        }
    }
}
