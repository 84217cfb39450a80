/// The first start: the portal has a code and nothing else.
public struct SetupPage: PageView {
    public static let name = "setup"
    public let title = "First run"
    public let isPlain = true
    let form: FormBox

    public init(form state: FormState) {
        form = FormBox(
            action: "/setup",
            form: state,
            groups: [
                (
                    nil, .empty,
                    [
                        .input(state, "code", "One-time code", help: "The portal printed it when it started first. It is good for 24 hours.", extra: "autocomplete=\"one-time-code\" spellcheck=\"false\""),
                        .input(state, "organisation", "Name of the OEM"), .input(state, "name", "Your name", extra: "autocomplete=\"name\""),
                        .input(state, "email", "Your email", .email, extra: "autocomplete=\"email\""),
                    ]
                )
            ],
            submit: Button("Set up the portal", style: .primary)
        )
    }

    public static let template = #"""
        <section class="panel" aria-labelledby="setup"><div class="panel-head"><h1 id="setup">Set up the portal</h1></div><div class="panel-body"><p class="muted">You become its first administrator. Then: a product, the ODM that makes it, its factory, the first batch. Each page leads to the next.</p>{{#form}}{{> form}}{{/form}}</div></section>
        """#
}

/// An invitation's link leads here.
public struct JoinPage: PageView {
    public static let name = "join"
    public let title = "Join"
    public let isPlain = true
    let form: FormBox

    public init(form state: FormState) {
        form = FormBox(
            action: "/join",
            form: state,
            groups: [
                (
                    nil, .empty,
                    [
                        .input(state, "code", "Code of your invitation", help: "From the link that you were given; it works once.", extra: "data-from-hash autocomplete=\"off\" spellcheck=\"false\""),
                        .input(state, "name", "Your name", isRequired: false, extra: "autocomplete=\"name\""),
                        .input(state, "email", "Your email", .email, isRequired: false, extra: "autocomplete=\"email\""),
                    ]
                )
            ],
            submit: Button("Join", style: .primary)
        )
    }

    public static let template = #"""
        <section class="panel" aria-labelledby="join"><div class="panel-head"><h1 id="join">Join</h1></div><div class="panel-body"><p class="muted">Name and email are for a new person; an ODM that joins a workspace needs neither.</p>{{#form}}{{> form}}{{/form}}</div></section>
        """#
}

public struct SignInPage: PageView {
    public static let name = "sign-in"
    public let title = "Sign in"
    public let isPlain = true
    let form: FormBox
    let isFirst: Bool

    /// - Parameters:
    ///   - wantsCode: the password was right, and a second factor is wanted.
    ///   - next: path of our own to go to afterwards.
    ///   - isFirst: nobody has set the portal up yet.
    public init(form state: FormState, wantsCode: Bool, next: String, isFirst: Bool) {
        self.isFirst = isFirst
        var fields: [Field] = [
            .input(state, "email", "Email", .email, extra: "autocomplete=\"username\" autofocus"),
            .input(state, "password", "Password", .password, extra: "autocomplete=\"current-password\""),
        ]
        fields.append(
            .input(
                state,
                "code",
                "Code of your authenticator",
                help: "Six digits, or a recovery code. Leave it empty where none is set up.",
                isRequired: wantsCode,
                extra: "autocomplete=\"one-time-code\" inputmode=\"text\" spellcheck=\"false\""
            )
        )
        form = FormBox(
            action: "/sign-in",
            form: state,
            groups: [(nil, .empty, fields)],
            submit: Button("Sign in", style: .primary),
            extra: "<input type=\"hidden\" name=\"next\" value=\"\(next)\">"
        )
    }

    public static let template = #"""
        <section class="panel" aria-labelledby="sign-in"><div class="panel-head"><h1 id="sign-in">Sign in</h1></div><div class="panel-body">{{#isFirst}}<p class="muted">This portal is empty. <a href="/setup">Set it up</a> with the code that it printed.</p>{{/isFirst}}{{#form}}{{> form}}{{/form}}<p class="small muted">Invited? Open the link that you were given. Programs use API tokens.</p></div></section>
        """#
}
