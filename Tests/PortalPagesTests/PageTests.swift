import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalPages

/// Every page with texts that want to be markup, and with nothing to show.
@Suite("Pages: structure and escaping")
struct PageTests {
    private let now = Instant(seconds: 1_795_000_000)
    private static let hostile = "<script>\"'&</script><img src=x>"

    private func frame(_ viewer: Viewer?) -> Frame {
        Frame(viewer: viewer, path: "/", theme: .dark, told: "Done <b>", time: now, fonts: "/assets/fonts.css")
    }

    private func viewer(_ roles: Set<Role>) -> Viewer {
        Viewer(name: Self.hostile, organisation: Self.hostile, roles: roles, csrf: "csrf-of-the-session")
    }

    private func check(_ page: some PageView, _ viewer: Viewer?) throws {
        let html = try Templates().render(page, in: frame(viewer))
        let name = type(of: page).name
        PageCheck(html: html).all(name)
        let isClean = !html.contains("<script>") && !html.contains("<img")
        #expect(isClean, "\(name): markup came through")
        let size = html.utf8.count
        #expect(size + Self.assets < PageCheck.largest, "\(name)")
        for place in page.live {
            let isThere = html.contains("data-live=\"\(Markup.escape(place.key))\"")
            #expect(isThere, "\(name): \(place.key)")
            let isClean = !place.html.contains("<script>")
            #expect(isClean, "\(name): \(place.key)")
        }
    }

    /// What comes with every page once.
    private static let assets = Assets.shared.all.filter { !$0.path.hasSuffix(".svg") }.reduce(0) {
        $0 + $1.bytes.count
    }

    @Test("templates are there, each once")
    func templates() throws {
        _ = try Templates()
        #expect(Set(PageList.all.map { $0.name }).count == PageList.all.count)
    }

    @Test("an asset's name is its content's digest, and scripts name each other so")
    func assets() throws {
        for asset in Assets.shared.all {
            #expect(asset.path.contains(Digest256.of(asset.bytes).hex.prefix(16)), "\(asset.path)")
        }
        let app = try #require(Assets.shared.all.first { $0.path.contains("/app.") && $0.path.hasSuffix(".js") })
        let text = String(decoding: app.bytes, as: UTF8.self)
        for part in text.matches(of: /from '([^']+)'/) {
            #expect(Assets.shared.all.contains { $0.path == part.1 }, "\(part.1)")
        }
        #expect(!Stylesheet.text.contains("http") && !Stylesheet.text.contains("@import"))
    }

    @Test("pages with hostile texts, for each role", arguments: Role.allCases)
    func hostileTexts(role: Role) throws {
        let viewer = viewer([role])
        let made = try Sample(text: Self.hostile, now: now)
        let form = FormState(
            values: ["reason": Self.hostile, "batch": Self.hostile, "name": Self.hostile, "title": Self.hostile],
            errors: ["reason": Self.hostile, "name": Self.hostile],
            problem: made.problem,
            key: Self.hostile,
            tag: Self.hostile,
            csrf: Self.hostile
        )
        try check(OverviewPage(made.overview, recent: made.series, viewer: viewer), viewer)
        try check(StyleGuidePage(now: now), viewer)
        try check(RefusedPage(made.problem), viewer)
        for tab in VersionPage.Tab.allCases {
            for opened in [nil, "reject", "submit", "sign"] {
                try check(
                    VersionPage(made.version, tab: tab, form: form, opened: opened, viewer: viewer, now: now),
                    viewer
                )
            }
        }
        try check(
            BatchListPage(Page(items: [made.batch], next: nil), issued: [:], viewer: viewer, now: now),
            viewer
        )
        try check(BatchPage(made.batchContent, form: form, opened: "close", viewer: viewer, now: now), viewer)
        try check(ProductPage(made.product, form: form, opened: "rules", viewer: viewer, now: now), viewer)
        try check(FactoryListPage(made.overview, organisations: [made.odm: Self.hostile], viewer: viewer), viewer)
        try check(FactoryPage(made.factory, form: form, opened: "join", viewer: viewer, now: now), viewer)
        try check(
            AlarmPage(
                Page(items: [made.alarm], next: nil),
                quarantine: Page(items: [made.quarantine], next: nil),
                names: ["p-1": Self.hostile],
                tags: [1: Self.hostile],
                onlyOpen: true,
                viewer: viewer,
                form: form,
                now: now
            ),
            viewer
        )
    }

    @Test("pages of keys and sites with hostile texts, for each role", arguments: Role.allCases)
    func hostileKeys(role: Role) throws {
        let viewer = viewer([role])
        let made = try Sample(text: Self.hostile, now: now)
        let form = FormState(
            values: ["file": Self.hostile, "enrolment": Self.hostile],
            errors: ["file": Self.hostile, "enrolment": Self.hostile],
            problem: made.problem,
            key: Self.hostile,
            csrf: Self.hostile
        )
        for opened in ["enrol", "certificate", "prepare", "certificates"] {
            try check(FactoryPage(made.factory, form: form, opened: opened, viewer: viewer, now: now), viewer)
        }
        try check(
            KeysPage(
                chain: [made.chain, made.chain],
                people: [OfficerName(validated: Self.hostile): (PersonID(validated: Self.hostile), Self.hostile)],
                edges: [made.summary],
                preparations: [made.preparation],
                keys: [],
                orders: (3, true),
                form: form,
                opened: "role-keys",
                viewer: viewer,
                now: now
            ),
            viewer
        )
        try check(
            OrdersPage([made.order], next: nil, form: form, opened: "order", viewer: viewer, now: now),
            viewer
        )
        try check(EdgePage(made.edgeContent, viewer: viewer, now: now), viewer)
        try check(SiteEventsPage(try made.events, factory: made.factory1, now: now), viewer)
    }

    @Test("how to sign goes with the live stream when there is nothing more to sign, and moves nothing")
    func signing() throws {
        let viewer = viewer([.oemSecurityOfficer])
        let made = try Sample(text: "lamp", now: now)
        func places(_ state: VersionState, _ viewer: Viewer) throws -> (page: String, places: [String: String]) {
            let page = VersionPage(
                made.version(in: state),
                tab: .changes,
                form: FormState(key: "key", csrf: "csrf"),
                opened: nil,
                viewer: viewer,
                now: now
            )
            let html = try Templates().render(page, in: frame(viewer))
            return (html, Dictionary(uniqueKeysWithValues: page.live.map { ($0.key, $0.html) }))
        }
        let open = try places(.submitted, viewer)
        let sign = try #require(open.places["signing"])
        #expect(sign.contains("id=\"sign-command\"") && sign.contains("/keys/role-keys.json"))
        #expect(open.page.contains("<div data-live=\"signing\">\(sign)</div>"))
        #expect(open.places["acts"]?.contains("Reject") == true)
        for state in [VersionState.locked, .rejected] {
            let ended = try places(state, viewer)
            #expect(ended.places["signing"] == "" && ended.places["acts"] == "", "\(state)")
            #expect(ended.page.contains("<div data-live=\"signing\"></div>"), "\(state)")
            #expect(!ended.page.contains("sign-command"), "\(state)")
        }
        // What goes is the last of its column, and buttons keep their room.
        let end = try #require(open.page.ranges(of: "data-live=\"signing\"").first).upperBound
        #expect(!open.page[end...].contains("aria-labelledby=\"files\""))
        #expect(open.page.contains("<div class=\"actions\" data-live=\"acts\" data-keep>"))
        #expect(try places(.submitted, self.viewer([.odmEngineer])).places["signing"] == "")
    }

    @Test("who is not known by name is of another house, and no id of theirs is told")
    func unknownPeople() throws {
        let (one, other) = (PersonID(validated: "p-1"), PersonID(validated: "p-2"))
        let names = [one: "Ada"]
        let (oem, odm) = (viewer([.oemViewer]), viewer([.odmEngineer]))
        #expect(oem.name(of: one, names) == "Ada" && odm.name(of: one, names) == "Ada")
        #expect(oem.name(of: other, names) == "p-2")
        for hidden in [other, nil] { #expect(odm.name(of: hidden, names) == "someone of another organisation") }
        let made = try Sample(text: "x", now: now)
        let page = VersionPage(
            made.version(in: .rejected),
            tab: .changes,
            form: FormState(key: "key", csrf: "csrf"),
            opened: nil,
            viewer: odm,
            now: now
        )
        #expect(page.live.contains { $0.key == "lead" && $0.html.hasPrefix("Rejected by the OEM, ") })
    }

    @Test("empty pages explain themselves")
    func empty() throws {
        for roles: Set<Role> in [[.oemAdmin], [.odmEngineer, .odmProductionManager]] {
            let viewer = viewer(roles)
            let form = FormState(key: "key", csrf: "csrf")
            let nothing = Overview(time: now, factories: [], batches: [], alarms: [])
            let series = ProductionSeries(step: .hour, points: [])
            try check(OverviewPage(nothing, recent: series, viewer: viewer), viewer)
            try check(ProductListPage(Page(items: [], next: nil), quotas: [:], viewer: viewer, now: now), viewer)
            try check(BatchListPage(Page(items: [], next: nil), issued: [:], viewer: viewer, now: now), viewer)
            try check(NewBatchPage(versions: [], chosen: nil, places: [], rules: nil, form: form), viewer)
            try check(FactoryListPage(nothing, organisations: [:], viewer: viewer), viewer)
            try check(NewFactoryPage(organisations: [], form: form), viewer)
            try check(
                DeviceListPage([], values: [:], batches: [], factories: [], now: now),
                viewer
            )
            try check(
                KeysPage(
                    chain: [],
                    people: [:],
                    edges: [],
                    preparations: [],
                    keys: [],
                    orders: viewer.isOEM ? (0, false) : nil,
                    form: form,
                    opened: nil,
                    viewer: viewer,
                    now: now
                ),
                viewer
            )
            try check(OrdersPage([], next: nil, form: form, opened: nil, viewer: viewer, now: now), viewer)
            try check(NewProductPage(form: form), viewer)
            try check(ExportPage([("a", "A", "b")]), viewer)
        }
    }
}
