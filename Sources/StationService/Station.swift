import ChipPort
import Durability
import Glibc
public import LineProtocol
import Programmers
import ServiceSupport
import Statements
public import StationCore
import Vocabulary

/// A configured station: its connections, its records, and the sites that work with them.
public final class Station: Sendable {
    public let configuration: StationConfiguration
    public let store: StationStore
    private let edge: FrameClient
    private let factory: FrameClient
    private let edgeCaller: LineCaller
    private let workCaller: LineCaller
    private let retry: RetryPolicy
    private let firmware: FirmwareSource
    private let seam: FaultSeam
    private let reporter: Task<Void, Never>
    private let sender: ReportSender

    /// - Parameters:
    ///   - sites: connections to the EdgeHSM at one time.
    ///   - stuck: told of a report that the Factory Service refused, and that is kept here for the next sign-in.
    /// Throws `config.*`, `tls.*`, `store.*`. Connects nothing yet.
    public init(
        _ configuration: StationConfiguration,
        sites: Int = 1,
        stuck: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        let identity = try TLSIdentity.load(
            certificates: configuration.tls.certificates,
            key: .pem(path: configuration.tls.key)
        )
        let authorities = try CredentialFile.certificates(configuration.tls.authorities)
        func client(
            _ host: String,
            _ port: Int,
            _ kind: String,
            _ name: String,
            _ connections: Int
        ) throws -> FrameClient {
            var client = FrameClientConfiguration(
                endpoint: .tls(
                    host: host,
                    port: port,
                    identity: identity,
                    authorities: authorities,
                    server: ServerExpectation(commonName: name),
                    now: { ClockSource.system.realtime() }
                ),
                peer: "\(kind) \(name)"
            )
            client.connections = connections
            return try FrameClient(client)
        }
        let (box, service) = (configuration.edgeHSM, configuration.factory)
        let edge = try client(box.host, box.port, "EdgeHSM", box.id.text, min(max(sites, 1), LineRunner.mostSites))
        let factory = try client(service.host, service.port, "Factory Service", service.name.text, 2)
        (self.edge, self.factory) = (edge, factory)
        let prefix = configuration.name.text
        edgeCaller = LineCaller(prefix: prefix) { try await edge.request($0) }
        workCaller = LineCaller(prefix: prefix) { try await factory.request($0) }
        retry = RetryPolicy(attempts: configuration.attempts ?? 12)
        firmware = FirmwareSource(WorkLink(workCaller, retry: retry))
        seam = try FaultSeam.fromEnvironment()
        try Self.makeFolder(configuration.state)
        store = try StationStore(path: configuration.state + "/station.sqlite")
        let sender = ReportSender(store: store, work: workCaller, pause: .milliseconds(500)) { stuck("\($0)") }
        self.sender = sender
        reporter = Task { await sender.run() }
    }

    private static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw Refusal(StationError.progressUnwritable, "\(path): errno \(errno)")
        }
    }

    public var work: WorkLink { WorkLink(workCaller, retry: retry) }

    /// The work order of a batch by its name or the authorization's id. Throws `station.work-order.*`.
    public func batch(_ name: String) async throws -> GetStatus.Batch {
        let orders = try await work.ask(ListWorkOrders.self, Nothing()).orders
        let order = try WorkOrderChoice.order(name, among: orders)
        guard order.hasFirmware else { throw Refusal(StationError.firmwareMissing, name) }
        return order.batch
    }

    public func signIn(_ operatorName: String) async throws -> String {
        let shift = try await work.ask(SignIn.self, .init(operatorName: operatorName)).shift
        try await sender.signedIn(operatorName)
        return shift
    }

    /// The environment of a site whose chip answers at `address`.
    ///
    /// - Parameter labels: false for work that prints and scans none, which so needs no scanner.
    /// - Throws: `station.scanner.*`, `programmer.address.invalid`, `station.progress.unwritable`.
    public func site(
        _ number: Int,
        chip address: String,
        batch: GetStatus.Batch,
        labels: Bool = true
    ) throws -> Site {
        let spool = LabelSpool(folder: configuration.labelFolder(number), productName: batch.product.text)
        try Self.makeFolder(spool.folder)
        let desk: any LabelDesk =
            if !labels {
                NoDesk()
            } else if let scanner = try configuration.scanner(number) {
                ScannedDesk(spool, scanner: scanner)
            } else {
                LabDesk(spool)
            }
        let chip = SocketProgrammer(try ChipAddress(address))
        let seam = seam
        return Site(
            number: number,
            edgeHSM: configuration.edgeHSM.id,
            identityKey: configuration.edgeHSM.identityKey,
            edge: StationLink(edgeCaller, retry: retry),
            chip: chip,
            desk: desk,
            firmware: firmware,
            progress: store,
            reports: store,
            retry: retry,
            now: { ClockSource.system.realtime() },
            seam: { step, moment in try seam.pass("station.\(step.rawValue).\(moment.rawValue)") }
        )
    }

    /// Sends what reports are left, for a few seconds at most, and closes.
    public func close() async {
        reporter.cancel()
        for _ in 0..<5 {
            if (try? await sender.flush()) != nil { break }
            try? await Task.sleep(for: .milliseconds(500))
        }
        await edge.close()
        await factory.close()
        await reporter.value
        try? store.close()
    }
}
