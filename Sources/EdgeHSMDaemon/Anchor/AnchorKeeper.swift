import EdgeHSMCore
import KeyCustody
import ServiceSupport
import Vocabulary

/// Moves the anchor in the token: one write at a time, and one write for all who asked while another ran.
///
/// The value of a data object can't be changed, so each write creates a record with the next write number, reads it
/// back, and removes all but the last two and what can't be read (decision 16). A number is never used twice, also
/// not after a write whose outcome is unknown.
actor AnchorKeeper {
    static let label = "obis-anchor"

    /// What a record says, taken as late as possible.
    typealias Snapshot = @Sendable () async throws -> AnchorContent
    /// Told of each record that is in the token, before anybody who waited for it.
    typealias Observer = @Sendable (AnchorRecord) async -> Void

    private let token: any Token
    private let snapshot: Snapshot
    private let observer: Observer
    private let writes: Counter
    private var number: UInt64
    /// The write that runs.
    private var running: Task<Void, any Error>?
    /// The write that starts after it; its snapshot is not taken yet, so whoever asks now may join.
    private var next: Task<Void, any Error>?

    /// - Parameter number: of the newest record in the token; 0 where there is none.
    init(
        token: any Token,
        number: UInt64,
        metrics: Metrics,
        snapshot: @escaping Snapshot,
        observer: @escaping Observer
    ) {
        self.token = token
        self.number = number
        self.snapshot = snapshot
        self.observer = observer
        self.writes = metrics.counter(
            "obis_edge_anchor_writes_total",
            "Records written to the secure element, by outcome.",
            label: "outcome",
            values: ["written", "failed"]
        )
    }

    /// Returns when a record whose snapshot was taken after this call is in the token.
    func move() async throws {
        if let next { return try await next.value }
        let previous = running
        let task = Task {
            _ = await previous?.result
            begin()
            try await write()
        }
        next = task
        try await task.value
    }

    private func begin() {
        running = next
        next = nil
    }

    private func write() async throws {
        let content = try await snapshot()
        number += 1
        let record = AnchorRecord(number: number, content: content)
        let value = try record.serialized()
        do {
            try await create(value)
        } catch {
            writes.increment("failed")
            throw error
        }
        writes.increment("written")
        await observer(record)
        // A record too many is removed with the next write; that must not fail this one.
        let kept = number
        try? await token.pruneRecords(Self.label) { value in
            guard let old = try? AnchorRecord(parsing: value) else { return false }
            return old.number + 1 >= kept
        }
    }

    /// An unknown outcome is settled by reading back.
    private func create(_ value: [UInt8]) async throws {
        var failure: (any Error)?
        do { try await token.createRecord(Self.label, value) } catch { failure = error }
        let records: [[UInt8]]
        do { records = try await token.records(Self.label) } catch { throw failure ?? error }
        guard records.contains(value) else {
            throw failure ?? Refusal(EdgeDaemonError.anchorNotWritten, "record \(number) is not there")
        }
    }

    /// The newest record of the token; nil for a token without any. Throws `edge.anchor.unreadable` where records
    /// exist and none can be read, or two different ones have the newest number.
    static func newest(in token: any Token) async throws -> AnchorRecord? {
        let values = try await token.records(label)
        let records = values.compactMap { try? AnchorRecord(parsing: $0) }
        guard let newest = records.max(by: { $0.number < $1.number }) else {
            if values.isEmpty { return nil }
            throw Refusal(EdgeDaemonError.anchorUnreadable, "\(values.count) records, none well-formed")
        }
        guard Set(records.filter { $0.number == newest.number }).count == 1 else {
            throw Refusal(EdgeDaemonError.anchorUnreadable, "two records of number \(newest.number)")
        }
        return newest
    }
}
