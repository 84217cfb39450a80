import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: what a site says")
struct SiteEventTests {
    private let now = Instant(seconds: 1_795_000_000)

    private func line(_ event: String, kind: String = "unit", number: Int = 1) -> String {
        #"{"number":\#(number),"time":"\#((now + Int64(number)).description)","kind":"\#(kind)","event":{\#(event)}}"#
    }

    private func unit(_ serial: Int, _ result: String = "passed", more: String = "") -> String {
        line(
            #""station":"station-1","serial":"BU000000\#(1000 + serial)","result":"\#(result)","milliseconds":1264,"site":1\#(more)"#,
            number: serial
        )
    }

    private func html(_ lines: [String], _ show: SiteEventsPage.Show = .all) throws -> String {
        let events = try lines.enumerated().map { index, line in
            SiteEventView(
                source: try RecordSource(hex: String(repeating: "0a", count: 16)),
                number: index + 1,
                receivedAt: now + 200,
                line: line
            )
        }
        let factory = try Sample(text: "text", now: now).factory1
        let page = SiteEventsPage(Page(items: events, next: nil), show: show, factory: factory, now: now + 300)
        let frame = Frame(viewer: nil, path: "/", theme: nil, told: nil, time: now, fonts: nil)
        return try Templates().render(page, in: frame)
    }

    @Test("a line is told by what it says within, is bounded, escaped, and stands behind it")
    func facts() {
        let long = String(repeating: "x", count: 500)
        let facts = SiteEventFacts(
            #"{"time":"2026-01-01T00:00:00Z","kind":"door","number":7,"event":{"who":"L1<b>","ok":true,"ms":12,"list":[1],"note":"\#(long)"}}"#
        )
        #expect(facts.members.map(\.name) == ["ms", "note", "ok", "who"])
        #expect(facts.members.map(\.value) == ["12", long.prefix(64) + "…", "yes", "L1<b>"])
        let html = facts.sentence([:]).html
        #expect(html.contains("who</span> L1&lt;b&gt;") && !html.contains("<b>"))
        #expect(facts.whole("w").html.contains(long) && facts.reading.words == "door" && !facts.isTrouble)
        #expect(
            SiteEventFacts("no JSON").members.isEmpty && SiteEventFacts("no JSON").whole("w").html.contains("no JSON")
        )
        let endless = SiteEventFacts(String(repeating: "y", count: 8_000)).whole("w").html
        #expect(endless.utf8.count < 3_000)
    }

    @Test("what went wrong is told from what goes well")
    func trouble() {
        func isTrouble(_ line: String) -> Bool { SiteEventFacts(line).isTrouble }
        #expect(!isTrouble(unit(1)) && !isTrouble(unit(1, "begun")) && !isTrouble(unit(1, "reworked")))
        #expect(isTrouble(unit(1, "failed", more: #","code":"station.chip.silent""#)))
        #expect(isTrouble(unit(1, more: #","shiftUnknown":true"#)), "a pass outside every shift")
        #expect(isTrouble(line(#""what":"refused","summary":"package/00: edge.package.bad""#, kind: "sync")))
        #expect(isTrouble(line(#""what":"link-down","summary":"""#, kind: "sync")))
        #expect(!isTrouble(line(#""what":"taken","summary":"x""#, kind: "sync")))
        #expect(isTrouble(line(#""file":"a.json","kind":"refused","summary":"c""#, kind: "inbox")))
    }

    @Test("a failure stands by itself among units that passed, in the factory's time, and leads to its device")
    func runs() throws {
        let page = try html(
            [unit(6), unit(5), unit(4, "failed", more: #","code":"station.chip.silent""#), unit(3), unit(2), unit(1)]
        )
        let again = try html([unit(6), unit(6, "begun"), unit(5), unit(5, "begun"), unit(7, "begun")])
        #expect(again.contains(">2 passes</span>") && again.matches(of: />Begun</).count == 1, "7 has no end yet")
        #expect(page.matches(of: /<tr><th scope="row"/).count == 3)
        #expect(page.contains(">2 passes</span>") && page.contains(">3 passes</span>") && page.contains("over 2 s"))
        #expect(
            page.contains(">Failed</span>")
                && page.contains("<a href=\"/devices?q=BU0000001004\"><code>BU0000001004</code></a>")
        )
        #expect(page.contains("<code>station.<wbr>chip.<wbr>silent</code>") && page.contains("1,264 ms"))
        // 1_795_000_004 is 21:26:44 in Shanghai; it came here three minutes later.
        #expect(page.contains("Times: Shanghai, UTC+8"))
        let local = Format.dateTime(now + 4, east: 8 * 3_600, seconds: true)
        #expect(page.contains(">\(local)</time>") && page.contains("told 3 min 16 s later"))
    }

    @Test("a unit that was made anew passes twice, and is one unit")
    func passes() throws {
        let page = try html([unit(2), unit(1), unit(2)])
        #expect(page.contains(">3 passes</span>") && page.contains("3 passes of 2 units") && !page.contains("3 units"))
        #expect(try html([unit(2), unit(1)]).contains("<td class=\"wide\" data-label=\"What it says\">2 passes<"))
    }

    @Test("digests in a summary are shortened, and nothing of a site's word becomes a link by itself")
    func summaries() throws {
        let hex = String(repeating: "ab", count: 32)
        let code = SiteEventFacts(line(#""what":"link-down","summary":"factory.portal.unreachable""#, kind: "sync"))
        #expect(code.sentence([:]).html.contains("<code>factory.<wbr>portal.<wbr>unreachable</code>"))
        let page = try html([
            line(#""what":"taken","summary":"package/\#(hex): batch b of p, 40 units, \#(hex)""#, kind: "sync"),
            line(#""serial":"../../audit","result":"passed","station":"s""#),
        ])
        #expect(
            page.contains(
                "package/<code class=\"digest\" title=\"\(hex)\">abababababab…</code>: batch b of p, 40 units,"
            )
        )
        #expect(page.contains("a unit without a serial") && !page.contains("q=../"))
    }
}
