import Governance
import HTTPTypes
import HummingbirdCore
import NIOCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

/// The operations of Factory Services on the sync listener, and of sticks on the people's.
public enum SyncRoutes {
    struct SourceQuery: Codable, Sendable { let source: RecordSource? }
    struct PackagePath: Codable, Sendable {
        let edge: EdgeHSMID
        let authorization: Digest256
    }
    struct CertificatePath: Codable, Sendable {
        let edge: EdgeHSMID
        let product: ProductName
    }
    struct FirmwarePath: Codable, Sendable { let digest: Digest256 }
    struct EdgePath: Codable, Sendable { let edge: EdgeHSMID }

    /// JSON that goes out as it is kept.
    enum StoredJSON: RawKind {
        static let contentType = "application/json"
        static let largest = 0
    }
    enum Firmware: RawKind {
        static let contentType = "application/octet-stream"
        static let largest = 0
    }

    /// Of the factories' listener.
    public static func sync(_ server: SyncServer) throws -> [any MountableRoute] {
        try [state(server), uploads(server), downlink(server)] + files(server)
    }

    private static func state(_ server: SyncServer) throws -> any MountableRoute {
        try Route(
            .get,
            "/sync/v1/state",
            "getSyncState",
            .sync,
            "What the portal has and wants of this factory; 304 while it is as the client's ETag says."
        ) { (context: SiteContext, call: Call<Nothing, SourceQuery, NoBody>) in
            let state = try await server.state(of: context.site.factory, source: call.query.source)
            let tag = EntityTag(digest: Digest256.of(try state.at(.epoch).serialized()))
            return SyncAnswer(state, tag: tag, isKnown: context.facts.ifNoneMatch == tag)
        }
    }

    private static func uploads(_ server: SyncServer) throws -> any MountableRoute {
        try Route(
            .post,
            "/sync/v1/uploads",
            "uploadRecords",
            .sync,
            "Takes journal entries, preparations, label records and events in.",
            refusals: uploadRefusals
        ) { (context: SiteContext, call: Call<Nothing, Nothing, Parsed<SyncUpload>>) in
            let upload = call.body
            guard upload.service.text == context.site.service else { throw Refusal(SyncError.otherFactory) }
            return Answer(try await server.take(upload, from: context.site.factory))
        }
    }

    private static func downlink(_ server: SyncServer) throws -> any MountableRoute {
        try Route(
            .post,
            "/sync/v1/edges/{edge}/downlink",
            "getDownlink",
            .sync,
            "RoleKeys, officers' orders and a status of now with the receipt.",
            refusals: [.web(SyncError.otherFactory, .uploadMalformed)] + VersionRefusals.signing
        ) { (context: SiteContext, call: Call<EdgePath, Nothing, Parsed<DownlinkRequest>>) in
            let bundle = try await server.downlink(to: call.path.edge, of: context.site.factory, call.body)
            try await server.enter(bundle, to: call.path.edge, context)
            return Answer(bundle)
        }
    }

    /// The operation by which a factory fetches a package.
    static let packageOperation = "getPackage"

    private static func files(_ server: SyncServer) throws -> [any MountableRoute] {
        let unknown: [RefusalGroup] = [.web(SyncError.otherFactory)]
        return [
            try Route(
                .get,
                "/sync/v1/edges/{edge}/packages/{authorization}",
                packageOperation,
                .sync,
                "A sealed package; Range is honoured.",
                refusals: unknown
            ) { (context: SiteContext, call: ObjectCall<PackagePath>) in
                let factory = context.site.factory
                let bytes = try await server.package(call.path.authorization, for: call.path.edge, of: factory)
                let digest = Digest256.of(bytes)
                let (name, detail) = (call.path.authorization.hex, "package for \(call.path.edge)")
                try await server.acts.handOver(context, name, digest: digest, detail: detail)
                return try RawAnswer<StoredJSON>(
                    bytes: bytes,
                    tag: EntityTag(digest: digest),
                    range: context.facts.range
                )
            },
            try Route(
                .get,
                "/sync/v1/edges/{edge}/certificates/{product}",
                "getProductCertificates",
                .sync,
                "The certificates of a prepared product.",
                refusals: unknown
            ) { (context: SiteContext, call: ObjectCall<CertificatePath>) in
                let factory = context.site.factory
                let bytes = try await server.certificates(of: call.path.product, for: call.path.edge, of: factory)
                let digest = Digest256.of(bytes)
                let (name, detail) = (call.path.edge.text, "certificates of \(call.path.product)")
                try await server.acts.handOver(context, "\(name) \(call.path.product)", digest: digest, detail: detail)
                return RawAnswer<StoredJSON>(bytes: bytes, tag: EntityTag(digest: digest))
            },
            try Route(
                .get,
                "/sync/v1/firmware/{digest}",
                "getSyncFirmware",
                .sync,
                "Firmware of this factory's batches; Range is honoured."
            ) { (context: SiteContext, call: ObjectCall<FirmwarePath>) in
                let digest = call.path.digest
                let file = try await server.firmware(digest, of: context.site.factory)
                try await server.acts.handOver(context, digest.hex, digest: digest, detail: "firmware")
                return try OfferedAnswer.raw(file, digest: call.path.digest, range: context.facts.range)
            },
        ]
    }

    static let uploadRefusals: [RefusalGroup] = [
        .web(
            SyncError.otherFactory,
            .sourceTaken,
            .recordGap,
            .recordsDiffer,
            .recordsQuota,
            .preparation,
            .uploadMalformed
        ),
        .codes(404, IngestError.edgeUnknown), .codes(413, IngestError.tooLarge),
        .codes(503, IngestError.restoring),
        .codes(409, IngestError.gap, .altered, .forked, .truncated),
        .codes(422, IngestError.checkpoint, .stateTooLarge),
    ]
}

/// A message of sync, bounded and read by its own strict parser, which knows no schema and is quick with large ones. What
/// is wrong with it is one refusal with the parser's code in its detail.
enum Parsed<Message: SyncMessage>: CallBody {
    static func reader() throws -> BodyReader<Message> {
        BodyReader(declaration: .json(try JSONSchema.of(Message.self), limit: Message.largest)) { request in
            do { return try Message(parsing: request.bytes) } catch let refusal as Refusal {
                throw Refusal(SyncError.uploadMalformed, "\(refusal.code) \(refusal.detail)")
            }
        }
    }
}

/// A message; 304 without it where the client has it.
struct SyncAnswer<Message: SyncMessage>: RouteOutput {
    let message: Message
    let tag: EntityTag
    let isKnown: Bool

    init(_ message: Message, tag: EntityTag, isKnown: Bool) {
        (self.message, self.tag, self.isKnown) = (message, tag, isKnown)
    }

    static func declared() throws -> OutputDeclaration {
        OutputDeclaration(body: .json(try JSONSchema.of(Message.self)), isTagged: true, isConditional: true)
    }

    func response(status: Int) throws -> Response {
        guard isKnown else { return try Answer(message, tag: tag).response(status: status) }
        return Response(status: .notModified, headers: [.eTag: tag.text])
    }
}

enum OfferedAnswer {
    static let piece = 1024 * 1024

    /// The file or the range asked for, a piece of it in memory at a time.
    static func raw(
        _ file: OfferedFile,
        digest: Digest256,
        range: ByteRange?
    ) throws -> RawAnswer<SyncRoutes.Firmware> {
        let wanted = try range?.within(file.size)
        let octets = wanted ?? 0..<file.size
        let body = ResponseBody(contentLength: octets.count) { writer in
            for start in stride(from: octets.lowerBound, to: octets.upperBound, by: piece) {
                let part = try await file.read(start..<min(start + piece, octets.upperBound))
                try await writer.write(ByteBuffer(bytes: part))
            }
            try await writer.finish(nil)
        }
        return RawAnswer(
            body,
            length: octets.count,
            tag: EntityTag(digest: digest),
            part: wanted.map { ($0, file.size) }
        )
    }
}
