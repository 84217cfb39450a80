import Foundation
import Statements
import TestSupport
import Testing
import Vocabulary

/// Our decoder beside Foundation's: the same values, the same refusals.
@Suite struct StrictDecoderTests {
    private struct Everything: Codable, Equatable {
        struct Inner: Codable, Equatable {
            var small: UInt8
            var signed: Int16
            var digest: Digest256?
        }

        enum Either: Codable, Equatable {
            case number(Int)
            case pair(left: String, right: Bool)
        }

        var text: String
        var absent: String?
        var flag: Bool
        var list: [Int8]
        var matrix: [[String?]]
        var map: [String: UInt16]
        var inner: Inner
        var many: [Inner]
        var either: [Either]
        var octets: Octets
        var real: Double
    }

    private static let sample = Everything(
        text: "quote \" back \\ slash / tab \t line \n bell \u{7} ü 漢 \u{1F600}",
        absent: nil,
        flag: true,
        list: [0, -128, 127],
        matrix: [[], ["a", nil, "\u{1F680}"], [nil]],
        map: ["": 0, "key": 65_535, "other key": 7],
        inner: .init(small: 255, signed: -32_768, digest: .zero),
        many: [.init(small: 0, signed: 0, digest: nil), .init(small: 1, signed: -1, digest: .of([1]))],
        either: [.number(-9_007_199_254_740_991), .pair(left: "", right: false)],
        octets: Octets([1, 2, 3, 4]),
        real: 12
    )

    private enum Found<Value: Equatable>: Equatable {
        case value(Value)
        case refused(code: String, detail: String)

        init(_ body: () throws -> Value) {
            do { self = .value(try body()) } catch {
                let refusal = error as? Refusal
                self = .refused(code: refusal?.code ?? "DEFECT \(error)", detail: refusal?.detail ?? "")
            }
        }

        /// Foundation's names the object around a number that does not fit, ours the number.
        func agrees(with foundations: Self) -> Bool {
            guard case .refused(let code, let detail) = self,
                case .refused(let otherCode, let otherDetail) = foundations
            else { return self == foundations }
            return code == otherCode && detail.hasPrefix(otherDetail)
        }
    }

    private static func compare<Value: Codable & Equatable>(_ type: Value.Type, _ bytes: [UInt8]) -> Bool {
        let ours = Found { try StatementCoding.decode(type, checking: bytes, limit: 100_000) }
        let foundations = Found {
            try StrictJSON.check(bytes, limit: 100_000)
            return try StatementCoding.decode(type, from: bytes)
        }
        if !ours.agrees(with: foundations) { print("ours \(ours)\nFoundation's \(foundations)") }
        return ours.agrees(with: foundations)
    }

    @Test("every kind of value, as it is and changed")
    func everything() throws {
        let seed = Seed.take("StatementsTests.StrictDecoderTests")
        var generator = SeededGenerator(seed: seed)
        let good = try StatementCoding.encode(Self.sample)
        #expect(try StatementCoding.decode(Everything.self, checking: good, limit: 100_000) == Self.sample)
        for escaped in [#"\u00fc"#, #"\ud83d\ude00x"#, #"\/\b\f\n\r\t\"\\"#] {
            let text = String(decoding: good, as: UTF8.self).replacingOccurrences(of: "quote", with: escaped)
            #expect(Self.compare(Everything.self, Array(text.utf8)), "\(escaped)")
        }
        for round in 0..<800 {
            let bytes = JSONMutation.mutate(good, using: &generator)
            #expect(Self.compare(Everything.self, bytes), "seed \(seed) round \(round)")
        }
    }

    @Test("journal entries, as they are and changed")
    func entries() throws {
        let seed = Seed.take("StatementsTests.StrictDecoderTests")
        var generator = SeededGenerator(seed: seed)
        let bodies: [any JournalBody] = [
            Refused(station: "st-1", code: "edge.quota", minute: .epoch, count: 3),
            KeySealed(
                authorization: .zero,
                unit: .of([1]),
                slot: try KeySlot("ota"),
                fleet: false,
                isRepeat: true,
                station: try StationName("st-1")
            ),
            Restart(anchoredSize: 7, anchoredRoot: .of([2]), clean: false),
            Issued(
                authorization: .of([3]),
                unit: .of([4]),
                chipUID: try ChipUID([UInt8](repeating: 0xC5, count: ChipUID.size)),
                generation: 1,
                index: 2,
                serial: try DeviceSerial("A1-000002"),
                dac: Octets([UInt8](0..<200)),
                deviceKey: .of([5]),
                replaces: .of([6]),
                request: .of([7]),
                agreementKey: try P256Point([4] + [UInt8](repeating: 0x9A, count: 64)),
                commitment: .of([8]),
                station: try StationName("st-1")
            ),
        ]
        for body in bodies {
            let entry = JournalEntry(sequence: 8, epoch: 2, time: .epoch, event: JournalEvent(body: body))
            let good = try entry.serialized()
            #expect(try JournalEntry(parsing: good) == entry)
            for round in 0..<300 {
                let bytes = JSONMutation.mutate(good, using: &generator)
                #expect(Self.compare(JournalEntry.self, bytes), "seed \(seed) round \(round)")
            }
        }
    }

    @Test("digests, chip UIDs, keys, times and octets: each octet of their text changed")
    func texts() throws {
        struct Texts: Codable, Equatable {
            var digest: Digest256
            var chip: ChipUID
            var key: P256Point
            var time: Instant
            var octets: Octets
        }
        let texts = Texts(
            digest: .of([1]),
            chip: try ChipUID([UInt8](0xF0...0xFF)),
            key: try P256Point([4] + [UInt8](repeating: 0xAF, count: 64)),
            time: try Instant("2028-02-29T23:59:59Z"),
            octets: Octets([0xFB, 0xEF, 0xBE, 1])
        )
        let good = try StatementCoding.encode(texts)
        #expect(try StatementCoding.decode(Texts.self, checking: good, limit: 1_000) == texts)
        for place in good.indices {
            for octet in Array("09afgAFz/:`@ -TZ=+".utf8) + [0x5C, 0x7F, 0xC3] {
                var bytes = good
                bytes[place] = octet
                #expect(Self.compare(Texts.self, bytes), "\(octet) at \(place)")
            }
        }
    }

    @Test("base64 is read exactly where it is what would be written")
    func base64() {
        let seed = Seed.take("StatementsTests.StrictDecoderTests")
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("ABCDwxyz0189+/=-_ \n".utf8)
        for round in 0..<20_000 {
            var text = Data(generator.bytes(Int.random(in: 0...7, using: &generator))).base64EncodedString()
            if round % 2 == 0 {
                var octets = Array(text.utf8)
                let change = alphabet.randomElement(using: &generator) ?? 0
                if octets.isEmpty || round % 8 == 0 {
                    octets.append(change)
                } else {
                    octets[Int.random(in: 0..<octets.count, using: &generator)] = change
                }
                text = String(decoding: octets, as: UTF8.self)
            }
            let expected = Data(base64Encoded: text).flatMap { $0.base64EncodedString() == text ? Array($0) : nil }
            #expect((try? Octets(base64: text))?.bytes == expected, "seed \(seed) \(text)")
        }
    }
}
