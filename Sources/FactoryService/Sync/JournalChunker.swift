import FactoryCore
import PortalProtocol
import Statements
import TransparencyLog
import Vocabulary

/// Cuts the stored journal into chunks that each prove themselves under a checkpoint of the EdgeHSM.
actor JournalChunker {
    private static let page = 500

    private let store: FactoryStore
    private let edgeHSM: EdgeHSMID
    /// What was remembered is of this journal, after so many lost tails.
    private var known: (view: JournalView, tails: Int) = (.current, 0)
    /// The tree of the entries before `prefix.size`, kept from one question to the next.
    private var prefix = CompactRange()
    /// Leaf hashes from a position on, while a backlog without checkpoints of its own goes up.
    private var leaves: (start: Int, hashes: [Digest256]) = (0, [])

    init(store: FactoryStore, edgeHSM: EdgeHSMID) {
        self.store = store
        self.edgeHSM = edgeHSM
    }

    private func turn(to view: JournalView) async throws {
        let tails = try await store.lostTails().count
        guard known.view != view || known.tails != tails else { return }
        (known, prefix, leaves) = ((view, tails), CompactRange(), (0, []))
    }

    /// The root over the first `size` entries of a journal that are stored here; nil where there are fewer.
    func root(at size: Int, in view: JournalView = .current) async throws -> Digest256? {
        try await turn(to: view)
        return try await root(at: size)
    }

    private func root(at size: Int) async throws -> Digest256? {
        guard size >= 0 else { return nil }
        if prefix.size > size { prefix = CompactRange() }
        while prefix.size < size {
            let entries = try await store.entries(
                from: prefix.size,
                to: min(prefix.size + Self.page, size),
                in: known.view
            )
            guard !entries.isEmpty else { return nil }
            for entry in entries { prefix.append(MerkleHash.leaf(entry)) }
        }
        return prefix.root
    }

    /// The next chunk from `first` on, of at most `limit` entries; nil where no checkpoint covers another entry.
    func chunk(from first: Int, limit: Int, in view: JournalView = .current) async throws -> JournalChunk? {
        try await turn(to: view)
        guard let newest = try await store.newestCheckpoint(of: view), newest.size > first else { return nil }
        let most = min(max(limit, 1), SyncLimits.mostItems)
        var close = try await store.checkpoint(in: (first + 1)...(first + most), of: view)
        var entries = try await store.entries(
            from: first,
            to: close?.size ?? min(first + most, newest.size),
            in: view
        )
        var octets = 0
        let fitting = entries.prefix { entry in
            octets += entry.count
            return octets <= SyncLimits.largestChunk
        }
        if fitting.count < entries.count {
            entries = Array(fitting)
            close =
                entries.isEmpty
                ? nil : try await store.checkpoint(in: (first + 1)...(first + entries.count), of: view)
            if let close { entries = Array(entries.prefix(close.size - first)) }
        }
        guard !entries.isEmpty else { throw Refusal(FactoryError.journalGap, "entry \(first) is not stored") }
        let end = first + entries.count
        let isClosed = close?.size == end
        let checkpoint = isClosed ? close ?? newest : newest
        return JournalChunk(
            edgeHSM: edgeHSM,
            from: first,
            entries: entries.map { Octets($0) },
            checkpoint: try Envelope(parsing: checkpoint.envelope),
            consistency: isClosed ? [] : try await consistency(after: first, entries, to: newest.size)
        )
    }

    /// Entries of a journal that checkpoints prove.
    func end(of view: JournalView) async throws -> Int { try await store.newestCheckpoint(of: view)?.size ?? 0 }

    /// The newest `restart` before an entry: where a branch may have begun. Nil where there is none.
    func restart(before end: Int) async throws -> Int? {
        var end = end
        while end > 1 {
            let first = max(1, end - Self.page)
            let entries = try await store.entries(from: first, to: end)
            let found = entries.lastIndex { (try? JournalEntry(parsing: $0))?.event.body is Restart }
            if let found { return first + found }
            end = first
        }
        return nil
    }

    /// A chunk without entries: the newest checkpoint alone, where it is of exactly `size` entries.
    func heartbeat(at size: Int) async throws -> JournalChunk? {
        guard let newest = try await store.newestCheckpoint(), newest.size == size else { return nil }
        let envelope = try Envelope(parsing: newest.envelope)
        return JournalChunk(edgeHSM: edgeHSM, from: size, entries: [], checkpoint: envelope)
    }

    /// A chunk without entries: the newest checkpoint of this EdgeHSM's journal of no more than `size` entries. A portal
    /// that has another root there sees two journals under one signature.
    func evidence(upTo size: Int) async throws -> JournalChunk? {
        guard size > 0, let held = try await store.checkpoint(in: 1...size, of: .current) else { return nil }
        let envelope = try Envelope(parsing: held.envelope)
        return JournalChunk(edgeHSM: edgeHSM, from: held.size, entries: [], checkpoint: envelope)
    }

    /// Needed after a time in which the EdgeHSM worked and this service did not: no checkpoint was fetched then.
    private func consistency(after first: Int, _ entries: [[UInt8]], to second: Int) async throws -> [Digest256] {
        guard try await root(at: first) != nil else { throw Refusal(FactoryError.journalGap, "before \(first)") }
        var frontier = prefix
        for entry in entries { frontier.append(MerkleHash.leaf(entry)) }
        let end = frontier.size
        if leaves.start > end || leaves.start + leaves.hashes.count < end { leaves = (end, []) }
        if leaves.start < end { leaves = (end, Array(leaves.hashes.dropFirst(end - leaves.start))) }
        while end + leaves.hashes.count < second {
            let next = end + leaves.hashes.count
            let entries = try await store.entries(
                from: next,
                to: min(next + Self.page, second),
                in: known.view
            )
            guard !entries.isEmpty else { throw Refusal(FactoryError.journalGap, "entry \(next) is not stored") }
            leaves.hashes += entries.map { MerkleHash.leaf($0) }
        }
        let (old, hashes) = (frontier, leaves.hashes)
        return try ProofBuilder(root: { range in
            if range.upperBound > end { return CompactRange.root(of: range) { hashes[$0 - end] } }
            return old.subtree(range)
        }).consistency(from: end, to: second).hashes
    }
}

extension CompactRange {
    /// The root of one of the perfect subtrees that make up this range.
    fileprivate func subtree(_ range: Range<Int>) -> Digest256 {
        // One hash for each bit of the size; those of the bits above the start stand before it.
        let index = range.lowerBound.nonzeroBitCount
        return hashes.indices.contains(index) ? hashes[index] : MerkleHash.empty
    }
}
