public import Statements
public import Vocabulary

/// One link of a product's chain of approvals: a file for the folder that `obis approve --previous` names.
public struct ChainedApproval: Codable, Sendable, Hashable {
    public let sequence: Int
    public let version: VersionName
    /// False: its version was rejected after an officer had signed. It stays a link, and its figures bind.
    public let isLocked: Bool
    /// Id of the statement: what the next one cites.
    public let statement: Digest256
    public let approval: Envelope

    public init(sequence: Int, version: VersionName, isLocked: Bool, statement: Digest256, approval: Envelope) {
        (self.sequence, self.version, self.isLocked) = (sequence, version, isLocked)
        (self.statement, self.approval) = (statement, approval)
    }
}
