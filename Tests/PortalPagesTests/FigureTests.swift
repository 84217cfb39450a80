import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: figures and states say what is so")
struct FigureTests {
    private let now = Instant(seconds: 1_795_000_000)
    private let form = FormState(key: "key", csrf: "csrf")

    private func sample() throws -> Sample { try Sample(text: "text", now: now) }

    private func html(_ page: some PageView, _ role: Role = .oemViewer) throws -> String {
        let frame = Frame(viewer: viewer(role), path: "/", theme: nil, told: nil, time: now, fonts: nil)
        return try Templates().render(page, in: frame)
    }

    private func viewer(_ role: Role) -> Viewer {
        Viewer(name: "A", organisation: "Shenzhen Lamps", roles: [role], csrf: "csrf")
    }

    private func site(_ id: String, halted: String? = nil, critical: Int = 0, heard: Int64 = 0) -> FactoryProgress {
        FactoryProgress(
            factory: Factory(
                id: FactoryID(validated: id),
                organisation: OrganisationID(validated: "odm"),
                name: "Site \(id)",
                country: "CN",
                timeZone: "UTC",
                createdAt: now
            ),
            today: .init(issued: 1_036, completed: 1_038, passed: 1_036, failed: 2, burned: 0),
            rate: .unknown(.idle),
            edges: [
                EdgeState(
                    edgeHSM: EdgeHSMID(validated: "edge-\(id)"),
                    storedSize: 1,
                    checkpointTime: now,
                    heardAt: now + -heard,
                    isSilent: false,
                    halted: halted,
                    quarantined: 0,
                    softwareVersion: nil
                )
            ],
            critical: critical,
            warnings: 0
        )
    }

    private func overview(_ factories: [FactoryProgress]) throws -> OverviewPage {
        let made = try sample()
        let overview = Overview(
            time: now,
            factories: factories,
            batches: try made.overview.batches,
            counts: made.counts1,
            alarms: []
        )
        return OverviewPage(overview, recent: made.series, viewer: viewer(.oemViewer))
    }

    private func place(_ page: some PageView, _ key: String) throws -> String {
        try #require(page.live.first { $0.key == key }).html
    }

    @Test("the overview counts what runs, and says what its table leaves out")
    func counts() throws {
        let page = try overview([site("1")])
        #expect(try place(page, "stat-running") == "1" && place(page, "note-running").contains("1 blocked"))
        let table = try place(page, "batches")
        #expect(table.contains("1 of 18 shown, 13 used up, 1 past their window"))
        #expect(try place(page, "note-passed").contains("1,036 issued, 2 scrapped"))
        #expect(try place(page, "stat-passed") == "1,036", "devices, not events")
    }

    @Test("who is stopped is said first, and the worst factory stands first")
    func stopped() throws {
        let page = try overview([site("1"), site("2", heard: 900), site("3", critical: 1), site("4", halted: "forked")])
        let whole = try html(page)
        #expect(try place(page, "note-links").contains("1 stopped"))
        #expect(try place(page, "stat-links").hasPrefix("2 "))
        let alerts = try place(page, "alerts")
        #expect(
            alerts.contains("edge-4 at Site 4 is stopped: its journal is forked") && alerts.contains("1 critical alarm")
        )
        let (first, stats) = (whole.firstRange(of: "is stopped: its journal"), whole.firstRange(of: "class=\"stats\""))
        #expect(try #require(first).lowerBound < #require(stats).lowerBound)
        let order = whole.matches(of: /<h3[ ]id="site-\d+"><a[ ]href="[^"]*">Site[ ](\d)/).map { String($0.1) }
        #expect(order == ["4", "3", "2", "1"])
        #expect(try place(overview([site("1")]), "alerts").isEmpty)
        #expect(try place(overview([site("1"), site("2", heard: 900)]), "note-links").contains("others report later"))
    }

    @Test("the key of what is made stays beside the key of what is in review; an ODM reads its own name")
    func product() throws {
        let made = try sample().product
        let page = try html(
            ProductPage(made, form: form, opened: nil, viewer: viewer(.odmEngineer), now: now),
            .odmEngineer
        )
        #expect(page.contains("text 1.1.0") && page.contains("text 1.0.0"))
        #expect(
            page.contains("Granted of allotment") && page.matches(of: />Granted</).count == 2,
            "bar, and time of batches"
        )
        let foreign = ProductPage.Content(
            product: made.product,
            quota: made.quota,
            versions: made.versions,
            keys: made.keys,
            workspaces: made.workspaces,
            organisations: [:],
            batches: [],
            factories: made.factories
        )
        let own = try html(
            ProductPage(foreign, form: form, opened: nil, viewer: viewer(.odmEngineer), now: now),
            .odmEngineer
        )
        #expect(own.contains("<li class=\"split\"><span>Shenzhen Lamps</span>") && !own.contains("<span>text</span>"))
    }

    @Test("devices stand newest first, to the second, and lead to their batch and factory")
    func devices() throws {
        let made = try sample()
        let units = try [(1, "A1"), (7, "A7"), (4, "A4")].map { second, serial in
            UnitView(
                id: UnitReference(log: 1, unit: .zero),
                unit: .zero,
                edgeHSM: made.edge,
                factory: made.site,
                product: made.product1,
                authorization: made.digest,
                batch: "night",
                serial: try DeviceSerial(serial),
                chip: ChipUID(validated: [UInt8](repeating: 1, count: 16)),
                generation: 1,
                index: 0,
                stage: .done,
                isReissue: false,
                isExposed: false,
                isCurrent: true,
                station: "station-1",
                issuedAt: now + Int64(second),
                changedAt: now + 9,
                sequence: second
            )
        }
        let batches = [try made.batch]
        let page = try html(
            DeviceListPage(units, values: [:], batches: batches, factories: [made.factory1], now: now + 9)
        )
        let times = page.matches(of: /<td[^>]*><time[ ]datetime="[^"]*">([^<]*)<\/time>/).map { String($0.1) }
        #expect(times == [7, 4, 1].map { Format.dateTime(now + $0, seconds: true) + " UTC" })
        #expect(page.contains("<a href=\"/batches/text\">night</a>"))
        #expect(page.contains("<code>A7</code></a>"), "serials in figures of one width")
        // What stands on a device and what narrows the list: one form with one button.
        let forms = page.matches(of: /<form class="filters"[\s\S]*?<\/form>/).map { String($0.0) }
        #expect(forms.count == 1 && forms[0].contains("name=\"q\"") && forms[0].contains("name=\"stage\""))
        #expect(forms[0].matches(of: /<button/).count == 1 && forms[0].contains("<details class=\"fold\"><summary>"))
        #expect(page.contains(">All 3 devices</h2>"))
        #expect(
            page.contains(
                "<a href=\"/factories/text\">text</a><span class=\"sub\">text · <a href=\"/factories/text/edges/text\">text</a></span>"
            )
        )
    }

    @Test("words under an axis stand where their points are")
    func axis() throws {
        let points = (0..<8).map {
            Chart.Point(mark: [0, 4, 7].contains($0) ? "m\($0)" : "", title: "t", values: [$0])
        }
        let bars = Chart(bars: "Bars", id: "b", unit: "u", zone: "UTC", series: [("s", .issued)], points: points)
        #expect(bars.marks.map(\.place) == ["6.3%", "56.3%", "93.8%"])
        #expect(bars.marks.map(\.isExtra) == [false, true, false], "narrow screens keep the last")
        #expect(!Chart.template.contains("start") && Chart.template.contains("text-anchor=\"middle\""))
    }

    @Test("debug permissions are words")
    func permissions() {
        func words(_ hex: String) -> DebugPermissions {
            DebugPermissions(SixteenOctets(validated: hex + String(repeating: "0", count: 32 - hex.count)))
        }
        #expect(words("0b").words == "read flash, write flash, wipe")
        #expect(words("0b").markup.html.contains("0x0b00…"))
        #expect(words("").words == "none" && words("04").words == "see secure memory")
        #expect(words("8101").words == "read flash, 2 that have no name here")
        #expect(words(String(repeating: "f", count: 32)).words == "everything that the chip has")
    }

    @Test("the burn-down starts with the grant and is captioned by what it spans")
    func burnDown() throws {
        let made = try sample()
        func page(_ ago: Int64, step: Int64 = 300) throws -> String {
            let later = now + ago
            let first = now.seconds - now.seconds % step
            let points = stride(from: first, through: later.seconds, by: Int(step)).map {
                ProductionPoint(start: Instant(seconds: $0), counts: .zero)
            }
            let content = BatchPage.Content(
                batch: try made.batch,
                reconciliation: made.reconciliation,
                recent: ProductionSeries(step: .fiveMinutes, points: points),
                counts: made.counts,
                forecast: nil,
                rate: .unknown(.idle),
                factory: made.factory1,
                names: [:]
            )
            let page = BatchPage(content, form: form, opened: nil, viewer: viewer(.oemViewer), now: later)
            return try html(page)
        }
        let young = try page(600)
        #expect(young.contains("Units not yet issued since the grant") && !young.contains("24 hours"))
        #expect(young.contains("10 min ago</time>"))
    }

    @Test("a new batch says the smaller of rule and rest")
    func newBatch() throws {
        let made = try sample()
        func page(_ left: Int, rule: Int?) throws -> String {
            return try html(
                NewBatchPage(
                    versions: [("text/text", "text")],
                    chosen: "text/text",
                    places: [.init(edgeHSM: made.edge, factory: made.factory1, remaining: left)],
                    rules: ProductRules(
                        largestBatch: rule.map { UnitTotal(validated: $0) },
                        chipIdentity: .none
                    ),
                    form: form
                )
            )
        }
        #expect(
            try page(20, rule: 1_000).contains(">At most 20: what is left at text (the product&#39;s rule: 1,000)</p>")
        )
        #expect(
            try page(5_000, rule: 1_000).contains(">At most 1,000: the product&#39;s rule (left at text: 5,000)</p>")
        )
        #expect(try page(20, rule: nil).contains(">At most 20: what is left at text</p>"))
    }

    @Test("an approval that follows another starts from its allowances")
    func approval() throws {
        let made = try sample()
        let before = VersionApproval(
            product: made.product1,
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            version: "1.0.0",
            manifest: .zero,
            lifetimeTotal: 100,
            allotments: [],
            sequence: 1,
            previous: nil,
            allowances: .init(debugUnlocks: 7, reprovisions: 8, rotations: 9),
            rules: .init(chipIdentity: .none),
            issuedAt: now,
            expiresAt: now + 100
        )
        let page = try html(
            ApprovalPage(
                product: made.product.product,
                version: VersionName(validated: "1.1.0"),
                before: before,
                places: [(made.edge, "Site", 5, "forked")],
                expires: "2026-11-23T14:05",
                form: form
            ),
            .oemSecurityOfficer
        )
        for (name, value) in [("debugUnlocks", 7), ("reprovisions", 8), ("rotations", 9)] {
            #expect(page.contains("name=\"\(name)\" value=\"\(value)\""), "\(name)")
        }
        // Whoever allots units is told where nothing can be made with them.
        #expect(page.contains("Now 5. Stopped: its journal is forked."))
    }
}
