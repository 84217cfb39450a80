import Matter
import TestSupport
import Testing
import Vocabulary

struct OnboardingTests {
    @Test("a passcode is drawn by rejection and never one of the forbidden")
    func passcode() throws {
        var feed: [[UInt8]] = [
            [0, 0, 0, 0],  // 0
            [0xFF, 0xFF, 0xFF, 0xFF],  // 134217727
            [0x00, 0xA9, 0x8A, 0xC7],  // 11111111
            [0x05, 0x39, 0x7F, 0xB1],  // 87654321
            [0x05, 0xF5, 0xE0, 0xFF],  // 99999999
            [0xF9, 0x34, 0x42, 0x65],  // 20202085 below five bits that do not count
        ]
        let drawn = try Passcode(drawnFrom: { count in
            #expect(count == 4)
            return feed.removeFirst()
        })
        #expect(drawn.reveal() == 0x0134_4265 && feed.isEmpty)
        var random = SeededGenerator(seed: Seed.take("MatterTests.OnboardingTests"))
        for _ in 0..<2000 {
            let passcode = try Passcode(drawnFrom: { random.bytes($0) })
            #expect(Passcode.allows(passcode.reveal()))
        }
    }

    @Test("a source that is stuck or short is refused")
    func source() throws {
        let code = MatterError.onboardingRandom.rawValue
        #expect(try refusalCode { _ = try Passcode(drawnFrom: { _ in [0, 0, 0, 0] }) } == code)
        #expect(try refusalCode { _ = try Passcode(drawnFrom: { _ in [1] }) } == code)
        #expect(try refusalCode { _ = try Discriminator(drawnFrom: { _ in [] }) } == code)
    }

    @Test("passcodes and codes print nothing")
    func redaction() throws {
        let passcode = try Passcode(20_202_021)
        let payload = try OnboardingPayload(
            vendorID: VendorID(1),
            productID: ProductID(1),
            flow: .standard,
            discovery: .ble,
            discriminator: Discriminator(3840),
            passcode: passcode
        )
        var dumped = ""
        dump(payload, to: &dumped)
        dump(ManualPairingCode(payload), to: &dumped)
        let verifier = try SPAKE2PlusVerifier(
            passcode: passcode,
            salt: [UInt8](repeating: 1, count: 16),
            iterations: 1000
        )
        dumped += "\(payload) \(passcode) \(ManualPairingCode(payload)) \(verifier) \(String(reflecting: passcode))"
        #expect(!dumped.contains("20202021") && dumped.contains("<redacted>"))
    }

    @Test("any payload survives its QR code, and its manual code as far as that goes")
    func roundTrip() throws {
        let seed = Seed.take("MatterTests.OnboardingTests")
        var random = SeededGenerator(seed: seed)
        for round in 0..<500 {
            let payload = try OnboardingPayload(
                vendorID: VendorID(.random(in: 1...0xFFFF, using: &random)),
                productID: ProductID(.random(in: 1...0xFFFF, using: &random)),
                flow: CommissioningFlow.allCases.randomElement(using: &random) ?? .standard,
                discovery: DiscoveryCapabilities(rawValue: .random(in: 0...63, using: &random)),
                discriminator: Discriminator(drawnFrom: { random.bytes($0) }),
                passcode: Passcode(drawnFrom: { random.bytes($0) }),
                extra: round.isMultiple(of: 2) ? [] : [TLVElement(.context(0), .utf8("SN-\(round)"))]
            )
            #expect(try OnboardingPayload(qrText: payload.qrText) == payload, "seed \(seed), round \(round)")
            let manual = ManualPairingCode(payload)
            #expect(try ManualPairingCode(manual.printed) == manual, "seed \(seed), round \(round)")
            #expect(manual.passcode == payload.passcode)
            #expect(manual.vendorID == (payload.flow == .standard ? nil : payload.vendorID))
        }
    }

    @Test("one wrong or swapped digit of a manual code is always noticed")
    func checkDigit() throws {
        let right = Array("34970112332")
        for index in right.indices {
            for digit in "0123456789" where digit != right[index] {
                var wrong = right
                wrong[index] = digit
                #expect(throws: Refusal.self) { try ManualPairingCode(String(wrong)) }
            }
            guard index > 0, right[index] != right[index - 1] else { continue }
            var swapped = right
            swapped.swapAt(index, index - 1)
            #expect(throws: Refusal.self) { try ManualPairingCode(String(swapped)) }
        }
    }

    @Test("an unknown version, a letter and a discriminator too large are each told by name")
    func directed() throws {
        // One more in the lowest of the first chunk's digits: the three version bits are 1.
        #expect(try refusalCode { _ = try OnboardingPayload(qrText: "MT:Y.K9042C00KA0648G00") } == nil)
        let version = MatterError.onboardingVersion.rawValue
        #expect(try refusalCode { _ = try OnboardingPayload(qrText: "MT:Z.K9042C00KA0648G00") } == version)
        #expect(try refusalCode { _ = try ManualPairingCode("84970112332") } == version)
        let digits = MatterError.onboardingDigits.rawValue
        #expect(try refusalCode { _ = try ManualPairingCode("3497011233a") } == digits)
        #expect(try refusalCode { _ = try Discriminator(4_096) } == MatterError.onboardingDiscriminator.rawValue)
    }

    @Test("a QR code inside a longer text, and several in one")
    func embedded() throws {
        let text = "MT:Y.K9042C00KA0648G00"
        #expect(try OnboardingPayload(qrText: "https://example.com/%\(text)%more").qrText == text)
        let payload = try OnboardingPayload(qrText: text)
        let two = OnboardingPayload.qrText(of: [payload, payload])
        #expect(two == text + "*" + text.dropFirst(3))
        #expect(try OnboardingPayload.all(inQRText: two) == [payload, payload])
        #expect(try refusalCode { _ = try OnboardingPayload(qrText: two) } == "matter.onboarding.length")
    }

    private static let extras: [(TLVElement, Bool)] = [
        (TLVElement(.context(0), .unsigned(12)), true), (TLVElement(.context(0), .signed(-1)), false),
        (TLVElement(.context(1), .unsigned(1000)), true),
        (TLVElement(.context(2), .octets([UInt8](repeating: 0, count: 16))), true),
        (TLVElement(.context(2), .octets([1])), false), (TLVElement(.context(5), .unsigned(1)), false),
        (TLVElement(.context(0x7F), .utf8("x")), false), (TLVElement(.context(0x80), .utf8("x")), true),
        (TLVElement(.context(0xFF), .signed(-5)), true), (TLVElement(.context(0x80), .null), false),
        (TLVElement(.anonymous, .utf8("x")), false),
    ]

    @Test("optional data is read by its rules")
    func extra() throws {
        for (element, isAllowed) in Self.extras {
            let code = try refusalCode {
                let payload = try OnboardingPayload(
                    vendorID: VendorID(1),
                    productID: ProductID(1),
                    flow: .standard,
                    discovery: .ble,
                    discriminator: Discriminator(1),
                    passcode: Passcode(1),
                    extra: [element]
                )
                #expect(try OnboardingPayload(qrText: payload.qrText).extra == [element])
            }
            #expect(code == (isAllowed ? nil : "matter.onboarding.field"), "\(element)")
        }
    }

    @Test(
        "each malformed code is refused with its code",
        arguments: [
            ("AT:Y.K9042C00KA0648G00", MatterError.onboardingPrefix), ("", .onboardingPrefix),
            ("MT:", .onboardingLength), ("MT:Y.K9042C00KA0648G0", .onboardingBase38),
            ("MT:Y.K9042C00KA0648G0a", .onboardingBase38), ("MT:Y.K9042C00KA064", .onboardingLength),
            (String(repeating: "M", count: 1025), .onboardingLength),
        ]
    )
    func malformed(_ text: String, _ code: MatterError) throws {
        #expect(try refusalCode { _ = try OnboardingPayload(qrText: text) } == code.rawValue)
    }

    @Test(
        "the limits of the SPAKE2+ parameters",
        arguments: [
            (15, 1000), (33, 1000), (16, 999), (16, 100_001), (16, -1),
        ]
    )
    func parameters(_ salt: Int, _ iterations: Int) throws {
        let code = try refusalCode {
            _ = try SPAKE2PlusVerifier(
                passcode: Passcode(1),
                salt: [UInt8](repeating: 0, count: salt),
                iterations: iterations
            )
        }
        #expect(code == "matter.spake2p.parameters")
    }
}
