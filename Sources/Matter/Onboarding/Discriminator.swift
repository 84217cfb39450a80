internal import Vocabulary

/// 12 bits by which a commissioner finds the device that it was shown (Matter 2.5.6). Not an identifier.
public struct Discriminator: Sendable, Hashable, CustomStringConvertible {
    public let value: UInt16

    /// Throws `matter.onboarding.discriminator`.
    public init(_ value: UInt16) throws {
        guard value <= 0xFFF else { throw Refusal(MatterError.onboardingDiscriminator, "\(value)") }
        self.value = value
    }

    /// Draws 12 bits. Throws `matter.onboarding.random-source`.
    public init(drawnFrom source: (_ count: Int) throws -> [UInt8]) throws {
        let octets = try source(2)
        guard octets.count == 2 else { throw Refusal(MatterError.onboardingRandom, "\(octets.count) octets") }
        self.value = (UInt16(octets[0]) << 8 | UInt16(octets[1])) & 0xFFF
    }

    /// The 4 bits that survive in a manual pairing code.
    public var short: UInt8 { UInt8(value >> 8) }
    public var description: String { String(value) }
}
