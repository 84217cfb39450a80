import Governance
import HTTPTypes
import HummingbirdCore
import NIOCore
import PortalProtocol
import PortalStore
import Statements
import Synchronization
import Vocabulary

/// What a stick brought, all of it.
public struct StickReceipt: Codable, Sendable, Hashable {
    public let uploads: Int
    public let entries: Int
    public let labels: Int
    public let events: Int
}

extension SyncRoutes {
    struct FactoryPath: Codable, Sendable { let factory: FactoryID }

    /// Lines of `SyncUpload`s.
    enum UploadFile: RawKind {
        static let contentType = "application/x-ndjson"
        /// A month of one factory.
        static let largest = 4 * 1024 * 1024 * 1024
    }
    enum Archive: RawKind {
        static let contentType = "application/x-tar"
        static let largest = 1024 * 1024 * 1024
    }

    /// Of the people's listener.
    public static func sticks(_ server: SyncServer, acts: Acts) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/v1/factories/{factory}/uploads",
                "uploadStick",
                .factories,
                "Takes in an .upload file that a stick brought: the octets and checks of sync.",
                refusals: uploadRefusals
            ) { (context: CourierContext, call: Call<FactoryPath, Nothing, Raw<UploadFile>>) in
                try await requireFactory(call.path.factory, context.limitedTo, server)
                return try await take(call.body, from: call.path.factory, context, server, acts)
            },
            try Route(
                .get,
                "/v1/factories/{factory}/downlink",
                "getStick",
                .factories,
                "All that a factory lacks, as a tar archive to be unpacked into its inbox.",
                refusals: [.web(SyncError.otherFactory, .downlinkTooLarge)] + VersionRefusals.signing
            ) { (context: MemberContext, call: ObjectCall<FactoryPath>) in
                let factory = call.path.factory
                try await requireFactory(factory, context.limitedTo, server)
                let files = try await server.stick(for: factory)
                let answer = try archive(files, at: context.facts.time)
                let detail = "\(files.count) files, \(answer.length) octets"
                _ = try await acts.perform(context) { _ in Act(Answer(Nothing()), object: factory.text, detail: detail)
                }
                return answer
            },
        ]
    }

    /// An ODM sees its own factories alone.
    private static func requireFactory(
        _ factory: FactoryID,
        _ odm: OrganisationID?,
        _ server: SyncServer
    ) async throws {
        let found = try await server.database.read { try FactoryTable($0).factory(factory) }
        guard let found, odm == nil || odm == found.organisation else { throw Refusal(PortalError.unknownObject) }
    }

    /// What was taken stands in the portal's log, also of a file that was refused further on.
    private static func take(
        _ body: BodyStream,
        from factory: FactoryID,
        _ context: CourierContext,
        _ server: SyncServer,
        _ acts: Acts
    ) async throws -> Answer<StickReceipt> {
        let tally = Tally()
        func note(_ ending: String) async throws -> Answer<StickReceipt> {
            let receipt = tally.receipt
            let detail =
                "\(receipt.uploads) uploads, \(receipt.entries) entries, \(receipt.labels) labels, "
                + "\(receipt.events) events\(ending)"
            return try await acts.perform(context) { _ in Act(Answer(receipt), object: factory.text, detail: detail) }
        }
        do { try await takeLines(body, from: factory, server, tally) } catch {
            let code = (error as? Refusal ?? (error as? JournalRefusal)?.refusal)?.code ?? ""
            if tally.receipt.uploads > 0 { _ = try await note(", then refused: \(code)") }
            throw error
        }
        return try await note("")
    }

    /// What one file brought so far.
    private final class Tally: Sendable {
        private let counts = Mutex(StickReceipt(uploads: 0, entries: 0, labels: 0, events: 0))
        var receipt: StickReceipt { counts.withLock { $0 } }

        func add(_ upload: SyncUpload) {
            counts.withLock { counts in
                counts = StickReceipt(
                    uploads: counts.uploads + 1,
                    entries: counts.entries + (upload.journal?.entries.count ?? 0),
                    labels: counts.labels + (upload.labels?.records.count ?? 0),
                    events: counts.events + (upload.events?.lines.count ?? 0)
                )
            }
        }
    }

    /// Line by line, each in its own transaction: after a refusal what came before it stays, and the file may be brought
    /// again.
    private static func takeLines(
        _ body: BodyStream,
        from factory: FactoryID,
        _ server: SyncServer,
        _ tally: Tally
    ) async throws {
        var line: [UInt8] = []
        func take(_ bytes: [UInt8]) async throws {
            guard !bytes.isEmpty else { return }
            let upload: SyncUpload
            do { upload = try SyncUpload(parsing: bytes) } catch let refusal as Refusal {
                throw Refusal(SyncError.uploadMalformed, "line \(tally.receipt.uploads + 1): \(refusal.code)")
            }
            _ = try await server.take(upload, from: factory)
            tally.add(upload)
        }
        try await body.forEach { buffer in
            var rest = buffer.readableBytesView
            while let end = rest.firstIndex(of: 0x0A) {
                line += rest[..<end]
                try await take(line)
                line.removeAll(keepingCapacity: true)
                rest = rest[(end + 1)...]
            }
            line += rest
            guard line.count <= SyncUpload.largest else { throw Refusal(SyncError.uploadMalformed, "a line's size") }
        }
        try await take(line)
    }

    private static func archive(_ files: [StickFile], at time: Instant) throws -> RawAnswer<Archive> {
        let size = TapeArchive.size(of: files.map { ($0.name, $0.size) })
        guard size <= Archive.largest else { throw Refusal(SyncError.downlinkTooLarge, "\(size) octets") }
        let body = ResponseBody(contentLength: size) { writer in
            for file in files {
                let header = TapeArchive.header(name: file.name, size: file.size, time: time)
                try await writer.write(ByteBuffer(bytes: header))
                for start in stride(from: 0, to: file.size, by: OfferedAnswer.piece) {
                    let part = try await file.read(start..<min(start + OfferedAnswer.piece, file.size))
                    try await writer.write(ByteBuffer(bytes: part))
                }
                let padding = TapeArchive.padded(file.size) - file.size
                try await writer.write(ByteBuffer(repeating: 0, count: padding))
            }
            try await writer.write(ByteBuffer(repeating: 0, count: 2 * TapeArchive.block))
            try await writer.finish(nil)
        }
        return RawAnswer(body, length: size, tag: nil)
    }
}
