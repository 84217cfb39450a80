public import Vocabulary

/// Another password for one's own account.
public struct PasswordPage: SheetPage {
    public static let name = "account-password"
    public let title = "Change password"
    let sheet: Sheet

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
                            "Present password",
                            .password,
                            extra: "autocomplete=\"current-password\" autofocus maxlength=\"256\""
                        ),
                        .newPassword(state, "new", "New password"),
                    ]
                )
            ],
            submit: Button("Change the password", style: .primary),
            cancel: "/account",
            extra: "<input type=\"hidden\" name=\"username\" value=\"\(email)\" autocomplete=\"username\">"
        )
        sheet = Sheet(
            Head("Change password", crumbs: [("Account", "/account")]),
            main: [Box("form", "Password of \(email)", .of(form))],
            side: [
                Box(
                    "about",
                    "What happens",
                    """
                    <ul class="stack-s small"><li>All other sessions of yours end; this one goes on.</li>\
                    <li>The authenticator, recovery codes and API tokens stay.</li></ul>
                    """
                )
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
                help: "Six digits. A code counts once: wait for the next where you have just signed in.",
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
            "Is it still you?",
            lead: "What comes next can do harm in the wrong hands. After this it is open for a quarter of an hour.",
            form: FormBox(
                action: "/account/verify",
                form: state,
                groups: [(nil, .empty, [field])],
                submit: Button(carried.isEmpty ? "Go on" : "Go on and save", style: .primary),
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
public struct NewTokenPage: SheetPage {
    public static let name = "account-token"
    public let title = "New API token"
    let sheet: Sheet

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
                            help: "What it is for, so that you know it later.",
                            extra: "autocomplete=\"off\" autofocus maxlength=\"128\""
                        ),
                        .input(
                            state,
                            "days",
                            "Good for days",
                            .number,
                            help: "1 to 365.",
                            value: "90",
                            extra: "min=\"1\" max=\"365\""
                        ),
                        .checks(
                            state,
                            "scopes",
                            "May",
                            [
                                ("read", "Read: look at what you may see"),
                                ("write", "Write: change what you may change"),
                            ],
                            value: "read"
                        ),
                    ]
                )
            ],
            submit: Button("Make the token", style: .primary),
            cancel: "/account"
        )
        sheet = Sheet(
            Head("New API token", crumbs: [("Account", "/account")], lead: "For a program that acts in your name."),
            main: [Box("form", "Token", .of(form))],
            side: [
                Box(
                    "about",
                    "What it can do",
                    """
                    <ul class="stack-s small"><li>What you can do by your roles, within its scopes, and nothing of your account itself.</li>\
                    <li>It is shown once; the portal keeps a digest alone.</li><li>Revoke it here when it is not needed any more.</li></ul>
                    """
                )
            ]
        )
    }
}

/// A token, a link or a code, shown this once.
public struct ShownOncePage: DoorPage {
    public static let name = "shown-once"
    public let isPlain = false
    let door: Door

    /// - Parameters:
    ///   - text: what is shown.
    ///   - label: what it is, for the copy button.
    ///   - command: what takes it, where that is a command.
    public init(
        title: String,
        lead: String,
        text: String,
        label: String,
        command: String? = nil,
        warning: String,
        expiresAt: Instant,
        back: (title: String, address: String)
    ) {
        let until = Definitions([("Good until", .time(expiresAt))])
        door = Door(
            title,
            lead: .text(lead),
            notes: [Note(.warn, "Shown this once", .text(warning))],
            body: .of(CodeBlock(text, id: "shown", label: label))
                + (command.map { .of(CodeBlock($0, id: "shown-command", label: "Command that takes it")) } ?? .empty)
                + .of(until),
            after: "<div class=\"actions\">\(Markup.of(Button(back.title, back.address, style: .primary)))</div>"
        )
    }
}
