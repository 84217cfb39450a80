import Foundation

/// Tells the story on a terminal or in a log: chapters, steps that passed, and a closing table.
public final class Narrator: Sendable {
    private let start = ContinuousClock.now
    private let colour: Bool

    public init() {
        colour = isatty(1) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }

    private func paint(_ text: String, _ code: String) -> String { colour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }

    private func write(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

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
