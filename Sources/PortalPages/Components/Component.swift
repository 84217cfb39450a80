/// A piece of a page with a template of its own, which pages include as a partial.
///
/// Its fields are what the template names. A field in three braces is `Markup`; all else is escaped.
protocol Component: Sendable {
    static var name: String { get }
    static var template: String { get }
}

/// A list of what stands above the title.
struct Crumbs: Component {
    struct Step: Sendable {
        let title: String
        let address: String
    }

    let steps: [Step]

    init(_ steps: [(String, String)]) { self.steps = steps.map { Step(title: $0.0, address: $0.1) } }

    static let name = "crumbs"
    static let template = #"""
        <nav class="crumbs" aria-label="Breadcrumb"><ol>
        {{#.steps}}<li><a href="{{address}}">{{title}}</a>{{{chevron}}}</li>{{/.steps}}
        </ol></nav>
        """#
    let chevron = Icon.chevron.markup
}

/// A page's title with what belongs beside it.
struct Head: Component {
    let crumbs: Crumbs?
    let title: String
    /// Beside the title: states.
    let badges: Markup
    let lead: Markup
    let actions: [Button]
    /// After the buttons: what is live among them.
    let after: Markup
    /// The page has a live stream.
    let isLive: Bool
    let pause = Icon.pause.markup

    init(
        _ title: String,
        crumbs: [(String, String)] = [],
        badges: Markup = .empty,
        lead: Markup = .empty,
        actions: [Button] = [],
        after: Markup = .empty,
        isLive: Bool = false
    ) {
        self.title = title
        self.crumbs = crumbs.isEmpty ? nil : Crumbs(crumbs)
        self.badges = badges
        self.lead = lead
        (self.actions, self.after) = (actions, after)
        self.isLive = isLive
    }

    static let name = "head"
    static let template = #"""
        <div class="head">
        <div class="head-text">{{#.crumbs}}{{> crumbs}}{{/.crumbs}}
        <h1>{{.title}} {{{.badges}}}</h1>{{#.lead}}<p class="lead">{{{.}}}</p>{{/.lead}}</div>
        <div class="actions">{{#.isLive}}<span class="live" role="status">Not live</span>
        <button type="button" class="button quiet" data-live-pause aria-pressed="false" hidden>{{{pause}}}<span class="label">Pause</span></button>{{/.isLive}}
        {{#.actions}}{{> button}}{{/.actions}}{{{.after}}}</div>
        </div>
        """#
}

struct Button: Component {
    enum Style: String, Sendable {
        case usual = ""
        case primary, danger, quiet
    }

    let text: String
    let icon: Markup
    /// A link that looks like a button; nil: it submits its form.
    let address: String?
    /// Id of the dialog that the link opens.
    let dialog: String?
    let style: String
    let isDisabled: Bool
    let isDownload: Bool

    init(
        _ text: String,
        _ address: String? = nil,
        icon: Icon? = nil,
        style: Style = .usual,
        dialog: String? = nil,
        isSmall: Bool = false,
        isDisabled: Bool = false,
        isDownload: Bool = false
    ) {
        self.text = text
        self.icon = icon?.markup ?? .empty
        self.address = address
        self.dialog = dialog
        self.style = (isSmall ? "small " : "") + style.rawValue
        self.isDisabled = isDisabled
        self.isDownload = isDownload
    }

    static let name = "button"
    static let template = #"""
        {{#.address}}<a class="button {{style}}" href="{{.}}"{{#dialog}} data-dialog="{{.}}"{{/dialog}}{{#isDownload}} download{{/isDownload}}>{{{icon}}}{{text}}</a>{{/.address}}{{^.address}}<button type="submit" class="button {{.style}}"{{#.isDisabled}} disabled{{/.isDisabled}}>{{{.icon}}}{{.text}}</button>{{/.address}}
        """#
}

/// Something to be told: a refusal with its remedy, a warning, a hint.
struct Note: Component {
    let tone: String
    let icon: Markup
    let title: String
    let body: Markup
    /// Of several things to be told.
    let list: Markup
    /// A refusal's code.
    let code: String?
    let role: String
    /// A script gives it the focus where no field has it.
    let isAlert: Bool

    init(_ tone: Tone, _ title: String, _ body: Markup = .empty, list: Markup = .empty, code: String? = nil) {
        self.tone = tone.rawValue
        icon = tone.icon.markup
        self.title = title
        self.body = body
        self.list = list
        self.code = code
        isAlert = tone == .bad
        role = tone == .bad ? "alert" : "note"
    }

    static let name = "note"
    static let template = #"""
        <div class="note-box {{.tone}}" role="{{.role}}"{{#.isAlert}} tabindex="-1"{{/.isAlert}}>{{{.icon}}}<div><strong>{{.title}}</strong>{{#.body}}<p>{{{.}}}</p>{{/.body}}{{{.list}}}{{#.code}}<code class="code-name">{{.}}</code>{{/.code}}</div></div>
        """#
}

/// Nothing to show, and what to do about it.
struct Empty: Component {
    let icon: Markup
    let title: String
    let text: Markup
    let actions: [Button]
    let hasActions: Bool

    init(_ icon: Icon, _ title: String, _ text: Markup, _ actions: [Button] = []) {
        self.icon = icon.markup
        self.title = title
        self.text = text
        self.actions = actions
        hasActions = !actions.isEmpty
    }

    static let name = "empty"
    static let template = #"""
        <div class="empty">{{{.icon}}}<strong>{{.title}}</strong><p>{{{.text}}}</p>{{#.hasActions}}<div class="row">{{#.actions}}{{> button}}{{/.actions}}</div>{{/.hasActions}}</div>
        """#
}

struct Stats: Component {
    struct Item: Sendable {
        let title: String
        let value: Markup
        let note: Markup

        init(_ title: String, _ value: Markup, _ note: Markup = .empty) {
            (self.title, self.value, self.note) = (title, value, note)
        }
    }

    let items: [Item]
    init(_ items: [Item]) { self.items = items }

    static let name = "stats"
    static let template = #"""
        <dl class="stats">{{#.items}}<div class="stat"><dt>{{title}}</dt><dd>{{{value}}}<span class="note">{{{note}}}</span></dd></div>{{/.items}}</dl>
        """#
}

struct Tabs: Component {
    struct Item: Sendable {
        let title: String
        let address: String
        let isCurrent: Bool
        let count: Markup
    }

    let label: String
    let items: [Item]

    init(_ label: String, _ items: [Item]) { (self.label, self.items) = (label, items) }

    static let name = "tabs"
    static let template = #"""
        <nav class="tabs" aria-label="{{.label}}">{{#.items}}<a href="{{address}}"{{#isCurrent}} aria-current="page"{{/isCurrent}}>{{title}}{{{count}}}</a>{{/.items}}</nav>
        """#
}

struct Definitions: Component {
    struct Item: Sendable {
        let term: String
        let value: Markup
    }

    let items: [Item]
    init(_ items: [(String, Markup)]) { self.items = items.map { Item(term: $0.0, value: $0.1) } }

    static let name = "definitions"
    static let template = #"""
        <dl class="dl">{{#.items}}<dt>{{term}}</dt><dd>{{{value}}}</dd>{{/.items}}</dl>
        """#
}

/// Text to be copied: a command, octets.
struct CodeBlock: Component {
    let id: String
    let label: String
    let text: Markup
    let isTall: Bool
    let isCommand: Bool
    let icon = Icon.copy.markup

    init(_ text: String, id: String, label: String, isTall: Bool = false) {
        (self.text, self.id, self.label, self.isTall) = (.text(text), id, label, isTall)
        isCommand = false
    }

    /// What is typed into a terminal: it breaks between its arguments alone.
    init(command: String, id: String, label: String) {
        (text, self.id, self.label, isTall, isCommand) = (CommandMarkup.of(command), id, label, false, true)
    }

    static let name = "code"
    static let template = #"""
        <div class="code-block{{#.isTall}} tall{{/.isTall}}{{#.isCommand}} command{{/.isCommand}}"><pre id="{{.id}}" tabindex="0" role="region" aria-label="{{.label}}">{{{.text}}}</pre><button type="button" class="button icon-only small" data-copy="{{.id}}" hidden>{{{.icon}}}<span class="sr">Copy: {{.label}}</span></button></div>
        """#
}

struct Timeline: Component {
    struct Item: Sendable {
        let tone: String
        let what: Markup
        let when: Markup
        let detail: Markup

        init(_ tone: Tone, _ what: Markup, when: Markup, detail: Markup = .empty) {
            (self.tone, self.what, self.when, self.detail) = (tone.rawValue, what, when, detail)
        }
    }

    let items: [Item]
    init(_ items: [Item]) { self.items = items }

    static let name = "timeline"
    static let template = #"""
        <ol class="timeline">{{#.items}}<li class="{{tone}}"><p class="what">{{{what}}}</p><p class="when">{{{when}}}</p>{{#.detail}}<div class="detail">{{{.}}}</div>{{/.detail}}</li>{{/.items}}</ol>
        """#
}

/// A message that goes away, after something was done.
struct Toast: Component {
    let tone: String
    let icon: Markup
    let text: String
    let close = Icon.cross.markup

    init(_ tone: Tone, _ text: String) { (self.tone, icon, self.text) = (tone.rawValue, tone.icon.markup, text) }

    static let name = "toast"
    static let template = #"""
        <div class="toast {{.tone}}">{{{.icon}}}<p>{{.text}}</p><button type="button" class="button quiet icon-only small" data-close>{{{.close}}}<span class="sr">Dismiss</span></button></div>
        """#
}
