/// Email, password and second factor, all at once: an answer never tells which of them was wrong.
public struct SignInPage: DoorPage {
    public static let name = "sign-in"
    let door: Door

    /// - Parameters:
    ///   - next: path of our own to go to afterwards.
    ///   - usesRecovery: a recovery code stands in for the authenticator's.
    ///   - other: address of this page with the other of the two.
    ///   - hasEnded: the browser came with a session that has ended.
    ///   - carried: form of that session, sent when it had ended, which is done after signing in; empty: none.
    public init(
        form state: FormState,
        next: String,
        usesRecovery: Bool,
        other: String,
        hasEnded: Bool,
        carried: String = ""
    ) {
        let factor: Field =
            usesRecovery
            ? .input(
                state,
                "recoveryCode",
                "Recovery code",
                help: "Four groups of four characters. It works once.",
                extra: "autocomplete=\"off\" spellcheck=\"false\" autocapitalize=\"characters\" maxlength=\"32\""
            )
            : .input(
                state,
                "code",
                "Code of your authenticator",
                help: "Six digits. Leave it empty if you have not set up an authenticator.",
                isRequired: false,
                extra: "autocomplete=\"one-time-code\" inputmode=\"numeric\" maxlength=\"8\""
            )
        door = Door(
            "Sign in",
            notes: Self.notes(hasEnded && state.problem == nil, carried),
            form: FormBox(
                action: "/sign-in",
                form: state,
                groups: [
                    (
                        nil, .empty,
                        [
                            .input(
                                state,
                                "email",
                                "Email",
                                .email,
                                extra: "autocomplete=\"username\" autofocus maxlength=\"254\""
                            ),
                            .input(
                                state,
                                "password",
                                "Password",
                                .password,
                                extra: "autocomplete=\"current-password\" maxlength=\"256\""
                            ),
                            factor,
                        ]
                    )
                ],
                submit: Button("Sign in", style: .primary),
                extra: """
                    <input type="hidden" name="next" value="\(next)">\
                    <input type="hidden" name="recovery" value="\(usesRecovery ? "1" : "")">\
                    <input type="hidden" name="carried" value="\(carried)">
                    """
            ),
            after: """
                <p class="small">\(.link(Self.otherWords(usesRecovery, isCarrying: !carried.isEmpty), other))</p>
                """,
            foot: "No password yet, or lost it? Ask an OEM admin for a link."
        )
    }

    private static func notes(_ hasEnded: Bool, _ carried: String) -> [Note] {
        if !carried.isEmpty {
            return [
                Note(.info, "Your session has ended", "What you entered is kept and is sent once you have signed in.")
            ]
        }
        return hasEnded ? [Note(.info, "Your session has ended", "Sign in again and you are back where you were.")] : []
    }

    /// Another page has nothing of what this one carries.
    private static func otherWords(_ usesRecovery: Bool, isCarrying: Bool) -> String {
        if isCarrying { return "Sign in without what you entered" }
        return usesRecovery ? "Use your authenticator" : "Use a recovery code instead"
    }
}

/// A link for somebody without a password leads here.
public struct ResetPage: DoorPage {
    public static let name = "reset"
    let door: Door

    public init(form state: FormState) {
        door = Door(
            "Set a new password",
            lead: "Your authenticator, recovery codes and sessions from before end with it.",
            form: FormBox(
                action: "/reset",
                form: state,
                groups: [
                    (
                        nil, .empty,
                        [
                            .linkCode(state, "Code of your link", help: "It works once and is valid for one day."),
                            .newPassword(state, "password", "New password"),
                        ]
                    )
                ],
                submit: Button("Set the password", style: .primary)
            ),
            foot: "No link? Ask an OEM admin for one."
        )
    }
}

extension Field {
    /// The code of a link stands behind `#`: a script puts it here, or the person does.
    static func linkCode(_ form: FormState, _ label: String, help: String) -> Field {
        .input(
            form,
            "code",
            label,
            help: help,
            extra: "data-from-hash autocomplete=\"off\" spellcheck=\"false\" autocapitalize=\"none\" maxlength=\"200\""
        )
    }

    static func newPassword(_ form: FormState, _ name: String, _ label: String) -> Field {
        .input(
            form,
            name,
            label,
            .password,
            help: "At least 12 characters. Four unrelated words make a good password.",
            extra: "autocomplete=\"new-password\" minlength=\"12\" maxlength=\"256\""
        )
    }
}
