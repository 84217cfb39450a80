import Synchronization
import Vocabulary

/// Certification Declarations by digest: a few hundred octets each, one for each version in work.
final class DocumentCache: Sendable {
    /// Documents kept in memory; one beyond empties the cache.
    static let most = 256

    private let store: JournalStore
    private let documents = Mutex<[Digest256: [UInt8]]>([:])

    init(store: JournalStore) { self.store = store }

    /// Nil where this EdgeHSM has lost the document.
    func get(_ digest: Digest256) async throws -> [UInt8]? {
        if let known = documents.withLock({ $0[digest] }) { return known }
        guard let found = try await store.document(digest) else { return nil }
        documents.withLock { documents in
            if documents.count >= Self.most { documents = [:] }
            documents[digest] = found
        }
        return found
    }
}
