public import Vocabulary

/// What use cases of accounts and sessions refuse.
public enum AccountError: String, WebError, ErrorCatalogue {
    case signInRefused = "portal.sign-in.refused"
    case busy = "portal.sign-in.busy"
    case weakPassword = "portal.password.weak"
    case wrongProof = "portal.account.proof"
    case emailTaken = "portal.account.email-taken"
    case noAuthenticator = "portal.account.no-authenticator"
    case nothingPending = "portal.account.nothing-pending"

    public var status: Int {
        switch self {
        case .signInRefused: 401
        case .wrongProof: 403
        case .emailTaken, .noAuthenticator, .nothingPending: 409
        case .weakPassword: 422
        case .busy: 503
        }
    }

    public var isRetryable: Bool { self == .busy }

    public var meaning: String {
        switch self {
        case .signInRefused: "Email, password and second factor do not open an account together."
        case .busy: "Too many people are signing in at once."
        case .weakPassword: "The new password is too easy to find."
        case .wrongProof: "The password or the code is wrong, or the code was used before."
        case .emailTaken: "Another account signs in with this email address."
        case .noAuthenticator: "The account has no authenticator."
        case .nothingPending: "No authenticator is being set up, or it took longer than a quarter of an hour."
        }
    }

    public var remedy: String {
        switch self {
        case .signInRefused:
            "Check all three; a code counts once and for about a minute. Else ask an administrator for a new link."
        case .busy: "Try again in a few seconds."
        case .weakPassword: "Choose a longer one: four words that have nothing to do with each other, for one."
        case .wrongProof: "Enter it again, with the next code of the authenticator."
        case .emailTaken: "Use another address of your own, or sign in with the account that is there."
        case .noAuthenticator: "Set up an authenticator first."
        case .nothingPending: "Start again: POST /v1/account/authenticator."
        }
    }
}
