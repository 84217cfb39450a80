public import Governance
public import PortalCore
import PortalProtocol
public import PortalStore
import Statements
public import Vocabulary

/// What the portal's other records say, as far as approvals hang on it.
public protocol ApprovalLedger: Sendable {
    /// Units in all authorizations of the product, less what journaled closings returned.
    func granted(_ product: ProductName, in transaction: any SQLTransaction) throws -> GrantedUnits
    /// `allotmentReleased` entries of ingested journals.
    func releases(_ product: ProductName, in transaction: any SQLTransaction) throws -> Set<AllotmentRelease>
}

extension ApprovalLedger {
    public func releases(_ product: ProductName, in transaction: any SQLTransaction) throws -> Set<AllotmentRelease> {
        try ReleaseTable(transaction).releases(of: product)
    }
}

/// Products and their versions: each operation reads, has `PortalCore` decide, writes, and leaves its trace, in one
/// transaction. Tokens and files are slow and stand outside of it.
public struct VersionDesk: Sendable {
    let portal: PortalServices
    let shelf: FileShelf
    let ledger: any ApprovalLedger
    let uploads = UploadBound()
    let making = WorkBound(most: 4)

    public init(_ portal: PortalServices, shelf: FileShelf, ledger: any ApprovalLedger) {
        self.portal = portal
        self.shelf = shelf
        self.ledger = ledger
    }

    var database: any PortalDatabase { portal.database }

    // MARK: - What a caller may see

    /// The product, or what a product that does not exist gets: an ODM sees those of its workspaces alone.
    static func visible(
        _ name: ProductName,
        to odm: OrganisationID?,
        in transaction: any SQLTransaction
    ) throws -> ProductRecord {
        let table = ProductTable(transaction)
        guard let product = try table.product(name), try odm.map({ try table.isWorkspace(name, of: $0) }) ?? true else {
            throw Refusal(PortalError.unknownObject)
        }
        return product
    }

    /// The version of a product that the caller sees: an ODM its own, and of others in the workspace what the officers have
    /// locked, from which it may make batches too.
    static func visible(
        _ path: VersionRoutes.VersionPath,
        to odm: OrganisationID?,
        in transaction: any SQLTransaction
    ) throws -> (ProductRecord, VersionRecord) {
        let product = try visible(path.product, to: odm, in: transaction)
        guard let version = try VersionTable(transaction).version(path.product, path.version),
            odm.map({ version.isSeen(by: $0) }) ?? true
        else { throw Refusal(PortalError.unknownObject) }
        return (product, version)
    }

    // MARK: - Messages

    /// `odm`: whose factories alone the rules may name; nil for the OEM.
    static func message(
        _ record: ProductRecord,
        to odm: OrganisationID? = nil,
        in transaction: any SQLTransaction
    ) throws -> Product {
        let scope = RecordScope(transaction, limitedTo: odm)
        let rules = record.rules
        return Product(
            product: record.product,
            title: record.title,
            foundation: record.foundation,
            lifetimeTotal: record.lifetimeTotal,
            rules: ProductRules(
                largestBatch: rules.largestBatch,
                longestWindow: rules.longestWindow,
                chipIdentity: rules.chipIdentity,
                longestSilence: rules.longestSilence,
                factories: try rules.factories?.filter { try scope.admits($0) }
            ),
            createdAt: record.createdAt,
            lockedVersion: try VersionTable(transaction).lastLocked(record.product)?.version
        )
    }

    /// - Parameters:
    ///   - odm: to whom people of other ODMs are nobody; nil for the OEM.
    ///   - roleKeys: under which signatures count; nil while there are none.
    static func message(
        _ record: VersionRecord,
        to odm: OrganisationID?,
        _ roleKeys: RoleKeys?
    ) throws -> ProductVersion {
        let isForeign = odm != nil && odm != record.organisation
        func step(_ act: VersionAct) -> VersionStep {
            isForeign ? VersionStep(person: nil, at: act.at, reason: act.reason) : VersionStep(act)
        }
        return ProductVersion(
            product: record.product,
            version: record.version,
            state: record.state,
            manifest: record.manifestDigest,
            firmware: record.firmware,
            declaration: record.declaration,
            firmwareProvesProduct: record.provesProduct,
            created: step(record.created),
            submitted: record.submitted.map(step),
            rejected: record.rejected.map(step),
            approval: record.approval.map { approval in
                ApprovalProgress(
                    statement: approval.statementID,
                    sequence: record.sequence ?? 0,
                    signers: roleKeys?.officers.filter { approval.isSigned(by: $0.key) }.map(\.name).sorted() ?? [],
                    isSigned: !approval.signatures.isEmpty,
                    threshold: roleKeys?.threshold ?? 0,
                    lockedAt: record.lockedAt
                )
            }
        )
    }

    static func answer(
        _ record: VersionRecord,
        to odm: OrganisationID? = nil,
        in transaction: any SQLTransaction,
        location: Bool = false
    ) throws -> Answer<ProductVersion> {
        let roleKeys = try PortalServices.knownRoleKeys(transaction)
        return Answer(
            try message(record, to: odm, roleKeys),
            tag: EntityTag(version: record.revision),
            location: location ? "/v1/products/\(record.product)/versions/\(record.version)" : nil
        )
    }
}

extension VersionRecord {
    /// What another ODM of the workspace works on, hands in or has refused is its own affair.
    func isSeen(by odm: OrganisationID) -> Bool { state == .locked || organisation == odm }
}
