import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: an EdgeHSM that is stopped")
struct StopStateTests {
    private let now = Instant(seconds: 1_795_000_000)
    private let edge = EdgeHSMID(validated: "edge-5")
    private let form = FormState(key: "key", csrf: "csrf")

    private func viewer(_ role: Role) -> Viewer {
        Viewer(name: "A", organisation: "B", roles: [role], csrf: "csrf")
    }

    private func html(_ page: some PageView, _ viewer: Viewer) throws -> String {
        let html = try Templates().render(
            page,
            in: Frame(viewer: viewer, path: "/", theme: nil, told: nil, time: now, fonts: nil)
        )
        PageCheck(html: html).all("stopped")
        return html
    }

    private func part(_ html: String, _ id: String) throws -> Substring {
        let start = try #require(html.firstRange(of: "aria-labelledby=\"\(id)\"")).upperBound
        return html[start..<(try #require(html[start...].firstRange(of: "</section>")).lowerBound)]
    }

    private func places(_ halted: String?) -> [EdgeHSMID: EdgePlace] {
        [edge: EdgePlace(factory: "Shenzhen Lamps", site: FactoryID(validated: "shenzhen-1"), halted: halted)]
    }

    @Test("the factory's page says what to do, to each by what they may do; where nothing is stopped it says nothing")
    func guide() throws {
        let made = try Sample(text: "forked", now: now)
        func page(_ role: Role) throws -> String {
            let viewer = viewer(role)
            return try html(FactoryPage(made.factory, form: form, opened: nil, viewer: viewer, now: now), viewer)
        }
        let factory = try page(.odmEngineer)
        let there = try part(factory, "halt")
        #expect(there.contains("powered and as it is") && there.contains("Call the OEM"))
        // An ODM can't see orders: nothing leads there.
        #expect(!factory.contains("/keys/orders") && !there.contains("releaseAllotment"))
        let admin = try part(page(.oemAdmin), "halt")
        #expect(admin.contains("/keys/orders") && admin.contains("import it") && !admin.contains("releaseAllotment"))
        let officer = try part(page(.oemSecurityOfficer), "halt")
        #expect(
            officer.contains("&quot;kind&quot;:&quot;releaseAllotment&quot;")
                && officer.contains("&quot;reason&quot;:&quot;forked: ")
        )
        #expect(officer.replacing(/<[^>]*>/, with: "").contains("obis order order.json --out order.env"))
        for text in [admin, officer] {
            #expect(text.contains("retireEdgeHSM") && text.contains("No order makes it trusted"))
        }
        #expect(HaltGuide.box([], viewer(.oemAdmin)) == nil)
    }

    @Test("keys that are inside a stopped EdgeHSM are not called ready, wherever they are listed")
    func keys() throws {
        let product = ProductName(validated: "lamp")
        let preparation = Preparation(
            edgeHSM: edge,
            product: product,
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            askedBy: PersonID(validated: "p-1"),
            askedAt: now,
            receivedAt: now,
            statement: .zero,
            certificates: .init(uploadedBy: PersonID(validated: "p-1"), uploadedAt: now, installedAt: now)
        )
        func matrix(_ halted: String?) -> KeyMatrix {
            KeyMatrix(
                KeysPage.Content(
                    chain: [],
                    people: [:],
                    names: [:],
                    edges: [
                        EdgeSummary(id: edge, factory: FactoryID(validated: "s-1"), enrolledAt: now, halted: halted)
                    ],
                    factories: [:],
                    preparations: [preparation],
                    products: [.init(name: product, slots: [], allotments: [edge: 5], loaded: [edge], keys: [])],
                    orders: nil
                )
            )
        }
        let (stopped, well) = (matrix("forked"), matrix(nil))
        #expect(stopped.markup(now).html.contains("Stopped: forked") && stopped.markup(now).html.contains("not in use"))
        #expect(stopped.markup(now).html.contains("/factories/s-1#halt"))
        #expect(!stopped.markup(now).html.contains("badge ok") && stopped.ready == 0)
        #expect(well.markup(now).html.contains("badge ok") && well.ready == 1)
        #expect(!well.markup(now).html.contains("Stopped"))
        let listed = EdgePage.products([preparation], "forked", "/x", now).html
        #expect(listed.contains("not in use") && !listed.contains("badge ok"))
        #expect(EdgePage.products([preparation], nil, "/x", now).html.contains("badge ok"))
    }

    @Test("the product's quota says whose remainder can't be used")
    func quota() throws {
        let made = try Sample(text: "edge-5", now: now)
        let content = try made.product
        func page(_ halted: [EdgeHSMID: String]) throws -> Substring {
            let content = ProductPage.Content(
                product: content.product,
                quota: content.quota,
                versions: content.versions,
                keys: content.keys,
                workspaces: content.workspaces,
                organisations: content.organisations,
                batches: content.batches,
                factories: content.factories,
                halted: halted
            )
            let viewer = viewer(.oemAdmin)
            return try part(
                html(ProductPage(content, form: form, opened: nil, viewer: viewer, now: now), viewer),
                "quota"
            )
        }
        #expect(try page([edge: "forked"]).contains("Stopped: forked"))
        #expect(try !page([:]).contains("Stopped"))
    }

    @Test("who reviews is warned where a stopped EdgeHSM is allotted more, and the factory stands beside it")
    func review() throws {
        let content = try Sample(text: "lamp", now: now).version(in: .submitted)
        func page(_ halted: String?, to after: Int) throws -> String {
            let change = ReviewChange(
                field: "allotment",
                before: "edge-5: 180 units over all versions and batches",
                after: "edge-5: \(after) units over all versions and batches"
            )
            let review = content.review
            let page = VersionPage(
                .init(
                    product: content.product,
                    version: content.version,
                    review: VersionReview(
                        product: review.product,
                        version: review.version,
                        against: review.against,
                        changes: review.changes,
                        manifest: review.manifest,
                        evidence: review.evidence,
                        approvalChanges: [change],
                        approval: review.approval
                    ),
                    names: [:],
                    edges: places(halted),
                    officers: content.officers,
                    threshold: 2,
                    portal: content.portal
                ),
                tab: .changes,
                form: form,
                opened: nil,
                viewer: viewer(.oemSecurityOfficer),
                now: now
            )
            return try html(page, viewer(.oemSecurityOfficer))
        }
        let stopped = try page("forked", to: 380)
        #expect(stopped.contains("A stopped EdgeHSM is allotted more") && stopped.contains("+200 units"))
        let units = try part(stopped, "units")
        #expect(units.contains("Stopped: forked") && units.contains("Shenzhen Lamps"))
        // Less for it, or nothing wrong with it: no warning.
        #expect(try !page("forked", to: 100).contains("is allotted more"))
        #expect(try !page(nil, to: 380).contains("is allotted more"))
        #expect(try !part(page(nil, to: 380), "units").contains("Stopped"))
    }

    @Test("an acknowledged fork still says that it stands, and what to do; figures have columns of their own")
    func alarms() throws {
        func page(_ halted: String?, _ role: Role) throws -> String {
            let alarm = AlarmView(
                number: AlarmNumber(validated: 7),
                kind: "forked",
                severity: .critical,
                edgeHSM: edge,
                factory: FactoryID(validated: "shenzhen-1"),
                other: nil,
                sequence: 41,
                detail: "two roots",
                times: 3,
                firstAt: now,
                lastAt: now,
                clearedAt: nil,
                acknowledgedAt: now,
                acknowledgedBy: nil
            )
            let page = AlarmPage(
                Page(items: [alarm], next: nil),
                quarantine: Page(items: [], next: nil),
                names: [:],
                edges: places(halted),
                tags: [:],
                onlyOpen: false,
                viewer: viewer(role),
                form: form,
                now: now
            )
            return try html(page, viewer(role))
        }
        let stopped = try page("forked", .oemAdmin)
        let list = try part(stopped, "list")
        #expect(list.contains("Acknowledged") && list.contains("Stopped: forked"))
        #expect(list.contains("/factories/shenzhen-1#halt") && list.contains("/keys/orders"))
        for column in ["No.", "Times seen", "Journal entry"] { #expect(list.contains(">\(column)<"), "\(column)") }
        #expect(stopped.contains("does not lift a stop") && stopped.contains("All, acknowledged too"))
        let odm = try page("forked", .odmEngineer)
        #expect(odm.contains("/factories/shenzhen-1#halt") && !odm.contains("/keys/orders"))
        let lifted = try page(nil, .oemAdmin)
        #expect(!lifted.contains("Stopped: forked") && !lifted.contains("does not lift a stop"))
    }

    @Test(
        "what a program wrote can be chosen as a file wherever it can be pasted, and says what is wrong right beneath"
    )
    func files() throws {
        let made = try Sample(text: "text", now: now)
        let (admin, officer) = (viewer(.oemAdmin), viewer(.oemSecurityOfficer))
        let wrong = FormState(errors: ["enrolment": "unreadable"], key: "key", csrf: "csrf")
        let pages = try [
            "enrol-enrolment": html(
                FactoryPage(made.factory, form: wrong, opened: "enrol", viewer: admin, now: now),
                admin
            ),
            "certificates-file": html(
                FactoryPage(made.factory, form: form, opened: nil, viewer: admin, now: now),
                admin
            ),
            "order-file": html(OrdersPage([], next: nil, form: form, opened: nil, viewer: admin, now: now), admin),
            "sign-envelope": html(
                VersionPage(made.version, tab: nil, form: form, opened: nil, viewer: officer, now: now),
                officer
            ),
        ]
        for (field, page) in pages {
            #expect(page.contains("<textarea id=\"f-\(field)\""), "\(field)")
            #expect(page.contains("data-read=\"f-\(field)\"") && page.contains("for=\"file-f-\(field)\""), "\(field)")
        }
        let page = try #require(pages["enrol-enrolment"])
        #expect(page.contains("</textarea><p class=\"error\" id=\"f-enrol-enrolment-error\">"))
    }
}
