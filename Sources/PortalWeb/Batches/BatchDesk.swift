import Governance
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

/// Batches: each is granted in one transaction that reads the totals, has `PortalCore` decide and keeps the
/// authorization's octets with the task of making its package. Nothing is signed before that is durable.
public struct BatchDesk: Sendable {
    let portal: PortalServices
    let shelf: FileShelf
    let packages: PackageWorker

    public init(_ portal: PortalServices, shelf: FileShelf, packages: PackageWorker) {
        self.portal = portal
        self.shelf = shelf
        self.packages = packages
    }

    private static let largestDeclaration = 4_096

    // MARK: - Granting

    func create(_ context: ProductionManagerContext, _ new: NewBatch) async throws -> Answer<Batch> {
        if let before = try await portal.acts.repeated(context, as: Batch.self) { return before }
        let odm = context.person.organisation
        let version = try await portal.database.read { try Self.locked(new, by: odm, in: $0) }
        // Files are slow and stand outside of the transaction; a locked version never changes.
        let declaration = try await shelf.read(version.declaration, limit: Self.largestDeclaration)
        let profile = portal.settings.profile
        let answer = try await portal.acts.perform(context) { transaction in
            let version = try Self.locked(new, by: odm, in: transaction)
            let ground = try Self.ground(new.edgeHSM, version, declaration, profile, of: odm, in: transaction)
            let authorization = try Self.decide(new, on: ground, of: odm, at: context.facts.time, in: transaction)
            let batch = try BatchRecord(
                id: .random(),
                version: version.version,
                organisation: odm,
                authorization: authorization,
                createdBy: context.person.id,
                createdAt: context.facts.time
            )
            try BatchTable(transaction).insert(batch)
            try PackageTable(transaction).ask(batch.statement, at: context.facts.time)
            let message = try Self.message(batch, in: transaction)
            return Act(
                Answer(message, tag: EntityTag(version: batch.revision), location: "/v1/batches/\(batch.id)"),
                object: batch.id.text,
                detail:
                    "\(authorization.quantity) \(authorization.quantity == 1 ? "unit" : "units") of \(new.product) \(new.version) at \(new.edgeHSM)"
            )
        }
        packages.wake()
        return answer
    }

    /// The version, if the ODM is in its product's workspace and the officers have locked it.
    private static func locked(
        _ new: NewBatch,
        by odm: OrganisationID,
        in transaction: any SQLTransaction
    ) throws -> VersionRecord {
        let path = VersionRoutes.VersionPath(product: new.product, version: new.version)
        let version = try VersionDesk.visible(path, to: odm, in: transaction).1
        guard version.state == .locked else {
            throw Refusal(BatchError.versionNotLocked, "\(new.version) is \(version.state.rawValue)")
        }
        return version
    }

    private static func ground(
        _ edge: EdgeHSMID,
        _ version: VersionRecord,
        _ declaration: [UInt8],
        _ profile: CustodyProfile,
        of odm: OrganisationID,
        in transaction: any SQLTransaction
    ) throws -> BatchGround {
        guard let enrolled = try GovernanceTable(transaction).edge(edge),
            try FactoryTable(transaction).factory(enrolled.factory)?.organisation == odm
        else { throw Refusal(PortalError.unknownObject) }
        return try BatchGround(version, enrolled.envelope, declaration, profile, in: transaction)
    }

    private static func decide(
        _ new: NewBatch,
        on ground: BatchGround,
        of odm: OrganisationID,
        at now: Instant,
        in transaction: any SQLTransaction
    ) throws -> ProductionAuthorization {
        guard let product = try ProductTable(transaction).product(new.product),
            let newest = try VersionTable(transaction).lastLocked(new.product)?.approval
        else { throw Refusal(PortalError.unknownObject) }
        let table = BatchTable(transaction)
        let granted = try table.granted(new.product)
        let standing = BatchStanding(
            granted: granted.values.reduce(0, +),
            grantedAtEdge: granted[new.edgeHSM] ?? 0,
            serialsUsed: try SerialAssignment.start(
                prefix: product.foundation.serialPrefix.text,
                own: table.serialsUsed(new.product, by: odm),
                quantity: new.quantity.value,
                draw: { Int.random(in: $0) },
                isFree: { try table.areFree($0, of: new.product) }
            ),
            isNameTaken: try table.isNameTaken(new.batch, of: new.product, by: odm),
            halted: try JournalLogs(transaction).current(of: new.edgeHSM)?.halted?.rawValue,
            openAtEdge: try table.countOpen(at: new.edgeHSM, now: now),
            newestApproval: try VersionApproval.read(payload: newest.payload)
        )
        return try BatchDecision.authorization(
            for: new.order,
            on: ground,
            product.bounds,
            standing,
            at: now
        )
    }

    // MARK: - Ending

    /// No new units from the EdgeHSM's next word with the portal on; what is left comes back when its journal says so.
    func close(_ context: ProductionManagerContext, _ id: BatchID, _ reason: Remark) async throws -> Answer<Batch> {
        try await withdraw(context, id, [.close], reason, ofODM: context.person.organisation)
    }

    /// Nothing more at all. A revocation alone leaves the account open until notAfter, so it closes too.
    func revoke(_ context: SecurityOfficerContext, _ id: BatchID, _ reason: Remark) async throws -> Answer<Batch> {
        try await withdraw(context, id, [.revoke, .close], reason, ofODM: nil)
    }

    private func withdraw(
        _ context: some PersonalContext,
        _ id: BatchID,
        _ kinds: [WithdrawalRecord.Kind],
        _ reason: Remark,
        ofODM odm: OrganisationID?
    ) async throws -> Answer<Batch> {
        let (person, time) = (context.person.id, context.facts.time)
        return try await portal.acts.perform(context) { transaction in
            let batch = try Self.visible(id, to: odm, in: transaction)
            try context.facts.requireMatch(EntityTag(version: batch.revision))
            var isNew = false
            for kind in kinds {
                let withdrawal = WithdrawalRecord(
                    statement: batch.statement,
                    kind: kind,
                    reason: reason.text,
                    askedBy: person,
                    askedAt: time
                )
                let edge = batch.authorization.edgeHSM
                if try WithdrawalTable(transaction).insert(withdrawal, edge: edge) { isNew = true }
            }
            guard isNew else { throw Refusal(BatchError.ended, batch.authorization.batch.text) }
            let revision = try BatchTable(transaction).noteChange(batch)
            let answer = Answer(try Self.message(batch, in: transaction), tag: EntityTag(version: revision))
            return Act(answer, object: id.text, detail: reason.text)
        }
    }
}

extension BatchGround {
    /// The ground of a locked version at an enrolled EdgeHSM, under the RoleKeys that count now.
    init(
        _ version: VersionRecord,
        _ enrolment: Envelope,
        _ declaration: [UInt8],
        _ profile: CustodyProfile,
        in transaction: any SQLTransaction
    ) throws {
        let word = OfficersWord(transaction)
        let history = try word.history()
        guard let approval = version.approval, let roleKeys = history.last else {
            throw Refusal(BatchError.versionNotLocked, version.version.text)
        }
        try self.init(
            roleKeys: roleKeys,
            history: history,
            revoked: word.revocations(),
            approval: approval,
            enrolment: enrolment,
            manifest: version.manifest,
            certificationDeclaration: declaration,
            profile: profile
        )
    }
}

extension NewBatch {
    fileprivate var order: BatchOrder {
        let none = ProductionAuthorization.Allowance(count: 0, notAfter: notAfter)
        return BatchOrder(
            product: product,
            batch: batch,
            edgeHSM: edgeHSM,
            quantity: quantity.value,
            notBefore: notBefore,
            notAfter: notAfter,
            grace: grace,
            debugUnlocks: debugUnlocks ?? none,
            reprovisions: reprovisions ?? none,
            rotations: rotations ?? none
        )
    }
}

extension ProductRecord {
    fileprivate var bounds: ProductBounds {
        ProductBounds(
            lifetimeTotal: lifetimeTotal.value,
            largestBatch: rules.largestBatch?.value,
            longestWindow: rules.longestWindow,
            chipIdentity: rules.chipIdentity,
            factories: rules.factories.map(Set.init),
            serialPrefix: foundation.serialPrefix.text
        )
    }
}
