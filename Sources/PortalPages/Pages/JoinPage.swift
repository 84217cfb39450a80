public import PortalProtocol
import Vocabulary

/// An invitation's link leads here: first its code, then what it is for and who comes.
public struct JoinPage: DoorPage {
    public static let name = "join"
    let door: Door

    /// - Parameter offer: what the code is for; nil before it is known.
    public init(_ offer: InvitationOffer?, form state: FormState) {
        guard let offer else {
            door = Door(
                "Join",
                lead: "You were sent a link with a code. It works once.",
                form: FormBox(
                    action: "/join",
                    form: state,
                    what: "look",
                    groups: [
                        (
                            nil, .empty,
                            [
                                .linkCode(
                                    state,
                                    "Code of your invitation",
                                    help: "The part of the link after #, or the whole link."
                                )
                            ]
                        )
                    ],
                    submit: Button("Continue", style: .primary)
                ),
                foot: "Have an account? \(.link("Sign in", "/sign-in"))"
            )
            return
        }
        let code: Markup = "<input type=\"hidden\" name=\"code\" value=\"\(state.values["code"] ?? "")\">"
        let isPerson = offer.kind != .workspace
        door = Door(
            "Join \(offer.organisation)",
            body: Self.terms(offer),
            form: FormBox(
                action: "/join",
                form: state,
                what: "join",
                groups: isPerson
                    ? [
                        (
                            nil, .empty,
                            [
                                .input(
                                    state,
                                    "name",
                                    "Your name",
                                    extra: "autocomplete=\"name\" autofocus maxlength=\"128\""
                                ),
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
                    ] : [],
                submit: Button(isPerson ? "Join" : "Join the workspace", style: .primary),
                extra: code
            ),
            foot: "Not what you expected? Close this page: nothing has happened. Then ask whoever sent you the link."
        )
    }

    private static func terms(_ offer: InvitationOffer) -> Markup {
        var items: [(String, Markup)] = [
            (offer.kind == .workspace ? "ODM" : "Organisation", .text(offer.organisation))
        ]
        if !offer.roles.isEmpty {
            items.append(("Your roles", .text(offer.roles.map(\.words).joined(separator: ", "))))
        }
        if let officer = offer.officer { items.append(("Officer", .text(officer.text))) }
        if let product = offer.product { items.append(("Workspace", .text(product.text))) }
        items.append(("Link valid until", .time(offer.expiresAt)))
        return .of(Definitions(items))
    }
}

/// A workspace was joined; nobody new came with it.
public struct JoinedPage: DoorPage {
    public static let name = "joined"
    let door: Door

    public init(_ offer: InvitationOffer?) {
        let what = offer?.product.map { "the workspace of \($0.text)" } ?? "the workspace"
        door = Door(
            "Done",
            lead: "\(offer?.organisation ?? "The ODM") is in \(what). Its people see the product from now on.",
            body: "<div class=\"actions\">\(Markup.of(Button("Go to products", "/products", style: .primary)))</div>"
        )
    }
}
