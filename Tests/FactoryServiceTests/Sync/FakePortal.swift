import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import PortalProtocol
import ServiceLifecycle
import Statements
import Synchronization
import TransparencyLog
import Vocabulary

/// The portal's end of sync, small and honest unless told otherwise: real TLS with client certificates, memory only.
final class FakePortal: Sendable {
    /// How an answer is spoiled.
    enum Lie: Sendable, Equatable {
        case none
        case status(Int)
        case wrongDigest
        case truncated
        case wrongRange
        case noise
        case otherFactory
    }

    struct Rows: Sendable {
        var journal: [[UInt8]] = []
        var frontier = CompactRange()
        /// Of `source`; those of sources before it stand in `former`.
        var labels: [LabelUpload] = []
        var events: [String] = []
        var source: RecordSource?
        var former: [(labels: [LabelUpload], events: [String])] = []
        var preparations: [Envelope] = []
        var checkpoints: [Checkpoint] = []
        var uploads: [[UInt8]] = []
        var requests: [String] = []
        var notModified = 0
        var octetsServed = 0
        var joins: [String: [UInt8]] = [:]

        var packages: [Digest256: [UInt8]] = [:]
        var firmware: [Digest256: [UInt8]] = [:]
        var certificates: [ProductName: [UInt8]] = [:]
        var asked: [SyncState.Preparation] = []
        var bundle = DownlinkBundle()
        var downlink = Digest256.zero
        var lie: @Sendable (String) -> Lie = { _ in .none }
        /// Stores an upload and then answers this.
        var lossyAnswer: @Sendable () -> Int? = { nil }
        var storedRoot: Digest256?

        func head(_ stream: RecordStream, of source: RecordSource) throws -> Digest256 {
            let octets =
                switch stream {
                case .labels: try labels.map { try $0.recordOctets() }
                case .events: events.map { Array($0.utf8) }
                }
            return octets.reduce(stream.start(of: source)) { RecordStream.head(after: $0, $1) }
        }
    }

    let rows = Mutex(Rows())
    let edge: P256Point
    private let pki: SitePKI
    private let factory = FactoryID(validated: "site-1")
    private let edgeHSM = EdgeHSMID(validated: "edge-1")
    private let running = Mutex<Task<Void, any Error>?>(nil)
    private let boundPort = Mutex(0)
    var port: Int { boundPort.withLock { $0 } }

    init(pki: SitePKI, edge: P256Point) {
        self.pki = pki
        self.edge = edge
    }

    /// - Parameter asksForCertificates: as the sync listener does; the people's does not.
    func start(asksForCertificates: Bool = true) async throws {
        let files = try pki.files("portal", role: "portal")
        // The whole chain, so that a joining Factory Service finds the authority in it.
        let chain = try NIOSSLCertificate.fromPEMFile(files.certificate) + NIOSSLCertificate.fromPEMFile(pki.caPath)
        let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        tls.minimumTLSVersion = .tlsv13
        if asksForCertificates {
            tls.trustRoots = .file(pki.caPath)
            tls.certificateVerification = .noHostnameVerification
        }
        let router = Router(context: BasicRequestContext.self)
        let handler: @Sendable (Request, BasicRequestContext) async throws -> Response = { request, _ in
            try await self.answer(request)
        }
        router.get("**", use: handler)
        router.post("**", use: handler)
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: router,
            server: try .tls(.http1(), tlsConfiguration: tls),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { found.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "fake") { _ in SwiftLogNoOpLogHandler() }
        )
        running.withLock { $0 = Task { try await application.runService(gracefulShutdownSignals: []) } }
        for await port in ports {
            boundPort.withLock { $0 = port }
            break
        }
    }

    func stop() async {
        let task = running.withLock { $0 }
        task?.cancel()
        _ = await task?.result
    }

    // MARK: Answers

    private func answer(_ request: Request) async throws -> Response {
        let path = request.uri.path
        rows.withLock { $0.requests.append("\(request.method.rawValue) \(path)") }
        let lie = rows.withLock { $0.lie }(path)
        if case .status(let code) = lie { return problem(code, "portal.test.lie") }
        let body = Array(buffer: try await request.body.collect(upTo: SyncUpload.largest))
        switch (request.method, path) {
        case (.get, "/sync/v1/state"): return try state(request, lie)
        case (.post, "/sync/v1/uploads"): return try upload(body, lie)
        case (.post, "/v1/join"): return try join(body, request)
        case (.post, "/sync/v1/renew"):
            let renewal = try RenewRequest(parsing: body)
            return json(try pki.joined(renewal.csr.bytes, factory: factory, days: 90).serialized())
        case (.post, _) where path.hasSuffix("/downlink"):
            return json(try rows.withLock { try StatementCoding.encode($0.bundle) })
        case (.get, _): return file(path, request, lie)
        default: return problem(404, "portal.object.unknown")
        }
    }

    func state(source: RecordSource?) -> SyncState {
        rows.withLock { rows in
            SyncState(
                factory: factory,
                time: Instant(seconds: Int64(Date.now.timeIntervalSince1970)),
                edges: [
                    SyncState.Edge(
                        edgeHSM: edgeHSM,
                        storedSize: rows.journal.count,
                        storedRoot: rows.storedRoot ?? rows.frontier.root,
                        roleKeysVersion: 1,
                        downlink: rows.downlink,
                        packages: rows.packages.sorted { $0.key < $1.key }.map {
                            .init(authorization: $0.key, digest: Digest256.of($0.value), size: $0.value.count)
                        },
                        firmware: rows.firmware.sorted { $0.key < $1.key }.map {
                            .init(digest: $0.key, size: $0.value.count)
                        },
                        certificates: rows.certificates.keys.sorted(),
                        preparations: rows.asked
                    )
                ],
                labelsStored: source == rows.source ? rows.labels.count : 0,
                eventsStored: source == rows.source ? rows.events.count : 0,
                source: source,
                labelsHead: source.flatMap { $0 == rows.source ? try? rows.head(.labels, of: $0) : nil },
                eventsHead: source.flatMap { $0 == rows.source ? try? rows.head(.events, of: $0) : nil }
            )
        }
    }

    private func state(_ request: Request, _ lie: Lie) throws -> Response {
        if lie == .noise { return json(Array("{\"format\":1}".utf8)) }
        let source = request.uri.queryParameters["source"].flatMap { try? RecordSource(hex: String($0)) }
        var state = state(source: source)
        if lie == .otherFactory {
            state = SyncState(
                factory: FactoryID(validated: "site-2"),
                time: state.time,
                edges: state.edges,
                labelsStored: 0,
                eventsStored: 0
            )
        }
        let etag = "\"\(Digest256.of(try state.at(.epoch).serialized()).hex)\""
        if request.headers[.ifNoneMatch] == etag {
            rows.withLock { $0.notModified += 1 }
            return Response(status: .notModified, headers: [.eTag: etag])
        }
        return json(try state.serialized(), etag: etag)
    }

    private func upload(_ body: [UInt8], _ lie: Lie) throws -> Response {
        let upload = try SyncUpload(parsing: body)
        let status = try rows.withLock { rows in
            if let chunk = upload.journal { try take(chunk, &rows) }
            if rows.source != upload.source {
                if rows.source != nil { rows.former.append((rows.labels, rows.events)) }
                (rows.source, rows.labels, rows.events) = (upload.source, [], [])
            }
            if let labels = upload.labels {
                guard labels.from <= rows.labels.count + 1 else { return 409 }
                let known = rows.labels.count + 1 - labels.from
                let stored = Array(rows.labels.dropFirst(labels.from - 1).prefix(labels.records.count))
                guard Array(labels.records.prefix(stored.count)) == stored else { return 422 }
                rows.labels += labels.records.dropFirst(known)
            }
            if let events = upload.events {
                guard events.from <= rows.events.count + 1 else { return 409 }
                rows.events += events.lines.dropFirst(rows.events.count + 1 - events.from)
            }
            for preparation in upload.preparations where !rows.preparations.contains(preparation) {
                rows.preparations.append(preparation)
                rows.asked = []
            }
            rows.uploads.append(body)
            return rows.lossyAnswer() ?? 200
        }
        if lie == .noise { return json(Array("[]".utf8)) }
        guard status == 200 else { return problem(status, "portal.test.lossy") }
        let receipt = rows.withLock { rows in
            SyncReceipt(
                edgeHSM: upload.journal?.edgeHSM,
                storedSize: upload.journal.map { _ in rows.journal.count },
                storedRoot: upload.journal.map { _ in rows.frontier.root },
                labelsStored: rows.labels.count,
                eventsStored: rows.events.count
            )
        }
        return json(try receipt.serialized())
    }

    /// As the contract says: a chunk proves itself or is refused as a whole.
    private func take(_ chunk: JournalChunk, _ rows: inout Rows) throws {
        struct Gap: Error {}
        struct Altered: Error {}
        guard chunk.edgeHSM == edgeHSM, chunk.from <= rows.journal.count else { throw Gap() }
        let entries = chunk.entries.map(\.bytes)
        let known = min(rows.journal.count - chunk.from, entries.count)
        guard Array(entries.prefix(known)) == Array(rows.journal[chunk.from..<chunk.from + known]) else {
            throw Altered()
        }
        let checkpoint = try Verified(chunk.checkpoint, as: Checkpoint.self, signedBy: edge).content
        guard chunk.end >= rows.journal.count else { return }
        var frontier = rows.frontier
        for entry in entries.dropFirst(known) { frontier.append(MerkleHash.leaf(entry)) }
        try ConsistencyProof(firstSize: chunk.end, secondSize: checkpoint.size, hashes: chunk.consistency)
            .verify(firstRoot: frontier.root, secondRoot: checkpoint.root)
        rows.journal += entries.dropFirst(known)
        rows.frontier = frontier
        rows.checkpoints.append(checkpoint)
    }

    private func join(_ body: [UInt8], _ request: Request) throws -> Response {
        let joining = try JoinRequest(parsing: body)
        let key = request.headers[HTTPField.Name("Idempotency-Key")!] ?? ""
        if let known = rows.withLock({ $0.joins[joining.code] }) {
            // One code, one request: the same again is answered as before.
            guard known == joining.csr.bytes, key == Digest256.of(known).hex else {
                return problem(401, "portal.join.code")
            }
        }
        rows.withLock { $0.joins[joining.code] = joining.csr.bytes }
        return json(try pki.joined(joining.csr.bytes, factory: factory, days: 90).serialized())
    }

    private func file(_ path: String, _ request: Request, _ lie: Lie) -> Response {
        let name = String(path.split(separator: "/").last ?? "")
        let found: [UInt8]? = rows.withLock { rows in
            if let digest = try? Digest256(hex: name) { return rows.packages[digest] ?? rows.firmware[digest] }
            return (try? ProductName(name)).flatMap { rows.certificates[$0] }
        }
        guard var bytes = found else { return problem(404, "portal.object.unknown") }
        let etag = "\"\(Digest256.of(bytes).hex)\""
        if lie == .wrongDigest { bytes[bytes.count / 2] ^= 1 }
        var (status, from) = (HTTPResponse.Status.ok, 0)
        var headers: HTTPFields = [.eTag: etag]
        let range = request.headers[.range].flatMap { Int($0.dropFirst(6).dropLast()) }
        if let range, request.headers[HTTPField.Name("If-Range")!] == etag, range < bytes.count {
            (status, from) = (.partialContent, range)
            let told = lie == .wrongRange ? range + 1 : range
            headers[.contentRange] = "bytes \(told)-\(bytes.count - 1)/\(bytes.count)"
        }
        var part = Array(bytes[from...])
        if lie == .truncated { part = Array(part.prefix(max(part.count / 2, 1))) }
        rows.withLock { $0.octetsServed += part.count }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: part)))
    }

    private func json(_ bytes: [UInt8], etag: String? = nil) -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let etag { headers[.eTag] = etag }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func problem(_ status: Int, _ code: String) -> Response {
        let text = #"{"type":"about:blank","title":"t","status":\#(status),"code":"\#(code)","detail":"d"}"#
        return Response(
            status: .init(code: status),
            headers: [.contentType: "application/problem+json"],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }
}
