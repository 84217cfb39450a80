import Crypto
import Matter
import TestSupport
import Testing
import Vocabulary

struct TLVTests {
    private static func random(_ random: inout SeededGenerator, depth: Int = 0) -> TLVValue {
        func members(_ tag: (Int) -> TLVTag) -> [TLVElement] {
            (0..<Int.random(in: 0...4, using: &random)).map {
                TLVElement(tag($0), Self.random(&random, depth: depth + 1))
            }
        }
        switch Int.random(in: 0..<(depth < 3 ? 9 : 6), using: &random) {
        case 0: return .unsigned(random.next() >> UInt64.random(in: 0...63, using: &random))
        case 1: return .signed(Int64(bitPattern: random.next()) >> Int64.random(in: 0...63, using: &random))
        case 2: return .boolean(Bool.random(using: &random))
        case 3: return .octets(random.bytes(Int.random(in: 0...300, using: &random)))
        case 4: return .utf8(String(repeating: "é", count: Int.random(in: 0...200, using: &random)))
        case 5: return .null
        case 6: return .structure(members { .context(UInt8($0)) })
        case 7: return .array(members { _ in .anonymous })
        default: return .list(members { .profile(vendor: 0xFFF1, profile: 1, tag: UInt32($0) << 14) })
        }
    }

    @Test("any value survives encoding and decoding")
    func roundTrip() throws {
        let seed = Seed.take("MatterTests.TLVTests")
        var random = SeededGenerator(seed: seed)
        for round in 0..<1000 {
            let element = TLVElement(.anonymous, Self.random(&random))
            guard element.encoded.count <= 4096 else { continue }
            #expect(try TLVElement(decoding: element.encoded) == element, "seed \(seed), round \(round)")
        }
    }

    @Test("mutated octets are refused or read, never a crash")
    func mutations() throws {
        var random = SeededGenerator(seed: Seed.take("MatterTests.TLVTests"))
        let value = TLVElement(
            .anonymous,
            .structure([
                TLVElement(.context(1), .octets([1, 2, 3])), TLVElement(.context(2), .utf8("abc")),
                TLVElement(.context(3), .array([TLVElement(.anonymous, .unsigned(70_000))])),
                TLVElement(.profile(vendor: 1, profile: 2, tag: 3), .signed(-300)),
            ])
        )
        for _ in 0..<2000 {
            let bytes = Mutator.octets(value.encoded, &random)
            if let read = try? TLVElement(decoding: bytes) {
                #expect(try TLVElement(decoding: read.encoded) == read)
            }
        }
    }

    @Test(
        "malformed octets",
        arguments: [
            [], [0x18], [0x15], [0x15, 0x18, 0x00], [0x1F], [0x2C, 0x01], [0x10, 0x05, 0x01], [0x0C, 0x01, 0xFF],
            [0x13, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x15, 0x24, 0x01, 0x00, 0x24, 0x01, 0x00, 0x18],
            [0x16, 0x24, 0x01, 0x00, 0x18], [0x25, 0x01, 0x00],
        ] as [[UInt8]]
    )
    func malformed(_ bytes: [UInt8]) throws {
        #expect(try refusalCode { _ = try TLVElement(decoding: bytes) } == "matter.tlv.malformed")
    }

    @Test("too deep, too many, too long")
    func bounds() throws {
        let deep = [UInt8](repeating: 0x15, count: 1) + (0..<20).flatMap { _ in [UInt8(0x35), 1] }
        let many = [0x16] + [UInt8](repeating: 0x14, count: 600) + [0x18]
        let long = [0x16] + [UInt8](repeating: 0x14, count: 5000)
        for bytes in [deep, many, long] {
            #expect(try refusalCode { _ = try TLVElement(decoding: bytes) } == "matter.tlv.too-large")
        }
    }
}

struct AttestationElementsTests {
    private let key = P256.Signing.PrivateKey()
    private let nonce = Nonce(validated: [UInt8](repeating: 3, count: 32))
    private let challenge = [UInt8](repeating: 4, count: 16)

    private func code(
        _ elements: [UInt8],
        challenge: [UInt8]? = nil,
        nonce: Nonce? = nil,
        signer: P256.Signing.PrivateKey? = nil
    ) throws -> String? {
        let signature = try (signer ?? key).signNow(
            AttestationElements.message(elements: elements, challenge: self.challenge)
        )
        return try refusalCode {
            try AttestationElements.verify(
                elements: elements,
                signature: signature,
                challenge: challenge ?? self.challenge,
                nonce: nonce ?? self.nonce,
                key: key.point
            )
        }
    }

    @Test("a device's answer is accepted for its key, nonce and challenge only")
    func verify() throws {
        let elements = try AttestationElements(
            declaration: [1, 2, 3],
            nonce: nonce,
            timestamp: 70_000,
            firmwareInformation: [9],
            vendorElements: [TLVElement(.profile(vendor: 0xFFF1, profile: 0, tag: 1), .octets([5]))]
        )
        let bytes = elements.encoded
        #expect(try AttestationElements(decoding: bytes) == elements)
        #expect(try code(bytes) == nil)
        let other = Nonce(validated: [UInt8](repeating: 8, count: 32))
        #expect(try code(bytes, nonce: other) == "matter.attestation.nonce")
        #expect(
            try code(bytes, challenge: [UInt8](repeating: 5, count: 16)) == "matter.attestation.signature"
        )
        #expect(try code(bytes, challenge: [1]) == "matter.attestation.challenge")
        #expect(try code(bytes, signer: P256.Signing.PrivateKey()) == "matter.attestation.signature")
    }

    @Test("malformed elements are refused though the device signed them")
    func malformed() throws {
        let cd = TLVElement(.context(1), .octets([1]))
        let nonceElement = TLVElement(.context(2), .octets(nonce.bytes))
        let time = TLVElement(.context(3), .unsigned(0))
        let cases: [[TLVElement]] = [
            [cd, nonceElement], [nonceElement, cd, time], [cd, TLVElement(.context(2), .octets([1])), time],
            [cd, nonceElement, TLVElement(.context(3), .unsigned(1 << 32))],
            [cd, nonceElement, time, TLVElement(.context(4), .null)],
            [cd, nonceElement, time, TLVElement(.context(5), .null)],
        ]
        for members in cases {
            #expect(try code(TLVElement(.anonymous, .structure(members)).encoded) == "matter.attestation.elements")
        }
        #expect(try code(TLVElement(.anonymous, .structure([cd, nonceElement, time])).encoded) == nil)
        #expect(try code([0x15]) == "matter.attestation.elements")
        #expect(
            try refusalCode {
                _ = try AttestationElements(declaration: [UInt8](repeating: 0, count: 900), nonce: nonce)
            }
                == "matter.attestation.elements"
        )
    }
}
