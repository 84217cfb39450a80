public import PortalProtocol

/// Setting up an authenticator: why, the secret as QR code and text, and a first code of it.
public struct AuthenticatorPage: DoorPage {
    public static let name = "account-authenticator"
    public let isPlain: Bool
    let door: Door

    public enum Stage: Sendable {
        /// - Parameter isReplaced: there is one already.
        case start(isReplaced: Bool)
        case scan(AuthenticatorSecret)
        /// The secret was shown; its code was wrong.
        case again
    }

    /// - Parameters:
    ///   - isForced: nothing else is open before it is set up.
    ///   - step: of the first start.
    public init(_ stage: Stage, isForced: Bool, step: String?, next: String, form state: FormState) {
        isPlain = isForced
        let more: Markup = """
            <input type="hidden" name="next" value="\(next)">\
            <input type="hidden" name="first" value="\(step == nil ? "" : "1")">
            """
        let cancel = isForced ? nil : "/account"
        func confirm() -> FormBox {
            FormBox(
                action: "/account/authenticator",
                form: state,
                what: "confirm",
                groups: [
                    (
                        nil, .empty,
                        [
                            .input(
                                state,
                                "code",
                                "Code that it shows now",
                                help: "Six digits.",
                                extra: "autocomplete=\"one-time-code\" inputmode=\"numeric\" maxlength=\"8\""
                            )
                        ]
                    )
                ],
                submit: Button("Turn it on", style: .primary),
                cancel: cancel,
                extra: more
            )
        }
        func begin(_ text: String, _ style: Button.Style) -> FormBox {
            FormBox(
                action: "/account/authenticator",
                form: state,
                what: "begin",
                groups: [],
                submit: Button(text, style: style),
                cancel: cancel,
                extra: more
            )
        }
        let foot: Markup = isForced ? .signOut(state) : .empty
        switch stage {
        case .start(let isReplaced):
            door = Door(
                isReplaced ? "Replace your authenticator" : "Set up an authenticator",
                step: step,
                lead: isReplaced
                    ? "The one from before counts until you have entered a code of the new one."
                    : "Your roles can do much, so a password alone does not open them. Any app for one-time codes will do: on a phone, or in a password manager.",
                form: begin("Show the QR code", .primary),
                foot: foot
            )
        case .scan(let secret):
            door = Door(
                "Scan this with your authenticator",
                step: step,
                body: Self.scan(secret),
                form: confirm(),
                foot: foot
            )
        case .again:
            door = Door(
                "Enter the next code",
                step: step,
                lead:
                    "The portal is in your authenticator already, if you have scanned the QR code or typed the secret. Check the clock of the phone where no code is right.",
                form: confirm(),
                after: .of(begin("Start again with a new QR code", .quiet)),
                foot: foot
            )
        }
    }

    private static func scan(_ secret: AuthenticatorSecret) -> Markup {
        let groups = stride(from: 0, to: secret.secret.count, by: 4).map { start -> Markup in
            "<span>\(String(secret.secret.dropFirst(start).prefix(4)))</span>"
        }
        return """
            <div class="scan"><div class="qr" role="img" aria-label="QR code for an authenticator; the same secret stands beside it as text">\(QRMarkup.of(secret.qr))</div>\
            <div class="stack-s"><p class="strong">Can't scan? Type this secret:</p><p class="copy-line"><code class="groups" id="secret">\(groups.joined())</code>\
            <button type="button" class="button quiet icon-only small" data-copy="secret" hidden>\(Icon.copy.markup)<span class="sr">Copy the secret</span></button></p>\
            <p class="small muted">Time-based, 6 digits, 30 seconds. Shown this once.</p><p class="small">\(.link("Open in an app on this device", secret.uri))</p></div></div>
            """
    }
}

/// Codes that sign in where the authenticator is lost, shown this once.
public struct RecoveryCodesPage: DoorPage {
    public static let name = "account-recovery-codes"
    public let isPlain: Bool
    let door: Door

    /// - Parameter next: path of our own to go on to.
    public init(_ codes: [String], isFirst: Bool, step: String?, next: String) {
        isPlain = true
        let list = codes.map { code -> Markup in "<li>\(code)</li>\n" }
        door = Door(
            isFirst ? "Your authenticator is on" : "Your new recovery codes",
            step: step,
            lead: isFirst
                ? "Keep these recovery codes. Each signs you in once where the authenticator is lost."
                : "Those from before are void. Each of these signs you in once.",
            notes: [
                Note(.warn, "Shown this once", "Print them or put them into a safe place, not beside the password.")
            ],
            body: """
                <ol class="recovery" id="codes" tabindex="0" role="list" aria-label="Recovery codes">\(list.joined())</ol>\
                <div class="actions"><button type="button" class="button" data-copy="codes" hidden>\(Icon.copy.markup)Copy</button>\
                <button type="button" class="button" data-print hidden>\(Icon.file.markup)Print</button></div>
                """,
            after: "<div class=\"actions\">\(Markup.of(Button("I have kept them", next, style: .primary)))</div>"
        )
    }
}

/// Before new recovery codes are made: those from before become void.
public struct RenewCodesPage: DoorPage {
    public static let name = "account-renew-codes"
    public let isPlain = false
    let door: Door

    public init(left: Int, form state: FormState) {
        door = Door(
            "New recovery codes",
            lead: left == 0
                ? "None is left of the last ones."
                : "\(left) of the last ones are left. They become void, wherever they are kept.",
            form: FormBox(
                action: "/account/recovery-codes",
                form: state,
                groups: [],
                submit: Button("Make new codes", style: .primary),
                cancel: "/account"
            )
        )
    }
}

/// A QR code that the API drew, drawn again from its figures: no markup is taken over.
enum QRMarkup {
    static func of(_ svg: String) -> Markup {
        guard let box = svg.firstMatch(of: /viewBox="0 0 ([0-9]{1,4}) [0-9]{1,4}"/),
            let path = svg.firstMatch(of: /d="([MmHhVvZz0-9 -]*)"/)
        else { return .empty }
        let (side, dots) = (String(box.1), String(path.1))
        return """
            <svg viewBox="0 0 \(side) \(side)" width="\(side)" height="\(side)" shape-rendering="crispEdges" aria-hidden="true">\
            <rect width="\(side)" height="\(side)" fill="#ffffff"/><path fill="#000000" d="\(dots)"/></svg>
            """
    }
}

extension Markup {
    /// For pages without navigation.
    static func signOut(_ form: FormState) -> Markup {
        """
        <form method="post" action="/sign-out"><input type="hidden" name="csrf" value="\(form.csrf)">\
        <button type="submit" class="button quiet small">\(Icon.leave.markup)Sign out</button></form>
        """
    }
}
