/// A titled box with what stands in it.
struct Box: Component {
    let id: String
    let title: String
    let note: Markup
    let actions: [Button]
    let hasActions: Bool
    let body: Markup
    /// A table or a list goes to the edges of the box.
    let isFlush: Bool

    init(
        _ id: String,
        _ title: String,
        _ body: Markup,
        note: Markup = .empty,
        actions: [Button] = [],
        isFlush: Bool = false
    ) {
        (self.id, self.title, self.body, self.note) = (id, title, body, note)
        (self.actions, self.isFlush) = (actions, isFlush)
        hasActions = !actions.isEmpty
    }

    static let name = "box"
    static let template = #"""
        <section class="panel" aria-labelledby="{{.id}}"><div class="panel-head"><h2 id="{{.id}}">{{.title}}</h2>{{#.note}}<p>{{{.}}}</p>{{/.note}}{{#.hasActions}}<div class="row">{{#.actions}}{{> button}}{{/.actions}}</div>{{/.hasActions}}</div>{{#.isFlush}}{{{body}}}{{/.isFlush}}{{^.isFlush}}<div class="panel-body">{{{.body}}}</div>{{/.isFlush}}</section>
        """#
}

/// How most pages are laid out: title, what must be said first, figures, tabs, the matter itself and what stands beside it.
struct Sheet: Component {
    let head: Head
    let notes: [Note]
    let stats: Markup
    let tabs: Tabs?
    let above: Markup
    let main: [Box]
    let side: [Box]
    /// What stands beside the matter is what is done about it: it comes first where there is room for one column alone.
    let leads: Bool
    let hasSide: Bool
    let dialogs: [DialogForm]

    /// - Parameter form: whose refusal is told above all where no dialog tells it.
    init(
        _ head: Head,
        notes: [Note] = [],
        form: FormState? = nil,
        stats: Markup = .empty,
        tabs: Tabs? = nil,
        above: Markup = .empty,
        main: [Box],
        side: [Box] = [],
        sideLeads: Bool = false,
        dialogs: [DialogForm] = []
    ) {
        (self.head, self.stats, self.tabs, self.above) = (head, stats, tabs, above)
        let refused = dialogs.contains { $0.isOpen } ? nil : form?.note
        self.notes = [refused].compactMap { $0 } + notes
        (self.main, self.side, self.dialogs) = (main, side, dialogs)
        hasSide = !side.isEmpty
        leads = hasSide && sideLeads
    }

    static let name = "sheet"
    static let template = #"""
        {{#.head}}{{> head}}{{/.head}}
        {{#.dialogs}}{{> dialog}}{{/.dialogs}}
        {{#.notes}}{{> note}}{{/.notes}}
        {{{.stats}}}
        {{^.leads}}{{#.tabs}}{{> tabs}}{{/.tabs}}{{/.leads}}
        {{{.above}}}
        {{#.leads}}<div class="columns leads"><div>{{#side}}{{> box}}{{/side}}</div><div>{{#tabs}}{{> tabs}}{{/tabs}}{{#main}}{{> box}}{{/main}}</div></div>{{/.leads}}{{^.leads}}{{#.hasSide}}<div class="columns"><div>{{#main}}{{> box}}{{/main}}</div><div>{{#side}}{{> box}}{{/side}}</div></div>{{/.hasSide}}{{/.leads}}{{^.hasSide}}{{#.main}}{{> box}}{{/.main}}{{/.hasSide}}
        """#
}

/// A page that is one sheet.
protocol SheetPage: PageView {
    var sheet: Sheet { get }
}

extension SheetPage {
    public static var template: String { "{{#sheet}}{{> sheet}}{{/sheet}}" }
}

/// A form on a page of its own.
struct FormBox: Component {
    let action: String
    let hidden: Markup
    /// The refusal, for the top of the page.
    let note: Note?
    let groups: [Group]
    let submit: Button
    let cancel: Button?
    let extra: Markup
    let isBatch: Bool

    struct Group: Sendable {
        let title: String?
        let text: Markup
        let fields: [Field]
    }

    init(
        action: String,
        form: FormState,
        what: String? = nil,
        groups: [(title: String?, text: Markup, fields: [Field])],
        submit: Button,
        cancel: String? = nil,
        extra: Markup = .empty,
        isBatch: Bool = false
    ) {
        self.action = action
        let marker: Markup = what.map { "<input type=\"hidden\" name=\"do\" value=\"\($0)\">" } ?? .empty
        hidden = form.hidden + marker
        note = form.note
        self.groups = groups.map { Group(title: $0.title, text: $0.text, fields: $0.fields) }
        self.submit = submit
        self.cancel = cancel.map { Button("Cancel", $0) }
        self.extra = extra
        self.isBatch = isBatch
    }

    static let name = "form"
    static let template = #"""
        <form class="form" method="post" action="{{.action}}"{{#.isBatch}} data-batch{{/.isBatch}}>{{{.hidden}}}{{#.groups}}<div class="stack">{{#.title}}<h3>{{.}}</h3>{{/.title}}{{#.text}}<p class="muted small">{{{.}}}</p>{{/.text}}<div class="fields">{{#fields}}{{> field}}{{/fields}}</div></div>{{/.groups}}{{{.extra}}}<div class="actions">{{#.submit}}{{> button}}{{/.submit}}{{#.cancel}}{{> button}}{{/.cancel}}</div></form>
        """#
}
