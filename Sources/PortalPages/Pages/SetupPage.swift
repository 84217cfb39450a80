/// The first start: the portal has a one-time code and nothing else.
public struct SetupPage: DoorPage {
    public static let name = "setup"
    let door: Door

    /// - Parameter isDone: the portal has its OEM; nobody sets it up again.
    public init(form state: FormState, isDone: Bool) {
        if isDone {
            door = Door(
                "This portal is set up",
                lead: "New people join by a link from an OEM admin.",
                body: "<div class=\"actions\">\(Markup.of(Button("Sign in", "/sign-in", style: .primary)))</div>"
            )
            return
        }
        door = Door(
            "Set up this portal",
            step: "Step 1 of 3",
            lead: """
                It is empty. You become its first OEM admin, then set up your authenticator, then make the first \
                product; each page leads to the next.
                """,
            form: FormBox(
                action: "/setup",
                form: state,
                groups: [
                    (
                        nil, .empty,
                        [
                            .input(
                                state,
                                "code",
                                "One-time code",
                                help: "The portal printed this code when it first started. It is valid for 24 hours.",
                                extra:
                                    "autocomplete=\"off\" spellcheck=\"false\" autocapitalize=\"none\" autofocus maxlength=\"64\""
                            ),
                            .input(
                                state,
                                "organisation",
                                "Name of your company",
                                help: "The OEM: the company whose name is on the devices.",
                                extra: "autocomplete=\"organization\" maxlength=\"128\""
                            ),
                            .input(state, "name", "Your name", extra: "autocomplete=\"name\" maxlength=\"128\""),
                            .input(
                                state,
                                "email",
                                "Email",
                                .email,
                                help: "You use it to sign in.",
                                extra: "autocomplete=\"username\" maxlength=\"254\""
                            ),
                            .newPassword(state, "password", "Password"),
                        ]
                    )
                ],
                submit: Button("Set up", style: .primary)
            ),
            foot:
                "No code? Start <code>obis-portal</code> again after 24 hours: it prints a new one as long as nobody has used the last."
        )
    }
}
