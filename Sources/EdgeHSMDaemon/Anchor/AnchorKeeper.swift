import Durability
import EdgeHSMCore
import KeyCustody
import ServiceSupport
import Vocabulary

/// Moves the anchor in the token: one write at a time, and one write for all who asked while another ran.
///
/// The value of a data object can't be changed, so each write creates a record with the next write number, reads it
/// back, and removes all but the last two and what can't be read (decision 16). The core hands out the numbers and
/// never one twice, also not after a write whose outcome is unknown.
actor AnchorKeeper {
    static let label = "obis-anchor"

    /// What a record says, taken as late as possible.
    typealias Snapshot = @Sendable () async throws -> AnchorRecord
    /// Told of each record that is in the token, before anybody who waited for it.
    typealias Observer = @Sendable (AnchorRecord) async throws -> Void

    private let token: any Token
    private let seam: FaultSeam
    private let snapshot: Snapshot
    private let observer: Observer
    private let writes: Counter
    private let mostWritesADay: Int
    private let bootSeconds: @Sendable () -> Int64
    /// Days since the machine was started.
    private var day: Int64 = 0
    private var writesToday = 0
    private var isFinished = false
    /// The newest record that is known to be ours, as it was at start or as we wrote it last.
    private var last: AnchorRecord?
    /// Set once another writer was seen: from then on this EdgeHSM writes no record and so gets no lease.
    private var foreign: Refusal?
    /// The write that runs.
    private var running: Task<Void, any Error>?
    /// The write that starts after it; its snapshot is not taken yet, so whoever asks now may join.
    private var next: Task<Void, any Error>?

    /// - Parameter last: the newest record at start; any newer one that we did not write is another process's.
    init(
        token: any Token,
        last: AnchorRecord?,
        seam: FaultSeam,
        metrics: Metrics,
        mostWritesADay: Int = 20_000,
        bootSeconds: @escaping @Sendable () -> Int64,
        snapshot: @escaping Snapshot,
        observer: @escaping Observer
    ) {
        self.token = token
        self.last = last
        self.seam = seam
        self.mostWritesADay = mostWritesADay
        self.bootSeconds = bootSeconds
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
        if isFinished { throw Refusal(EdgeDaemonError.stopping) }
        if let foreign { throw foreign }
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

    /// The same for a renewal of leases, which nobody was promised: refused with `edge.anchor.too-many-writes` where the
    /// secure element was written too often in the last day.
    func renew() async throws {
        let today = bootSeconds() / 86_400
        if today != day { (day, writesToday) = (today, 0) }
        guard writesToday < mostWritesADay else {
            throw Refusal(EdgeDaemonError.anchorWornOut, "\(writesToday) of \(mostWritesADay)")
        }
        try await move()
    }

    /// The last record of a clean stop, made by `final`; no record may follow it.
    func finish(_ final: @escaping Snapshot) async throws {
        isFinished = true
        _ = await next?.result
        _ = await running?.result
        if let foreign { throw foreign }
        let record = try await final()
        try requireAlone(await Self.create(record, in: token), record)
        writes.increment("written")
    }

    private func begin() {
        running = next
        next = nil
    }

    private func write() async throws {
        let record = try await snapshot()
        let kept: Set<[UInt8]>
        writesToday += 1
        do {
            try seam.pass("anchor.before")
            let values = try await Self.create(record, in: token)
            try requireAlone(values, record)
            last = record
            kept = AnchorRecord.newestTwo(of: values)
            try seam.pass("anchor.after")
        } catch {
            writes.increment("failed")
            throw error
        }
        writes.increment("written")
        try await observer(record)
        // A record too many is removed with the next write; that must not fail this one.
        try? await token.pruneRecords(Self.label) { kept.contains($0) }
    }

    /// The secure element belongs to one appliance: beside what we wrote there may be nothing newer than our last record.
    /// A second process on the same token would otherwise count the same units again.
    private func requireAlone(_ values: [[UInt8]], _ record: AnchorRecord) throws {
        let others = values.compactMap { try? AnchorRecord(parsing: $0) }.filter { $0 != record }
        let newest = others.max { $0.writeNumber < $1.writeNumber }
        // A write of ours whose outcome stayed unknown has a number between the two.
        guard let newest, newest != last, newest.epoch != record.epoch || newest.writeNumber >= record.writeNumber
        else { return }
        foreign = Refusal(EdgeDaemonError.anchorForeign, "write \(newest.writeNumber) of epoch \(newest.epoch)")
        if let foreign { throw foreign }
    }

    /// Creates a record and reads it back: that settles an unknown outcome. Returns all records there are.
    @discardableResult
    static func create(_ record: AnchorRecord, in token: any Token) async throws -> [[UInt8]] {
        let value = try record.serialized()
        var failure: (any Error)?
        do { try await token.createRecord(label, value) } catch { failure = error }
        let records: [[UInt8]]
        do { records = try await token.records(label) } catch { throw failure ?? error }
        guard records.contains(value) else {
            throw failure ?? Refusal(EdgeDaemonError.anchorNotWritten, "write \(record.writeNumber) is not there")
        }
        return records
    }

    /// The newest record of the token; nil for a token without any.
    static func newest(in token: any Token) async throws -> AnchorRecord? {
        try AnchorRecord.newest(of: await token.records(label))
    }
}
