import Foundation

/// One factory's bar.
struct ProgressRow: Sendable {
    let name: String
    let done: Int
    let total: Int
    /// What stands behind the figures: link, batches, the time there.
    let note: String
}

/// A bar a factory: redrawn in place on a terminal, at most ten times a second; elsewhere a line a quarter.
actor ProgressBoard {
    private static let width = 20
    private static let nameWidth = 20
    /// Name, bar, figures and rate with their spaces: what is left of the terminal's width is for the note.
    private static let used = 2 + nameWidth + width + 1 + 9 + 7 + 2

    private let narrator: Narrator
    private let rows: @Sendable () async -> [ProgressRow]
    private var told: [String: Int] = [:]
    private var begun: [String: ContinuousClock.Instant] = [:]

    init(_ narrator: Narrator, rows: @escaping @Sendable () async -> [ProgressRow]) {
        self.narrator = narrator
        self.rows = rows
    }

    /// Shows until cancelled, and the last state once more then.
    func run() async {
        while !Task.isCancelled {
            await draw()
            try? await Task.sleep(for: .milliseconds(narrator.isTerminal ? 200 : 500))
        }
        await draw()
        narrator.show(bars: [])
    }

    private func draw() async {
        let rows = await rows()
        if narrator.isTerminal {
            narrator.show(bars: rows.map(bar))
        } else {
            for row in rows { tell(row) }
        }
    }

    private func bar(_ row: ProgressRow) -> String {
        let filled = row.total > 0 ? min(row.done * Self.width / row.total, Self.width) : 0
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        let figures = "\(row.done)/\(row.total)"
        let start = begun[row.name] ?? .now
        begun[row.name] = start
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let rate = seconds > 1 ? String(format: "%5.1f/s", Double(row.done) / seconds) : "       "
        return "  " + row.name.padded(to: Self.nameWidth) + narrator.paint(bar, row.done == row.total ? "32" : "36")
            + " "
            + figures.padded(to: 9) + rate + "  "
            + narrator.paint(String(row.note.prefix(max(narrator.width - Self.used - 1, 0))), "2")
    }

    private func tell(_ row: ProgressRow) {
        let quarter = row.total > 0 ? row.done * 4 / row.total : 0
        guard quarter > told[row.name, default: 0] else { return }
        told[row.name] = quarter
        narrator.note(row.name.padded(to: Self.nameWidth) + "\(row.done) of \(row.total)  \(row.note)")
    }
}
