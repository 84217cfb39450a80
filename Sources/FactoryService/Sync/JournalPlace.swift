import FactoryCore
import Vocabulary

/// Where the portal stands: in which of the journals that this EdgeHSM wrote, and from which entry on it lacks them.
struct JournalPlace: Sendable, Equatable {
    let view: JournalView
    let from: Int

    /// The tails that were lost, and which of them need not be told any more.
    struct Tails: Sendable {
        let tails: [LostTail]
        let views: [JournalView]
        /// Of `tails`, how many from the start on are done with.
        private(set) var done: Int
        /// Numbers that became so here, for the store.
        private(set) var new: [Int] = []

        init(_ tails: [LostTail]) {
            self.tails = tails
            views = JournalView.all(tails)
            done = tails.firstIndex { !$0.isTold } ?? tails.count
        }

        fileprivate mutating func finish(upTo index: Int) {
            new += tails[done..<index].map(\.number)
            done = index
        }
    }

    /// A lost tail goes up before what the EdgeHSM went on with: devices were made under it. Then comes the branch, from
    /// the place where it parts, and the portal decides what it is. Nil where the portal's entries are of none of them.
    static func find(_ cursor: SyncCursor, _ tails: inout Tails, _ chunker: JournalChunker) async throws -> Self? {
        func matches(_ index: Int) async throws -> Bool {
            guard let root = cursor.root else { return true }
            return try await chunker.root(at: cursor.entries, in: tails.views[index]) == root
        }
        while true {
            let (index, view) = (tails.done, tails.views[tails.done])
            if try await matches(index) {
                var isDue = index == tails.tails.count
                if !isDue { isDue = try await chunker.end(of: view) > cursor.entries }
                if isDue { return JournalPlace(view: view, from: cursor.entries) }
                tails.finish(upTo: index + 1)
                continue
            }
            if index > 0, try await matches(index - 1) {
                return JournalPlace(view: view, from: tails.tails[index - 1].base)
            }
            // It may have come another way, by a stick.
            var later = index + 1
            while later < tails.views.count, try await !matches(later) { later += 1 }
            guard later < tails.views.count else { return nil }
            tails.finish(upTo: later)
        }
    }
}
