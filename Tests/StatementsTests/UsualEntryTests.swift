import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import Statements

/// The reader of usual entries beside the decoder of all: whatever the octets, both say the same.
@Suite struct UsualEntryTests {
    private static func bodies(_ generator: inout SeededGenerator) throws -> [any JournalBody] {
        func digest() -> Digest256 { Digest256(validated: generator.bytes(32)) }
        func station() throws -> StationName {
            try StationName(String("stationST-09_.".shuffled(using: &generator).drop { "-_.".contains($0) }))
        }
        let issued = Issued(
            authorization: digest(),
            unit: digest(),
            chipUID: try ChipUID(generator.bytes(ChipUID.size)),
            generation: UInt32.random(in: 0...UInt32.max, using: &generator),
            index: Int.random(in: 0...(1 << 53) - 1, using: &generator),
            serial: try DeviceSerial("A1-\(Int.random(in: 0...999_999, using: &generator))"),
            dac: Octets(generator.bytes(Int.random(in: 0...600, using: &generator))),
            deviceKey: digest(),
            replaces: Bool.random(using: &generator) ? digest() : nil,
            request: digest(),
            agreementKey: try P256Point(generator.bytes(P256Point.size)),
            commitment: digest(),
            station: try station()
        )
        return [
            issued,
            FactoryDataGiven(authorization: digest(), unit: digest(), factoryData: digest(), station: try station()),
            KeySealed(
                authorization: digest(),
                unit: digest(),
                slot: try KeySlot("ota"),
                fleet: Bool.random(using: &generator),
                isRepeat: Bool.random(using: &generator),
                station: try station()
            ),
            Permitted(authorization: digest(), unit: digest(), permit: digest(), station: try station()),
            Completed(
                authorization: digest(),
                unit: digest(),
                firmware: digest(),
                factoryData: digest(),
                attestation: digest(),
                station: try station()
            ),
        ]
    }

    private static func entry(_ body: any JournalBody, _ generator: inout SeededGenerator) -> JournalEntry {
        JournalEntry(
            sequence: Int.random(in: 0...(1 << 53) - 1, using: &generator),
            epoch: UInt64.random(in: 0...(1 << 53) - 1, using: &generator),
            time: Instant(seconds: Int64.random(in: 0...Instant.noExpiry.seconds, using: &generator)),
            event: JournalEvent(body: body)
        )
    }

    /// The decoder's word is what counts: nothing but what it takes, and no other value.
    private static func agree(_ bytes: [UInt8]) -> Bool {
        let decoded = Result { () throws -> JournalEntry in
            try StatementCoding.decode(JournalEntry.self, checking: bytes, limit: JournalEntry.largest)
        }
        switch (UsualEntry.read(bytes), decoded) {
        case (nil, .failure(let error)):
            do {
                _ = try JournalEntry(parsing: bytes)
                return false
            } catch let found {
                return (found as? Refusal)?.code == (error as? Refusal)?.code
                    && (found as? Refusal)?.detail == (error as? Refusal)?.detail
            }
        case (nil, .success(let entry)): return (try? JournalEntry(parsing: bytes)) == entry
        case (.some(let usual), .success(let entry)): return usual == entry && (try? usual.serialized()) == bytes
        case (.some, .failure): return false
        }
    }

    @Test("as they are written they are read without the decoder, and to the same")
    func written() throws {
        let seed = Seed.take("StatementsTests.UsualEntryTests")
        var generator = SeededGenerator(seed: seed)
        for round in 0..<400 {
            for body in try Self.bodies(&generator) {
                let entry = Self.entry(body, &generator)
                let bytes = try entry.serialized()
                #expect(UsualEntry.read(bytes) == entry, "seed \(seed) round \(round)")
                #expect(Self.agree(bytes), "seed \(seed) round \(round)")
            }
        }
        for other: any JournalBody in [
            Restart(anchoredSize: 7, anchoredRoot: .of([2]), clean: false),
            Closed(authorization: .zero, granted: 1, issued: 1, burned: 0, returned: 0),
            Refused(station: "st-1", code: "edge.quota", minute: .epoch, count: 3),
        ] {
            let bytes = try Self.entry(other, &generator).serialized()
            #expect(UsualEntry.read(bytes) == nil && Self.agree(bytes), "\(type(of: other).kind)")
        }
    }

    @Test("changed in their meaning, in each octet, cut and lengthened, both readers say the same")
    func changed() throws {
        let seed = Seed.take("StatementsTests.UsualEntryTests")
        var generator = SeededGenerator(seed: seed)
        var usual = 0
        for body in try Self.bodies(&generator) {
            let good = try Self.entry(body, &generator).serialized()
            for round in 0..<400 {
                let bytes = JSONMutation.mutate(good, using: &generator)
                usual += UsualEntry.read(bytes) == nil ? 0 : 1
                #expect(Self.agree(bytes), "seed \(seed) round \(round): \(String(decoding: bytes, as: UTF8.self))")
            }
            let odd: [UInt8] = [
                0x00, 0x20, 0x22, 0x2C, 0x2D, 0x2E, 0x30, 0x39, 0x3D, 0x41, 0x5C, 0x61, 0x7B, 0x7F, 0xC3,
            ]
            for place in good.indices {
                for octet in odd.shuffled(using: &generator).prefix(4) + [UInt8.random(in: 0...255, using: &generator)]
                {
                    var bytes = good
                    bytes[place] = octet
                    usual += UsualEntry.read(bytes) == nil ? 0 : 1
                    #expect(Self.agree(bytes), "seed \(seed) \(octet) at \(place)")
                }
                let inserted = Array(good[..<place]) + [odd[place % odd.count]] + good[place...]
                #expect(Self.agree(inserted), "seed \(seed) inserted at \(place)")
                #expect(Self.agree(Array(good[..<place])), "seed \(seed) cut at \(place)")
            }
        }
        // Most changes of a digest's digit are another good entry: both ways are taken.
        #expect(usual > 1_000, "\(usual)")
    }

    @Test("numbers at the edges of what the decoder takes")
    func numbers() throws {
        let body =
            #"{"authorization":"\#(Digest256.zero)","permit":"\#(Digest256.zero)","station":"s","unit":"\#(Digest256.zero)"}"#
        let good =
            #"{"body":\#(body),"epoch":E,"kind":"permitted","sequence":S,"time":"2027-01-01T00:00:00Z"}"#
        let edges = [
            "0", "00", "01", "-0", "-1", "9007199254740991", "9007199254740992", "18446744073709551616", "1.0", "1e1",
            "", " 1", "1 ", "null", "\"1\"",
        ]
        for edge in edges {
            for name in ["E", "S"] {
                let other = name == "E" ? "S" : "E"
                let text = good.replacingOccurrences(of: ":\(name),", with: ":\(edge),")
                    .replacingOccurrences(of: ":\(other),", with: ":1,")
                #expect(Self.agree(Array(text.utf8)), "\(name) = \(edge)")
            }
        }
    }
}
