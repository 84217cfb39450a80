public import PortalProtocol

/// The first step of a factory's enrolment.
public struct NewFactoryPage: PageView {
    public static let name = "factory-new"
    public let title = "Enrol a factory"
    let head: Head
    let refusal: Note?
    let form: FormBox?
    let none: Empty?

    public init(organisations: [Organisation], form state: FormState) {
        head = Head(
            "Enrol a factory",
            crumbs: [("Factories", "/factories")],
            lead: "Start with its name and place. The factory's page then leads you to its first device."
        )
        refusal = state.note
        let odms = organisations.filter { $0.kind == .odm }
        guard !odms.isEmpty else {
            form = nil
            none = Empty(
                .people,
                "No ODM yet",
                "A factory belongs to an ODM. Invite one first.",
                [Button("Invite an ODM", "/people/invite?kind=odm", style: .primary)]
            )
            return
        }
        none = nil
        form = FormBox(
            action: "/factories/new",
            form: state,
            groups: [
                (
                    nil, .empty,
                    [
                        .input(
                            state,
                            "id",
                            "Id",
                            help:
                                "Lower-case letters, digits and dashes. It cannot be changed later, because certificates contain it."
                        ),
                        .input(state, "name", "Name", help: "For example the town, or the building."),
                        .select(state, "organisation", "ODM", odms.map { ($0.id.text, $0.name, .empty) }),
                        .input(
                            state,
                            "country",
                            "Country",
                            help: "The two-letter country code, for example CN or DE.",
                            extra: "maxlength=\"2\" autocapitalize=\"characters\""
                        ),
                        .input(
                            state,
                            "timeZone",
                            "Time zone",
                            help: "The IANA name, for example Asia/Shanghai.",
                            value: "UTC"
                        ),
                    ]
                )
            ],
            submit: Button("Enrol factory", style: .primary),
            cancel: "/factories"
        )
    }

    public static let template = #"""
        {{#head}}{{> head}}{{/head}}
        {{#refusal}}{{> note}}{{/refusal}}
        {{#none}}<section class="panel">{{> empty}}</section>{{/none}}{{#form}}<section class="panel" aria-labelledby="place"><div class="panel-head"><h2 id="place">Name and place</h2></div><div class="panel-body">{{> form}}</div></section>{{/form}}
        """#
}
