import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: lists that can be narrowed, and words that mean one thing")
struct ListTests {
    private let now = Instant(seconds: 1_795_000_000)
    private let form = FormState(key: "key", csrf: "csrf")

    private func sample() throws -> Sample { try Sample(text: "text", now: now) }
    private func viewer(_ role: Role, _ organisation: String = "Shenzhen Lamps") -> Viewer {
        Viewer(name: "A", organisation: organisation, roles: [role], csrf: "csrf")
    }

    private func html(_ page: some PageView, _ role: Role = .oemViewer) throws -> String {
        let frame = Frame(viewer: viewer(role), path: "/", theme: nil, told: nil, time: now, fonts: nil)
        return try Templates().render(page, in: frame)
    }

    private func list(
        _ filter: BatchListPage.Filter = .init(),
        _ items: [Batch],
        next: PageCursor? = nil
    ) throws -> BatchListPage {
        let made = try sample()
        return BatchListPage(
            Page(items: items, next: next),
            issued: [:],
            organisations: [made.odm: "Shenzhen Lamps"],
            factories: [made.site: made.factory1],
            products: [made.product1: "Bright Bulb"],
            counts: made.counts1,
            filter: filter,
            viewer: viewer(.oemViewer),
            now: now
        )
    }

    @Test("batches are told by where they stand, with how many stand there")
    func tabs() throws {
        let page = try list(.init(standing: .usedUp), [try sample().batch])
        let html = try html(page)
        let tabs = html.matches(of: /<a href="(\/batches(?:\?[^"]*)?)"( aria-current="page")?>([^<]+)</).map {
            (String($0.1), $0.2 != nil, String($0.3))
        }
        #expect(tabs.map(\.2) == ["All", "Running", "Waiting", "Blocked", "Used up", "Over", "Closed"])
        #expect(tabs.first { $0.1 }?.2 == "Used up" && tabs[4].0 == "/batches?standing=usedUp")
        for (key, number) in [("running", "1"), ("waiting", "2"), ("blocked", "1"), ("usedUp", "13"), ("over", "1")] {
            #expect(
                html.contains("data-live=\"count-\(key)\"><span class=\"")
                    && html.contains(">\(number)</span></span></a>")
            )
        }
        #expect(html.contains(">Used up, newest first</h2>"))
        // Counts are of all batches: beside a product's alone they would be wrong.
        let narrow = try self.html(try list(.init(product: sample().product1), [sample().batch]))
        #expect(
            !narrow.contains("count-running") && narrow.contains("/batches?standing=running&amp;product=text")
                || narrow.contains("/batches?standing=running&product=text")
        )
        #expect(try self.html(list(.init(standing: .blocked), [])).contains("Blocked: none"))
    }

    @Test("the next page of a narrowed list is narrowed too, and what runs is live")
    func narrowed() throws {
        let cursor = try PageCursor("abc")
        let filter = BatchListPage.Filter(standing: .running, factory: try sample().site)
        let page = try list(filter, [try sample().batch], next: cursor)
        let html = try html(page)
        #expect(html.contains("standing=running") && html.contains("factory=text") && html.contains("cursor=abc"))
        #expect(page.live.map(\.key).contains("text-issued") == !(try sample().batch.stage(at: now).isFinished))
        #expect(html.contains("Bright Bulb</a>") && html.contains("text · Shenzhen Lamps"), "its title, and its id")
        #expect(html.contains("class=\"folds brief\""))
    }

    @Test("a device list says how many it shows, and nothing that would have to be counted")
    func titles() {
        func title(_ count: Int, found: Bool = false, filtered: Bool = false, later: Bool = false, more: Bool) -> String
        {
            DeviceListPage.title(count, found, filtered, later, hasMore: more)
        }
        #expect(
            title(50, more: true) == "Newest 50 devices"
                && title(50, filtered: true, more: true) == "Newest 50 that match"
        )
        #expect(
            title(3, more: false) == "All 3 devices"
                && title(1, filtered: true, more: false) == "1 device, all that match"
        )
        #expect(
            title(36, later: true, more: false) == "36 devices before"
                && title(2, found: true, more: false) == "2 found"
        )
    }

    @Test("a filter that no field shows stands as a chip with its way out")
    func chip() throws {
        let page = DeviceListPage(
            [],
            ungranted: Digest256.of(Array("x".utf8)),
            values: ["batch": Digest256.of(Array("x".utf8)).hex],
            batches: [],
            factories: [],
            now: now
        )
        let html = try html(page)
        let chip = try #require(html.firstMatch(of: /<span class="chip">[\s\S]*?<\/a><\/span>/)).0
        #expect(
            chip.contains("Authorization") && chip.contains("href=\"/devices\"")
                && chip.contains("Without: Authorization")
        )
        #expect(html.contains("<details class=\"fold\" open>"), "what is set is in sight")
        let plain = try self.html(DeviceListPage([], values: [:], batches: [], factories: [], now: now))
        #expect(!plain.contains("class=\"chip\""))
    }

    @Test("an ODM is not told what is allotted nowhere, and its factories have no column of owners")
    func ofODM() throws {
        let made = try sample()
        func quota(_ role: Role) throws -> String {
            let page = ProductPage(try made.product, form: form, opened: nil, viewer: viewer(role), now: now)
            return try #require(page.live.first { $0.key == "quota" }).html
        }
        #expect(try quota(.oemViewer).contains("Not allotted") && !quota(.odmEngineer).contains("Not allotted"))
        #expect(try quota(.odmEngineer).contains("aria-label=\"Allotted 30:"))
        let own = try html(
            FactoryListPage(made.overview, organisations: [:], viewer: viewer(.odmEngineer)),
            .odmEngineer
        )
        #expect(!own.contains(">ODM</th>") && !own.contains("data-label=\"ODM\""))
        #expect(
            try html(FactoryListPage(made.overview, organisations: [:], viewer: viewer(.oemViewer))).contains(
                ">ODM</th>"
            )
        )
    }

    @Test("what is left to be granted and what is left to be issued have two words")
    func words() throws {
        let made = try sample()
        let product = try html(ProductPage(made.product, form: form, opened: nil, viewer: viewer(.oemViewer), now: now))
        let batch = try html(
            BatchPage(made.batchContent, form: form, opened: nil, viewer: viewer(.oemViewer), now: now)
        )
        #expect(product.contains(">Not yet granted</th>") && product.contains("Not yet issued"))
        #expect(batch.contains("<dt>Not yet issued</dt>") && batch.contains("<dt>Window closes</dt>"))
        for page in [product, batch] { #expect(!page.contains(">Remaining<") && !page.contains("units begun")) }
        #expect(
            BatchPage.way(try made.batch, made.reconciliation, at: now).html.contains("7 of 10 units issued, 1 burned")
        )
    }

    @Test("a batch that no forecast ends says what is needed")
    func needs() throws {
        let made = try sample()
        let overview = Overview(
            time: now,
            factories: [made.progress],
            batches: [
                BatchProgress(
                    batch: try made.batch,
                    reconciliation: made.reconciliation,
                    rate: .unknown(.idle),
                    forecast: nil
                )
            ],
            counts: made.counts1,
            alarms: []
        )
        let page = OverviewPage(overview, recent: made.series, viewer: viewer(.oemViewer))
        let table = try #require(page.live.first { $0.key == "batches" }).html
        #expect(table.contains("What comes next") && !table.contains("it does not run"))
        #expect(try html(page).contains(">Running, waiting and blocked batches</h2>"))
    }
}
