import FactoryCore
import LineProtocol
import Statements
import TransparencyLog
import Verify
import Vocabulary

/// Copies the EdgeHSM's journal here, entry by entry, and believes it only under a signed checkpoint whose Merkle root
/// it has recomputed.
actor JournalPuller {
    private static let chunk = 256

    private let link: EdgeLink
    private let store: FactoryStore
    private let identityKey: P256Point
    private let now: @Sendable () -> Instant
    private var frontier: CompactRange?
    private(set) var refusal: Refusal?
    /// The one pull that is under way: two at a time would each find entries that don't follow what is stored.
    private var running: Task<Void, any Error>?

    init(link: EdgeLink, store: FactoryStore, identityKey: P256Point, now: @escaping @Sendable () -> Instant) {
        self.now = now
        self.link = link
        self.store = store
        self.identityKey = identityKey
    }

    /// Brings the copy up to a checkpoint of now. Nothing to do where the journal has not grown.
    func pull(expecting size: Int) async throws {
        while let other = running {
            _ = try? await other.value
            finish(other)
        }
        let own = Task { try await pullAlone(expecting: size) }
        running = own
        defer { finish(own) }
        try await own.value
    }

    /// Fetches a checkpoint of now though the journal may not have grown: the EdgeHSM's sign of life.
    func renew() async throws { try await pull(expecting: -1) }

    /// Whoever sees its end first clears it: a waiter that left this to the starter would spin on a finished task.
    private func finish(_ pull: Task<Void, any Error>) {
        if running == pull { running = nil }
    }

    private func pullAlone(expecting size: Int) async throws {
        do {
            let stored = try await store.journalSize()
            if let newest = try await store.newestCheckpoint(), newest.size == size, stored == size { return }
            try await catchUp()
            refusal = nil
        } catch let error as Refusal {
            if !error.isRetryable { refusal = error }
            throw error
        }
    }

    private func catchUp() async throws {
        let envelope = try await link.ask(GetCheckpoint.self, Nothing()).checkpoint
        let checkpoint: Checkpoint
        do {
            checkpoint = try Verified(envelope, as: Checkpoint.self, signedBy: identityKey).content
        } catch let refusal as Refusal { throw Refusal(FactoryError.checkpointInvalid, refusal.code) }
        guard checkpoint.edgeHSM == link.id else {
            throw Refusal(FactoryError.checkpointInvalid, "of \(checkpoint.edgeHSM)")
        }
        var frontier = try await loadFrontier()
        var isOther = frontier.size > checkpoint.size
        if !isOther && frontier.size > 0 {
            let last = frontier.size - 1
            isOther = try await entry(last) != stored(last)
        }
        if isOther { frontier = try await branch(checkpoint, stored: frontier.size) }
        while frontier.size < checkpoint.size {
            let limit = min(Self.chunk, checkpoint.size - frontier.size)
            let reply = try await link.ask(ReadJournal.self, .init(from: frontier.size, limit: limit))
            let entries = reply.entries.prefix(limit).map(\.bytes)
            guard !entries.isEmpty else { throw Refusal(FactoryError.journalGap, "none from \(frontier.size)") }
            for (index, entry) in entries.enumerated() {
                guard try JournalEntry(parsing: entry).sequence == frontier.size + index else {
                    throw Refusal(FactoryError.journalGap, "at \(frontier.size + index)")
                }
            }
            try await store.append(entries, from: frontier.size)
            for entry in entries { frontier.append(MerkleHash.leaf(entry)) }
            self.frontier = frontier
        }
        guard frontier.root == checkpoint.root else {
            throw Refusal(FactoryError.journalChanged, "root at \(checkpoint.size)")
        }
        try await store.save(checkpoint: try envelope.serialized(), size: checkpoint.size)
    }

    private func entry(_ position: Int) async throws -> [UInt8]? {
        try await link.ask(ReadJournal.self, .init(from: position, limit: 1)).entries.first?.bytes
    }

    private func stored(_ position: Int) async throws -> [UInt8]? {
        try await store.entries(from: position, to: position + 1).first
    }

    /// The EdgeHSM has other entries than were read from it before. Where its disk was restored it says so itself, under
    /// a signature: it went on behind the prefix that its secure element remembers. What is stored behind that place is
    /// put aside, never overwritten; anything else is refused.
    ///
    /// - Returns: the frontier at the place where it went on.
    private func branch(_ checkpoint: Checkpoint, stored size: Int) async throws -> CompactRange {
        let changed = Refusal(FactoryError.journalChanged, "\(checkpoint.size) entries, \(size) stored")
        // Entries name their epoch, and that of a branch is higher: from the first that differs on, all do.
        var (same, differs) = (0, min(size, checkpoint.size))
        while same < differs {
            let middle = (same + differs) / 2
            if try await entry(middle) == stored(middle) { same = middle + 1 } else { differs = middle }
        }
        guard same > 0, same < min(size, checkpoint.size), let bytes = try await entry(same),
            let before = try await stored(same - 1), let last = try await stored(size - 1)
        else { throw changed }
        let first = try JournalEntry(parsing: bytes)
        guard let restart = first.event.body as? Restart, (1...same).contains(restart.anchoredSize) else {
            throw changed
        }
        let anchored = try await frontier(at: restart.anchoredSize).root
        let point = BranchPoint(
            first,
            at: same,
            after: try JournalEntry(parsing: before),
            heldSize: size,
            heldEpoch: try JournalEntry(parsing: last).epoch
        ) { $0 == restart.anchoredSize ? anchored : nil }
        let base = try await frontier(at: same)
        guard point != nil, try await root(from: base, to: checkpoint.size) == checkpoint.root else { throw changed }
        let time = now()
        try await store.branch(at: same, time)
        frontier = base
        let event = RestoredEvent(shared: same, lost: size - same, epoch: first.epoch)
        try await store.log("journal", event, at: time)
        return base
    }

    /// The root that the EdgeHSM's own entries come to.
    private func root(from base: CompactRange, to size: Int) async throws -> Digest256 {
        var frontier = base
        while frontier.size < size {
            let limit = min(Self.chunk, size - frontier.size)
            let entries = try await link.ask(ReadJournal.self, .init(from: frontier.size, limit: limit)).entries
            guard !entries.isEmpty else { throw Refusal(FactoryError.journalGap, "none from \(frontier.size)") }
            for entry in entries.prefix(limit) { frontier.append(MerkleHash.leaf(entry.bytes)) }
        }
        return frontier.root
    }

    private func frontier(at size: Int) async throws -> CompactRange {
        var frontier = CompactRange()
        while frontier.size < size {
            let entries = try await store.entries(from: frontier.size, to: min(frontier.size + Self.chunk, size))
            guard !entries.isEmpty else { throw Refusal(FactoryError.journalGap, "stored \(frontier.size)") }
            for entry in entries { frontier.append(MerkleHash.leaf(entry)) }
        }
        return frontier
    }

    /// The Merkle frontier of what is stored, computed once after a start.
    private func loadFrontier() async throws -> CompactRange {
        if let frontier { return frontier }
        let loaded = try await frontier(at: try await store.journalSize())
        frontier = loaded
        return loaded
    }
}

/// In the event log: where the EdgeHSM went on, and how many entries it lost.
private struct RestoredEvent: Encodable, Sendable {
    let what = "restored"
    let shared: Int
    let lost: Int
    let epoch: UInt64
}
