import Governance
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

extension VersionDesk {
    func reject(
        _ context: SecurityOfficerContext,
        _ path: VersionRoutes.VersionPath,
        _ reason: Remark
    ) async throws -> Answer<ProductVersion> {
        try await act(context, object: "\(path.product)/\(path.version)", detail: reason.text) { transaction in
            let record = try Self.visible(path, to: nil, in: transaction).1
            try context.facts.requireMatch(EntityTag(version: record.revision))
            return try Self.step(record, in: transaction) { life, record in
                record.rejected = VersionAct(person: context.person.id, at: context.facts.time, reason: reason)
                return try life.rejected()
            }
        }
    }

    /// One approval of a product is on its way at a time, and none is replaced once an officer has signed it: officers'
    /// machines refuse a second approval of the same sequence, and rightly so.
    func draftApproval(
        _ context: SecurityOfficerContext,
        _ path: VersionRoutes.VersionPath,
        _ terms: ApprovalTerms
    ) async throws -> Answer<ProductVersion> {
        try await act(context, object: "\(path.product)/\(path.version)") { [ledger] transaction in
            let (product, record) = try Self.visible(path, to: nil, in: transaction)
            try context.facts.requireMatch(EntityTag(version: record.revision))
            try record.life.requireReviewable()
            guard record.approval?.signatures.isEmpty ?? true else {
                throw Refusal(VersionError.approvalSigned, "sequence \(record.sequence ?? 0)")
            }
            let others = try VersionTable(transaction).submitted(path.product).filter { $0.version != path.version }
            if let other = others.first(where: { $0.approval?.signatures.isEmpty == false }) {
                throw Refusal(VersionError.approvalPending, "version \(other.version)")
            }
            let ground = try Self.ground(product, record, ledger, in: transaction)
            let envelope = try ground.draft(terms, at: context.facts.time)
            return try Self.step(record, in: transaction) { life, record in
                record.approval = envelope
                record.sequence = try VersionApproval.read(payload: envelope.payload).sequence
                return life
            }
        }
    }

    func approval(
        _ context: OEMReaderContext,
        _ path: VersionRoutes.VersionPath
    ) async throws -> RawAnswer<VersionRoutes.DocumentKind> {
        let record = try await database.read { try Self.visible(path, to: nil, in: $0).1 }
        guard let approval = record.approval else { throw Refusal(VersionError.approvalMissing) }
        let bytes = try approval.serialized()
        return try RawAnswer(bytes: bytes, tag: EntityTag(digest: Digest256.of(bytes)), range: context.facts.range)
    }

    /// What an officer's machine needs to sign, under names that an archive holds whatever the version is called.
    func signingFiles(
        _ context: OEMReaderContext,
        _ path: VersionRoutes.VersionPath
    ) async throws -> RawAnswer<VersionRoutes.ArchiveKind> {
        let files = try await database.read { transaction -> [(name: String, content: [UInt8])] in
            let record = try Self.visible(path, to: nil, in: transaction).1
            guard let approval = record.approval else { throw Refusal(VersionError.approvalMissing) }
            guard let keys = try GovernanceTable(transaction).newestRoleKeys() else {
                throw Refusal(IdentityError.noRoleKeys)
            }
            var files = [("approval.json", try approval.serialized()), ("role-keys.json", try keys.serialized())]
            let sequence = try VersionApproval.read(payload: approval.payload).sequence
            let before = try VersionTable(transaction).chain(path.product, after: sequence - 2, limit: 1).first
            if let before, before.sequence == sequence - 1, let approval = before.approval {
                files.append(("previous/approval-\(sequence - 1).json", try approval.serialized()))
            }
            return files
        }
        let archive = TapeArchive.bytes(of: files, time: context.facts.time)
        return RawAnswer(bytes: archive, tag: nil)
    }

    /// The product's chain of approvals, oldest first: what an officer's `--previous` folder needs.
    func approvals(
        _ context: OEMReaderContext,
        _ product: ProductName,
        _ query: PageQuery
    ) async throws -> Page<ChainedApproval> {
        let limit = (query.limit ?? .usual).value
        let scope = "approvals/\(product)"
        let start = try portal.cursors.start(query.cursor, of: scope, count: 1)?.first.flatMap { Int($0) } ?? 0
        let items = try await database.read { transaction in
            _ = try Self.visible(product, to: nil, in: transaction)
            return try VersionTable(transaction).chain(product, after: start, limit: limit + 1).compactMap { record in
                record.approval.map {
                    ChainedApproval(
                        sequence: record.sequence ?? 0,
                        version: record.version,
                        isLocked: record.lockedAt != nil,
                        statement: $0.statementID,
                        approval: $0
                    )
                }
            }
        }
        return try portal.cursors.page(items, limit: limit, of: scope) { ["\($0.sequence)"] }
    }

    /// Joins signatures; needs no If-Match, since the order in which officers' files arrive does not matter.
    func sign(
        _ context: SecurityOfficerContext,
        _ path: VersionRoutes.VersionPath,
        _ given: Envelope
    ) async throws -> Answer<ProductVersion> {
        let detail = "signed by \(given.signatures.map { String($0.keyID.hex.prefix(16)) }.joined(separator: ", "))"
        return try await act(context, object: "\(path.product)/\(path.version)", detail: detail) {
            [ledger] transaction in
            let (product, record) = try Self.visible(path, to: nil, in: transaction)
            guard let kept = record.approval else { throw Refusal(VersionError.approvalMissing) }
            if record.state != .rejected { try record.life.requireReviewable() }
            let joined = try ApprovalSignatures(
                kept: kept,
                given: given,
                roleKeys: PortalServices.roleKeys(transaction),
                conflicted: Self.officers(boundTo: record.life.conflicted, in: transaction),
                at: context.facts.time
            )
            guard record.state != .rejected else { return try Self.keep(joined, of: record, in: transaction) }
            // Also before the m-th signature: nobody shall sign on towards what can't be locked.
            try Self.ground(product, record, ledger, in: transaction).check(joined.envelope)
            return try Self.step(record, in: transaction) { life, record in
                record.approval = joined.envelope
                guard joined.verified != nil else { return life }
                record.lockedAt = context.facts.time
                return try life.locked()
            }
        }
    }

    /// A signature that was made before its officer heard of the rejection: it locks nothing, but makes the approval a link
    /// of the chain, so that its officer can sign the next one. Too late where another took its sequence.
    private static func keep(
        _ joined: ApprovalSignatures,
        of record: VersionRecord,
        in transaction: any SQLTransaction
    ) throws -> Answer<ProductVersion> {
        let (table, sequence) = (VersionTable(transaction), record.sequence ?? 0)
        let end = try table.chainEnd(record.product)
        let others = try table.submitted(record.product).contains { $0.approval?.signatures.isEmpty == false }
        guard end?.version == record.version || end?.sequence ?? 0 < sequence, !others else {
            throw Refusal(VersionError.approvalPending, "another approval of sequence \(sequence) is signed")
        }
        return try step(record, in: transaction) { life, record in
            record.approval = joined.envelope
            return life
        }
    }

    // MARK: - What decisions are made on

    private static func ground(
        _ product: ProductRecord,
        _ record: VersionRecord,
        _ ledger: any ApprovalLedger,
        in transaction: any SQLTransaction
    ) throws -> ApprovalGround {
        let roleKeys = try PortalServices.roleKeys(transaction)
        let orders = try transaction.rows("SELECT envelope FROM officer_order ORDER BY number LIMIT 10000", [])
        let sites = try transaction.rows("SELECT id, factory FROM edge ORDER BY id LIMIT 10000", [])
        return ApprovalGround(
            lifetimeTotal: product.lifetimeTotal.value,
            rules: product.rules,
            manifest: record.manifest,
            last: try VersionTable(transaction).chainEnd(product.product)?.approval,
            // An order of officers who have gone since counts no more.
            orders: try orders.compactMap { row in
                let envelope = try Envelope(parsing: row.blob("envelope"))
                return try? Verified<OfficerOrder>(envelope, signedByOfficersOf: roleKeys)
            },
            released: try ledger.releases(product.product, in: transaction),
            granted: try ledger.granted(product.product, in: transaction),
            sites: try Dictionary(
                sites.map { (try $0.name("id", as: EdgeHSMID.self), try $0.name("factory", as: FactoryID.self)) },
                uniquingKeysWith: { first, _ in first }
            )
        )
    }

    /// Officers who are one of these people, by their binding or by having the same address for mail: one human may be
    /// registered twice.
    private static func officers(
        boundTo people: Set<PersonID>,
        in transaction: any SQLTransaction
    ) throws -> Set<OfficerName> {
        let ids = people.sorted()
        let rows = try transaction.rows(
            "SELECT email FROM person WHERE id IN (\(SQLText.placeholders(ids.count)))",
            ids.map { .name($0) }
        )
        let addresses = Set(try rows.map { try $0.text("email").lowercased() })
        let officers = try transaction.rows(
            "SELECT id, email, officer FROM person WHERE officer IS NOT NULL ORDER BY id LIMIT 10000",
            []
        )
        return Set(
            try officers.compactMap { row in
                let isOne =
                    try people.contains(row.name("id")) || addresses.contains(row.text("email").lowercased())
                return isOne ? try row.name("officer", as: OfficerName.self) : nil
            }
        )
    }
}
