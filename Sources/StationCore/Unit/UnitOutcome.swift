public import Vocabulary

/// How a visit of one chip ended.
public struct UnitOutcome: Sendable, Codable {
    public enum Result: String, Sendable, Codable {
        case passed
        /// Given up: what was issued stays counted.
        case failed
        /// Still open: starting it again goes on where it stopped.
        case unfinished
        /// Had passed before; nothing was done.
        case passedBefore
        /// Nothing was begun.
        case notBegun
    }

    public var result: Result
    public var chipUID: ChipUID?
    public var unit: Digest256?
    public var serial: DeviceSerial?
    /// The step that it stopped at.
    public var step: UnitStep?
    public var refusal: Refusal?
    /// True when no further unit should be tried before somebody acted.
    public var stopsLine = false

    public init(_ result: Result) { self.result = result }
}
