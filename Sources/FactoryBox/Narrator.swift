import Foundation
import Glibc
import Synchronization

/// Tells the story on a terminal or in a log: chapters, steps that passed, bars while something runs, and closing tables.
public final class Narrator: Sendable {
    private struct State {
        /// Lines of bars that stand below everything else on the terminal.
        var bars: [String] = []
        /// What was told, where nobody listens yet.
        var kept: [String] = []
    }

    private let start = ContinuousClock.now
    private let isKept: Bool
    private let colour: Bool
    private let state = Mutex(State())

    /// True where bars can be redrawn in place.
    let isTerminal: Bool

    public convenience init() { self.init(kept: false) }

    /// - Parameter kept: keep everything for `take`, rather than print it.
    init(kept: Bool) {
        isKept = kept
        isTerminal = !kept && isatty(1) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        colour = isatty(1) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }

    /// Columns of the terminal; 80 where it does not say.
    var width: Int { TerminalSize.columns ?? 80 }

    func paint(_ text: String, _ code: String) -> String { colour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }

    private func write(_ line: String) {
        state.withLock { state in
            if isKept { return state.kept.append(line) }
            print(Self.above(state.bars) + line + "\n" + state.bars.map { $0 + "\n" }.joined())
        }
    }

    private func print(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

    /// Takes the cursor to where the bars begin, and wipes them.
    private static func above(_ bars: [String]) -> String {
        bars.isEmpty ? "" : "\u{1B}[\(bars.count)A\u{1B}[J"
    }

    /// Draws these bars instead of those before; none leaves the last ones standing.
    func show(bars: [String]) {
        guard isTerminal else { return }
        state.withLock { state in
            guard !bars.isEmpty else {
                state.bars = []
                return
            }
            print(Self.above(state.bars) + bars.map { $0 + "\n" }.joined())
            state.bars = bars
        }
    }

    /// Tells what another narrator kept.
    func tell(_ other: Narrator) {
        let lines = other.state.withLock { state in
            defer { state.kept = [] }
            return state.kept
        }
        for line in lines { write(line) }
    }

    /// Seconds since the story began.
    var elapsed: Int64 { (ContinuousClock.now - start).components.seconds }

    public func chapter(_ title: String) {
        write("\n" + paint("\(title)", "1") + paint("  \(elapsed) s", "2"))
    }

    public func passed(_ step: String, _ detail: String = "") {
        write("  " + paint("✓", "32") + " \(step)" + (detail.isEmpty ? "" : paint("  \(detail)", "2")))
    }

    public func note(_ text: String) { write("    " + paint(text, "2")) }

    public func failed(_ step: String, _ detail: String) { write("  " + paint("✗ \(step)", "31") + "  \(detail)") }

    public func table(_ rows: [(String, String)]) {
        let width = rows.map(\.0.count).max() ?? 0
        for (name, value) in rows {
            write("  " + name + String(repeating: " ", count: width - name.count + 2) + value)
        }
    }
}
