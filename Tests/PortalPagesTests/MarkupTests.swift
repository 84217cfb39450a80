import Statements
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: markup, figures and times")
struct MarkupTests {
    @Test("what is interpolated is escaped, but for markup")
    func escaping() {
        let hostile = "<script>alert('1')</script> & \"x\""
        let markup: Markup = "<p title=\"\(hostile)\">\(hostile)\(Markup.badge(.ok, hostile))\(7)</p>"
        #expect(!markup.html.contains("<script"))
        #expect(markup.html.components(of: "&lt;script&gt;").count == 3)
        #expect(markup.html.contains("&quot;x&quot;"))
        #expect(markup.html.hasSuffix("7</p>"))
    }

    @Test(
        "figures",
        arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-12_000, "−12,000")]
    )
    func numbers(value: Int, words: String) { #expect(Format.number(value) == words) }

    @Test(
        "durations in their two largest units",
        arguments: [
            (Int64(0), "0 s"), (45, "45 s"), (75, "1 min 15 s"), (27_600, "7 h 40 min"), (183_600, "2 d 3 h"),
            (3_600, "1 h"), (1_830, "30 min"), (-5, "0 s"),
        ]
    )
    func durations(seconds: Int64, words: String) { #expect(Format.duration(seconds) == words) }

    @Test("shares round to tenths and say nothing of nothing")
    func shares() {
        #expect(Format.percent(1, of: 3) == "33.3 %")
        #expect(Format.percent(1, of: 2) == "50 %")
        #expect(Format.percent(0, of: 0) == nil)
    }

    @Test("a time that somebody enters is the factory's, also where its clock changes")
    func zones() throws {
        let winter = try #require(FactoryTime.instant("2026-11-23T14:05", in: "Asia/Shanghai"))
        #expect(winter.description == "2026-11-23T06:05:00Z")
        let summer = try #require(FactoryTime.instant("2026-07-01T00:30", in: "Europe/Berlin"))
        #expect(summer.description == "2026-06-30T22:30:00Z")
        #expect(FactoryTime.instant("2026-11-23", in: "Asia/Shanghai") == nil)
        #expect(FactoryTime.instant("2026-11-23T14:05", in: "Nowhere/Atall") == nil)
        #expect(Format.dateTime(winter, east: 8 * 3_600) == "23 Nov 2026, 14:05")
    }

    @Test("a chart's top is a round figure that no value passes")
    func tops() {
        for value in [0, 1, 2, 3, 7, 10, 11, 99, 101, 999, 123_456] {
            let top = Chart.round(value)
            #expect(top >= value && top >= 1 && top <= max(1, value) * 10)
        }
    }

    @Test("a bar never leaves its frame, whatever the parts say")
    func meters() {
        let markup = Markup.meter(
            [Segment("a", 900, .issued), Segment("b", 900, .lost), Segment("c", 1, .burned)],
            of: 1_000,
            label: "parts"
        )
        let bars = markup.html.matches(of: /x="([0-9]+)" width="([0-9]+)"/)
        #expect(bars.count == 3)
        for bar in bars {
            let (left, width) = (Int(bar.1) ?? 0, Int(bar.2) ?? 0)
            #expect(left <= 10_000 && left + width <= 10_030)
        }
    }
}

extension String {
    /// Places where a text stands.
    func components(of text: String) -> [Range<String.Index>] { ranges(of: text) }
}
