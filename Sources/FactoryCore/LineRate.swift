public import LineProtocol
import Statements
import Vocabulary

/// How fast batches are used up, from what the EdgeHSM said in the last minutes, and when that stops the line.
public struct LineRate: Sendable {
    /// Seconds that a rate looks back.
    static let memory: Int64 = 900
    static let mostSamples = 90
    /// Seconds from which on two samples make a rate.
    static let shortest: Int64 = 30

    private struct Sample {
        let time: Instant
        let used: Int
    }

    private var samples: [Digest256: [Sample]] = [:]

    public init() {}

    /// Takes in a status; by the EdgeHSM's time. Batches that it does not list any more are forgotten.
    public mutating func note(_ status: GetStatus.Reply) {
        let listed = Set(status.batches.map(\.authorization))
        samples = samples.filter { listed.contains($0.key) }
        for batch in status.batches where batch.state == .open {
            var own = samples[batch.authorization] ?? []
            if let last = own.last, status.time - last.time < Self.memory / Int64(Self.mostSamples) { continue }
            own.append(Sample(time: status.time, used: batch.account.issued))
            own.removeAll { status.time - $0.time > Self.memory }
            samples[batch.authorization] = Array(own.suffix(Self.mostSamples))
        }
    }

    /// One forecast for each batch on which new units may be begun, the soonest end first. A batch that is used up stops
    /// no line any more.
    public func forecasts(_ status: GetStatus.Reply) -> [Forecast] {
        status.batches.filter { $0.state == .open && $0.account.remaining > 0 }.map { batch in
            let window = max(batch.notAfter - status.time, 0)
            let hourly = unitsPerHour(batch, at: status.time)
            let remaining = batch.account.remaining
            let quota = hourly.map { Int64(remaining) * 3_600 / Int64(max($0, 1)) }
            let isQuota = quota.map { $0 <= window } ?? false
            return Forecast(
                authorization: batch.authorization,
                batch: batch.batch,
                remaining: remaining,
                unitsPerHour: hourly,
                stopsIn: isQuota ? quota ?? window : window,
                reason: isQuota ? .quota : .window
            )
        }
        .sorted { ($0.stopsIn, $0.authorization) < ($1.stopsIn, $1.authorization) }
    }

    /// Nil while nothing was issued in the last minutes.
    private func unitsPerHour(_ batch: GetStatus.Batch, at now: Instant) -> Int? {
        guard let first = samples[batch.authorization]?.first else { return nil }
        let (units, seconds) = (batch.account.issued - first.used, now - first.time)
        guard units > 0, seconds >= Self.shortest else { return nil }
        return Int(Int64(units) * 3_600 / seconds)
    }
}
