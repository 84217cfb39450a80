import Mustache
public import Vocabulary

/// What the pages refuse, at start.
public enum PageError: String, ErrorCatalogue {
    case template = "portal.page.template"

    public var meaning: String { "A page's template is missing or can't be read." }
    public var remedy: String { "Install the program anew: its pages are part of it." }
}

/// All templates, parsed and looked up once.
public struct Templates: Sendable {
    static let components: [any Component.Type] = [
        Crumbs.self, Head.self, Button.self, Note.self, Empty.self, Stats.self, Tabs.self, Definitions.self,
        CodeBlock.self, Timeline.self, Box.self, Sheet.self, FormBox.self, Toast.self, Table.self, Panel.self,
        Field.self, DialogForm.self, Chart.self,
        CardForm.self, Door.self,
    ]

    private let library: MustacheLibrary
    private let pages: [String: MustacheTemplate]
    private let shell: MustacheTemplate
    private let plain: MustacheTemplate

    /// Throws `portal.page.template` for one that can't be parsed, that is there twice, or that names one that is not.
    public init() throws {
        var sources: [String: String] = ["document": Layout.document, "ends": Layout.ends]
        for component in Self.components {
            guard sources.updateValue(component.template, forKey: component.name) == nil else {
                throw Refusal(PageError.template, "\(component.name) twice")
            }
        }
        library = MustacheLibrary(
            templates: try sources.mapValues { try Self.parse($0, knowing: sources) }
        )
        var pages: [String: MustacheTemplate] = [:]
        for page in PageList.all {
            guard pages.updateValue(try Self.parse(page.template, knowing: sources), forKey: page.name) == nil else {
                throw Refusal(PageError.template, "\(page.name) twice")
            }
        }
        self.pages = pages
        shell = try Self.parse(Layout.shell, knowing: sources)
        plain = try Self.parse(Layout.plain, knowing: sources)
    }

    private static func parse(_ text: String, knowing known: [String: String]) throws -> MustacheTemplate {
        for part in text.matches(of: /\{\{> *([a-z-]+) *\}\}/) where known[String(part.1)] == nil {
            throw Refusal(PageError.template, String(part.1))
        }
        do { return try MustacheTemplate(string: text) } catch {
            throw Refusal(PageError.template, "\(text.prefix(60)): \(error)")
        }
    }

    /// A whole document.
    public func render(_ page: some PageView, in frame: Frame) throws -> String {
        guard let template = pages[type(of: page).name] else {
            throw Refusal(PageError.template, type(of: page).name)
        }
        let content = Markup(trusted: template.render(page, library: library))
        let layout = Layout(frame, title: page.title, page: content)
        return (page.isPlain || frame.viewer == nil ? plain : shell).render(layout, library: library)
    }
}

/// Every page, so that a template that is missing is found at start.
enum PageList {
    static let all: [any PageView.Type] =
        [
            OverviewPage.self, StyleGuidePage.self, RefusedPage.self, VersionPage.self, BatchListPage.self,
            BatchPage.self,
            NewBatchPage.self, ProductListPage.self, ProductPage.self, FactoryListPage.self,
            FactoryPage.self,
            NewFactoryPage.self, DeviceListPage.self, DevicePage.self, AlarmPage.self, AuditPage.self, KeysPage.self,
            OrdersPage.self, EdgePage.self, SiteEventsPage.self,
            ExportPage.self, NewProductPage.self, NewVersionPage.self, ApprovalPage.self,
        ] + accounts

    private static let accounts: [any PageView.Type] = [
        SignInPage.self, SetupPage.self, JoinPage.self, JoinedPage.self, ResetPage.self, AccountPage.self,
        PasswordPage.self, AuthenticatorPage.self, RecoveryCodesPage.self, RenewCodesPage.self, VerifyPage.self,
        NewTokenPage.self,
        ShownOncePage.self, PeoplePage.self, PersonPage.self, InvitePage.self,
    ]
}
