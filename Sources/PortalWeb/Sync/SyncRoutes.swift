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

    /// A message of sync: bounded and read by its own strict parser.
    enum Message: RawKind {
        static let contentType = "application/json"
        static let largest = SyncLimits.largestUpload
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
            return SyncAnswer(try state.serialized(), tag: tag, isKnown: context.facts.ifNoneMatch == tag)
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
        ) { (context: SiteContext, call: Call<Nothing, Nothing, Raw<Message>>) in
            let upload = try await read(SyncUpload.self, call.body)
            guard upload.service.text == context.site.service else { throw Refusal(SyncError.otherFactory) }
            let receipt = try await server.take(upload, from: context.site.factory)
            return SyncAnswer(try receipt.serialized())
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
        ) { (context: SiteContext, call: Call<EdgePath, Nothing, Raw<Message>>) in
            let request = try await read(DownlinkRequest.self, call.body)
            let bundle = try await server.downlink(to: call.path.edge, of: context.site.factory, request)
            return SyncAnswer(try StatementCoding.encode(bundle))
        }
    }

    private static func files(_ server: SyncServer) throws -> [any MountableRoute] {
        let unknown: [RefusalGroup] = [.web(SyncError.otherFactory)]
        return [
            try Route(
                .get,
                "/sync/v1/edges/{edge}/packages/{authorization}",
                "getPackage",
                .sync,
                "A sealed package; Range is honoured.",
                refusals: unknown
            ) { (context: SiteContext, call: ObjectCall<PackagePath>) in
                let factory = context.site.factory
                let bytes = try await server.package(call.path.authorization, for: call.path.edge, of: factory)
                let tag = EntityTag(digest: Digest256.of(bytes))
                return try RawAnswer<Message>(bytes: bytes, tag: tag, range: context.facts.range)
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
                return RawAnswer<Message>(bytes: bytes, tag: EntityTag(digest: Digest256.of(bytes)))
            },
            try Route(
                .get,
                "/sync/v1/firmware/{digest}",
                "getSyncFirmware",
                .sync,
                "Firmware of this factory's batches; Range is honoured."
            ) { (context: SiteContext, call: ObjectCall<FirmwarePath>) in
                let file = try await server.firmware(call.path.digest, of: context.site.factory)
                return try OfferedAnswer.raw(file, digest: call.path.digest, range: context.facts.range)
            },
        ]
    }

    static let uploadRefusals: [RefusalGroup] = [
        .web(SyncError.otherFactory, .sourceTaken, .recordGap, .preparation, .uploadMalformed),
        .codes(404, IngestError.edgeUnknown), .codes(413, IngestError.tooLarge),
        .codes(503, IngestError.restoring),
        .codes(409, IngestError.gap, .altered, .forked, .truncated),
        .codes(422, IngestError.checkpoint, .stateTooLarge),
    ]

    /// A body by its own parser; what is wrong with it is one refusal with the parser's code in its detail.
    static func read<Content: SyncMessage>(_ type: Content.Type, _ body: BodyStream) async throws -> Content {
        let bytes = try await body.collect()
        do { return try Content(parsing: bytes) } catch let refusal as Refusal {
            throw Refusal(SyncError.uploadMalformed, "\(refusal.code) \(refusal.detail)")
        }
    }
}

/// JSON octets as they are; 304 without them where the client has them.
struct SyncAnswer: RouteOutput {
    let bytes: [UInt8]
    let tag: EntityTag?
    let isKnown: Bool

    init(_ bytes: [UInt8], tag: EntityTag? = nil, isKnown: Bool = false) {
        (self.bytes, self.tag, self.isKnown) = (bytes, tag, isKnown)
    }

    static func declared() -> OutputDeclaration {
        OutputDeclaration(body: .raw(contentType: SyncRoutes.Message.contentType), isTagged: true)
    }

    func response(status: Int) -> Response {
        var headers: HTTPFields = [:]
        if let tag { headers[.eTag] = tag.text }
        if isKnown { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = SyncRoutes.Message.contentType
        return Response(
            status: .init(code: status),
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: bytes))
        )
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
