public import PortalProtocol
import Vocabulary

/// A link for somebody new.
public struct InvitePage: SheetPage {
    public static let name = "invite"
    public let title: String
    let sheet: Sheet

    public enum Kind: Sendable {
        /// Into one of these organisations.
        case person([Organisation], into: Organisation)
        /// With a workspace of one of these products, or without.
        case odm([Product])
    }

    public init(_ kind: Kind, form: FormState) {
        var fields: [Field]
        var above: Markup = .empty
        let (action, lead): (String, Markup)
        switch kind {
        case .person(let all, let organisation):
            title = "Invite a person"
            lead = "The person opens the link and sets name, email and password."
            action = "/people/invite?organisation=\(organisation.id.text)"
            above = Self.choice(all, organisation)
            fields = [
                .checks(
                    form,
                    "roles",
                    "Roles",
                    Role.allCases.filter { $0.kind == organisation.kind }.map { ($0.rawValue, $0.words) }
                )
            ]
            if organisation.kind == .oem {
                fields.append(
                    .input(
                        form,
                        "officer",
                        "Officer",
                        help: "The name that the officer has in the RoleKeys. Leave it empty for anybody else.",
                        isRequired: false,
                        extra: "autocomplete=\"off\" spellcheck=\"false\" maxlength=\"64\""
                    )
                )
            }
        case .odm(let products):
            title = "Invite an ODM"
            lead =
                "Its first person gets the roles \(Role.odmEngineer.words) and \(Role.odmProductionManager.words). The ODM sees the workspaces that you open to it, and nothing else."
            action = "/people/invite?kind=odm"
            fields = [
                .input(
                    form,
                    "organisationName",
                    "Name of the ODM",
                    extra: "autocomplete=\"off\" autofocus maxlength=\"128\""
                ),
                .select(
                    form,
                    "product",
                    "Workspace",
                    [("", "None", .empty)] + products.map { ($0.product.text, $0.title.text, .empty) },
                    help: "The product that the ODM makes. More can be added later.",
                    isRequired: false
                ),
            ]
        }
        fields.append(
            .input(
                form,
                "days",
                "Valid for, days",
                .number,
                help: "From 1 to 30 days.",
                value: "7",
                extra: "min=\"1\" max=\"30\""
            )
        )
        let box = FormBox(
            action: action,
            form: form,
            groups: [(nil, .empty, fields)],
            submit: Button("Create link", style: .primary),
            cancel: "/people"
        )
        sheet = Sheet(
            Head(title, crumbs: [("People", "/people")], lead: lead),
            form: form,
            above: above,
            main: [Box("link", "Invitation", .of(box))],
            side: [
                Box(
                    "about",
                    "What happens",
                    """
                    <ul class="stack-s small"><li>The link is shown once. Pass it on yourself: the portal sends no email.</li>\
                    <li>It works once, and can be revoked until it is used.</li><li>Its code stands behind #, so that it gets into no server's log.</li></ul>
                    """
                )
            ]
        )
    }

    private static func choice(_ all: [Organisation], _ chosen: Organisation) -> Markup {
        let field = Field.select(
            nil,
            "organisation",
            "Organisation",
            all.map { ($0.id.text, "\($0.name) (\($0.kind.rawValue.uppercased()))", .empty) },
            value: chosen.id.text
        )
        return """
            <section class="panel" aria-label="Organisation"><div class="panel-body"><form class="filters choose" method="get" action="/people/invite">\
            \(Markup.of(field))\(Markup.of(Button("Choose")))</form></div></section>
            """
    }
}
