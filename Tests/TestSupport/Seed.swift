internal import Foundation

/// Where random tests take their seed from: `OBIS_SEED` repeats a run, else each run draws another.
public enum Seed {
    /// Prints the seed under the test's name, so that every failure can be repeated.
    public static func take(_ name: String) -> UInt64 {
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("OBIS_SEED=\(seed) (\(name))")
        return seed
    }

    /// The seed that the environment names. One that is no number is a mistake, never another random run.
    public static let given: UInt64? = {
        guard let text = ProcessInfo.processInfo.environment["OBIS_SEED"] else { return nil }
        guard let seed = UInt64(text) else { fatalError("OBIS_SEED is no number: \(text)") }
        return seed
    }()
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same run.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}
