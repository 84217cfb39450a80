public import Statements
public import Vocabulary

/// One authorization as its journal tells: its terms, and what was used of it.
public struct JudgedBatch: Sendable, Hashable, Codable {
    /// What was signed, which never changes.
    public final class Terms: Sendable, Hashable, Codable {
        public let content: ProductionAuthorization
        public let approval: VersionApproval
        public let manifest: Manifest
        /// Key ids of the approval's officers that counted, and of the authorizer.
        public let signers: [Digest256]

        init(content: ProductionAuthorization, approval: VersionApproval, manifest: Manifest, signers: [Digest256]) {
            self.content = content
            self.approval = approval
            self.manifest = manifest
            self.signers = signers
        }

        public static func == (left: Terms, right: Terms) -> Bool {
            left === right
                || (left.content == right.content && left.approval == right.approval
                    && left.manifest == right.manifest && left.signers == right.signers)
        }

        public func hash(into hasher: inout Hasher) { hasher.combine(content) }

        /// As octets, to be stored.
        public func serialized() throws -> [UInt8] { try StatementCoding.encode(self) }

        /// From stored octets. Throws a `StatementError`.
        public static func read(_ bytes: [UInt8]) throws -> Terms {
            try StatementCoding.decode(Terms.self, from: bytes)
        }
    }

    /// What was used.
    public struct Used: Sendable, Hashable, Codable {
        public var issued = 0
        public var burned = 0
        public var returned = 0
        public var isClosed = false
        public var unlocks = 0
        public var reprovisions = 0
        public var rotations = 0

        public init() {}
    }

    /// Id of the authorization.
    public let id: Digest256
    public let terms: Terms
    public var used: Used

    public init(id: Digest256, terms: Terms, used: Used = Used()) {
        self.id = id
        self.terms = terms
        self.used = used
    }

    public var consumed: Int { used.issued + used.burned }
    public var remaining: Int { terms.content.quantity - used.issued - used.burned - used.returned }

    public var account: Checkpoint.Account {
        Checkpoint.Account(
            authorization: id,
            granted: terms.content.quantity,
            issued: used.issued,
            burned: used.burned,
            returned: used.returned,
            remaining: remaining
        )
    }
}
