/// One form or one message in the middle of a page: signing in, the first start, what is shown once.
struct Door: Component {
    /// Where in a sequence this is: `Step 1 of 3`.
    let step: String?
    /// Of the box, where the page has a title of its own beside it.
    let what: String?
    let title: String
    let lead: Markup
    /// Of its form.
    let refusal: Note?
    let notes: [Note]
    let body: Markup
    let form: FormBox?
    let after: Markup
    let foot: Markup

    init(
        _ title: String,
        what: String? = nil,
        step: String? = nil,
        lead: Markup = .empty,
        notes: [Note] = [],
        body: Markup = .empty,
        form: FormBox? = nil,
        after: Markup = .empty,
        foot: Markup = .empty
    ) {
        (self.step, self.what, self.title, self.lead, self.notes) = (step, what, title, lead, notes)
        (self.body, self.form, self.after, self.foot) = (body, form, after, foot)
        refusal = form?.note
    }

    static let name = "door"
    static let template = #"""
        <section class="panel door" aria-labelledby="door"><div class="panel-body"><header>{{#.step}}<p class="step">{{.}}</p>{{/.step}}<h1 id="door">{{.title}}</h1>{{#.lead}}<p class="muted">{{{.}}}</p>{{/.lead}}</header>{{#.refusal}}{{> note}}{{/.refusal}}{{#.notes}}{{> note}}{{/.notes}}{{{.body}}}{{#.form}}{{> form}}{{/.form}}{{{.after}}}</div>{{#.foot}}<div class="panel-foot">{{{.}}}</div>{{/.foot}}</section>
        """#
}

/// A page that is one door. Without navigation, unless it says otherwise.
protocol DoorPage: PageView {
    var door: Door { get }
}

extension DoorPage {
    public static var template: String { "{{#door}}{{> door}}{{/door}}" }
    public var title: String { door.title }
    public var isPlain: Bool { true }
}
