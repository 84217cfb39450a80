import Crypto
import Foundation
import LineProtocol
import Logging
import PortalProtocol
import ServiceSupport
import Statements
import SwiftASN1
import Synchronization
import TransparencyLog
import Vocabulary
import X509

@testable import FactoryService

/// A site with one authority, a real Factory Service on real sockets, and a stub EdgeHSM that answers on its own.
final class FactoryLine: Sendable {
    let folder: String
    let edge: StubEdge
    let daemon: FactoryDaemon
    let configuration: FactoryConfiguration
    private let server: FrameServer
    let pki: SitePKI

    /// - Parameter portal: the port of the portal; none without it.
    init(
        firmwarePatience: Int = 0,
        portal: ((SitePKI, StubEdge) async throws -> FactoryConfiguration.Portal)? = nil,
        statusPage: Bool = false
    ) async throws {
        folder = "/tmp/obis-factory-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        pki = try SitePKI(folder: folder)
        let edge = StubEdge()
        self.edge = edge
        let link = try await portal?(pki, edge)
        let identity = try pki.identity("edge-1", role: "edgehsm")
        let router = edge.router()
        let context = ServiceContext(service: StationName(validated: "factory-1"), certificate: .zero)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await FrameServer.start(
            FrameServerConfiguration(
                endpoint: .tls(
                    host: "127.0.0.1",
                    port: 0,
                    identity: identity,
                    authorities: [pki.authority],
                    now: { ClockSource.system.realtime() }
                ),
                metrics: Metrics(),
                logger: logger,
                authorize: { _ in },
                encodeRefusal: { OperationRouter<ServiceContext>.refuse($0, request: $1) }
            )
        ) { _, frame in await router.answer(context, frame) }
        self.server = server
        let files = try pki.files("factory-1", role: "service")
        configuration = FactoryConfiguration(
            name: StationName(validated: "factory-1"),
            listen: .init(host: "127.0.0.1", port: 0),
            tls: .init(certificates: files.certificate, key: files.key, authorities: folder + "/ca.pem"),
            edgeHSM: .init(
                id: EdgeHSMID(validated: "edge-1"),
                host: "127.0.0.1",
                port: server.port ?? 0,
                identityKey: edge.identityPoint
            ),
            socket: folder + "/factory.sock",
            state: folder + "/state",
            inbox: folder + "/inbox",
            interval: 50,
            firmwarePatience: firmwarePatience,
            portal: link,
            statusPage: statusPage ? .init(port: 0) : nil
        )
        daemon = try await FactoryDaemon.start(configuration, metrics: Metrics(), logger: logger)
    }

    /// Another process, as it were, over the same folders.
    func restarted() async throws -> FactoryDaemon {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await FactoryDaemon.start(configuration, metrics: Metrics(), logger: logger)
    }

    func close() async {
        await daemon.stop()
        await server.shutdown()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A client of the stations' port with a certificate of `role`.
    func client(_ name: String, role: String = "station") throws -> FrameClient {
        try FrameClient(
            FrameClientConfiguration(
                endpoint: .tls(
                    host: "127.0.0.1",
                    port: daemon.port ?? 0,
                    identity: try pki.identity(name, role: role),
                    authorities: [pki.authority],
                    server: ServerExpectation(commonName: "factory-1"),
                    now: { ClockSource.system.realtime() }
                )
            )
        )
    }

    func station(_ name: String, role: String = "station") throws -> LineCaller {
        let client = try client(name, role: role)
        return LineCaller(prefix: name) { try await client.request($0) }
    }

    func local() throws -> LineCaller {
        let client = try FrameClient(FrameClientConfiguration(endpoint: .local(path: configuration.socket)))
        return LineCaller(prefix: "local") { try await client.request($0) }
    }

    func drop(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(filePath: configuration.inbox + "/" + name))
    }

    func inbox(_ subfolder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: configuration.inbox + "/" + subfolder).sorted()
    }

    /// Rounds of the daemon's loop until a status satisfies `condition`; throws after a minute, which is far more than any load takes.
    @discardableResult
    func wait(
        _ what: String,
        until condition: (GetFactoryStatus.Reply) -> Bool
    ) async throws -> GetFactoryStatus.Reply {
        let (caller, end) = (try local(), ContinuousClock.now + .seconds(60))
        while ContinuousClock.now < end {
            await daemon.round()
            let status = try await caller.call(GetFactoryStatus.self)
            if condition(status) { return status }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw NeverCame(what: what)
    }

    struct NeverCame: Error { let what: String }

    /// Rounds of the daemon's loop, without its pauses.
    func rounds(_ count: Int = 2) async { for _ in 0..<count { await daemon.round() } }
}

/// The EdgeHSM's side of the service role: a journal that grows by calls, and answers that a test sets.
final class StubEdge: Sendable {
    struct State {
        var batches: [GetStatus.Batch] = []
        var journal: [[UInt8]] = []
        var epoch: UInt64 = 1
        var loads: [[UInt8]] = []
        var downlinks: [DownlinkBundle] = []
        /// Told beside a status that took effect.
        var passedOver: [Refusal] = []
        /// Refuses a part that begins with an order of this payload type.
        var refusedPart: String?
        var installed = 0
        var loadRefusal: Refusal?
        var statusRefusal: Refusal?
        /// Signs checkpoints with another root than the journal's.
        var forksRoot = false
        /// Batches that loading a package of their authorization brings.
        var offers: [Digest256: GetStatus.Batch] = [:]
        var prepared = 0
        /// Seconds: the officers' rule.
        var longestSilence: Int64?
    }

    let identity = P256.Signing.PrivateKey()
    let state = Mutex(State())
    var identityPoint: P256Point { P256Point(validated: Array(identity.publicKey.x963Representation)) }

    func grow(_ count: Int) throws {
        try state.withLock { state in
            for _ in 0..<count {
                let entry = JournalEntry(
                    sequence: state.journal.count,
                    epoch: state.epoch,
                    time: Instant(seconds: 1_000),
                    event: JournalEvent(
                        body: Refused(
                            station: "s",
                            code: "edge.quota.exhausted",
                            minute: Instant(seconds: 960),
                            count: state.journal.count + 1
                        )
                    )
                )
                state.journal.append(try entry.serialized())
            }
        }
    }

    /// Entries of the test's choice.
    func append(_ bodies: any JournalBody...) throws {
        try state.withLock { state in
            for body in bodies {
                let entry = JournalEntry(
                    sequence: state.journal.count,
                    epoch: state.epoch,
                    time: Instant(seconds: 1_000),
                    event: JournalEvent(body: body)
                )
                state.journal.append(try entry.serialized())
            }
        }
    }

    func router() -> OperationRouter<ServiceContext> {
        var router = OperationRouter<ServiceContext>()
        router.mount(GetStatus.self) { _, _ in
            try self.state.withLock { state in
                if let refusal = state.statusRefusal { throw refusal }
                return Sample.status(
                    state.batches,
                    journalSize: state.journal.count,
                    longestSilence: state.longestSilence
                )
            }
        }
        router.mount(LoadPackage.self) { _, request in
            try self.state.withLock { state in
                if let refusal = state.loadRefusal { throw refusal }
                state.loads.append(request.package.bytes)
                let file = try PackageFile(parsing: request.package.bytes)
                let id = try ProductionPackage.read(payload: file.package.payload).authorization
                if state.batches.contains(where: { $0.authorization == id }) {
                    throw Refusal(LineProtocolError.wrongRole, "loaded twice")
                }
                if let batch = state.offers[id] { state.batches.append(batch) }
                return LoadPackage.Reply(
                    authorization: .zero,
                    product: ProductName(validated: "lamp"),
                    batch: BatchName(validated: "b"),
                    quantity: 5
                )
            }
        }
        router.mount(ApplyDownlink.self) { _, request in
            let passedOver = try self.state.withLock { state in
                state.downlinks.append(request.bundle)
                if let refused = state.refusedPart, request.bundle.orders.first?.payloadType == refused {
                    throw Refusal(StatementError.badSignature)
                }
                return state.passedOver
            }
            return ApplyDownlink.Reply(roleKeysVersion: 1, newRevocations: 0, closed: 0, passedOver: passedOver)
        }
        router.mount(PrepareProduct.self) { _, request in
            self.state.withLock { $0.prepared += 1 }
            let payload = try StatementCoding.encode(request)
            let signature = try RawSignature(self.identity.signature(for: payload).rawRepresentation)
            return PrepareProduct.Reply(
                preparation: Envelope(
                    payloadType: ProductPreparation.payloadType,
                    payload: payload,
                    signatures: [.init(keyID: self.identityPoint.keyID, value: signature)]
                )
            )
        }
        router.mount(InstallCertificates.self) { _, _ in
            self.state.withLock { $0.installed += 1 }
            return Nothing()
        }
        router.mount(ReadJournal.self) { _, request in
            self.state.withLock { state in
                let end = min(request.from + request.limit, state.journal.count)
                let entries = request.from < end ? state.journal[request.from..<end] : []
                return ReadJournal.Reply(entries: entries.map { Octets($0) }, size: state.journal.count)
            }
        }
        router.mount(GetCheckpoint.self) { _, _ in try self.checkpoint() }
        router.mount(ForwardStationRequest.self) { _, request in
            ForwardStationRequest.Reply(fingerprint: Digest256.of(request.request.bytes), certificates: nil)
        }
        return router
    }

    private func checkpoint() throws -> GetCheckpoint.Reply {
        let (journal, forks, epoch) = state.withLock { ($0.journal, $0.forksRoot, $0.epoch) }
        let root = CompactRange.root(of: 0..<journal.count) { MerkleHash.leaf(journal[$0]) }
        let content = Checkpoint(
            edgeHSM: EdgeHSMID(validated: "edge-1"),
            epoch: epoch,
            size: journal.count,
            root: forks ? Digest256.of([1]) : root,
            time: Instant(seconds: 1_000),
            portalNonce: nil,
            roleKeysVersion: 1,
            accounts: [],
            softwareVersion: "test"
        )
        let envelope = try content.unsigned()
        let signature = try RawSignature(identity.signature(for: envelope.signedBytes).rawRepresentation)
        return GetCheckpoint.Reply(checkpoint: envelope.adding(.init(keyID: identityPoint.keyID, value: signature)))
    }
}
