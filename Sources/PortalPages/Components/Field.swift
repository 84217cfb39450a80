public import PortalProtocol

/// What was entered and what was wrong with it, when a form comes back.
public struct FormState: Sendable {
    /// By field name.
    public let values: [String: String]
    public let errors: [String: String]
    /// The refusal as a whole.
    public let problem: Problem?
    /// One-time form key: the `Idempotency-Key` of what the form makes.
    public let key: String
    /// Of the object as it was read: the `If-Match` of what the form changes.
    public let tag: String?
    public let csrf: String

    public init(
        values: [String: String] = [:],
        errors: [String: String] = [:],
        problem: Problem? = nil,
        key: String,
        tag: String? = nil,
        csrf: String
    ) {
        (self.values, self.errors, self.problem) = (values, errors, problem)
        (self.key, self.tag, self.csrf) = (key, tag, csrf)
    }

    var note: Note? {
        guard let problem else {
            guard !errors.isEmpty else { return nil }
            let many = errors.count == 1 ? "One field needs" : "\(errors.count) fields need"
            return Note(.bad, "Nothing was saved", "\(many) another value. The reason is shown below the field.")
        }
        let detail: Markup = problem.detail.map { "\($0). " } ?? .empty
        return Note(.bad, problem.title, "\(detail)\(problem.remedy)", code: problem.code)
    }

    /// Fields that every form sends.
    var hidden: Markup {
        let tag: Markup = self.tag.map { "<input type=\"hidden\" name=\"tag\" value=\"\($0)\">" } ?? .empty
        return """
            <input type="hidden" name="csrf" value="\(csrf)"><input type="hidden" name="key" value="\(key)">\(tag)
            """
    }
}

/// One field with its label, its help and what is wrong with it.
struct Field: Component {
    enum Kind: String, Sendable {
        case text, email, number, password, search, date
        case dateTime = "datetime-local"
    }

    struct Option: Sendable {
        let value: String
        let text: String
        let isSelected: Bool
        let extra: Markup
    }

    let name: String
    private(set) var id: String
    let label: String
    let help: String?
    let error: String?
    /// What somebody else has put there meanwhile, where that is not what was entered.
    let now: String?
    let value: String
    let isRequired: Bool
    let isOptional: Bool
    let input: String?
    let options: [Option]
    let isSelect: Bool
    let isArea: Bool
    let isChecks: Bool
    let extra: Markup
    private(set) var after: Markup
    /// A document that a program wrote: chosen as a file, or pasted.
    let isDocument: Bool
    let isInvalid: Bool
    private(set) var describedBy: Markup
    let warning = Icon.warning.markup

    private init(
        _ form: FormState?,
        _ name: String,
        _ label: String,
        help: String?,
        value: String,
        isRequired: Bool,
        input: String?,
        options: [(value: String, text: String, extra: Markup)] = [],
        isSelect: Bool = false,
        isArea: Bool = false,
        isDocument: Bool = false,
        isChecks: Bool = false,
        extra: Markup = .empty,
        after: Markup = .empty
    ) {
        let entered = form?.values[name] ?? value
        let chosen = Set(isChecks ? entered.split(separator: ",").map(String.init) : [entered])
        self.name = name
        id = "f-\(name)"
        self.label = label
        self.help = help
        error = form?.errors[name]
        // What is secret is typed again.
        self.value = input == Kind.password.rawValue ? "" : entered
        self.isRequired = isRequired
        isOptional = !isRequired && !isChecks && form != nil
        self.input = input
        self.options = options.map {
            Option(value: $0.value, text: $0.text, isSelected: chosen.contains($0.value), extra: $0.extra)
        }
        let isOther = isChecks ? Set(value.split(separator: ",").map(String.init)) != chosen : entered != value
        now =
            form?.problem?.status == 412 && form?.values[name] != nil && isOther
            ? Self.words(value, options.map { ($0.value, $0.text) }, isChecks) : nil
        self.isSelect = isSelect
        self.isArea = isArea
        self.isChecks = isChecks
        self.extra = extra
        self.isDocument = isDocument
        self.after = isDocument ? FilePick.document(into: "f-\(name)") : after
        isInvalid = error != nil
        describedBy = .empty
        describedBy = describing()
    }

    /// As the field's own choices call it.
    private static func words(_ value: String, _ options: [(value: String, text: String)], _ isChecks: Bool) -> String {
        let parts = isChecks ? value.split(separator: ",").map(String.init) : [value]
        let words = parts.map { part in options.first { $0.value == part }?.text ?? part }.joined(separator: ", ")
        return words.isEmpty ? "nothing" : words
    }

    private func describing() -> Markup {
        let described = [
            help.map { _ in "\(id)-help" }, now.map { _ in "\(id)-now" }, error.map { _ in "\(id)-error" },
        ].compactMap { $0 }
        return described.isEmpty ? .empty : " aria-describedby=\"\(described.joined(separator: " "))\""
    }

    /// With an id of its own in one of several forms of a page.
    func scoped(_ name: String) -> Field {
        var field = self
        field.id = "f-\(name)-\(self.name)"
        field.describedBy = field.describing()
        if isDocument { field.after = FilePick.document(into: field.id) }
        return field
    }

    static func input(
        _ form: FormState?,
        _ name: String,
        _ label: String,
        _ kind: Kind = .text,
        help: String? = nil,
        value: String = "",
        isRequired: Bool = true,
        extra: Markup = .empty,
        after: Markup = .empty
    ) -> Field {
        Field(
            form,
            name,
            label,
            help: help,
            value: value,
            isRequired: isRequired,
            input: kind.rawValue,
            extra: extra,
            after: after
        )
    }

    static func area(
        _ form: FormState?,
        _ name: String,
        _ label: String,
        help: String? = nil,
        value: String = "",
        isRequired: Bool = true,
        after: Markup = .empty
    ) -> Field {
        Field(
            form,
            name,
            label,
            help: help,
            value: value,
            isRequired: isRequired,
            input: nil,
            isArea: true,
            after: after
        )
    }

    /// What a program wrote, as it is: from a file, or pasted.
    static func document(_ form: FormState?, _ name: String, _ label: String, help: String) -> Field {
        Field(
            form,
            name,
            label,
            help: help,
            value: "",
            isRequired: true,
            input: nil,
            isArea: true,
            isDocument: true
        )
    }

    static func select(
        _ form: FormState?,
        _ name: String,
        _ label: String,
        _ options: [(value: String, text: String, extra: Markup)],
        help: String? = nil,
        value: String = "",
        isRequired: Bool = true
    ) -> Field {
        Field(
            form,
            name,
            label,
            help: help,
            value: value,
            isRequired: isRequired,
            input: nil,
            options: options,
            isSelect: true
        )
    }

    /// Any number of choices.
    static func checks(
        _ form: FormState?,
        _ name: String,
        _ label: String,
        _ options: [(value: String, text: String)],
        help: String? = nil,
        value: String = ""
    ) -> Field {
        Field(
            form,
            name,
            label,
            help: help,
            value: value,
            isRequired: false,
            input: nil,
            options: options.map { ($0.value, $0.text, .empty) },
            isChecks: true
        )
    }

    static let name = "field"
    static let template = #"""
        {{#.isChecks}}<fieldset class="field"{{{describedBy}}}><legend>{{label}}</legend>{{#options}}<div class="check"><input type="checkbox" id="{{id}}-{{value}}" name="{{name}}" value="{{value}}"{{#isSelected}} checked{{/isSelected}}><label for="{{id}}-{{value}}">{{text}}</label></div>{{/options}}{{#help}}<p class="help" id="{{id}}-help">{{.}}</p>{{/help}}{{#now}}<p class="help now" id="{{id}}-now">There now: {{.}}</p>{{/now}}{{#error}}<p class="error" id="{{id}}-error">{{{warning}}}{{.}}</p>{{/error}}</fieldset>{{/.isChecks}}{{^.isChecks}}<div class="field"><label for="{{.id}}">{{.label}}{{#.isOptional}} <span class="optional">(optional)</span>{{/.isOptional}}</label>{{#.input}}<input type="{{.}}" id="{{id}}" name="{{name}}" value="{{value}}"{{#isRequired}} required{{/isRequired}}{{#isInvalid}} aria-invalid="true"{{/isInvalid}}{{{describedBy}}} {{{extra}}}>{{/.input}}{{#.isArea}}<textarea id="{{id}}" name="{{name}}"{{#isRequired}} required{{/isRequired}}{{#isInvalid}} aria-invalid="true"{{/isInvalid}}{{{describedBy}}}>{{value}}</textarea>{{/.isArea}}{{#.isSelect}}<select id="{{id}}" name="{{name}}"{{#isRequired}} required{{/isRequired}}{{#isInvalid}} aria-invalid="true"{{/isInvalid}}{{{describedBy}}}>{{#options}}<option value="{{value}}"{{#isSelected}} selected{{/isSelected}} {{{extra}}}>{{text}}</option>{{/options}}</select>{{/.isSelect}}{{#.error}}<p class="error" id="{{id}}-error">{{{warning}}}<span>{{.}}</span></p>{{/.error}}{{#.help}}<p class="help" id="{{id}}-help">{{.}}</p>{{/.help}}{{#.now}}<p class="help now" id="{{id}}-now">There now: {{.}}</p>{{/.now}}{{{.after}}}</div>{{/.isChecks}}
        """#
}

/// A form in a dialog, or open on the page where scripts don't run and the address asks for it.
struct DialogForm: Component {
    let id: String
    let title: String
    let text: Markup
    let action: String
    let hidden: Markup
    let note: Note?
    let fields: [Field]
    let submit: Button
    let isOpen: Bool
    let close: String
    let cross = Icon.cross.markup

    /// - Parameters:
    ///   - what: value of the hidden field `do`, by which the page's POST tells its forms apart.
    ///   - isOpen: the page was asked for with it, or it comes back refused.
    init(
        _ what: String,
        _ title: String,
        _ text: Markup,
        action: String,
        form: FormState,
        fields: [Field],
        submit: Button,
        isOpen: Bool
    ) {
        id = "dialog-\(what)"
        self.title = title
        self.text = text
        self.action = action
        hidden = "\(form.hidden)<input type=\"hidden\" name=\"do\" value=\"\(what)\">"
        note = isOpen ? form.note : nil
        self.fields = fields.map { $0.scoped(what) }
        self.submit = submit
        self.isOpen = isOpen
        close = action
    }

    static let name = "dialog"
    static let template = #"""
        <dialog class="dialog" id="{{.id}}" aria-labelledby="{{.id}}-title"{{#.text}} aria-describedby="{{id}}-text"{{/.text}}{{#.isOpen}} open{{/.isOpen}}><form class="form" method="post" action="{{.action}}">{{{.hidden}}}
        <header><h2 id="{{.id}}-title" tabindex="-1" autofocus>{{.title}}</h2><a class="button quiet icon-only small" href="{{.close}}" data-close>{{{.cross}}}<span class="sr">Close</span></a></header>
        <div class="body">{{#.note}}{{> note}}{{/.note}}{{#.text}}<p id="{{id}}-text">{{{.}}}</p>{{/.text}}{{#.fields}}{{> field}}{{/.fields}}</div>
        <footer><a class="button" href="{{.close}}" data-close>Cancel</a>{{#.submit}}{{> button}}{{/.submit}}</footer></form></dialog>
        """#
}
