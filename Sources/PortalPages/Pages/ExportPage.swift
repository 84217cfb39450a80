/// Everything that is listed, as files: whole lists by what they are about, and lists of one product, factory, EdgeHSM,
/// batch or person.
public struct ExportPage: SheetPage {
    public static let name = "exports"
    public let title = "Exports"
    let sheet: Sheet

    public enum Format: String, Sendable, CaseIterable {
        case csv, json
    }

    /// As the navigation groups what the lists are about.
    public enum Group: String, Sendable, CaseIterable {
        case production, trust, organisation, yours

        var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
    }

    /// One list as it can be had.
    public struct List: Sendable {
        /// What is chosen before it can be had.
        public enum Choosing: Sendable {
            case nothing
            /// What its figures are summed by: value and words.
            case by([(String, String)])
            /// Of which thing it is.
            case one(Choice.Kind)
        }

        public let title: String
        public let words: String
        public let group: Group
        /// Of the file, without its ending; of a list of one thing as the API's template has it, without `/exports/`.
        public let address: String
        public let choosing: Choosing

        public init(
            title: String,
            words: String,
            group: Group,
            address: String,
            choosing: Choosing = .nothing
        ) {
            (self.title, self.words, self.group) = (title, words, group)
            (self.address, self.choosing) = (address, choosing)
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

    public init(_ lists: [List], choices: [Choice], format: Format) {
        let boxes = Group.allCases.map { group -> Markup in
            let items = lists.filter { $0.group == group }.compactMap { Self.item($0, format) }
            guard !items.isEmpty else { return .empty }
            return .of(
                Box(group.rawValue, group.title, "<ul class=\"downloads\">\(items.joined())</ul>", isFlush: true)
            )
        }
        // The longest beside the others.
        let columns: Markup = """
            <div class="halves"><div>\(boxes[0])</div><div class="stack">\(boxes.dropFirst().map { $0 }.joined())</div></div>
            """
        let parts = choices.map { Self.form($0, lists, choices, format) }
        let ofOne: Markup =
            parts.isEmpty
            ? .empty
            : .of(
                Box(
                    "of-one",
                    "Lists of one thing",
                    parts.joined(),
                    note: "choose which, then download"
                )
            )
        // Changing the format keeps what was chosen.
        let kept = choices.filter { !$0.chosen.isEmpty }.map { "&\($0.kind.rawValue)=\(Self.escaped($0.chosen))" }
            .joined()
        sheet = Sheet(
            Head(
                "Exports",
                lead:
                    "Download every list that you may see. JSON has the same fields as the API; CSV opens in a spreadsheet."
            ),
            tabs: Tabs(
                "Format",
                Format.allCases.map { each in
                    .init(
                        title: each.rawValue.uppercased(),
                        address: "/exports?format=\(each.rawValue)\(kept)",
                        isCurrent: each == format,
                        count: .empty
                    )
                }
            ),
            above: "\(columns)\(ofOne)",
            main: []
        )
    }

    private static func item(_ list: List, _ format: Format) -> Markup? {
        let ending = format.rawValue
        switch list.choosing {
        case .one: return nil
        case .nothing:
            return """
                <li><a href="\(list.address).\(ending)" download>\(Icon.export.markup)\(list.title)\
                <span class="sr"> as \(ending.uppercased())</span></a><span class="muted small">\(list.words)</span></li>
                """
        case .by(let options):
            let form = FormState(key: "", csrf: "")
            let field = Field.select(
                form,
                "by",
                "\(list.title) by",
                options.map { ($0.0, $0.1, .empty) }
            )
            return """
                <li><form class="filters" method="get" action="\(list.address).\(ending)" data-file>\(Markup.of(field))\
                <div class="row">\(download(list.title, format))</div></form><span class="muted small">\(list.words)</span></li>
                """
        }
    }

    private static func download(_ what: String, _ format: Format) -> Markup {
        """
        <button type="submit" class="button small">\(Icon.export.markup)Download<span class="sr"> \(what) as \
        \(format.rawValue.uppercased())</span></button>
        """
    }

    /// The browser asks for which thing where none is chosen, and the portal leads to the file.
    private static func form(_ choice: Choice, _ lists: [List], _ choices: [Choice], _ format: Format) -> Markup {
        let name = choice.kind.rawValue
        let form = FormState(values: [name: choice.chosen], key: "", csrf: "")
        let thing = Field.select(
            form,
            name,
            choice.kind.title,
            [("", "Choose …", .empty)] + choice.options.map { ($0.0, $0.1, .empty) }
        )
        let own = lists.filter {
            if case .one(let kind) = $0.choosing { kind == choice.kind } else { false }
        }
        let list = Field.select(
            FormState(key: "", csrf: ""),
            "list",
            "List",
            own.map { ($0.address, $0.title, .empty) }
        )
        return """
            <form class="filters" method="get" action="/exports" data-file aria-label="List of one \(choice.kind.words)">\
            <input type="hidden" name="format" value="\(format.rawValue)">\(Markup.of(thing))\(Markup.of(list.scoped(name)))\
            <div class="row">\(download("list of one \(choice.kind.words)", format))</div></form>
            """
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "-._~".contains(character))
            return isPlain ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

extension ExportPage.Choice.Kind {
    var title: String { self == .edge ? "EdgeHSM" : words.prefix(1).uppercased() + words.dropFirst() }
    var words: String { self == .edge ? "EdgeHSM" : rawValue }
}
