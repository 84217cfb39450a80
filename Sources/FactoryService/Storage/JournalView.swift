import Vocabulary

/// Newest entries that the EdgeHSM lost with its disk: it went on from `base`, and they are kept here.
struct LostTail: Sendable, Equatable {
    /// 1, 2, 3 … in the order in which they were found.
    let number: Int
    /// Entries that the journal after it shares with it.
    let base: Int
    /// Entries with the tail.
    let size: Int
    let foundAt: Instant
    /// The portal has all of it that checkpoints prove, or can't take it any more.
    let isTold: Bool
}

/// A journal as it was before the EdgeHSM lost a tail, or as it is now.
struct JournalView: Sendable, Equatable {
    /// Entries that lie in one place.
    struct Part: Sendable, Equatable {
        /// Nil: in the journal as it is.
        let tail: Int?
        let range: Range<Int>
    }

    /// Without gaps, from entry 0 on.
    let parts: [Part]

    static let current = JournalView(parts: [Part(tail: nil, range: 0..<Int.max)])

    /// Each journal that there was, in order; the last is the one that there is.
    static func all(_ tails: [LostTail]) -> [JournalView] {
        tails.indices.map { JournalView(before: tails[$0...]) } + [.current]
    }

    /// With the first of `tails`, which lies on what was shared with those that were lost after it.
    private init(before tails: ArraySlice<LostTail>) {
        var (parts, end) = ([Part](), tails.first?.size ?? 0)
        for tail in tails where tail.base < end {
            parts.append(Part(tail: tail.number, range: tail.base..<end))
            end = tail.base
        }
        if end > 0 { parts.append(Part(tail: nil, range: 0..<end)) }
        self.parts = parts.reversed()
    }

    private init(parts: [Part]) { self.parts = parts }
}
