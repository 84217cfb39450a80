import Crypto
import Durability
import KeyCustody
import LineProtocol
import Logging
import Matter
import ServiceSupport
import Statements
import Synchronization
import TestSupport
import TransparencyLog
import Vocabulary

@testable import EdgeHSMCore
@testable import EdgeHSMDaemon

/// A clock that a test moves.
final class TestClock: Sendable {
    private let times = Mutex((wall: OEMWorld.now, boot: Int64(10_000)))

    var source: ClockSource {
        ClockSource(
            realtime: { self.times.withLock { $0.wall } },
            bootSeconds: { self.times.withLock { $0.boot } }
        )
    }

    func advance(_ seconds: Int64) {
        times.withLock { $0 = ($0.wall + seconds, $0.boot + seconds) }
    }

    /// As by `date -s`: no time goes by.
    func set(_ seconds: Int64) { times.withLock { $0.wall = $0.wall + seconds } }
}

/// A chip in software whose CSR an engine judges.
struct EngineChip: Sendable {
    let signing: SoftwareKey
    let agreement = P256.KeyAgreement.PrivateKey()
    let uid: ChipUID

    init(uid: ChipUID? = nil, signing: SoftwareKey = SoftwareKey()) {
        self.uid = uid ?? ChipUID(validated: (0..<16).map { _ in UInt8.random(in: 0...255) })
        self.signing = signing
    }

    /// This chip's word for the key of a CSR.
    func proof(for csr: [UInt8]) throws -> RotationProof {
        let request = try DeviceRequest(der: csr)
        let message = RotationProof.message(
            chipUID: request.chipUID,
            newKey: request.publicKey,
            request: Digest256.of(csr)
        )
        return RotationProof(replacedKey: signing.publicKey, signature: try signing.signNow(message))
    }

    func request(_ nonce: Nonce) throws -> [UInt8] {
        let toBeSigned = ToBeSignedRequest(
            publicKey: signing.publicKey,
            chipUID: uid,
            nonce: nonce,
            agreementKey: P256Point(validated: Array(agreement.publicKey.x963Representation))
        )
        return try toBeSigned.assembled(with: signing.signNow(toBeSigned.bytes)).der
    }
}

/// An EdgeHSM on a SoftHSM2 token and a folder of its own, enrolled by an OEM, with one product certified. Starting it
/// again on the same token and folder is what a restart is.
final class EngineWorld: Sendable {
    let oem: OEMWorld
    let token: FlakyToken
    let folder: TemporaryFolder
    let clock = TestClock()
    let gate = TokenGate()
    let metrics = Metrics()
    let configuration: EdgeConfiguration
    private let fatals = Mutex(0)

    var failedAnchorWrites: UInt64 {
        metrics.counter("obis_edge_anchor_writes_total", "").count("failed")
    }

    /// Stations that every started world knows.
    static let stations = (0..<16).map { number in
        let name = "station-\(number)"
        return StationContext(station: StationName(validated: name), certificate: Digest256.of(name.utf8))
    }
    static let station = stations[1]

    var fatalCount: Int { fatals.withLock { $0 } }

    static func make() async throws -> EngineWorld {
        let world = try await EngineWorld(oem: OEMWorld.make(), folder: TemporaryFolder())
        try await world.enrol()
        return world
    }

    private init(oem: OEMWorld, folder: TemporaryFolder) async throws {
        self.oem = oem
        self.folder = folder
        token = FlakyToken(oem.edge)
        configuration = EdgeConfiguration(
            edgeHSM: OEMWorld.edgeID,
            factory: FactoryID(validated: "factory-1"),
            profile: .lab,
            token: .init(module: SoftHSMFixture.modulePath, label: "unused", pinFile: "/unused"),
            dataDirectory: folder.path,
            listenHost: "127.0.0.1",
            listenPort: 0,
            serverNames: ["127.0.0.1"],
            operatorSocket: folder.path("operator.sock"),
            operatorUIDs: [0, 1_000]
        )
    }

    var enrolment: EdgeEnrolment {
        EdgeEnrolment(
            configuration: configuration,
            token: token,
            execution: oem.execution,
            clock: clock.source
        )
    }

    func enrol() async throws {
        let roleKeys = try oem.root.signed(oem.context.roleKeys.unsigned())
        let request = try await enrolment.request()
        var signed = Envelope(payloadType: request.payloadType, payload: request.payload, signatures: [])
        for officer in oem.officers.prefix(2) { signed = try officer.signed(signed) }
        try await enrolment.enrol(root: oem.root.publicKey, roleKeys: [roleKeys], enrolment: signed)
    }

    /// - Parameter faults: a plan of `FaultSeam`.
    func start(
        faults: String? = nil,
        siteCA: [UInt8] = [],
        dataDirectory: String? = nil
    ) async throws -> EdgeEngine {
        var configuration = configuration
        if let dataDirectory { configuration.dataDirectory = dataDirectory }
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let engine = try await EdgeStart(
            configuration: configuration,
            token: token,
            execution: oem.execution,
            gate: gate,
            clock: clock.source,
            metrics: metrics,
            logger: logger,
            seam: faults.map { try FaultSeam(plan: $0) } ?? .none,
            softwareVersion: "test",
            siteCA: siteCA,
            fatal: { [self] _ in fatals.withLock { $0 += 1 } }
        ).start()
        try await enrolStations(engine)
        return engine
    }

    /// In memory alone: a test's journal holds what the test is about.
    private func enrolStations(_ engine: EdgeEngine) async throws {
        guard engine.halted == nil else { return }
        try await engine.writer.change { state, _, _ in
            for station in Self.stations {
                state.durable.peers[station.certificate] = EnrolledPeer(name: station.station, role: "station")
            }
        }
    }

    /// Started, with the product installed and a batch loaded.
    func startWithBatch(
        quantity: Int = 10,
        batch: String = "B1",
        faults: String? = nil
    ) async throws -> (EdgeEngine, Digest256) {
        let engine = try await start(faults: faults)
        try await installProduct(engine)
        return (engine, try await load(engine, quantity: quantity, batch: batch))
    }

    /// Returns when no lease waits for its renewal: a planned fault of the token is not for a write in the background.
    static func rest(_ engine: EdgeEngine) async throws {
        while engine.writer.peek({ $0.pendingAnchor }) != .none { try await Task.sleep(for: .milliseconds(5)) }
        try await engine.keeper.move()
    }

    func installProduct(_ engine: EdgeEngine) async throws {
        _ = try await engine.prepareProduct(
            PrepareProduct.Request(
                product: OEMWorld.product,
                vendorID: VendorID(0xFFF1),
                productID: ProductID(0x8001)
            ),
            by: "factory"
        )
        let installed = oem.certificates
        _ = try await engine.install(
            ProductCertificates(
                edgeHSM: OEMWorld.edgeID,
                product: installed.product,
                paa: installed.paa,
                pai: installed.pai,
                debugRoot: installed.debugRoot,
                debugIntermediate: installed.debugIntermediate
            ),
            by: "factory"
        )
    }

    func load(
        _ engine: EdgeEngine,
        quantity: Int,
        batch: String,
        lasting: Int64 = 10_000
    ) async throws -> Digest256 {
        var alterations = OEMWorld.Alterations()
        alterations.lasting = lasting
        alterations.quantity = quantity
        alterations.batch = batch
        let package = try await oem.package(alterations)
        return try await engine.load(LoadPackage.Request(package: Octets(package)), by: "factory").authorization
    }

    /// Ends an engine as a crash does: nothing is flushed, and the next start finds what is on the disk.
    func crash(_ engine: EdgeEngine) throws { try engine.writer.store.close() }

    /// The portal's word to this EdgeHSM, with the receipt of nothing unless one is named.
    func status(
        at time: Instant,
        revoked: [Digest256] = [],
        closed: [Digest256] = [],
        stored: (size: Int, root: Digest256) = (0, MerkleTree().root),
        by key: SoftwareKey? = nil
    ) throws -> Envelope {
        try (key ?? oem.portal).signed(
            PortalStatus(
                edgeHSM: OEMWorld.edgeID,
                time: time,
                nonce: Nonce(validated: Random.octets(Nonce.size)),
                revokedAuthorizations: revoked,
                closeAuthorizations: closed,
                roleKeysVersion: 1,
                storedSize: stored.size,
                storedRoot: stored.root
            ).unsigned()
        )
    }

    func order(_ order: OfficerOrder.Order) throws -> Envelope {
        var envelope = try OfficerOrder(
            order: order,
            reason: "test",
            issuedAt: OEMWorld.now,
            expiresAt: OEMWorld.now + 100_000
        ).unsigned()
        for officer in oem.officers.prefix(2) { envelope = try officer.signed(envelope) }
        return envelope
    }
}

extension EdgeEngine {
    /// From `begin` to the DAC, as a station does it.
    func issue(
        _ chip: EngineChip,
        _ authorization: Digest256,
        by station: StationContext = EngineWorld.station
    ) async throws -> (begun: BeginUnit.Reply, issued: IssueCredential.Reply) {
        let begun = try await begin(
            BeginUnit.Request(authorization: authorization, chipUID: chip.uid),
            by: station
        )
        let issued = try await issueCredential(
            IssueCredential.Request(
                authorization: authorization,
                unit: begun.unit,
                request: Octets(chip.request(begun.nonce)),
                vendorProof: nil
            ),
            by: station
        )
        return (begun, issued)
    }

    func account(_ authorization: Digest256) async throws -> Checkpoint.Account {
        try await writer.read { try $0.state.authorization(authorization).account }
    }

    func entries() async throws -> [JournalEntry] {
        let size = try await writer.read { $0.state.durable.size }
        return try await writer.store.read(from: 0, limit: size, octets: .max).map { try JournalEntry(parsing: $0) }
    }
}

/// The refusal's code of an operation that must be refused; nil where it was not.
func refusal(_ body: () async throws -> some Any) async -> String? {
    do {
        _ = try await body()
        return nil
    } catch { return (error as? Refusal)?.code ?? "\(error)" }
}
