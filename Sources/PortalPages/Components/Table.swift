/// Rows of what engineers compare: dense, the first column names the row, figures stand under each other.
struct Table: Component {
    struct Column: Sendable {
        enum Kind: String, Sendable {
            case text = ""
            case number = "n"
            case tight
            case wide
        }

        let title: String
        let kind: Kind

        init(_ title: String, _ kind: Kind = .text) { (self.title, self.kind) = (title, kind) }
    }

    /// Read out, and the name of the region that can be scrolled.
    let caption: String
    let columns: [Head]
    let body: Markup
    let isEmpty: Bool
    let empty: Empty?
    let more: More?
    let style: String

    struct Head: Sendable {
        let title: String
        let style: String
    }

    /// The next page of a list.
    struct More: Sendable {
        let address: String
    }

    init(
        _ caption: String,
        _ columns: [Column],
        _ rows: [[Markup]],
        empty: Empty? = nil,
        next: String? = nil,
        style: String = ""
    ) {
        self.caption = caption
        // Where there is no room for columns a row becomes a card, unless its figures are read down their columns.
        let isFolding = style != "keeps"
        self.style =
            !isFolding || style == "folds" ? style : style.isEmpty ? "folds" : "folds \(style)"
        self.columns = columns.map { Head(title: $0.title, style: $0.kind.rawValue) }
        isEmpty = rows.isEmpty
        self.empty = empty
        more = next.map { More(address: $0) }
        // Then each cell is a line, which says its column itself; the one of two columns needs no word of it.
        let isLabelled = isFolding && columns.count > 2
        var body = Markup.empty
        for row in rows {
            body += "<tr>"
            for (index, (cell, column)) in zip(row, columns).enumerated() {
                body +=
                    index == 0
                    ? "<th scope=\"row\" class=\"\(column.kind.rawValue)\">\(cell)</th>"
                    : "<td class=\"\(column.kind.rawValue)\"\(isLabelled ? Self.label(column.title) : .empty)>\(cell)</td>"
            }
            body += "</tr>\n"
        }
        self.body = body
    }

    private static func label(_ title: String) -> Markup { " data-label=\"\(title)\"" }

    static let name = "table"
    static let template = #"""
        {{#.isEmpty}}{{#empty}}{{> empty}}{{/empty}}{{/.isEmpty}}{{^.isEmpty}}<div class="table-wrap" role="region" aria-label="{{.caption}}, table" tabindex="0"><table class="{{.style}}"><caption class="sr">{{.caption}}</caption>
        <thead><tr>{{#.columns}}<th scope="col" class="{{style}}">{{title}}</th>{{/.columns}}</tr></thead>
        <tbody>
        {{{.body}}}</tbody></table></div>{{#.more}}<p class="panel-foot"><a href="{{address}}">Next page</a></p>{{/.more}}{{/.isEmpty}}
        """#
}

/// A titled box around one matter.
struct Panel: Component {
    let id: String
    let title: String
    let note: Markup
    let actions: [Button]
    let hasActions: Bool

    init(_ id: String, _ title: String, note: Markup = .empty, actions: [Button] = []) {
        (self.id, self.title, self.note, self.actions) = (id, title, note, actions)
        hasActions = !actions.isEmpty
    }

    static let name = "panel-head"
    static let template = #"""
        <div class="panel-head"><h2 id="{{.id}}">{{.title}}</h2>{{#.note}}<p>{{{.}}}</p>{{/.note}}{{#.hasActions}}<div class="row">{{#.actions}}{{> button}}{{/.actions}}</div>{{/.hasActions}}</div>
        """#
}
