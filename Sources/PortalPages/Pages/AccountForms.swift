public import Vocabulary

/// Another password for one's own account.
public struct PasswordPage: AccountFormPage {
    public static let name = "account-password"
    public let isPlain = false
    let door: Door?
    let sheet: Sheet?

    /// - Parameter email: so that a password manager knows whose it is.
    public init(email: String, form state: FormState) {
        let form = FormBox(
            action: "/account/password",
            form: state,
            groups: [
                (
                    nil, .empty,
                    [
                        .input(
                            state,
                            "current",
                            "Current password",
                            .password,
                            extra: "autocomplete=\"current-password\" autofocus maxlength=\"256\""
                        ),
                        .newPassword(state, "new", "New password"),
                    ]
                )
            ],
            submit: Button("Change password", style: .primary),
            cancel: "/account",
            extra: "<input type=\"hidden\" name=\"username\" value=\"\(email)\" autocomplete=\"username\">"
        )
        (door, sheet) = Self.layout(
            Door("Change password", what: "Password of \(email)", form: form),
            isPlain: false,
            form: state,
            about: [
                "All other sessions of yours end; this one goes on.",
                "The authenticator, recovery codes and API tokens stay.",
            ]
        )
    }
}

/// Who sits there proves it again, before what is riskiest.
public struct VerifyPage: DoorPage {
    public static let name = "account-verify"
    let door: Door

    /// - Parameters:
    ///   - wantsCode: the account has an authenticator: its code is wanted, not the password.
    ///   - next: path of our own to go on to.
    ///   - back: path of our own for who does not want to.
    ///   - carried: the form that goes on with the proof, as it was sent; empty: none.
    public init(wantsCode: Bool, next: String, back: String, carried: String = "", form state: FormState) {
        let field: Field =
            wantsCode
            ? .input(
                state,
                "code",
                "Code of your authenticator",
                help:
                    "The six digits that your authenticator shows. Each code works once: if you have just signed in, wait for the next.",
                extra: "autocomplete=\"one-time-code\" inputmode=\"numeric\" autofocus maxlength=\"8\""
            )
            : .input(
                state,
                "password",
                "Password",
                .password,
                extra: "autocomplete=\"current-password\" autofocus maxlength=\"256\""
            )
        door = Door(
            "Confirm that it is you",
            lead: "The next step needs proof that it is still you. The proof counts for 15 minutes.",
            form: FormBox(
                action: "/account/verify",
                form: state,
                groups: [(nil, .empty, [field])],
                submit: Button(carried.isEmpty ? "Continue" : "Continue and save", style: .primary),
                cancel: back,
                extra: """
                    <input type="hidden" name="next" value="\(next)">\
                    <input type="hidden" name="carried" value="\(carried)">
                    """
            )
        )
    }
}

/// An API token to be made.
public struct NewTokenPage: AccountFormPage {
    public static let name = "account-token"
    public let isPlain = false
    let door: Door?
    let sheet: Sheet?

    public init(form state: FormState) {
        let form = FormBox(
            action: "/account/tokens/new",
            form: state,
            groups: [
                (
                    nil, .empty,
                    [
                        .input(
                            state,
                            "name",
                            "Name",
                            help: "What the token is for, for example night report.",
                            extra: "autocomplete=\"off\" autofocus maxlength=\"128\""
                        ),
                        .input(
                            state,
                            "days",
                            "Valid for, days",
                            .number,
                            help: "1 to 365.",
                            value: "90",
                            extra: "min=\"1\" max=\"365\""
                        ),
                        .checks(
                            state,
                            "scopes",
                            "Scopes",
                            [
                                ("read", "Read: look at what you may see"),
                                ("write", "Write: change what you may change"),
                            ],
                            value: "read"
                        ),
                    ]
                )
            ],
            submit: Button("Create token", style: .primary),
            cancel: "/account"
        )
        (door, sheet) = Self.layout(
            Door("New API token", what: "Token", lead: "For a program that acts in your name.", form: form),
            isPlain: false,
            form: state,
            about: [
                "A program can do what your roles allow, within the token's scopes, and nothing in your account.",
                "The token is shown once: the portal keeps its digest alone.", "You can revoke it at any time.",
            ]
        )
    }
}

/// A token, a link or a code, shown this once.
public struct ShownOncePage: AccountFormPage {
    public static let name = "shown-once"
    public let isPlain = false
    let door: Door?
    let sheet: Sheet?

    /// - Parameters:
    ///   - text: what is shown.
    ///   - label: what it is, for the copy button.
    ///   - command: what takes it, where that is a command.
    ///   - above: the page that this one belongs to.
    public init(
        title: String,
        lead: String,
        text: String,
        label: String,
        command: String? = nil,
        warning: String,
        expiresAt: Instant,
        back: (title: String, address: String),
        above: (title: String, address: String)
    ) {
        let until = Definitions([("Valid until", .time(expiresAt))])
        let whole = Door(
            title,
            // Not the label: the region below has that name, and two of one name tell a screen reader nothing.
            what: "Copy it now",
            lead: .text(lead),
            notes: [Note(.warn, "Shown this once", .text(warning))],
            body: .of(CodeBlock(text, id: "shown", label: label))
                + (command.map { .of(CodeBlock(command: $0, id: "shown-command", label: "Command that takes it")) }
                    ?? .empty)
                + .of(until),
            after: "<div class=\"actions\">\(Markup.of(Button(back.title, back.address, style: .primary)))</div>"
        )
        (door, sheet) = Self.layout(whole, isPlain: false, crumbs: [(above.title, above.address)], about: [])
    }
}
