import PortalProtocol
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: axes of time and the colours of parts")
struct PaletteTests {
    private let now = Instant(seconds: 1_795_000_000)

    private func line(_ times: [Int64]) -> Chart {
        let spots = times.map { (now + $0, 40 + Int($0) / 10) }
        return Chart(line: "Line", id: "l", unit: "u", zone: "Asia/Shanghai", spots: spots, now: now)
    }

    @Test("a line's axis is linear in time: a minute is as wide at its begin as at its end")
    func linear() throws {
        // 2 min 23 s, then less than one: nothing of it stands in the middle.
        let chart = line([-200, -57, 0])
        #expect(chart.plot.html.contains("d=\"M0 500 L715 125 L1000 0\""), "\(chart.plot.html)")
        let marks = chart.marks
        #expect(marks.last?.text == "now" && marks.last?.place == "100.0%")
        let places = marks.dropLast().map { Double($0.place.dropLast()) ?? -1 }
        let gaps = Set(zip(places, places.dropFirst()).map { (($1 - $0) * 10).rounded() })
        #expect(places.count > 1 && gaps.count == 1, "\(marks)")
        #expect(places.allSatisfy { $0 < 88 }, "what would run into the end's word is left out")
    }

    @Test("no two words under an axis are the same, over seconds as over weeks")
    func words() {
        for span: Int64 in [1, 9, 57, 200, 3_600, 7_300, 86_400, 200_000, 2_600_000] {
            let marks = line([-span, 0]).marks
            #expect(Set(marks.map(\.text)).count == marks.count && (1...7).contains(marks.count), "\(span): \(marks)")
        }
        #expect(line([-57, 0]).marks.first?.text.count == 8, "with its seconds")
        #expect(line([0]).marks.map(\.text) == ["now"], "all at once")
        #expect(line([]).plot.html.contains("class=\"grid\""))
    }

    @Test("bars have their word in the middle beneath them, at round times and even distances")
    func bars() throws {
        let start = Instant(seconds: now.seconds - now.seconds % 300)
        let points = (0..<24).map { ProductionPoint(start: start + $0 * 300, counts: .zero) }
        let html = Markup.production(.init(step: .fiveMinutes, points: points), zone: "Asia/Shanghai", at: now).html
        let marks = html.matches(of: /<text x="([0-9.]+)%"[^>]*text-anchor="(\w+)"[^>]*>([^<]+)</)
        #expect(marks.count == 6 && marks.allSatisfy { $0.2 == "middle" }, "\(html.prefix(400))")
        let bars = try marks.map { (try #require(Double($0.1)) * 24 - 50).truncatingRemainder(dividingBy: 100) }
        #expect(bars.allSatisfy { abs($0) < 2 || abs($0) > 98 }, "in the middle of a bar: \(bars)")
        let minutes = marks.map { $0.3.suffix(2) }
        #expect(minutes.allSatisfy { ["00", "20", "40"].contains($0) })
    }

    private func luminance(_ hex: Substring) throws -> Double {
        let number = try #require(Int(hex, radix: 16))
        let parts = [number >> 16, number >> 8 & 255, number & 255].map { part -> Double in
            let value = Double(part) / 255
            return value <= 0.04045 ? value / 12.92 : power((value + 0.055) / 1.055)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    /// x to the power of 2.4: its fifth root, found by Newton's steps, to the twelfth.
    private func power(_ x: Double) -> Double {
        var root = 1.0
        for _ in 0..<60 { root = (4 * root + x / (root * root * root * root)) / 5 }
        return (0..<12).reduce(1.0) { product, _ in product * root }
    }

    private func colours(_ token: String) throws -> [Double] {
        let found = try Regex("--\(token): light-dark\\(#([0-9a-f]{6}), #([0-9a-f]{6})\\)")
        let match = try #require(Stylesheet.text.firstMatch(of: found), "\(token)")
        return try [1, 2].map { try luminance(try #require(match.output[$0].substring)) }
    }

    @Test("what can be granted and what is granted stand out from what is not allotted, in either theme")
    func contrast() throws {
        for (one, other) in [("part-free", "track"), ("part-granted", "track")] {
            for (a, b) in zip(try colours(one), try colours(other)) {
                #expect((max(a, b) + 0.05) / (min(a, b) + 0.05) >= 3, "\(one), \(other)")
            }
        }
        for part in Part.allCases {
            #expect(Stylesheet.parts.contains(".\(part.rawValue)"), "\(part)")
        }
    }

    @Test("a state has one colour: what is granted and not issued, on a batch as on its product")
    func oneColour() throws {
        let made = try Sample(text: "text", now: now)
        let form = FormState(key: "key", csrf: "csrf")
        let viewer = Viewer(name: "A", organisation: "B", roles: [.oemViewer], csrf: "csrf")
        let batch = BatchPage(try made.batchContent, form: form, opened: nil, viewer: viewer, now: now)
        let product = ProductPage(try made.product, form: form, opened: nil, viewer: viewer, now: now)
        for (page, key) in [(batch.live, "sums"), (product.live, "quota")] {
            let html = try #require(page.first { $0.key == key }).html
            #expect(html.contains("<li class=\"p-granted\">Not yet issued") && html.contains("\"p-issued\">Issued"))
        }
    }
}
