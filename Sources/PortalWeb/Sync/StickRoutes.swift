import Governance
import HTTPTypes
import HummingbirdCore
import NIOCore
import PortalProtocol
import PortalStore
import Statements
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
    public static func sticks(_ server: SyncServer) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/v1/factories/{factory}/uploads",
                "uploadStick",
                .factories,
                "Takes in an .upload file that a stick brought: the octets and checks of sync.",
                refusals: uploadRefusals
            ) { (context: MemberContext, call: Call<FactoryPath, Nothing, Raw<UploadFile>>) in
                try await requireFactory(call.path.factory, context, server)
                return Answer(try await takeLines(call.body, from: call.path.factory, server))
            },
            try Route(
                .get,
                "/v1/factories/{factory}/downlink",
                "getStick",
                .factories,
                "All that a factory lacks, as a tar archive to be unpacked into its inbox.",
                refusals: [.web(SyncError.otherFactory, .downlinkTooLarge)]
            ) { (context: MemberContext, call: ObjectCall<FactoryPath>) in
                try await requireFactory(call.path.factory, context, server)
                return try archive(try await server.stick(for: call.path.factory), at: context.facts.time)
            },
        ]
    }

    /// An ODM sees its own factories alone.
    private static func requireFactory(
        _ factory: FactoryID,
        _ context: MemberContext,
        _ server: SyncServer
    ) async throws {
        let found = try await server.database.read { try FactoryTable($0).factory(factory) }
        guard let found, context.limitedTo == nil || context.limitedTo == found.organisation else {
            throw Refusal(PortalError.unknownObject)
        }
    }

    /// Line by line, each in its own transaction: after a refusal what came before it stays, and the file may be brought
    /// again.
    private static func takeLines(
        _ body: BodyStream,
        from factory: FactoryID,
        _ server: SyncServer
    ) async throws -> StickReceipt {
        var (line, counts) = ([UInt8](), (uploads: 0, entries: 0, labels: 0, events: 0))
        func take(_ bytes: [UInt8]) async throws {
            guard !bytes.isEmpty else { return }
            let upload: SyncUpload
            do { upload = try SyncUpload(parsing: bytes) } catch let refusal as Refusal {
                throw Refusal(SyncError.uploadMalformed, "line \(counts.uploads + 1): \(refusal.code)")
            }
            _ = try await server.take(upload, from: factory)
            counts.uploads += 1
            counts.entries += upload.journal?.entries.count ?? 0
            counts.labels += upload.labels?.records.count ?? 0
            counts.events += upload.events?.lines.count ?? 0
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
        return StickReceipt(
            uploads: counts.uploads,
            entries: counts.entries,
            labels: counts.labels,
            events: counts.events
        )
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
