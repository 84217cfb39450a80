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
                try made.keys,
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
        #expect(open.page.contains("<div class=\"signing\" data-live=\"signing\" data-keep>\(sign)</div>"))
        #expect(open.places["acts"]?.contains("Reject") == false)
        // Apart from what is to be done, with what it does.
        let rejecting = try #require(open.places["rejecting"])
        #expect(rejecting.contains("do=reject") && rejecting.contains("Rejecting does not take that back"))
        for state in [VersionState.locked, .rejected] {
            let ended = try places(state, viewer)
            #expect(ended.places["signing"]?.contains("Nothing is left to sign") == true, "\(state)")
            #expect(ended.places["acts"] == "" && ended.places["rejecting"] == "", "\(state)")
            #expect(!ended.page.contains("sign-command"), "\(state)")
        }
        // What goes and what comes keep their room.
        #expect(open.page.contains("<div class=\"actions\" data-live=\"acts\" data-keep>"))
        #expect(try places(.submitted, self.viewer([.odmEngineer])).places["signing"] == "")
    }

    @Test("all of a decision is one card, which comes first; who can't sign is not told to")
    func decision() throws {
        let made = try Sample(text: "lamp", now: now)
        func shown(_ role: Role) throws -> String {
            let page = VersionPage(
                made.version(in: .submitted, isSigned: false),
                tab: .changes,
                form: FormState(key: "key", csrf: "csrf"),
                opened: nil,
                viewer: viewer([role]),
                now: now
            )
            return try Templates().render(page, in: frame(viewer([role])))
        }
        let html = try shown(.oemSecurityOfficer)
        let card = try #require(html.firstRange(of: "aria-labelledby=\"decision\"")).upperBound
        let end = try #require(html[card...].firstRange(of: "</section>")).lowerBound
        for part in ["dialog-reject", "Change proposal", "data-live=\"progress\"", "data-live=\"signing\""] {
            #expect(html[card..<end].contains(part), "\(part)")
        }
        #expect(html[end...].contains("aria-labelledby=\"changes\"") && !html[..<card].contains("data-dialog"))
        for role in [Role.oemAdmin, .oemViewer] {
            let other = try shown(role)
            #expect(!other.contains("sign-command") && other.contains("Officers sign on their own machines"), "\(role)")
        }
    }

    @Test("each viewer of a review is told what comes next, and who has signed is not asked again")
    func nextStep() throws {
        let made = try Sample(text: "lamp", now: now)
        func shown(_ state: VersionState, _ roles: Set<Role>, _ officer: String?) throws -> String {
            let content = made.version(in: state)
            let page = VersionPage(
                .init(
                    product: content.product,
                    version: content.version,
                    review: content.review,
                    names: content.names,
                    holders: [OfficerName(validated: "b"): "B Lind"],
                    officers: content.officers + [OfficerName(validated: "c")],
                    threshold: 2,
                    officer: officer.map { OfficerName(validated: $0) },
                    portal: content.portal
                ),
                tab: nil,
                form: FormState(key: "key", csrf: "csrf"),
                opened: nil,
                viewer: viewer(roles),
                now: now
            )
            return try Templates().render(page, in: frame(viewer(roles)))
        }
        // The sample's one signature is that of the officer “lamp”.
        let signed = try shown(.submitted, [.oemSecurityOfficer], "lamp")
        #expect(
            signed.contains("Your signature is in. 1 more signature: B Lind or C.") && !signed.contains("sign-command")
        )
        #expect(signed.contains("<span>Lamp <span class=\"muted\">(you)</span></span>"))
        #expect(signed.contains("You have signed its approval already"))
        let asked = try shown(.submitted, [.oemSecurityOfficer], "b")
        #expect(asked.contains("Next: you sign. 1 more signature: you or C.") && asked.contains("sign-command"))
        #expect(asked.contains("/versions/lamp/sign.tar"))
        #expect(try shown(.submitted, [.oemViewer], nil).contains("1 more signature: B Lind or C."))
        #expect(try shown(.submitted, [.odmEngineer], nil).contains("It waits for the OEM's officers."))
        #expect(asked.contains("Not yet") && !asked.contains("Not needed"))
        let ended = try shown(.locked, [.oemSecurityOfficer], "b")
        #expect(ended.contains("Not needed") && !ended.contains("Not yet"))
        #expect(asked.contains("2 of 3 checks call for caution"))
    }

    @Test("changed units stand beside those before; what can't be read stays as it is; security comes first")
    func figures() {
        func change(_ field: String, _ before: String?, _ after: String?) -> ReviewChange {
            ReviewChange(field: field, before: before, after: after)
        }
        let changes = [
            change("version", "1.0.0", "1.1.0"),
            change("allotment", "e-1: 180 units over all", "e-1: 380 units over all"),
            change("allotment", nil, "e-2: 1 unit over all"), change("not allotted", "9100 units", "8100 units"),
            change("allotment", "e-3: many units", "e-3: 1 unit"), change("longest window", nil, "30 d"),
        ]
        let (units, others) = UnitFigure.split(changes)
        #expect(units.map(\.place) == ["e-1", "e-2", "Not allotted"])
        #expect(units.map(\.before) == [180, nil, 9_100] && units.map(\.after) == [380, 1, 8_100])
        #expect(UnitFigure.table(units).html.contains("+200") && UnitFigure.table(units).html.contains("−1,000"))
        #expect(ReviewOrder.first(others).map(\.field) == ["longest window", "version", "allotment"])
    }

    @Test("a refusal that is the portal's own tells whom to tell, not how to mend it; whoever sees it can try again")
    func unavailable() throws {
        let problem = Problem(
            type: "t",
            title: "Down.",
            status: 503,
            code: "c",
            detail: nil,
            remedy: "Look at the disk.",
            requestID: "r"
        )
        func shown(_ viewer: Viewer?) throws -> String {
            try Templates().render(RefusedPage(problem, viewer: viewer), in: frame(viewer))
        }
        #expect(try shown(viewer([.oemAdmin])).contains("tell whoever runs the portal, with the request id"))
        #expect(try shown(viewer([.odmEngineer])).contains("tell an OEM admin, with the request id"))
        for other in [viewer([.oemAdmin]), viewer([.odmEngineer]), nil] {
            let html = try shown(other)
            #expect(!html.contains("Look at the disk.") && html.contains("href=\"\"") && html.contains("Try again"))
        }
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
                    try Sample(text: "x", now: now).noKeys(viewer.isOEM ? (0, false) : nil),
                    form: form,
                    opened: nil,
                    viewer: viewer,
                    now: now
                ),
                viewer
            )
            try check(OrdersPage([], next: nil, form: form, opened: nil, viewer: viewer, now: now), viewer)
            try check(NewProductPage(families: [("virtual-n", "none")], form: form), viewer)
            try check(
                ExportPage(
                    [
                        .init(title: Self.hostile, words: Self.hostile, group: .yours, address: "/exports/a"),
                        .init(
                            title: Self.hostile,
                            words: Self.hostile,
                            group: .trust,
                            address: "/exports/b",
                            choosing: .by([(Self.hostile, Self.hostile)])
                        ),
                        .init(
                            title: Self.hostile,
                            words: Self.hostile,
                            group: .production,
                            address: Self.hostile,
                            choosing: .one(.batch)
                        ),
                    ],
                    choices: [.init(.batch, chosen: Self.hostile, options: [(Self.hostile, Self.hostile)])],
                    format: .json
                ),
                viewer
            )
        }
    }
}
