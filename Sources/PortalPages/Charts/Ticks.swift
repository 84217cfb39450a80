import Vocabulary

/// Words under an axis of time, at round moments of the clock that the axis has.
enum Ticks {
    private static let steps: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
        172_800, 432_000, 864_000,
    ]

    /// Seconds between two of them, so that there are not more than `most`.
    static func step(over span: Int64, most: Int64) -> Int64 {
        steps.first { span / $0 <= most } ?? max(1, span / most)
    }

    /// What stands at a moment, as exactly as steps and span are: no two of them read the same.
    static func word(_ time: Instant, step: Int64, span: Int64, east offset: Int64) -> String {
        let day = Format.date(time, east: offset).dropLast(5)
        if step >= 86_400 { return String(day) }
        if span >= 86_400 { return "\(day), \(Format.clock(time, east: offset))" }
        return step < 60 ? Format.clock(time, east: offset, seconds: true) : Format.clock(time, east: offset)
    }

    static func isRound(_ time: Instant, step: Int64, east offset: Int64) -> Bool {
        (time.seconds + offset).isMultiple(of: step)
    }

    /// Where the axis is linear. Its end reads *now* where it is, and what would run into that is left out.
    static func marks(from begin: Instant, to end: Instant, east offset: Int64, now: Instant) -> [Chart.Mark] {
        guard end > begin else { return end == now ? [.init("now", at: 1)] : [] }
        let span = end - begin
        let step = step(over: span, most: 5)
        let first = begin.seconds + offset
        let start = begin + (step - first % step) % step
        var marks: [Chart.Mark] = []
        for time in stride(from: start.seconds, through: end.seconds, by: Int(step)).map({ Instant(seconds: $0) }) {
            let share = Double(time - begin) / Double(span)
            if end != now || share < 0.88 {
                marks.append(.init(word(time, step: step, span: span, east: offset), at: share))
            }
        }
        return end == now ? marks + [.init("now", at: 1)] : marks
    }
}
