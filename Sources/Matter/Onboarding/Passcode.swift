internal import Vocabulary

/// A setup passcode that a device may have: 1 to 99999998 without the forbidden ones (Matter 5.1.7). Prints redacted.
public struct Passcode: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private static let forbidden: Set<UInt32> = [
        11_111_111, 22_222_222, 33_333_333, 44_444_444, 55_555_555, 66_666_666, 77_777_777, 88_888_888, 12_345_678,
        87_654_321,
    ]
    /// A good source is refused less than once in 10⁻¹⁶ with this many tries: each fails with probability 1/4.
    private static let mostTries = 64

    private let number: UInt32

    /// Throws `matter.onboarding.passcode`.
    public init(_ number: UInt32) throws {
        guard Self.allows(number) else { throw Refusal(MatterError.onboardingPasscode) }
        self.number = number
    }

    /// Draws a passcode uniformly by rejection: 27 bits of `source`, again while they are no allowed passcode.
    ///
    /// `source` gives that many fresh random octets. Throws `matter.onboarding.random-source` when it keeps failing.
    public init(drawnFrom source: (_ count: Int) throws -> [UInt8]) throws {
        for _ in 0..<Self.mostTries {
            let octets = try source(4)
            guard octets.count == 4 else { throw Refusal(MatterError.onboardingRandom, "\(octets.count) octets") }
            let candidate = octets.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x07FF_FFFF
            if Self.allows(candidate) {
                self.number = candidate
                return
            }
        }
        throw Refusal(MatterError.onboardingRandom, "no passcode in \(Self.mostTries) tries")
    }

    public static func allows(_ number: UInt32) -> Bool {
        (1...99_999_998).contains(number) && !forbidden.contains(number)
    }

    /// The only way to the number. Never into a log, an error or an argument list.
    public func reveal() -> UInt32 { number }

    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
