import Governance
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

extension VersionDesk {
    func versions(
        _ context: MemberContext,
        _ product: ProductName,
        _ query: PageQuery
    ) async throws -> Page<ProductVersion> {
        let odm = context.limitedTo
        let limit = (query.limit ?? .usual).value
        let scope = "versions/\(product)/\(context.person.organisation)"
        let start = try portal.cursors.start(query.cursor, of: scope, count: 1)?.first
        let items = try await database.read { transaction in
            _ = try Self.visible(product, to: odm, in: transaction)
            let roleKeys = try PortalServices.knownRoleKeys(transaction)
            return try VersionTable(transaction).page(product, seenBy: odm, after: start, limit: limit + 1)
                .map { try Self.message($0, to: odm, roleKeys) }
        }
        return try portal.cursors.page(items, limit: limit, of: scope) { [$0.version.text] }
    }

    func version(
        _ context: MemberContext,
        _ path: VersionRoutes.VersionPath
    ) async throws -> Answer<ProductVersion> {
        let odm = context.limitedTo
        return try await database.read { transaction in
            try Self.answer(Self.visible(path, to: odm, in: transaction).1, to: odm, in: transaction)
        }
    }

    func manifest(
        _ context: MemberContext,
        _ path: VersionRoutes.VersionPath
    ) async throws -> RawAnswer<VersionRoutes.DocumentKind> {
        let odm = context.limitedTo
        let record = try await database.read { try Self.visible(path, to: odm, in: $0).1 }
        return try RawAnswer(
            bytes: record.manifest,
            tag: EntityTag(digest: record.manifestDigest),
            range: context.facts.range
        )
    }

    // MARK: - Draft and submission

    /// Makes the manifest at once: what does not fit together never becomes a version.
    func create(
        _ context: EngineerContext,
        _ name: ProductName,
        _ new: NewVersion
    ) async throws -> Answer<ProductVersion> {
        if let before = try await portal.acts.repeated(context, as: ProductVersion.self) { return before }
        let owner = context.person.organisation
        let product = try await database.read { transaction in
            let product = try Self.visible(name, to: owner, in: transaction)
            try Self.requireFiles(of: new, owner, in: transaction)
            return product
        }
        let description = try ProductDecision.description(of: new, product: name, product.foundation)
        // Whole images in memory: a few at once.
        let place = try making.enter()
        defer { place.leave() }
        let parts = ProductDecision.parts(
            product.foundation,
            for: new,
            firmware: try await shelf.read(new.firmware, limit: VersionRoutes.FirmwareKind.largest),
            declaration: try await shelf.read(new.declaration, limit: VersionRoutes.DeclarationKind.largest)
        )
        let made = try await ManifestMaker(description, parts: parts, profile: portal.settings.profile).make(
            token: portal.token
        )
        let record = VersionRecord(
            product: name,
            version: new.version,
            organisation: owner,
            manifest: made.bytes,
            firmware: new.firmware,
            declaration: new.declaration,
            provesProduct: made.firmwareProvesProduct,
            created: VersionAct(person: context.person.id, at: context.facts.time)
        )
        return try await act(context, object: "\(name)/\(new.version)", detail: "manifest \(made.digest)") {
            transaction in
            _ = try Self.visible(name, to: owner, in: transaction)
            // Since they were read, they may have been forgotten as nobody's.
            try Self.requireFiles(of: new, owner, in: transaction)
            guard try VersionTable(transaction).insert(record) else {
                throw Refusal(VersionError.versionExists, new.version.text)
            }
            return try Self.answer(record, in: transaction, location: true)
        }
    }

    private static func requireFiles(
        of new: NewVersion,
        _ owner: OrganisationID,
        in transaction: any SQLTransaction
    ) throws {
        for (kind, digest) in [(StoredFileKind.firmware, new.firmware), (.declaration, new.declaration)] {
            guard try FileTable(transaction).size(kind, digest, owner: owner) != nil else {
                throw Refusal(VersionError.fileUnknown, "\(kind.rawValue) \(digest)")
            }
        }
    }

    /// Only the organisation that made a version hands it in.
    func submit(_ context: EngineerContext, _ path: VersionRoutes.VersionPath) async throws -> Answer<ProductVersion> {
        let owner = context.person.organisation
        return try await act(context, object: "\(path.product)/\(path.version)") { transaction in
            let record = try Self.visible(path, to: owner, in: transaction).1
            guard record.organisation == owner else { throw Refusal(PortalError.unknownObject) }
            try context.facts.requireMatch(EntityTag(version: record.revision))
            return try Self.step(record, in: transaction) { life, record in
                record.submitted = VersionAct(person: context.person.id, at: context.facts.time)
                return try life.submitted(by: context.person.id)
            }
        }
    }

    /// One step of a version: decided, written, answered.
    static func step(
        _ record: VersionRecord,
        in transaction: any SQLTransaction,
        _ decide: (VersionLife, inout VersionRecord) throws -> VersionLife
    ) throws -> Answer<ProductVersion> {
        var record = record
        record.state = try decide(record.life, &record).state
        try VersionTable(transaction).update(record)
        record.revision += 1
        return try answer(record, in: transaction)
    }

    // MARK: - Review

    func review(_ context: MemberContext, _ path: VersionRoutes.VersionPath) async throws -> VersionReview {
        let odm = context.limitedTo
        let (record, last) = try await database.read { transaction in
            let record = try Self.visible(path, to: odm, in: transaction).1
            return (record, try Self.before(record, in: transaction))
        }
        let manifest = try Manifest(parsing: record.manifest)
        let before = try last.map { try Manifest(parsing: $0.manifest) }
        let declaration = try await shelf.read(record.declaration, limit: VersionRoutes.DeclarationKind.largest)
        // Allotments name other ODMs' EdgeHSMs and quantities: approvals are the OEM's alone.
        let approval = odm == nil ? record.approval : nil
        let rendering = try approval.map { try StatementRendering($0) }
        let lastRendering = try odm == nil ? last?.approval.map { try StatementRendering($0) } : nil
        return VersionReview(
            product: record.product,
            version: record.version,
            against: last?.version,
            changes: ReviewDifference.changes(from: before, to: manifest),
            manifest: ReviewDifference.lines(manifest),
            evidence: try ReviewEvidence.lines(
                manifest,
                firmwareProvesProduct: record.provesProduct,
                declaration: declaration
            ),
            approvalChanges: rendering.map { ReviewDifference.changes(from: lastRendering, to: $0) } ?? [],
            approval: rendering.map { rendering in
                ReviewedStatement(
                    summary: rendering.summary,
                    lines: ReviewDifference.lines(rendering),
                    payloadType: rendering.payloadType,
                    statement: rendering.statementID,
                    signedDigest: rendering.signedDigest,
                    payload: rendering.payload
                )
            }
        )
    }

    /// The version that a review compares with: the one locked last, or last before it where it is locked itself.
    private static func before(_ record: VersionRecord, in transaction: any SQLTransaction) throws -> VersionRecord? {
        let table = VersionTable(transaction)
        guard record.state == .locked, let approval = record.approval else {
            return try table.lastLocked(record.product)
        }
        let content = try VersionApproval.read(payload: approval.payload)
        return try content.previous.flatMap { try table.approved(by: $0) }
    }
}

extension VersionRecord {
    var life: VersionLife { VersionLife(state: state, author: created.person, submitter: submitted?.person) }
}
