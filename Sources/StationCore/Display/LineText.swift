import Vocabulary

/// How a run looks on a terminal and in a log.
public struct LineText: Sendable {
    public let isColoured: Bool

    /// - Parameter isColoured: a terminal that wants colour; `NO_COLOR` (no-color.org) says no.
    public init(isColoured: Bool) { self.isColoured = isColoured }

    /// `PASS  site 2  #7  OBIS0000007  1.24 s`, or for a failure a second line with what to do.
    public func line(site: Int, place: Int, outcome: UnitOutcome, milliseconds: Int) -> String {
        let passed = outcome.result == .passed || outcome.result == .passedBefore
        let word = coloured(passed ? "PASS" : "FAIL", passed ? "32" : "31")
        let name = outcome.serial?.text ?? outcome.chipUID?.hex ?? "no chip"
        var text = "\(word)  site \(site)  #\(place)  \(name)  \(seconds(milliseconds))"
        if outcome.result == .passedBefore { text += "  (had passed before)" }
        guard let refusal = outcome.refusal else { return text }
        text += "  \(refusal.code)"
        if let step = outcome.step { text += " at \(step.rawValue)" }
        if outcome.result == .unfinished { text += "  (unit stays open)" }
        let detail = refusal.detail.isEmpty ? "" : " (\(Self.printable(refusal.detail)))"
        return text + "\n      \(refusal.meaning)\(detail)\n      \(refusal.remedy)"
    }

    /// One line without line feed, at most `width` characters.
    public func bar(_ summary: LineSummary, quantity: Int, milliseconds: Int, width: Int) -> String {
        let done = min(summary.visited, quantity)
        let rate = milliseconds > 0 ? done * 3_600_000 / milliseconds : 0
        let tail = " \(done)/\(quantity)  yield \(summary.yield)  \(rate)/h"
        let room = min(max(width - tail.count - 2, 0), 40)
        guard room >= 5 else { return String(tail.dropFirst().prefix(max(width, 0))) }
        let filled = quantity > 0 ? done * room / quantity : room
        let body = String(repeating: "█", count: filled) + String(repeating: "░", count: room - filled)
        return "[" + coloured(body, summary.failed + summary.unfinished > 0 ? "33" : "32") + "]" + tail
    }

    public func closing(_ summary: LineSummary) -> String {
        var text =
            "\(summary.passed) passed, \(summary.failed) failed, \(summary.unfinished) unfinished, "
            + "\(summary.notBegun) not begun; yield \(summary.yield) in \(seconds(summary.milliseconds))"
        if summary.passedBefore > 0 { text += "; \(summary.passedBefore) had passed before" }
        for (code, count) in summary.codes.sorted(by: { $0.key < $1.key }) { text += "\n  \(count) × \(code)" }
        guard let stop = summary.stop else { return text }
        return text + "\n" + coloured("LINE STOPPED", "31") + "  \(stop.code): \(stop.meaning)\n  \(stop.remedy)"
    }

    /// Foreign text must not move the cursor.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "·" : $0 }
            )
        )
    }

    private func seconds(_ milliseconds: Int) -> String {
        let hundredths = milliseconds / 10 % 100
        return "\(milliseconds / 1_000).\(hundredths < 10 ? "0" : "")\(hundredths) s"
    }

    private func coloured(_ text: String, _ colour: String) -> String {
        isColoured ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
    }
}
