public import Vocabulary

/// How many failures something may have in a while. A value; who holds it guards it.
///
/// An attempt is charged when it begins and given back when it succeeds, so that a thousand at once are no more than one
/// after another. Bounded: at `largest` names the oldest window makes room.
public struct AttemptBudget: Sendable {
    private struct Window {
        var start: Instant
        var count: Int
    }

    /// Failures in one window.
    public let most: Int
    /// Seconds.
    public let length: Int64
    private let largest: Int
    private var windows: [String: Window] = [:]

    /// Names that are kept.
    var size: Int { windows.count }

    public init(most: Int, within length: Int64, largest: Int = 8_192) {
        (self.most, self.length, self.largest) = (most, length, largest)
    }

    /// Charges one attempt. Returns nil, or the seconds to wait where there is nothing left; then nothing is charged.
    public mutating func take(_ name: String, at time: Instant) -> Int64? {
        if let window = windows[name], (0..<length).contains(time - window.start) {
            guard window.count < most else { return length - (time - window.start) }
            windows[name] = Window(start: window.start, count: window.count + 1)
            return nil
        }
        if windows.count >= largest, windows[name] == nil {
            // A part at once, so that a flood of new names does not sort the table again and again.
            let old = windows.sorted { $0.value.start < $1.value.start }.prefix(max(1, largest / 8))
            for (name, _) in old { windows[name] = nil }
        }
        windows[name] = Window(start: time, count: 1)
        return nil
    }

    /// Gives one attempt back.
    public mutating func giveBack(_ name: String) {
        guard let window = windows[name] else { return }
        windows[name] = window.count > 1 ? Window(start: window.start, count: window.count - 1) : nil
    }
}
