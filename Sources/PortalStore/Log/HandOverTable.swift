public import Vocabulary

/// What went out to whom, each thing once: who asks for the same again is served, and no act is entered anew.
public struct HandOverTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// - Parameters:
    ///   - taker: id of the person or factory.
    ///   - digest: of what was handed out; another one is another hand-over.
    public func isKnown(_ action: String, _ object: String, to taker: String, digest: Digest256) throws -> Bool {
        try transaction.row(
            "SELECT digest FROM hand_over WHERE taker = ? AND action = ? AND subject = ?",
            [.text(taker), .text(action), .text(object)]
        )?.fixed("digest") == digest
    }

    /// When the taker last got it for the first time; nil where it never did.
    public func time(_ action: String, _ object: String, to taker: String) throws -> Instant? {
        try transaction.row(
            "SELECT at FROM hand_over WHERE taker = ? AND action = ? AND subject = ?",
            [.text(taker), .text(action), .text(object)]
        )?.time("at")
    }

    public func note(
        _ action: String,
        _ object: String,
        to taker: String,
        digest: Digest256,
        at time: Instant
    ) throws {
        try transaction.execute(
            """
            INSERT INTO hand_over (taker, action, subject, digest, at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (taker, action, subject) DO UPDATE SET digest = excluded.digest, at = excluded.at
            """,
            [.text(taker), .text(action), .text(object), .fixed(digest), .time(time)]
        )
    }
}
