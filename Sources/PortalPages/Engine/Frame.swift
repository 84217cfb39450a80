public import PortalProtocol
public import Vocabulary

/// Who looks at a page, as the page shows it.
public struct Viewer: Sendable, Hashable {
    public let name: String
    public let organisation: String
    public let roles: Set<Role>
    public let csrf: String

    public init(name: String, organisation: String, roles: Set<Role>, csrf: String) {
        (self.name, self.organisation, self.roles, self.csrf) = (name, organisation, roles, csrf)
    }

    public var isOEM: Bool { roles.contains { $0.kind == .oem } }

    /// Whose name the viewer may not know stays without one: of the OEM or of another ODM, they are of another house.
    func name(of person: PersonID?, _ names: [PersonID: String]) -> String {
        person.flatMap { names[$0] ?? (isOEM ? $0.text : nil) } ?? "someone of another organisation"
    }

    public func with(csrf: String) -> Viewer {
        Viewer(name: name, organisation: organisation, roles: roles, csrf: csrf)
    }

    var initials: String {
        let words = name.split(separator: " ").compactMap(\.first)
        return String((words.count > 1 ? [words[0], words[words.count - 1]] : Array(words.prefix(1)))).uppercased()
    }

    var roleWords: String { roles.sorted { $0.rawValue < $1.rawValue }.map(\.words).joined(separator: ", ") }
}

extension Role {
    var words: String {
        switch self {
        case .oemAdmin: "OEM admin"
        case .oemSecurityOfficer: "Security officer"
        case .oemViewer: "OEM viewer"
        case .odmEngineer: "ODM engineer"
        case .odmProductionManager: "Production manager"
        }
    }
}

/// What stands around every page.
public struct Frame: Sendable {
    public let viewer: Viewer?
    /// Path of the page, by which the navigation knows where it is.
    public let path: String
    public let theme: Theme?
    /// What was done just before, told once.
    public let told: String?
    public let time: Instant
    /// Fonts that the portal serves, by family: path of the WOFF2 file.
    public let fonts: String?

    public enum Theme: String, Sendable {
        case light, dark
    }

    public init(
        viewer: Viewer?,
        path: String,
        theme: Theme? = nil,
        told: String? = nil,
        time: Instant,
        fonts: String? = nil
    ) {
        (self.viewer, self.path, self.theme) = (viewer, path, theme)
        (self.told, self.time, self.fonts) = (told, time, fonts)
    }
}

/// A page of its own kind: one struct with everything that its template names.
public protocol PageView: Sendable {
    /// Unique.
    static var name: String { get }
    static var template: String { get }
    /// Of the document.
    var title: String { get }
    /// Without navigation: sign-in, first run.
    var isPlain: Bool { get }
    /// What the live stream fills again.
    var live: [LivePlace] { get }
}

extension PageView {
    public var isPlain: Bool { false }
    public var live: [LivePlace] { [] }
}

/// What the layout's template names.
struct Layout: Sendable {
    struct Link: Sendable {
        let title: String
        let address: String
        let icon: Markup
        let isCurrent: Bool
    }

    struct Group: Sendable {
        let title: String
        let links: [Link]
    }

    let title: String
    let theme: String?
    let style = Assets.shared.style
    let fonts: String?
    let script = Assets.shared.script
    let mark = Assets.shared.mark
    let brand = Brand.markup
    let viewer: Viewer?
    let initials: String
    let roleWords: String
    let groups: [Group]
    let page: Markup
    let toast: Toast?
    let emptyToast = Toast(.ok, "")
    let searchIcon = Icon.search.markup
    let menuIcon = Icon.menu.markup
    let sunIcon = Icon.sun.markup
    let moonIcon = Icon.moon.markup
    let personIcon = Icon.person.markup
    let leaveIcon = Icon.leave.markup
    let bookIcon = Icon.book.markup
    let offlineIcon = Icon.warning.markup

    init(_ frame: Frame, title: String, page: Markup) {
        self.title = title
        theme = frame.theme?.rawValue
        fonts = frame.fonts
        viewer = frame.viewer
        initials = frame.viewer?.initials ?? ""
        roleWords = frame.viewer?.roleWords ?? ""
        groups = frame.viewer.map { Self.navigation($0, frame.path) } ?? []
        self.page = page
        toast = frame.told.map { Toast(.ok, $0) }
    }

    private static func navigation(_ viewer: Viewer, _ path: String) -> [Group] {
        func link(_ title: String, _ address: String, _ icon: Icon) -> Link {
            let isHere = address == "/" ? path == "/" : path == address || path.hasPrefix(address + "/")
            return Link(title: title, address: address, icon: icon.markup, isCurrent: isHere)
        }
        let work = [
            link("Overview", "/", .overview), link("Products", "/products", .product),
            link("Batches", "/batches", .batch), link("Factories", "/factories", .factory),
            link("Devices", "/devices", .device), link("Alarms", "/alarms", .alarm),
        ]
        let trust = [link("Keys", "/keys", .key)] + (viewer.isOEM ? [link("Audit", "/audit", .audit)] : [])
        let house = [link("People", "/people", .people), link("Exports", "/exports", .export)]
        return [
            Group(title: "Production", links: work), Group(title: "Trust", links: trust),
            Group(title: "Organisation", links: house),
        ]
    }

    static let document = #"""
        <!doctype html>
        <html lang="en-GB"{{#theme}} data-theme="{{.}}"{{/theme}}>
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{title}} · OBIS</title>
        {{#fonts}}<link rel="stylesheet" href="{{.}}">
        {{/fonts}}<link rel="stylesheet" href="{{style}}">
        <link rel="icon" href="{{mark}}" type="image/svg+xml">
        <script type="module" src="{{script}}"></script>
        </head>
        """#

    static let shell = #"""
        {{> document}}
        <body>
        <a class="skip" href="#main">Skip to content</a>
        <div class="shell">
        <nav class="side" id="navigation" aria-label="Main" popover>
        <a class="brand" href="/">{{{brand}}}OBIS</a>
        {{#groups}}<h2>{{title}}</h2><ul>{{#links}}<li><a href="{{address}}"{{#isCurrent}} aria-current="page"{{/isCurrent}}>{{{icon}}}{{title}}</a></li>{{/links}}</ul>{{/groups}}
        <p class="side-foot">{{viewer.organisation}}</p>
        </nav>
        <div class="main">
        <header class="top">
        <button type="button" class="button quiet icon-only menu-button" popovertarget="navigation">{{{menuIcon}}}<span class="sr">Menu</span></button>
        <form role="search" action="/devices"><label class="search"><span class="sr">Search devices by serial, chip UID or DAC serial</span>{{{searchIcon}}}<input type="search" name="q" placeholder="Serial, chip UID or DAC serial" autocomplete="off" spellcheck="false" maxlength="128"></label></form>
        <div class="top-end">
        <button type="button" class="button quiet icon-only" data-theme-toggle aria-pressed="false" hidden>{{{moonIcon}}}{{{sunIcon}}}<span class="sr">Dark theme</span></button>
        <button type="button" class="button quiet who" popovertarget="account-menu" aria-label="Account of {{viewer.name}}"><span class="avatar" aria-hidden="true">{{initials}}</span><span class="who-text"><span class="small">{{viewer.name}}</span><span class="small muted">{{roleWords}}</span></span></button>
        <div class="popover" id="account-menu" popover>
        <div class="who-card"><p class="strong">{{viewer.name}}</p><p class="small muted">{{roleWords}}</p><p class="small muted">{{viewer.organisation}}</p></div>
        <a href="/account">{{{personIcon}}}Account and tokens</a>
        <a href="/styleguide">{{{bookIcon}}}Style guide</a>
        <form method="post" action="/sign-out"><input type="hidden" name="csrf" value="{{viewer.csrf}}"><button type="submit">{{{leaveIcon}}}Sign out</button></form>
        </div>
        </div>
        </header>
        <main class="content" id="main" tabindex="-1">
        {{{page}}}
        </main>
        </div>
        </div>
        {{> ends}}
        """#

    static let plain = #"""
        {{> document}}
        <body>
        <div class="plain">
        <main id="main">
        <p class="brand">{{{brand}}}OBIS</p>
        {{{page}}}
        </main>
        </div>
        {{> ends}}
        """#

    /// What any page can say of itself: being offline, what was done, that another page is on its way. The regions are there
    /// from the start, for screen readers speak of what comes into one.
    static let ends = #"""
        <div class="connection" role="status"><p class="offline" hidden>{{{offlineIcon}}}<span>Not connected. What you see may be out of date, and what needs the portal is disabled until it is back.</span></p></div>
        <div class="toasts" role="status" aria-live="polite">{{#toast}}{{> toast}}{{/toast}}</div>
        <template id="toast-form">{{#emptyToast}}{{> toast}}{{/emptyToast}}</template>
        <div class="progress" hidden></div><p class="sr leaving" role="status"></p>
        </body>
        </html>
        """#
}
