/// Everything that is listed, as files: whole lists, and lists of one product, factory, EdgeHSM, batch or person.
public struct ExportPage: SheetPage {
    public static let name = "exports"
    public let title = "Exports"
    let sheet: Sheet

    /// One list as it can be had.
    public struct List: Sendable {
        public let title: String
        public let words: String
        /// Of the file, without its ending; nil until it is chosen of what.
        public let address: String?
        public let query: String
        /// Where it is a list of one thing: of which.
        public let of: Choice.Kind?

        public init(title: String, words: String, address: String?, query: String = "", of kind: Choice.Kind? = nil) {
            (self.title, self.words, self.address) = (title, words, address)
            (self.query, self.of) = (query, kind)
        }
    }

    /// What the lists of one thing can be of.
    public struct Choice: Sendable {
        public enum Kind: String, Sendable, CaseIterable {
            case product, factory, edge, batch, person
        }

        public let kind: Kind
        public let chosen: String
        /// Id and name.
        public let options: [(String, String)]

        public init(_ kind: Kind, chosen: String, options: [(String, String)]) {
            (self.kind, self.chosen, self.options) = (kind, chosen, options)
        }
    }

    public init(_ lists: [List], choices: [Choice]) {
        let whole = lists.filter { $0.of == nil }
        let parts = choices.map { choice in
            let rows = lists.filter { $0.of == choice.kind }.map(Self.row)
            return Box(
                "of-\(choice.kind.rawValue)",
                "Of one \(choice.kind.words)",
                Self.form(choice, among: choices) + Self.table("Lists of one \(choice.kind.words)", rows),
                isFlush: true
            )
        }
        sheet = Sheet(
            Head(
                "Exports",
                lead:
                    "Every list that you may see, as CSV or JSON. JSON has the fields of the API."
            ),
            main: [Box("lists", "Whole lists", Self.table("Whole lists", whole.map(Self.row)), isFlush: true)] + parts
        )
    }

    private static func table(_ caption: String, _ rows: [[Markup]]) -> Markup {
        .table(caption, [.init("List"), .init("File", .tight)], rows)
    }

    private static func row(_ list: List) -> [Markup] {
        let files: Markup =
            list.address.map { address in
                let buttons = ["csv", "json"].map { format in
                    Markup.of(
                        Button(
                            format.uppercased(),
                            "\(address).\(format)\(list.query)",
                            icon: .export,
                            isSmall: true,
                            isDownload: true
                        )
                    )
                }
                return "<span class=\"row\">\(buttons.joined())</span>"
            } ?? "<span class=\"muted small\">choose one above</span>"
        return [.sub(.text(list.title), .text(list.words)), files]
    }

    /// Choosing one keeps what was chosen of the others.
    private static func form(_ choice: Choice, among choices: [Choice]) -> Markup {
        let name = choice.kind.rawValue
        let form = FormState(values: [name: choice.chosen], key: "", csrf: "")
        let field = Field.select(
            form,
            name,
            choice.kind.title,
            [("", "None chosen", .empty)] + choice.options.map { ($0.0, $0.1, .empty) },
            isRequired: false
        )
        let kept = choices.filter { $0.kind != choice.kind && !$0.chosen.isEmpty }.map { other -> Markup in
            "<input type=\"hidden\" name=\"\(other.kind.rawValue)\" value=\"\(other.chosen)\">"
        }
        return """
            <div class="panel-body"><form class="filters" method="get" action="/exports#of-\(name)">\(kept.joined())\(Markup.of(field))\
            <div class="row">\(Markup.of(Button("Choose", isSmall: true)))</div></form></div>
            """
    }
}

extension ExportPage.Choice.Kind {
    var title: String { self == .edge ? "EdgeHSM" : words.prefix(1).uppercased() + words.dropFirst() }
    var words: String { self == .edge ? "EdgeHSM" : rawValue }
}
