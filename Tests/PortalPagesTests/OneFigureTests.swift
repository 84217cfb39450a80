import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: one figure has one word, one value and one way in which it is told")
struct OneFigureTests {
    private let now = Instant(seconds: 1_795_000_000)
    private let form = FormState(key: "key", csrf: "csrf")

    private func sample() throws -> Sample { try Sample(text: "text", now: now) }
    private func viewer(_ roles: Role...) -> Viewer {
        Viewer(name: "A", organisation: "B", roles: Set(roles), csrf: "csrf")
    }

    private func html(_ page: some PageView) throws -> String {
        let frame = Frame(viewer: viewer(.oemViewer), path: "/", theme: nil, told: nil, time: now, fonts: nil)
        return try Templates().render(page, in: frame)
    }

    private func factory(_ rate: IssueRate) throws -> FactoryProgress {
        let made = try sample()
        return FactoryProgress(
            factory: made.factory1,
            today: made.counts,
            rate: rate,
            edges: [made.edgeState],
            critical: 0,
            warnings: 0
        )
    }

    @Test("a rate is the same wherever it stands; where there is none the reason stands, and never a nought")
    func rates() throws {
        let made = try sample()
        for (rate, words) in [
            (IssueRate.known(1_940), "1,940<span class=\"muted\">/h</span>"),
            (.unknown(.young), "less than 2 min known"), (.unknown(.idle), "nothing runs"),
        ] {
            let overview = Overview(
                time: now,
                factories: [try factory(rate)],
                batches: [
                    BatchProgress(batch: try made.batch, reconciliation: made.reconciliation, rate: rate, forecast: nil)
                ],
                alarms: []
            )
            let page = OverviewPage(overview, recent: made.series, viewer: viewer(.oemViewer))
            for key in ["stat-rate", "factory-text-rate", "batches"] {
                let place = try #require(page.live.first { $0.key == key }).html
                #expect(place.contains(words), "\(key): \(place)")
            }
            let list = FactoryListPage(overview, organisations: [:], viewer: viewer(.oemViewer))
            let listed = try #require(list.live.first { $0.key == "text-rate" }).html
            #expect(listed.contains(words) && !listed.contains(">0<"))
        }
    }

    @Test("a forecast has a colour only where it needs somebody, and red is what loses units")
    func forecasts() {
        func tone(_ after: Int64, _ reason: BatchForecast.Reason, followed: Bool = false, left: Int? = 0) -> Tone {
            BatchForecast(reason: reason, at: now + after, isFollowed: followed, left: left).tone(at: now)
        }
        #expect(tone(1_799, .quota) == .warn && tone(1_800, .quota) == .idle, "complete, as it was planned")
        #expect(tone(7_199, .window, left: 9) == .warn && tone(7_200, .window, left: 9) == .idle)
        #expect(tone(60, .quota, followed: true) == .idle, "another batch goes on")
        #expect(tone(60, .window) == .idle, "all of it is made by then")
        #expect(tone(60, .window, left: 9) == .bad && tone(60, .window, left: nil) == .warn)
        #expect(tone(-1, .window, left: 9) == .idle, "nobody can do anything about it")
        let left = BatchForecast(reason: .window, at: now + 3_600, isFollowed: false, left: 1_200)
        #expect(left.plain(at: now) == "Window closes in 1 h, 1,200 not issued")
        let whole = BatchForecast(reason: .quota, at: now + 93, isFollowed: false, left: 0)
        #expect(whole.plain(at: now) == "Line stops in 1 min 33 s: quota")
        let followed = BatchForecast(reason: .quota, at: now + 93, isFollowed: true, left: 0)
        #expect(followed.plain(at: now) == "All units issued in 1 min 33 s, another batch follows")
    }

    @Test("devices are counted once: a product's issued are its certified units, whatever passed again")
    func devices() throws {
        let made = try sample()
        let counts = ProductionCounts(issued: 400, completed: 401, passed: 400, failed: 0, burned: 0)
        let product = try made.product.product
        let quota = ProductQuota(approvedTotal: 500, granted: 400, counts: counts, edges: [])
        let page = ProductListPage(
            Page(items: [product], next: nil),
            quotas: [product.product: quota],
            viewer: viewer(.oemViewer),
            now: now
        )
        let text = try html(page)
        #expect(text.contains(">Issued</th>") && text.contains(">400</td>") && !text.contains("401"))
        #expect(counts.yield == "100 %" && counts.passedNote.html == "400 issued, 0 scrapped")
        // A day on which one of yesterday's devices was taken in for rework has not made less than none.
        #expect(ProductionCounts(issued: 0, completed: 0, passed: -1, failed: 0, burned: 0).devicesPassed == 0)
    }

    @Test("a chart says whose time its axis has: the factory's, or UTC where several are in it")
    func zones() throws {
        #expect(Format.zone("Asia/Shanghai", at: now) == "Shanghai, UTC+8")
        #expect(Format.zone("America/Monterrey", at: now) == "Monterrey, UTC−6")
        #expect(Format.zone("Asia/Kolkata", at: now) == "Kolkata, UTC+5:30")
        #expect(Format.zone("UTC", at: now) == "UTC" && Format.zone("Nowhere/At All", at: now) == "UTC")
        let made = try sample()
        let factory = FactoryPage(made.factory, form: form, opened: nil, viewer: viewer(.oemViewer), now: now)
        let batch = BatchPage(try made.batchContent, form: form, opened: nil, viewer: viewer(.oemViewer), now: now)
        #expect(try html(factory).contains("Times: Shanghai, UTC+8</p>"))
        #expect(try html(batch).contains("Times: Shanghai, UTC+8</p>"))
    }

    @Test("what is taken back for rework is a figure in the table, and no bar that points down")
    func negative() {
        let points = [3, -1, 2].map { Chart.Point(mark: "", title: "t", values: [$0]) }
        let chart = Chart(bars: "Bars", id: "b", unit: "u", zone: "UTC", series: [("Passed", .issued)], points: points)
        #expect(chart.plot.html.matches(of: /<rect/).count == 2 && !chart.plot.html.contains("height=\"-"))
        #expect(chart.table.body.html.contains("−1"))
    }

    @Test("names of batches, products, versions, factories and EdgeHSMs lead to their pages")
    func links() throws {
        let made = try sample()
        let overview = OverviewPage(try made.overview, recent: made.series, viewer: viewer(.oemViewer))
        let table = try #require(overview.live.first { $0.key == "batches" }).html
        for path in [
            "/batches/text", "/products/text", "/products/text/versions/text", "/factories/text",
            "/factories/text/edges/text",
        ] {
            #expect(table.contains("href=\"\(path)\""), "\(path)")
        }
        let alarms = try #require(overview.live.first { $0.key == "alarms" }).html
        #expect(alarms.contains("href=\"/factories/text\"") && alarms.contains("href=\"/factories/text/edges/text\""))
        let list = try html(
            BatchListPage(Page(items: [try made.batch], next: nil), issued: [:], viewer: viewer(.oemViewer), now: now)
        )
        #expect(list.contains("href=\"/products/text\"") && list.contains("<code>A000000</code>"))
        let factories = FactoryListPage(try made.overview, organisations: [:], viewer: viewer(.oemViewer))
        #expect(try html(factories).contains("href=\"/people?organisation=text\""))
        let own = FactoryListPage(try made.overview, organisations: [:], viewer: viewer(.odmEngineer))
        #expect(try !html(own).contains("/people?organisation"), "an ODM has no list of ODMs")
    }

    @Test("an empty portal offers what the viewer can do next, and tells who does the rest")
    func firstSteps() throws {
        func page(_ role: Role, _ steps: FirstSteps) throws -> String {
            let empty = Overview(time: now, factories: [], batches: [], alarms: [])
            let series = ProductionSeries(step: .fiveMinutes, points: [])
            return try html(OverviewPage(empty, recent: series, viewer: viewer(role), first: steps))
        }
        let noODM = FirstSteps(hasProduct: true)
        #expect(try page(.oemAdmin, FirstSteps()).contains("href=\"/products/new\""))
        #expect(try page(.oemAdmin, noODM).contains("href=\"/people/invite?kind=odm\""))
        #expect(try !page(.oemAdmin, noODM).contains("href=\"/factories/new\""), "it has no ODM to belong to")
        #expect(try page(.oemAdmin, FirstSteps(hasProduct: true, hasODM: true)).contains("href=\"/factories/new\""))
        #expect(try page(.oemViewer, noODM).contains("An OEM admin does that."))
        let manager = try page(.odmProductionManager, FirstSteps(hasProduct: true))
        #expect(!manager.contains("/batches/new") && manager.contains("enrols your factory"))
        #expect(try page(.odmEngineer, FirstSteps(hasProduct: true)).contains("Prepare a version"))
        #expect(try page(.odmEngineer, FirstSteps()).contains("invites you into the workspace"))
        let list = FactoryListPage(
            Overview(time: now, factories: [], batches: [], alarms: []),
            organisations: [:],
            hasODM: false,
            viewer: viewer(.oemAdmin)
        )
        #expect(try html(list).contains("Invite an ODM") && !html(list).contains("/factories/new"))
    }

    @Test("a batch is offered where one can be granted")
    func newBatch() throws {
        let made = try sample()
        func page(_ canGrant: Bool) throws -> String {
            try html(
                OverviewPage(
                    made.overview,
                    recent: made.series,
                    viewer: viewer(.odmProductionManager),
                    canGrant: canGrant
                )
            )
        }
        #expect(try page(true).contains("href=\"/batches/new\"") && !page(false).contains("href=\"/batches/new\""))
        let list = BatchListPage(
            Page(items: [], next: nil),
            issued: [:],
            viewer: viewer(.odmProductionManager),
            now: now
        )
        #expect(
            try html(list).contains("once your OEM&#39;s officers") || html(list).contains("once your OEM's officers")
        )
    }
}
