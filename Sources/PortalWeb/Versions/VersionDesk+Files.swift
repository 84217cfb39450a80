import HummingbirdCore
import NIOCore
import PortalProtocol
import PortalStore
import Vocabulary

extension VersionDesk {
    /// Takes a file in; the note of who has it comes after the file is durable.
    func take(
        _ context: EngineerContext,
        _ kind: StoredFileKind,
        _ digest: Digest256,
        _ body: BodyStream
    ) async throws -> Answer<StoredFile> {
        let size = try await shelf.take(body, as: digest)
        let person = context.person
        return try await act(context, object: digest.hex, detail: "\(kind.rawValue), \(size) octets") { transaction in
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
