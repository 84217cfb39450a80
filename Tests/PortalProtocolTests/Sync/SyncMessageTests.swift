import LineProtocol
import PortalProtocol
import Statements
import TestSupport
import Testing
import Vocabulary

@Suite struct SyncMessageTests {
    private let code = "abcdefghijklmnop-_QRSTUVWXYZ"

    @Test(arguments: [("portal.example.com", 443), ("10.1.2.3", 8_443), ("fd00::17", 65_535), ("p", 1)])
    func aJoiningCodeSaysWhatItWasMadeOf(_ host: String, port: Int) throws {
        let made = try JoiningCode(host: host, port: port, issuer: Digest256.of([1]), code: code)
        #expect(try JoiningCode(made.text) == made)
        let pasted = "  " + made.text.prefix(40) + "\n  " + made.text.dropFirst(40) + "\r\n"
        #expect(try JoiningCode(pasted) == made, "as a terminal breaks it")
        #expect(made.text.utf8.allSatisfy { $0 != 0x2B && $0 != 0x2F && $0 != 0x3D })
    }

    @Test func aMistypedJoiningCodeIsToldApart() throws {
        let seed = Seed.take("SyncMessageTests.mistyped")
        var random = SeededGenerator(seed: seed)
        let text = Array(try JoiningCode(host: "a.b", port: 443, issuer: .zero, code: code).text.utf8)
        var mistyped = 0
        for _ in 0..<500 {
            var other = text
            let place = Int.random(in: other.indices, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: other.remove(at: place)
            case 1: other.swapAt(place, (place + 1) % other.count)
            default: other[place] = UInt8.random(in: 0x30...0x7A, using: &random)
            }
            if other == text { continue }
            let refusal = #expect(throws: Refusal.self, "seed \(seed)") {
                try JoiningCode(String(decoding: other, as: UTF8.self))
            }
            if refusal?.has(SyncMessageError.codeMistyped) == true { mistyped += 1 }
        }
        #expect(mistyped > 300, "seed \(seed)")
    }

    @Test(arguments: ["", "OBISJOIN1", "OBISJOIN1AAAA", "hello", String(repeating: "A", count: 5_000)])
    func noJoiningCode(_ text: String) { #expect(throws: Refusal.self) { try JoiningCode(text) } }

    @Test func joiningCodesAreBounded() {
        for (host, port, code) in [
            ("", 1, code), ("a b", 1, code), ("a", 0, code), ("a", 65_536, code), ("a", 1, "short"),
            ("a", 1, String(repeating: "x", count: 65)), ("a", 1, "abcdefghijklmnop/+"),
            (String(repeating: "a", count: 201), 1, code),
        ] {
            #expect(throws: Refusal(SyncMessageError.codeMalformed)) {
                try JoiningCode(host: host, port: port, issuer: .zero, code: code)
            }
        }
    }

    private func upload(entries: Int = 1, from: Int = 0, labels: Int = 0, events: [String] = []) -> SyncUpload {
        let record = LabelUpload.Sealed(
            encapsulated: P256Point(validated: [4] + [UInt8](repeating: 1, count: 64)),
            ciphertext: Octets([UInt8](repeating: 7, count: 64))
        )
        let label = LabelUpload(unit: .zero, authorization: .zero, serial: nil, record: record)
        return SyncUpload(
            factory: FactoryID(validated: "site-1"),
            service: StationName(validated: "factory-1"),
            source: RecordSource(validated: [UInt8](repeating: 1, count: 16)),
            journal: JournalChunk(
                edgeHSM: EdgeHSMID(validated: "edge-1"),
                from: from,
                entries: (0..<entries).map { Octets([UInt8(truncatingIfNeeded: $0)]) },
                checkpoint: Envelope(payloadType: "t", payload: [1], signatures: [])
            ),
            labels: labels > 0
                ? LabelChunk(from: 1, after: .zero, records: .init(repeating: label, count: labels)) : nil,
            events: events.isEmpty ? nil : EventChunk(from: 1, after: .zero, lines: events)
        )
    }

    @Test func anUploadIsReadAsItWasWritten() throws {
        let made = upload(entries: 3, from: 5, labels: 2, events: [#"{"a":"b\"c"}"#])
        let bytes = try made.serialized()
        #expect(!bytes.contains(0x0A), "a line of a file")
        #expect(try SyncUpload(parsing: bytes) == made)
        #expect(try SyncUpload(parsing: bytes).serialized() == bytes)
    }

    @Test func uploadsAreBounded() throws {
        #expect(throws: Refusal.self) { try SyncUpload(parsing: try upload(entries: 1_001).serialized()) }
        #expect(throws: Refusal.self) { try SyncUpload(parsing: try upload(from: -1).serialized()) }
        #expect(throws: Refusal.self) { try SyncUpload(parsing: try upload(labels: 1_001).serialized()) }
        let long = String(repeating: "x", count: SyncLimits.longestEvent + 1)
        #expect(throws: Refusal.self) { try SyncUpload(parsing: try upload(events: [long]).serialized()) }
    }

    @Test func aMutatedMessageIsReadOrRefusedAndNeverMore() throws {
        let seed = Seed.take("SyncMessageTests.mutated")
        var random = SeededGenerator(seed: seed)
        let state = SyncState(
            factory: FactoryID(validated: "site-1"),
            time: Instant(seconds: 5),
            edges: [
                .init(
                    edgeHSM: EdgeHSMID(validated: "edge-1"),
                    storedSize: 3,
                    storedRoot: .zero,
                    roleKeysVersion: 1,
                    downlink: .zero,
                    packages: [.init(authorization: .zero, digest: .zero, size: 5)],
                    certificates: [ProductName(validated: "lamp")]
                )
            ],
            labelsStored: 1,
            eventsStored: 2
        )
        var refused = 0
        for message in [try state.serialized(), try upload(entries: 2, labels: 1, events: ["{}"]).serialized()] {
            for _ in 0..<400 {
                var bytes = message
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                do {
                    _ = try SyncState(parsing: bytes)
                } catch is Refusal { refused += 1 }
                do {
                    _ = try SyncUpload(parsing: bytes)
                } catch is Refusal { refused += 1 }
            }
        }
        #expect(refused > 800, "seed \(seed)")
    }

    /// A station's sealed record goes up as it came.
    @Test func aSealedRecordKeepsItsForm() throws {
        let sealed = SealedRecord(
            encapsulated: P256Point(validated: [4] + [UInt8](repeating: 1, count: 64)),
            ciphertext: Octets([1, 2, 3])
        )
        let bytes = try StatementCoding.encode(sealed)
        let read = try StatementCoding.decode(LabelUpload.Sealed.self, from: bytes)
        #expect(try StatementCoding.encode(read) == bytes)
    }
}

@Suite("Events of a site")
struct SiteEventTests {
    @Test("the kind that a site gives is kept to 64 octets, whatever its characters weigh")
    func kind() throws {
        func kind(_ text: String) throws -> String? {
            SiteEventView(
                source: RecordSource(validated: [UInt8](repeating: 1, count: 16)),
                number: 1,
                receivedAt: .epoch,
                line: "{\"kind\":\"\(text)\"}"
            ).kind
        }
        #expect(try kind("sign-in") == "sign-in")
        #expect(try kind(String(repeating: "x", count: 100))?.utf8.count == 64)
        // One character of many octets.
        let family = "e" + String(repeating: "\u{301}", count: 500)
        let kept = try #require(try kind(family))
        #expect((1...64).contains(kept.utf8.count), "\(kept.utf8.count)")
    }
}
