import NIOCore
import PortalCore
import PortalProtocol
public import PortalStore
public import Statements
public import Vocabulary

/// What goes down to EdgeHSMs, from the tables of batches, versions and preparations.
public struct PortalOffers: SyncOffers {
    private let database: any PortalDatabase
    private let shelf: FileShelf

    public init(database: any PortalDatabase, shelf: FileShelf) {
        self.database = database
        self.shelf = shelf
    }

    public func offers(to edge: EdgeHSMID, in transaction: any SQLTransaction) throws -> EdgeOffers {
        var offers = EdgeOffers()
        offers.packages = try PackageTable(transaction).waiting(for: edge, limit: SyncLimits.mostListed).filter {
            try isInForce($0.statement, in: transaction)
        }.map { SyncState.Package(authorization: $0.statement, digest: $0.digest, size: $0.size) }
        let batches = try BatchTable(transaction).open(at: edge)
        for digest in Set(try firmware(of: batches, in: transaction)).sorted() {
            guard let size = try FileTable(transaction).size(.firmware, digest, owner: nil) else { continue }
            offers.firmware.append(SyncState.Firmware(digest: digest, size: size))
        }
        let preparations = PreparationTable(transaction)
        offers.certificates = try preparations.certificates(on: edge).filter { $0.installedAt == nil }.map(\.product)
        for asked in try preparations.preparations(of: edge) where asked.envelope == nil {
            guard let product = try ProductTable(transaction).product(asked.product) else { continue }
            offers.preparations.append(
                SyncState.Preparation(
                    product: asked.product,
                    vendorID: product.foundation.vendorID,
                    productID: product.foundation.productID
                )
            )
        }
        let withdrawals = StatusPlan(try WithdrawalTable(transaction).plan(for: edge)).parts[0]
        offers.revoked = withdrawals.revoked
        offers.closed = withdrawals.closed
        return offers
    }

    private func firmware(of batches: [BatchRecord], in transaction: any SQLTransaction) throws -> [Digest256] {
        let table = VersionTable(transaction)
        return try Set(batches.map(\.authorization.approval)).compactMap { try table.approved(by: $0)?.firmware }
    }

    public func package(
        _ authorization: Digest256,
        for edge: EdgeHSMID,
        in transaction: any SQLTransaction
    ) throws -> [UInt8]? {
        guard try BatchTable(transaction).batch(statement: authorization)?.authorization.edgeHSM == edge else {
            return nil
        }
        guard try isInForce(authorization, in: transaction) else { return nil }
        return try PackageTable(transaction).content(authorization)
    }

    /// A package that was made before its EdgeHSM was halted, or its ground revoked, stays here.
    private func isInForce(_ statement: Digest256, in transaction: any SQLTransaction) throws -> Bool {
        guard let batch = try BatchTable(transaction).batch(statement: statement),
            let version = try VersionTable(transaction).approved(by: batch.authorization.approval)
        else { return false }
        do {
            try OfficersWord(transaction).check(statement, batch.authorization, of: version.manifestDigest)
        } catch let refusal as Refusal where refusal.has(BatchError.edgeHalted) || refusal.has(BatchError.revoked) {
            return false
        }
        return true
    }

    public func certificates(
        of product: ProductName,
        for edge: EdgeHSMID,
        in transaction: any SQLTransaction
    ) throws -> [UInt8]? {
        try PreparationTable(transaction).certificates(of: product, on: edge)?.content
    }

    public func firmware(_ digest: Digest256, for edges: [EdgeHSMID]) async throws -> OfferedFile? {
        let size = try await database.read { transaction in
            let isWanted = try edges.contains { edge in
                try firmware(of: BatchTable(transaction).open(at: edge), in: transaction).contains(digest)
            }
            return isWanted ? try FileTable(transaction).size(.firmware, digest, owner: nil) : nil
        }
        return size.map { size in
            OfferedFile(size: size) { [shelf] range in
                var bytes: [UInt8] = []
                try await shelf.stream(digest, range) { bytes += $0.readableBytesView }
                return bytes
            }
        }
    }

    public func take(
        _ preparation: Verified<ProductPreparation>,
        in transaction: any SQLTransaction,
        at time: Instant
    ) throws {
        let content = preparation.content
        guard let product = try ProductTable(transaction).product(content.product),
            product.foundation.vendorID == content.vendorID, product.foundation.productID == content.productID
        else { throw Refusal(SyncError.preparation, "product \(content.product)") }
        let isNew = try PreparationTable(transaction).receive(
            preparation.envelope,
            of: content.product,
            from: content.edgeHSM,
            at: time
        )
        guard isNew, let site = try GovernanceTable(transaction).edge(content.edgeHSM)?.factory,
            let factory = try FactoryTable(transaction).factory(site)
        else { return }
        try Acts.note(
            PortalDeed.receivePreparation.rawValue,
            by: .factory(site, factory.organisation),
            object: content.edgeHSM.text,
            detail: "\(content.product) \(preparation.id)",
            at: time,
            in: transaction
        )
    }
}
