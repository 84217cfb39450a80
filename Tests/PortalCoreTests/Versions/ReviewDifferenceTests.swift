import Governance
import PortalCore
import PortalProtocol
import Statements
import Testing
import Vocabulary

@Suite struct ReviewDifferenceTests {
    @Test func namesEveryFieldThatChangedAndNoOther() throws {
        let before = try SampleManifest.make()
        #expect(ReviewDifference.changes(from: before, to: before).isEmpty)
        let after = try SampleManifest.make(
            version: "1.1.0",
            productName: "Lump",
            softwareVersion: 101,
            slots: ["media"]
        )
        let changes = ReviewDifference.changes(from: before, to: after)
        #expect(
            changes.map(\.field) == [
                "version", "firmware", "software version", "product name", "key slot media", "key slot ota",
            ]
        )
        #expect(changes[0] == ReviewChange(field: "version", before: "1.0.0", after: "1.1.0"))
        #expect(changes[3] == ReviewChange(field: "product name", before: "“Lamp”", after: "“Lump”"))
        #expect(changes[4].before == nil && changes[5].after == nil)
        #expect(ReviewDifference.changes(from: nil, to: after).count == ReviewDifference.lines(after).count)
    }

    /// A manifest's octets never change without a line that does: mutates each leaf of the JSON.
    @Test func noChangeIsInvisible() throws {
        let manifest = try SampleManifest.make()
        let text = String(decoding: try SampleManifest.bytes(manifest), as: UTF8.self)
        let changes = [
            ("\"deviceType\":256", "\"deviceType\":257"), ("virtual-v", "virtual-n"),
            ("\"discovery\":2", "\"discovery\":130"),
            ("\"flow\":0", "\"flow\":1"), ("\"iterations\":1000", "\"iterations\":1001"),
            ("nordic-cbor", "nordic-cbos"),
            ("\"hardwareVersion\":1", "\"hardwareVersion\":2"), ("\"1.0\"", "\"1.1\""), ("Example", "Examples"),
            ("\"partNumber\":\"\"", "\"partNumber\":\"7\""), ("\"productLabel\":\"\"", "\"productLabel\":\"a\""),
            ("\"productURL\":\"\"", "\"productURL\":\"b\""), ("\"kind\":\"perUnit\"", "\"kind\":\"fleet\""),
            ("5a5a", "5b5a"), ("\"socClass\":7", "\"socClass\":8"), ("\"03000", "\"01000"),
            ("\"openPortReadsKeys\":false", "\"openPortReadsKeys\":true"), ("\"size\":4096", "\"size\":4097"),
            ("\"softwareVersion\":100", "\"softwareVersion\":1"), ("\"productID\":32768", "\"productID\":32769"),
            ("\"vendorID\":65521", "\"vendorID\":65522"), ("\"format\":\"mcuboot\"", "\"format\":\"mcuboox\""),
            ("\"paa\":\"MAA=\"", "\"paa\":\"MAE=\""), ("\"vendorRoots\":[\"MAA=\"]", "\"vendorRoots\":[\"MAE=\"]"),
            ("\"product\":\"lamp\"", "\"product\":\"lump\""),
        ]
        for (old, new) in changes {
            let changed = text.replacing(old, with: new, maxReplacements: 1)
            try #require(changed != text, "\(old)")
            let other = try StatementCoding.decode(Manifest.self, from: Array(changed.utf8))
            #expect(ReviewDifference.changes(from: manifest, to: other).count == 1, "\(old)")
        }
    }

    @Test func comparesAllotmentsBoxByBox() throws {
        func lines(_ figures: [String]) -> [ReviewLine] {
            [ReviewLine(field: "product", words: "lamp")] + figures.map { ReviewLine(field: "allotment", words: $0) }
        }
        let changes = ReviewDifference.changes(
            from: lines(["edge-1: 100 units", "edge-2: 50 units"]),
            to: lines(["edge-2: 70 units", "edge-3: 10 units"])
        )
        #expect(
            changes == [
                ReviewChange(field: "allotment", before: "edge-2: 50 units", after: "edge-2: 70 units"),
                ReviewChange(field: "allotment", before: nil, after: "edge-3: 10 units"),
                ReviewChange(field: "allotment", before: "edge-1: 100 units", after: nil),
            ]
        )
    }

    @Test func textCanNotHideItself() throws {
        let sly = try SampleManifest.make(productName: "Lamp\u{202E}pmaL\u{200B}\u{1B}[2J\u{A0}é")
        let words = ReviewDifference.lines(sly).first { $0.field == "product name" }?.words
        #expect(words == "“Lamp\\u{202e}pmaL\\u{200b}\\u{1b}[2J\\u{a0}é”")
    }
}
