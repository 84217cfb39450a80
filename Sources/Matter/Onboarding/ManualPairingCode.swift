public import Vocabulary

/// What a manual pairing code says (Matter 5.1.4): less than a QR code, and a passcode that nobody checked.
public struct ManualPairingCode: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The top 4 bits of the discriminator.
    public let shortDiscriminator: UInt8
    /// 1 to 2²⁷−1. Parsers accept more than devices may have: see `passcode`.
    private let number: UInt32
    /// Vendor and product id; present exactly when the flow is not the standard one.
    public let vendorID: VendorID?
    public let productID: ProductID?

    /// Nil where the code carries a number that no device may have.
    public var passcode: Passcode? { try? Passcode(number) }
    public func revealPasscodeNumber() -> UInt32 { number }
    /// The 21-digit form says that the flow is not the standard one, not which.
    public var isStandardFlow: Bool { vendorID == nil }

    public init(_ payload: OnboardingPayload) {
        shortDiscriminator = payload.discriminator.short
        number = payload.passcode.reveal()
        vendorID = payload.flow == .standard ? nil : payload.vendorID
        productID = payload.flow == .standard ? nil : payload.productID
    }

    /// Reads 11 or 21 digits; dashes are ignored. Throws `matter.onboarding.*`.
    public init(_ text: String) throws {
        let characters = text.utf8.filter { $0 != UInt8(ascii: "-") }
        guard characters.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw Refusal(MatterError.onboardingDigits)
        }
        let digits = characters.map { Int($0 - UInt8(ascii: "0")) }
        guard let first = digits.first, digits.count == 11 || digits.count == 21 else {
            throw Refusal(MatterError.onboardingLength, "\(digits.count) digits")
        }
        guard first < 8 else { throw Refusal(MatterError.onboardingVersion) }
        guard (first & 4 != 0) == (digits.count == 21) else {
            throw Refusal(MatterError.onboardingLength, "the first digit announces another length")
        }
        guard Verhoeff.isValid(digits) else { throw Refusal(MatterError.onboardingCheckDigit) }
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
        let (middle, high) = (number(1..<6), number(6..<10))
        guard middle <= 0xFFFF, high <= 0x1FFF else { throw Refusal(MatterError.onboardingField, "a digit group") }
        shortDiscriminator = UInt8(first & 3) << 2 | UInt8(middle >> 14)
        self.number = UInt32(high) << 14 | UInt32(middle & 0x3FFF)
        guard self.number != 0 else { throw Refusal(MatterError.onboardingPasscode, "0") }
        guard digits.count == 21 else {
            vendorID = nil
            productID = nil
            return
        }
        guard let vendor = UInt16(exactly: number(10..<15)), let product = UInt16(exactly: number(15..<20)) else {
            throw Refusal(MatterError.onboardingField, "vendor or product id")
        }
        vendorID = VendorID(vendor)
        productID = ProductID(product)
    }

    /// 11 digits, or 21 with vendor and product id.
    public var text: String {
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let first = Int(shortDiscriminator >> 2) | (isStandardFlow ? 0 : 4)
        let middle = Int(shortDiscriminator & 3) << 14 | Int(number & 0x3FFF)
        var text = String(first) + padded(middle, 5) + padded(Int(number >> 14), 4)
        if let vendorID { text += padded(Int(vendorID.value), 5) + padded(Int(productID?.value ?? 0), 5) }
        return text + String(Verhoeff.checkDigit(text.utf8.map { Int($0 - UInt8(ascii: "0")) }))
    }

    /// The printed form: 4-3-4, or 4-3-4-4-3-2-1.
    public var printed: String {
        var rest = Substring(text)
        let groups = isStandardFlow ? [4, 3, 4] : [4, 3, 4, 4, 3, 2, 1]
        return groups.map { size in
            defer { rest = rest.dropFirst(size) }
            return String(rest.prefix(size))
        }.joined(separator: "-")
    }

    public var description: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Verhoeff's check digit over the dihedral group D5.
enum Verhoeff {
    private static let base = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]

    /// `digits` without the check digit, each 0 to 9.
    static func checkDigit(_ digits: [Int]) -> Int {
        let sum = fold(digits, from: 1)
        return sum < 5 ? (5 - sum) % 5 : sum
    }

    static func isValid(_ digits: [Int]) -> Bool { fold(digits, from: 0) == 0 }

    private static func fold(_ digits: [Int], from first: Int) -> Int {
        digits.reversed().enumerated().reduce(0) { sum, entry in
            var digit = entry.element
            for _ in 0..<((entry.offset + first) % 8) { digit = base[digit] }
            return product(sum, digit)
        }
    }

    private static func product(_ left: Int, _ right: Int) -> Int {
        switch (left < 5, right < 5) {
        case (true, true): (left + right) % 5
        case (true, false): 5 + (left + right - 5) % 5
        case (false, true): 5 + (left - right) % 5
        case (false, false): (left - right + 5) % 5
        }
    }
}
