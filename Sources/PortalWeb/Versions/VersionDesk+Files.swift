import HummingbirdCore
import NIOCore
import PortalCore
import PortalProtocol
import PortalStore
import Vocabulary

extension StoredFileKind {
    /// Octets of one file.
    fileprivate var largest: Int {
        switch self {
        case .firmware: VersionRoutes.FirmwareKind.largest
        case .declaration: VersionRoutes.DeclarationKind.largest
        }
    }
}

extension VersionDesk {
    /// Takes a file in; the note of who has it comes after the file is durable.
    func take(
        _ context: EngineerContext,
        _ kind: StoredFileKind,
        _ digest: Digest256,
        _ body: BodyStream
    ) async throws -> Answer<StoredFile> {
        let owner = context.person.organisation
        let isThere = try await database.read { try FileTable($0).size(kind, digest, owner: owner) != nil }
        // One that does not say how much it brings counts as the largest.
        let most = min(body.announced ?? kind.largest, kind.largest)
        return try await uploads.during(isThere ? 0 : most, of: owner) {
            try await database.read { try FileTable($0).unused(by: owner) }
        } _: {
            try await keep(context, kind, digest, body, most: most)
        }
    }

    private func keep(
        _ context: EngineerContext,
        _ kind: StoredFileKind,
        _ digest: Digest256,
        _ body: BodyStream,
        most: Int
    ) async throws -> Answer<StoredFile> {
        let (person, owner) = (context.person, context.person.organisation)
        let size = try await shelf.take(body, as: digest, most: most)
        return try await act(context, object: digest.hex, detail: "\(kind.rawValue), \(size) octets") {
            [shelf] transaction in
            try Self.admit(kind, digest, size: size, of: owner, in: transaction)
            guard shelf.contains(digest) else { throw Refusal(VersionError.fileStorage, "it was swept away") }
            try FileTable(transaction).insert(
                kind,
                digest,
                size: size,
                by: person.id,
                of: person.organisation,
                at: context.facts.time
            )
            return Answer(StoredFile(digest: digest, size: size))
        }
    }

    /// Throws `portal.file.quota`; a file that the organisation has already costs nothing.
    private static func admit(
        _ kind: StoredFileKind,
        _ digest: Digest256,
        size: Int?,
        of owner: OrganisationID,
        in transaction: any SQLTransaction
    ) throws {
        let table = FileTable(transaction)
        guard try table.size(kind, digest, owner: owner) == nil else { return }
        try FileQuota.admit(kept: table.unused(by: owner), size: size)
    }

    /// A file of the caller's organisation, or any for the OEM; whole or one range of it.
    func file<Kind: RawKind>(
        _ context: MemberContext,
        _ kind: StoredFileKind,
        _ digest: Digest256,
        as type: Kind.Type
    ) async throws -> RawAnswer<Kind> {
        let owner = context.limitedTo
        let known = try await database.read { try FileTable($0).size(kind, digest, owner: owner) }
        guard let size = known else { throw Refusal(PortalError.unknownObject) }
        let part = try context.facts.range?.within(size)
        let range = part ?? 0..<size
        let shelf = self.shelf
        let body = ResponseBody(contentLength: range.count) { writer in
            try await shelf.stream(digest, range) { try await writer.write($0) }
            try await writer.finish(nil)
        }
        return RawAnswer(
            body,
            length: range.count,
            tag: EntityTag(digest: digest),
            part: part.map { (range: $0, total: size) }
        )
    }
}
