import PortalProtocol
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: buttons, banners, dialogs, and words for whoever looks")
struct ComponentTests {
    private let now = Instant(seconds: 1_795_000_000)
    private let form = FormState(key: "key", csrf: "csrf")
    private let problem = Problem(
        type: "t",
        title: "It was refused.",
        status: 409,
        code: "portal.example.refused",
        detail: nil,
        remedy: "Do the other thing.",
        requestID: "r"
    )

    private func viewer(_ role: Role) -> Viewer { Viewer(name: "A", organisation: "B", roles: [role], csrf: "csrf") }

    private func html(_ page: some PageView, _ role: Role = .oemAdmin) throws -> String {
        let frame = Frame(viewer: viewer(role), path: "/", theme: nil, told: nil, time: now, fonts: nil)
        return try Templates().render(page, in: frame)
    }

    private func refused(_ fields: [String: String] = [:], problem: Problem? = nil) -> FormState {
        FormState(errors: fields, problem: problem, key: "key", csrf: "csrf")
    }

    @Test("a refused form is told of in one banner, before everything but the title, with its code")
    func banner() throws {
        let made = try Sample(text: "lamp", now: now)
        let form = refused(["days": "Too many."], problem: problem)
        let organisation = made.organisation
        let pages = [
            try html(NewFactoryPage(organisations: [organisation], form: form)),
            try html(NewProductPage(families: [("virtual-n", "none")], form: form)),
            try html(InvitePage(.odm([]), form: form)), try html(NewTokenPage(form: form)),
            try html(PasswordPage(email: "a@b.c", form: form)), try html(RenewCodesPage(left: 1, form: form)),
            try html(ProductPage(try made.product, form: form, opened: nil, viewer: viewer(.oemAdmin), now: now)),
        ]
        for page in pages {
            let title = try #require(page.firstRange(of: "<h1")).lowerBound
            let alerts = page.ranges(of: "role=\"alert\"")
            #expect(alerts.count == 1, "\(page[title...].prefix(80))")
            let alert = try #require(alerts.first).lowerBound
            let box = try #require(page[title...].firstRange(of: "class=\"panel")).lowerBound
            #expect(title < alert && alert < box, "\(page[title...].prefix(80))")
            let words = page[alert...].prefix { $0 != "\u{0}" }.split(separator: "</code>")[0]
            #expect(words.contains("It was refused.") && words.contains("Do the other thing."))
            #expect(words.contains("portal.example.refused"))
        }
    }

    @Test("where fields alone say what is wrong, the banner says how many")
    func fields() {
        #expect(refused().note == nil)
        #expect(
            refused(["a": "x"]).note?.body.html == "One field needs another value. The reason is shown below the field."
        )
        #expect(refused(["a": "x", "b": "x"]).note?.body.html.hasPrefix("2 fields need") == true)
    }

    @Test("a dialog's heading has the focus, and its text describes it")
    func dialog() throws {
        let page = try html(
            OrdersPage([], next: nil, form: form, opened: "order", viewer: viewer(.oemAdmin), now: now)
        )
        #expect(
            page.contains("aria-describedby=\"dialog-order-text\"") && page.contains("<p id=\"dialog-order-text\">")
        )
        #expect(page.contains("<h2 id=\"dialog-order-title\" tabindex=\"-1\" autofocus>"))
    }

    private func invitation(_ name: String, used: Bool) -> Invitation {
        Invitation(
            id: InvitationID(validated: "i-\(name)"),
            kind: .organisation,
            organisation: nil,
            organisationName: name,
            roles: [.odmEngineer],
            officer: nil,
            product: nil,
            createdAt: now,
            expiresAt: now + 100,
            usedAt: used ? now : nil,
            revokedAt: nil
        )
    }

    @Test("invitations that are over are folded away; the open ones stand in the list")
    func invitations() throws {
        func shown(_ invitations: [Invitation]) throws -> String {
            let content = PeoplePage.Content(people: [], organisations: [], invitations: invitations, organisation: nil)
            return try html(PeoplePage(content, form: form, viewer: viewer(.oemAdmin), now: now))
        }
        let page = try shown([invitation("Old", used: true), invitation("New", used: false)])
        let fold = try #require(page.firstRange(of: "<details class=\"details folded\">")).lowerBound
        #expect(page[..<fold].contains("New") && !page[..<fold].contains(">Old"))
        #expect(page[fold...].contains("1 invitation used") && page[fold...].contains(">Old"))
        #expect(try !shown([invitation("New", used: false)]).contains("folded"))
        #expect(try shown([invitation("Old", used: true)]).contains("No open invitation."))
        #expect(try shown([]).contains("No invitation yet"))
    }

    @Test("an invited ODM's roles are called as the list of people calls them")
    func invitedRoles() throws {
        let page = try html(InvitePage(.odm([]), form: form))
        for role in [Role.odmEngineer, .odmProductionManager] { #expect(page.contains(role.words)) }
    }

    @Test("the steps of a new factory tell each viewer what is theirs, and who does the rest")
    func steps() throws {
        let made = try Sample(text: "lamp", now: now)
        func shown(_ role: Role) throws -> String {
            let content = FactoryPage.Content(
                progress: .init(
                    factory: made.factory1,
                    today: .zero,
                    rate: .unknown(.idle),
                    edges: [],
                    critical: 0,
                    warnings: 0
                ),
                organisation: "Brightline",
                edges: [],
                certificates: [],
                recent: made.series,
                alarms: [],
                products: []
            )
            return try html(FactoryPage(content, form: form, opened: nil, viewer: viewer(role), now: now), role)
        }
        let admin = try shown(.oemAdmin)
        #expect(admin.contains("Create a joining code, at the head of this page") && admin.contains("?do=enrol"))
        for role in [Role.odmEngineer, .odmProductionManager, .oemViewer] {
            let other = try shown(role)
            #expect(!other.contains("at the head of this page") && !other.contains("?do=enrol"), "\(role)")
            #expect(other.contains("An OEM admin creates a joining code"), "\(role)")
        }
        #expect(try !shown(.odmEngineer).contains("obis ceremony"))
    }

    @Test("a batch's allowances end when the form says they do")
    func allowances() throws {
        let made = try Sample(text: "lamp", now: now)
        let place = NewBatchPage.Place(edgeHSM: made.edge, factory: made.factory1, remaining: 5)
        let page = try html(
            NewBatchPage(versions: [("a/1", "a 1")], chosen: "a/1", places: [place], rules: nil, form: form),
            .odmProductionManager
        )
        #expect(page.contains("name=\"allowanceDays\" value=\"\(NewBatchPage.usualAllowanceDays)\""))
    }

    @Test("links that are buttons have no line beneath, buttons one height each, and no rule moves one of a row")
    func style() {
        let style = Stylesheet.text
        #expect(style.contains("a:not(.button)") && style.contains("div[data-live]:not(.actions) > * + *"))
        for rule in style.matches(of: /(?m)^\s*([^{}\n]*\.button[^{}\n]*)\{([^}]*)\}/) {
            #expect(!rule.2.contains("min-height"), "\(rule.1)")
        }
        #expect(style.contains(".dialog :is(header, footer) { position: sticky"))
        #expect(style.firstMatch(of: /\.(connection|offline) \{[^}]*position: fixed/) == nil)
    }
}
