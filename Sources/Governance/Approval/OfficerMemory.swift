import Statements
import Vocabulary

/// What an officer's machine remembers, so that a portal or a mail that lies can't make the officer sign two futures of
/// one product: the newest RoleKeys used and the last approval signed for each product.
public struct OfficerMemory: Sendable {
    public let folder: String
    public init(_ folder: String) { self.folder = folder }

    private var roleKeysPath: String { "\(folder)/role-keys.json" }
    private func approvalPath(_ product: ProductName) -> String { "\(folder)/approvals/\(product).json" }

    var lockPath: String { "\(folder)/.lock" }

    // MARK: - RoleKeys

    /// Refuses RoleKeys older than ones used before, and ones under a root that the known root did not sign.
    func accept(_ roleKeys: Verified<RoleKeys>) throws {
        guard StateFile.exists(roleKeysPath) else { return }
        let bytes = try StateFile.read(roleKeysPath, limit: Envelope.largest)
        let known = try Envelope(parsing: bytes)
        let content = try RoleKeys.read(payload: known.payload)
        guard roleKeys.id != known.statementID else { return }
        guard roleKeys.content.version > content.version else {
            throw Refusal(
                GovernanceError.roleKeysOlder,
                "version \(roleKeys.content.version), known is \(content.version)"
            )
        }
        guard roleKeys.content.root == content.root || roleKeys.envelope.isSigned(by: content.root) else {
            throw Refusal(GovernanceError.rootUnknown, "root \(roleKeys.content.root.keyID)")
        }
    }

    func remember(_ roleKeys: Verified<RoleKeys>) throws {
        try StateFile.write(roleKeysPath, roleKeys.envelope.serialized(), mode: 0o600)
    }

    // MARK: - Approvals

    /// The payload of the last approval that was signed for this product.
    func lastApproval(_ product: ProductName) throws -> Envelope? {
        let path = approvalPath(product)
        guard StateFile.exists(path) else { return nil }
        return try Envelope(parsing: StateFile.read(path, limit: Envelope.largest))
    }

    func remember(_ approval: Envelope, of product: ProductName) throws {
        try StateFile.write(approvalPath(product), approval.serialized(), mode: 0o600)
    }
}
