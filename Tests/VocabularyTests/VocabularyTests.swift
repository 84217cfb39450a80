import Foundation
import Testing
import Vocabulary

@Suite("Vocabulary")
struct VocabularyTests {
    @Test(
        "a time reads back as it was written",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T23:59:59Z", 951_868_799), ("2026-11-22T15:04:05Z", 1_795_359_845),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] as [(String, Int64)]
    )
    func instants(text: String, seconds: Int64) throws {
        #expect(try Instant(text).seconds == seconds)
        #expect(Instant(seconds: seconds).description == text)
    }

    @Test("every day from 1970 to 2100 survives both ways")
    func everyDay() throws {
        for day in Int64(0)..<47_482 {
            let instant = Instant(seconds: day * 86_400 + 1)
            #expect(try Instant(instant.description) == instant)
        }
    }

    @Test(
        "a time as others write it is read: offset, fraction, lower case, leap second",
        arguments: [
            ("2026-11-22T15:04:05Z", 1_795_359_845), ("2026-11-22t15:04:05z", 1_795_359_845),
            ("2026-11-22 15:04:05.999999999Z", 1_795_359_845), ("2026-11-22T16:34:05+01:30", 1_795_359_845),
            ("2026-11-22T07:04:05.5-08:00", 1_795_359_845), ("2026-11-22T15:04:05-00:00", 1_795_359_845),
            ("2016-12-31T23:59:60Z", 1_483_228_800), ("1970-01-01T01:00:00+01:00", 0),
        ] as [(String, Int64)]
    )
    func otherForms(text: String, seconds: Int64) throws { #expect(try Instant(rfc3339: text).seconds == seconds) }

    @Test(
        "what RFC 3339 does not know is no time",
        arguments: [
            "2026-11-22T15:04:05", "2026-11-22T15:04:05.Z", "2026-11-22T15:04:05+0100", "2026-11-22T15:04:05+24:00",
            "2026-11-22T15:04:05+01:60", "2026-11-22T15:04:05+01:00Z", "2026-02-30T00:00:00Z", "2026-11-22T15:04:61Z",
            "2026-11-22_15:04:05Z", "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "yesterday", "",
            "2026-11-22T15:04:05." + String(repeating: "0", count: 60) + "Z", "2026-11-22T15:04:05٠Z",
        ]
    )
    func notRFC3339(text: String) { #expect(throws: Refusal.self) { try Instant(rfc3339: text) } }

    @Test(
        "anything but UTC with whole seconds is refused",
        arguments: [
            "2026-02-29T00:00:00Z", "2026-11-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-22T24:00:00Z",
            "2026-11-22T15:04:60Z", "2026-11-22T15:04:05+00:00", "2026-11-22 15:04:05Z", "2026-11-22T15:04:05.0Z", "",
            "1969-12-31T23:59:59Z", "２026-11-22T15:04:05Z",
        ]
    )
    func malformedInstants(text: String) {
        let refusal = #expect(throws: Refusal.self) { try Instant(text) }
        #expect(refusal?.has(VocabularyError.malformedTime) == true)
    }

    @Test("hexadecimal is lower case, of even length and of the right size")
    func hex() throws {
        #expect(try Hex.decode("00ff10") == [0, 255, 16])
        #expect(Hex.encode([0, 255, 16] as [UInt8]) == "00ff10")
        for text in ["0", "0G", "FF", " 0", "0x10"] { #expect(throws: Refusal.self) { try Hex.decode(text) } }
        #expect(throws: Refusal.self) { try ChipUID(hex: "00") }
    }

    @Test(
        "identifiers are safe in file names, labels and logs",
        arguments: ["", "-a", ".a", "a/b", "a b", "a\n", "ä", String(repeating: "a", count: 65), "a\u{0}"]
    )
    func badIdentifiers(text: String) { #expect(throws: Refusal.self) { try FactoryID(text) } }

    @Test("good identifiers and serials are kept as they are")
    func goodIdentifiers() throws {
        #expect(try FactoryID("factory-1.A_b").text == "factory-1.A_b")
        #expect(try DeviceSerial("BU00000001").text == "BU00000001")
        for text in ["bu1", "", "12345678901234567", "A B"] { #expect(throws: Refusal.self) { try DeviceSerial(text) } }
    }

    @Test("a secret prints nothing of itself, however it is printed")
    func secrets() {
        struct Holder {
            let name = "holder"
            let secret = Secret(Array("hunter2".utf8))
        }
        let holder = Holder()
        var dumped = ""
        dump(holder, to: &dumped)
        for text in ["\(holder)", String(describing: holder.secret), String(reflecting: holder), dumped] {
            // In a row: a local type's name holds an address, in which one of them may stand.
            #expect(!text.contains("hunter2") && !text.contains("104, 117") && !text.contains("68756e"))
        }
        #expect("\(holder.secret)" == "<redacted>")
        #expect(holder.secret == Secret(Array("hunter2".utf8)))
        #expect(!(holder.secret == Secret(Array("hunter3".utf8))))
        #expect(!(holder.secret == Secret(Array("hunter".utf8))))
    }

    @Test("a refusal's detail can't fill a log")
    func boundedDetail() {
        let refusal = Refusal(VocabularyError.malformedHex, String(repeating: "x", count: 10_000))
        #expect(refusal.detail.count == Refusal.longestDetail + 1)
        #expect(refusal.has(VocabularyError.malformedHex) && !refusal.has(VocabularyError.malformedTime))
    }
}

@Suite("Texts of peers are bounded in octets")
struct ShortTextTests {
    /// One Character, however long.
    private let endless = "e" + String(repeating: "\u{301}", count: 1_000)

    @Test("octets count, not characters: what is longer is refused, and never repeated in the refusal")
    func bound() throws {
        #expect(endless.count == 1 && endless.utf8.count == 2_001)
        #expect(try ShortText<3>("abc").text == "abc")
        for text in ["abcd", "ab\u{301}", endless] {
            let refusal = #expect(throws: Refusal.self) { try ShortText<3>(text) }
            #expect(refusal?.has(VocabularyError.textTooLong) == true)
            #expect(refusal?.detail == "\(text.utf8.count) octets, limit 3")
        }
        #expect(throws: Refusal.self) {
            try JSONDecoder().decode([ShortText<3>].self, from: Data(#"["abcd"]"#.utf8))
        }
    }

    @Test("what is kept ends between two scalars and is as long as it may be")
    func kept() {
        let text = "aß€😀"  // 1, 2, 3 and 4 octets
        let expected = ["", "a", "a", "aß", "aß", "aß", "aß€", "aß€", "aß€", "aß€", text, text]
        for (limit, kept) in expected.enumerated() { #expect(text.kept(octets: limit) == kept) }
        #expect(endless.kept(octets: 120).utf8.count == 119)
    }

    @Test("a refusal's detail is bounded in octets")
    func detail() {
        let refusal = Refusal(VocabularyError.malformedHex, endless)
        #expect(refusal.detail.utf8.count <= Refusal.longestDetail + "…".utf8.count)
    }
}
