import FactoryCore
import LineProtocol
import Statements
import TransparencyLog
import Vocabulary

/// Copies the EdgeHSM's journal here, entry by entry, and believes it only under a signed checkpoint whose Merkle root
/// it has recomputed.
actor JournalPuller {
    private static let chunk = 256

    private let link: EdgeLink
    private let store: FactoryStore
    private let identityKey: P256Point
    private var frontier: CompactRange?
    private(set) var refusal: Refusal?
    /// The one pull that is under way: two at a time would each find entries that don't follow what is stored.
    private var running: Task<Void, any Error>?

    init(link: EdgeLink, store: FactoryStore, identityKey: P256Point) {
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
        guard checkpoint.size >= frontier.size else {
            throw Refusal(FactoryError.journalChanged, "\(checkpoint.size) entries, \(frontier.size) stored")
        }
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

    /// The Merkle frontier of what is stored, computed once after a start.
    private func loadFrontier() async throws -> CompactRange {
        if let frontier { return frontier }
        var loaded = CompactRange()
        let size = try await store.journalSize()
        while loaded.size < size {
            let entries = try await store.entries(from: loaded.size, to: min(loaded.size + Self.chunk, size))
            guard !entries.isEmpty else { throw Refusal(FactoryError.journalGap, "stored \(loaded.size)") }
            for entry in entries { loaded.append(MerkleHash.leaf(entry)) }
        }
        frontier = loaded
        return loaded
    }
}
