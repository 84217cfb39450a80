/// A long form: a card for each matter, in the order in which people think of it, and one button for all of them.
struct CardForm: Component {
    struct Card: Sendable {
        let id: String
        let title: String
        let text: Markup
        let body: Markup
        /// What its errors are about, for the summary above.
        let fields: [Field]
    }

    let action: String
    let hidden: Markup
    let note: Note?
    let cards: [Card]
    let submit: Button
    let cancel: Button

    init(action: String, form: FormState, cards: [Card], submit: Button, cancel: String) {
        (self.action, hidden, self.cards, self.submit) = (action, form.hidden, cards, submit)
        self.cancel = Button("Cancel", cancel)
        note = form.note(naming: cards.flatMap(\.fields))
    }

    static let name = "card-form"
    static let template = #"""
        <form class="form cards-form" method="post" action="{{.action}}">{{{.hidden}}}{{#.note}}{{> note}}{{/.note}}
        {{#.cards}}<section class="panel" aria-labelledby="{{id}}"><div class="panel-head"><h2 id="{{id}}">{{title}}</h2>{{#text}}<p>{{{.}}}</p>{{/text}}</div><div class="panel-body">{{{body}}}</div></section>
        {{/.cards}}<div class="actions">{{#.submit}}{{> button}}{{/.submit}}{{#.cancel}}{{> button}}{{/.cancel}}</div></form>
        """#
}

extension CardForm.Card {
    /// Fields in columns, and what else belongs to the matter.
    init(_ id: String, _ title: String, _ text: Markup = .empty, fields: [Field], after: Markup = .empty) {
        // Four side by side, where there is room, leave none alone on a line.
        let style = fields.count.isMultiple(of: 4) ? "fields four" : "fields"
        let own = fields.map { Markup.of($0) }.joined()
        self.init(
            id: id,
            title: title,
            text: text,
            body: fields.isEmpty ? after : "<div class=\"\(style)\">\(own)</div>\(after)",
            fields: fields
        )
    }
}

extension FormState {
    /// The refusal, with a link to each field that it is about.
    func note(naming fields: [Field]) -> Note? {
        guard let note else { return nil }
        let wrong = fields.filter { $0.error != nil }
        guard !wrong.isEmpty else { return note }
        let items = wrong.map { field -> Markup in
            "<li><a href=\"#\(field.id)\">\(field.label)</a>: \(field.error ?? "")</li>"
        }
        return note.listing("<ul>\(items.joined())</ul>")
    }
}

extension Note {
    func listing(_ list: Markup) -> Note {
        Note(Tone(rawValue: tone) ?? .bad, title, body, list: list, code: code)
    }
}
