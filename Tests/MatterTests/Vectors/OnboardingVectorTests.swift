import TestSupport
import Testing
import Vocabulary

@testable import Matter

@Suite(.enabled(if: Vectors.arePresent, "\(Vectors.absence)"))
struct OnboardingVectorTests {
    @Test("every onboarding file is judged here")
    func files() {
        let files = Set(Vectors.entries("onboarding").map(\.path))
        let judged = ["base38", "manual", "passcode", "qr"].map { "onboarding/\($0).json" }
        #expect(files == Set(judged))
    }

    struct Base38File: Decodable {
        struct Pair: Decodable {
            let hex: String
            let base38: String
        }
        let encode_decode: [Pair]
        let decode_only: [Pair]
        let invalid: [String]
    }

    @Test("base 38")
    func base38() throws {
        let file = try Vectors.json(Base38File.self, "onboarding/base38.json")
        #expect(file.encode_decode.count >= 15 && file.invalid.count >= 20)
        for pair in file.encode_decode { #expect(Base38.encode(try Hex.decode(pair.hex)) == pair.base38) }
        for pair in file.encode_decode + file.decode_only {
            #expect(try Base38.decode(pair.base38.utf8) == Hex.decode(pair.hex))
        }
        for text in file.invalid {
            #expect(try refusalCode { _ = try Base38.decode(text.utf8) } == "matter.onboarding.base38", "\(text)")
        }
    }

    struct PasscodeFile: Decodable {
        let forbidden: [String]
        let below_range: [String]
        let above_range: [String]
        let range: [UInt32]
    }

    @Test("passcodes")
    func passcodes() throws {
        let file = try Vectors.json(PasscodeFile.self, "onboarding/passcode.json")
        for text in file.forbidden + file.below_range + file.above_range {
            let number = try #require(UInt32(text))
            #expect(try refusalCode { _ = try Passcode(number) } == "matter.onboarding.passcode", "\(text)")
        }
        for number in file.range { #expect(try Passcode(number).reveal() == number) }
        #expect(!Passcode.allows(file.range[1] + 1))
    }

    struct QRFile: Decodable {
        struct Vector: Decodable {
            let qr: String
            let expected: String
            let vid: UInt16?
            let pid: UInt16?
            let flow: UInt8?
            let discovery: UInt8?
            let discriminator: UInt16?
            let passcode: UInt32?
            let manual: String?
        }
        let vectors: [Vector]
    }

    @Test("QR codes")
    func qr() throws {
        let file = try Vectors.json(QRFile.self, "onboarding/qr.json")
        #expect(file.vectors.count >= 13)
        for vector in file.vectors {
            guard vector.expected == "valid" else {
                let code = try refusalCode { _ = try OnboardingPayload.all(inQRText: vector.qr) }
                #expect(code?.hasPrefix("matter.onboarding.") == true, "\(vector)")
                continue
            }
            let payloads = try OnboardingPayload.all(inQRText: vector.qr)
            #expect(OnboardingPayload.qrText(of: payloads) == vector.qr)
            guard let passcode = vector.passcode else {
                #expect(payloads.count == 4)
                continue
            }
            let payload = try #require(payloads.first)
            #expect(payload.vendorID.value == vector.vid && payload.productID.value == vector.pid)
            #expect(payload.flow.rawValue == vector.flow && payload.discovery.rawValue == vector.discovery)
            #expect(payload.discriminator.value == vector.discriminator && payload.passcode.reveal() == passcode)
            if let manual = vector.manual { #expect(ManualPairingCode(payload).text == manual) }
        }
    }

    struct ManualFile: Decodable {
        struct Vector: Decodable {
            let code: String?
            let kind: String?
            let expected: String?
            let qr: String?
            let verhoeff_input: String?
            let check_digit: String?
            let discriminator4: UInt8?
            let short_discriminator: UInt8?
            let long_discriminator: UInt16?
            let discriminator: UInt16?
            let discovery: UInt8?
            let passcode: UInt32?
            let flow: UInt8?
            let vid: UInt16?
            let pid: UInt16?
        }
        let vectors: [Vector]
    }

    @Test("manual pairing codes")
    func manual() throws {
        let vectors = try Vectors.json(ManualFile.self, "onboarding/manual.json").vectors
        #expect(vectors.count >= 43)
        for vector in vectors {
            switch (vector.kind, vector.expected) {
            case ("verhoeff", _):
                let digits = try #require(vector.verhoeff_input).utf8.map { Int($0) - 48 }
                #expect(String(Verhoeff.checkDigit(digits)) == vector.check_digit)
            case ("qr", _): try expectQR(vector)
            case ("generate", _): try expectGenerated(vector)
            case (_, "invalid"):
                let code = try refusalCode { _ = try ManualPairingCode(vector.code ?? "") }
                #expect(code?.hasPrefix("matter.onboarding.") == true, "\(vector)")
            default: try expectManual(vector)
            }
        }
    }

    private func expectManual(_ vector: ManualFile.Vector) throws {
        let text = try #require(vector.code)
        let code = try ManualPairingCode(text)
        #expect(code.shortDiscriminator == vector.discriminator4 ?? vector.short_discriminator, "\(vector)")
        #expect(code.revealPasscodeNumber() == vector.passcode, "\(vector)")
        #expect((code.passcode != nil) == (code.revealPasscodeNumber() <= 99_999_998), "\(vector)")
        #expect(code.isStandardFlow == (text.count == 11))
        #expect(code.vendorID?.value ?? 0 == vector.vid ?? 0 && code.productID?.value ?? 0 == vector.pid ?? 0)
        #expect(code.text == text)
    }

    private func expectQR(_ vector: ManualFile.Vector) throws {
        let payload = try OnboardingPayload(qrText: try #require(vector.code))
        #expect(payload.discriminator.value == vector.discriminator, "\(vector)")
        #expect(payload.passcode.reveal() == vector.passcode, "\(vector)")
        #expect(payload.discovery.rawValue == vector.discovery && payload.flow.rawValue == vector.flow)
        #expect(payload.vendorID.value == vector.vid && payload.productID.value == vector.pid)
    }

    private func expectGenerated(_ vector: ManualFile.Vector) throws {
        let payload = try OnboardingPayload(
            vendorID: VendorID(try #require(vector.vid)),
            productID: ProductID(try #require(vector.pid)),
            flow: try #require(vector.flow.flatMap { CommissioningFlow(rawValue: $0) }),
            discovery: DiscoveryCapabilities(rawValue: try #require(vector.discovery)),
            discriminator: Discriminator(try #require(vector.discriminator)),
            passcode: Passcode(try #require(vector.passcode))
        )
        #expect(payload.qrText == vector.qr, "\(vector)")
        #expect(ManualPairingCode(payload).text == vector.code, "\(vector)")
    }
}
