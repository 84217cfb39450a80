import Foundation
import PortalProtocol
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: how far a batch's package is, a version's command, a product's keys")
struct BatchStageTests {
    private let now = Instant(seconds: 1_795_000_000)

    /// The sample with another state, as the API would say it.
    private func batch(
        _ state: BatchState,
        delivered: Bool = false,
        hasPackage: Bool = true,
        begun: Int? = nil,
        halted: String? = nil
    ) throws -> Batch {
        let bytes = try JSONEncoder().encode(Sample(text: "text", now: now).batch)
        var object = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        object["state"] = state.rawValue
        object["withdrawals"] = []
        object["begun"] = begun
        object["edgeHalted"] = halted
        var package = try #require(object["package"] as? [String: Any])
        package["deliveredAt"] = delivered ? package["madeAt"] : nil
        object["package"] = hasPackage ? package : nil
        return try JSONDecoder().decode(Batch.self, from: JSONSerialization.data(withJSONObject: object))
    }

    private func sums(issued: Int, isLoaded: Bool) -> BatchReconciliation {
        .init(
            granted: 10,
            issued: issued,
            burned: 0,
            returned: 0,
            remaining: isLoaded ? 10 - issued : 0,
            unaccounted: isLoaded ? 0 : 10,
            isLoaded: isLoaded,
            isClosed: false
        )
    }

    private func way(_ batch: Batch, issued: Int = 0, isLoaded: Bool = false) -> (done: Int, now: String?, html: String)
    {
        let html = BatchPage.way(batch, sums(issued: issued, isLoaded: isLoaded), at: now).html
        let current = html.firstMatch(of: /<li[ ]class="now"[^>]*><h3>([^<]*)/).map { String($0.1) }
        return (html.matches(of: /<li[ ]class="done"/).count, current, html)
    }

    @Test("the package goes step by step, and every step has its place from the start")
    func steps() throws {
        let steps: [(Batch, Int, Bool, done: Int, now: String?)] = [
            (try batch(.granted, hasPackage: false), 0, false, 0, "Sealed"),
            (try batch(.packaged), 0, false, 1, "Delivered"),
            (try batch(.packaged, delivered: true), 0, false, 2, "Loaded"),
            (try batch(.loaded, delivered: true), 0, true, 3, "Running"),
            // By stick: nobody fetched it.
            (try batch(.loaded, begun: 3), 3, true, 3, "Running"),
            (try batch(.loaded, begun: 10), 10, true, 4, nil),
            (try batch(.ending, begun: 10), 10, true, 4, "Closed"),
            (try batch(.ended, delivered: true), 3, true, 5, nil),
        ]
        for (batch, issued, isLoaded, done, now) in steps {
            let way = way(batch, issued: issued, isLoaded: isLoaded)
            #expect(way.done == done && way.now == now, "\(batch.state): \(way.html)")
            #expect(way.html.matches(of: /<li[ ]class/).count == 5)
        }
    }

    @Test("a state's word says what the package's way says")
    func words() throws {
        let wanted: [(Batch, BatchStage)] = [
            (try batch(.packaged), .sealed), (try batch(.packaged, delivered: true), .delivered),
            (try batch(.granted, hasPackage: false), .granted), (try batch(.loaded, begun: 0), .loaded),
            (try batch(.loaded, begun: 1), .running), (try batch(.loaded, begun: 10), .usedUp),
            (try batch(.ending, begun: 10), .ending), (try batch(.ended, begun: 1), .closed),
            (try batch(.packaged, halted: "forked"), .blocked),
            // In the factory already, so it may be loaded all the same.
            (try batch(.packaged, delivered: true, halted: "forked"), .delivered),
            (try batch(.loaded, begun: 1, halted: "forked"), .running),
        ]
        for (batch, stage) in wanted { #expect(batch.stage(at: now) == stage, "\(stage)") }
        for state in [BatchState.granted, .packaged, .loaded] {
            #expect(try batch(state, begun: 1).stage(at: now + 101) == .over, "\(state)")
        }
        #expect(try batch(.loaded, begun: 10).stage(at: now + 101) == .usedUp)
        #expect(try batch(.packaged, halted: "forked").cell(at: now).html.contains("text is stopped"))
        #expect(try batch(.packaged, halted: "forked").badge(at: now).html.contains("Blocked: text is stopped"))
        #expect(try batch(.packaged, halted: "forked").need(at: now).html == "An order of the officers for text")
        #expect(try way(batch(.packaged, halted: "forked")).html.contains("blocked: text is stopped"))
    }

    private func html(_ page: some PageView, _ role: Role) throws -> String {
        let viewer = Viewer(name: "A", organisation: "B", roles: [role], csrf: "csrf")
        let frame = Frame(viewer: viewer, path: "/", theme: nil, told: nil, time: now, fonts: nil)
        return try Templates().render(page, in: frame)
    }

    private func viewer(_ role: Role) -> Viewer { Viewer(name: "A", organisation: "B", roles: [role], csrf: "csrf") }

    @Test("an administrator alone makes a version's keys and brings certificates; an ODM gets no file for the ceremony")
    func administrators() throws {
        let made = try Sample(text: "text", now: now)
        let form = FormState(key: "key", csrf: "csrf")
        for role in Role.allCases {
            let viewer = viewer(role)
            let product = try html(
                ProductPage(made.product, form: form, opened: nil, viewer: viewer, now: now),
                role
            )
            let factory = try html(
                FactoryPage(made.factory, form: form, opened: nil, viewer: viewer, now: now),
                role
            )
            #expect(product.contains("id=\"dialog-keys\"") == (role == .oemAdmin), "\(role)")
            #expect(factory.contains("id=\"dialog-certificates\"") == (role == .oemAdmin), "\(role)")
            if role.kind == .odm { #expect(!factory.contains("/preparation.json"), "\(role)") }
        }
    }

    @Test("uploads have a place for how far they are")
    func progress() throws {
        let page = NewVersionPage(
            product: try Sample(text: "text", now: now).product.product,
            values: [:],
            host: "portal.example",
            form: FormState(key: "key", csrf: "csrf")
        )
        #expect(try html(page, .odmEngineer).matches(of: /<progress[ ]max/).count == 2)
    }
}
