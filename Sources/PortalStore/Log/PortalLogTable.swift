public import PortalCore
public import TransparencyLog
public import Vocabulary

/// The portal's own log: entries as they were hashed, and the tree's complete nodes.
public struct PortalLogTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// Number of entries.
    public func size() throws -> Int {
        let last = try transaction.row("SELECT position FROM portal_log ORDER BY position DESC LIMIT 1", [])
        return try last.map { try $0.number("position") + 1 } ?? 0
    }

    /// Appends what `make` makes of the next position; returns that position.
    @discardableResult
    public func append(_ make: (Int) throws -> PortalLogEntry) throws -> Int {
        let position = try size()
        let entry = try make(position)
        let bytes = try entry.serialized()
        try transaction.execute(
            "INSERT INTO portal_log (position, entry) VALUES (?, ?)",
            [.number(position), .blob(bytes)]
        )
        try PortalLogSearch(transaction).note(entry)
        for node in try tree.nodes(appending: MerkleHash.leaf(bytes), at: position) {
            try transaction.execute(
                "INSERT INTO portal_log_node (height, position, hash) VALUES (?, ?, ?)",
                [.number(node.height), .number(node.index), .fixed(node.hash)]
            )
        }
        return position
    }

    /// Enters what the portal does by itself.
    public func enter(_ deed: PortalDeed, object: String, detail: String?, at time: Instant) throws {
        try append { position in
            PortalLogEntry(
                position: position,
                time: time,
                actorKind: .portal,
                actor: "portal",
                organisation: nil,
                action: deed.rawValue,
                object: object,
                requestID: "",
                outcome: "done",
                detail: detail
            )
        }
    }

    /// Entries from `first` on, at most `limit`, as octets.
    public func entries(from first: Int, limit: Int) throws -> [(position: Int, bytes: [UInt8])] {
        try transaction.rows(
            "SELECT position, entry FROM portal_log WHERE position >= ? ORDER BY position LIMIT ?",
            [.number(first), .number(limit)]
        ).map { (try $0.number("position"), try $0.blob("entry")) }
    }

    /// One entry as octets.
    public func entry(_ position: Int) throws -> [UInt8]? { try entries(from: position, limit: 1).first?.bytes }

    /// Roots and proofs over what is there.
    public var tree: StoredTree {
        StoredTree { [transaction] height, index in
            let row = try transaction.row(
                "SELECT hash FROM portal_log_node WHERE height = ? AND position = ?",
                [.number(height), .number(index)]
            )
            guard let row else { throw Refusal(PortalStoreError.type, "log node \(height)/\(index) is missing") }
            return try row.fixed("hash")
        }
    }
}

/// Stored answers of creations, sealed, by the digest of their key.
public struct IdempotencyTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public func find(_ digest: Digest256, at time: Instant) throws -> (request: Digest256, answer: [UInt8])? {
        try transaction.row(
            "SELECT request, answer FROM idempotency WHERE digest = ? AND expires_at > ?",
            [.fixed(digest), .time(time)]
        ).map { (try $0.fixed("request"), try $0.blob("answer")) }
    }

    /// Also forgets what has expired.
    public func insert(
        _ digest: Digest256,
        request: Digest256,
        answer: [UInt8],
        until: Instant,
        at time: Instant
    ) throws {
        try transaction.execute("DELETE FROM idempotency WHERE expires_at <= ?", [.time(time)])
        try transaction.execute(
            "INSERT INTO idempotency (digest, request, answer, expires_at) VALUES (?, ?, ?, ?)",
            [.fixed(digest), .fixed(request), .blob(answer), .time(until)]
        )
    }

    /// A secret of the portal's own by name, made by `make` the first time: the key of its cursors.
    public func secret(_ name: String, _ make: () -> [UInt8]) throws -> [UInt8] {
        if let row = try transaction.row("SELECT secret FROM portal_secret WHERE name = ?", [.text(name)]) {
            return try row.blob("secret")
        }
        let secret = make()
        try transaction.execute(
            "INSERT INTO portal_secret (name, secret) VALUES (?, ?)",
            [.text(name), .blob(secret)]
        )
        return secret
    }
}
