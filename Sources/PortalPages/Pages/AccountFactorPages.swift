public import PortalProtocol

/// Setting up an authenticator: why, the secret as QR code and text, and a first code of it.
public struct AuthenticatorPage: AccountFormPage {
    public static let name = "account-authenticator"
    public let isPlain: Bool
    let door: Door?
    let sheet: Sheet?

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
                submit: Button("Turn on", style: .primary),
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
        let whole: Door
        switch stage {
        case .start(let isReplaced):
            whole = Door(
                isReplaced ? "Replace your authenticator" : "Set up an authenticator",
                what: "Authenticator",
                step: step,
                lead: isReplaced
                    ? "The present one works until you have entered a code of the new one."
                    : "Sign-in then asks for a one-time code beside your password. Any authenticator app will do, on a phone or in a password manager.",
                form: begin("Show the QR code", .primary),
                foot: foot
            )
        case .scan(let secret):
            whole = Door(
                "Scan this with your authenticator",
                what: "QR code",
                step: step,
                body: Self.scan(secret),
                form: confirm(),
                foot: foot
            )
        case .again:
            whole = Door(
                "Enter the next code",
                what: "Code",
                step: step,
                lead:
                    "That code was not right. Wait for the next one; if none is right, check the clock of the phone.",
                form: confirm(),
                after: .of(begin("Start again with a new QR code", .quiet)),
                foot: foot
            )
        }
        (door, sheet) = Self.layout(
            whole,
            isPlain: isForced,
            form: state,
            about: ["Every sign-in asks for a code from then on.", "You get recovery codes for the day it is lost."]
        )
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
public struct RecoveryCodesPage: AccountFormPage {
    public static let name = "account-recovery-codes"
    public let isPlain: Bool
    let door: Door?
    let sheet: Sheet?

    /// - Parameters:
    ///   - isFirst: with the authenticator that was just set up, maybe before anything else is open.
    ///   - next: path of our own to go on to.
    public init(_ codes: [String], isFirst: Bool, step: String?, next: String) {
        isPlain = isFirst
        let list = codes.map { code -> Markup in "<li>\(code)</li>\n" }
        let whole = Door(
            isFirst ? "Your authenticator is on" : "Your new recovery codes",
            what: "Recovery codes",
            step: step,
            lead: isFirst
                ? "Save these recovery codes. Each signs you in once if the authenticator is lost."
                : "The earlier ones are void. Each of these signs you in once.",
            notes: [
                Note(.warn, "Shown this once", "Print them or put them into a safe place, not beside the password.")
            ],
            body: """
                <ol class="recovery" id="codes" tabindex="0" role="list" aria-label="Recovery codes">\(list.joined())</ol>\
                <div class="actions"><button type="button" class="button" data-copy="codes" hidden>\(Icon.copy.markup)Copy</button>\
                <button type="button" class="button" data-print hidden>\(Icon.file.markup)Print</button></div>
                """,
            after: "<div class=\"actions\">\(Markup.of(Button("I have saved them", next, style: .primary)))</div>"
        )
        (door, sheet) = Self.layout(
            whole,
            isPlain: isFirst,
            about: ["A code is used in place of the authenticator's.", "Each works once.", "New codes void these."]
        )
    }
}

/// Before new recovery codes are made: those from before become void.
public struct RenewCodesPage: AccountFormPage {
    public static let name = "account-renew-codes"
    public let isPlain = false
    let door: Door?
    let sheet: Sheet?

    public init(left: Int, form state: FormState) {
        let whole = Door(
            "New recovery codes",
            what: "Recovery codes",
            lead: left == 0
                ? "You have none left."
                : left == 1 ? "You have 1 left. It becomes void." : "You have \(left) left. They become void.",
            form: FormBox(
                action: "/account/recovery-codes",
                form: state,
                groups: [],
                submit: Button("Create new codes", style: .primary),
                cancel: "/account"
            )
        )
        (door, sheet) = Self.layout(
            whole,
            isPlain: false,
            form: state,
            about: [
                "The new codes are shown once.", "The earlier ones work no more, wherever they are kept.",
                "Password, authenticator, sessions and API tokens stay.",
            ]
        )
    }
}

/// A page of one's own account: with the portal around it in the layout of all of them, and as a door where nothing else is
/// open yet.
protocol AccountFormPage: PageView {
    var door: Door? { get }
    var sheet: Sheet? { get }
}

extension AccountFormPage {
    public static var template: String { "{{#door}}{{> door}}{{/door}}{{#sheet}}{{> sheet}}{{/sheet}}" }
    public var title: String { door?.title ?? sheet?.head.title ?? "" }

    /// - Parameter about: what happens, in short sentences.
    static func layout(
        _ door: Door,
        isPlain: Bool,
        form: FormState? = nil,
        crumbs: [(String, String)] = [("Account", "/account")],
        about: [Markup]
    ) -> (Door?, Sheet?) {
        guard !isPlain else { return (door, nil) }
        let notes = door.notes.map { Markup.of($0) }.joined()
        let inner: Markup = notes + door.body + (door.form.map { .of($0) } ?? .empty) + door.after
        let items = about.map { line -> Markup in "<li>\(line)</li>" }
        let sheet = Sheet(
            Head(door.title, crumbs: crumbs, lead: door.lead),
            form: form,
            main: [Box("form", door.what ?? door.title, inner)],
            side: about.isEmpty
                ? [] : [Box("about", "What happens", "<ul class=\"stack-s small\">\(items.joined())</ul>")]
        )
        return (nil, sheet)
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
