import Durability
import FactoryCore
import Glibc
import LineProtocol
public import Logging
public import ServiceSupport
public import Vocabulary

/// The running Factory Service: its two ports, and the loop that looks at inbox, EdgeHSM and journal.
public final class FactoryDaemon: Sendable {
    private let configuration: FactoryConfiguration
    private let logger: Logger
    private let store: FactoryStore
    private let inbox: Inbox
    private let puller: JournalPuller
    private let link: EdgeLink
    private let client: FrameClient
    private let stations: FrameServer
    private let local: FrameServer
    private let reporter: StatusReporter
    let synchroniser: Synchroniser?
    private let page: StatusPageServer?

    /// The TCP port for stations, also when 0 was configured.
    public var port: Int? { stations.port }

    /// Opens storage and starts to listen. Throws `store.*`, `tls.*`, `net.listen.*`, `factory.store.failed`.
    public static func start(
        _ configuration: FactoryConfiguration,
        metrics: Metrics,
        logger: Logger,
        now: @escaping @Sendable () -> Instant = { ClockSource.system.realtime() }
    ) async throws -> FactoryDaemon {
        let identity = try TLSIdentity.load(
            certificates: configuration.tls.certificates,
            key: .pem(path: configuration.tls.key)
        )
        let authorities = try CredentialFile.certificates(configuration.tls.authorities)
        let edge = configuration.edgeHSM
        var endpoint = FrameClientConfiguration(
            endpoint: .tls(
                host: edge.host,
                port: edge.port,
                identity: identity,
                authorities: authorities,
                server: ServerExpectation(commonName: edge.id.text),
                now: now
            ),
            peer: "EdgeHSM \(edge.id)"
        )
        endpoint.connections = 2
        let client = try FrameClient(endpoint)
        let link = EdgeLink(
            id: edge.id,
            caller: LineCaller(prefix: configuration.name.text) { try await client.request($0) }
        )
        let seam = try FaultSeam.fromEnvironment()
        let parts = try await Blocking.run { () throws -> (FactoryStore, FirmwareStore) in
            try Folder.make(configuration.state)
            return (
                try FactoryStore(path: configuration.state + "/factory.sqlite", seam: seam),
                try FirmwareStore(folder: configuration.state + "/firmware")
            )
        }
        let intake = Intake(link: link, firmware: parts.1, store: parts.0)
        let inbox = try Inbox(
            folder: configuration.inbox,
            intake: intake,
            store: parts.0,
            patience: .seconds(configuration.firmwarePatience ?? 60),
            logger: logger,
            now: now,
            seam: seam
        )
        let puller = JournalPuller(link: link, store: parts.0, identityKey: edge.identityKey, now: now)
        let work = WorkHandlers(link: link, firmware: parts.1, store: parts.0, now: now)
        let synchroniser = configuration.portal.map { portal in
            Synchroniser(
                SyncParts(
                    settings: portal,
                    service: configuration.name,
                    folder: configuration.state + "/partial",
                    edge: link,
                    intake: intake,
                    puller: puller,
                    store: parts.0,
                    firmware: parts.1,
                    metrics: metrics,
                    logger: logger,
                    now: now,
                    seam: seam
                )
            )
        }
        let reporter = StatusReporter(
            work: work,
            inbox: inbox,
            puller: puller,
            synchroniser: synchroniser,
            now: now
        )
        let handlers = LocalHandlers(
            work: work,
            intake: intake,
            inbox: inbox,
            puller: puller,
            exporter: Exporter(store: parts.0),
            reporter: reporter,
            bundle: UploadBundle(store: parts.0, edge: link, service: configuration.name, now: now),
            synchroniser: synchroniser
        )
        let ports = FactoryPorts(configuration: configuration, metrics: metrics, logger: logger)
        let stations = try await ports.stations(work, identity, authorities, now)
        let name = configuration.name
        let page = try await configuration.statusPage.asyncMap { settings in
            try await StatusPageServer.start(port: settings.port, service: name, reporter: reporter, metrics: metrics)
        }
        return FactoryDaemon(
            configuration: configuration,
            logger: logger,
            store: parts.0,
            inbox: inbox,
            puller: puller,
            link: link,
            client: client,
            stations: stations,
            local: try await ports.local(handlers),
            reporter: reporter,
            synchroniser: synchroniser,
            page: page
        )
    }

    private init(
        configuration: FactoryConfiguration,
        logger: Logger,
        store: FactoryStore,
        inbox: Inbox,
        puller: JournalPuller,
        link: EdgeLink,
        client: FrameClient,
        stations: FrameServer,
        local: FrameServer,
        reporter: StatusReporter,
        synchroniser: Synchroniser?,
        page: StatusPageServer?
    ) {
        self.configuration = configuration
        self.logger = logger
        self.store = store
        self.inbox = inbox
        self.puller = puller
        self.link = link
        self.client = client
        self.stations = stations
        self.local = local
        self.reporter = reporter
        self.synchroniser = synchroniser
        self.page = page
    }

    /// The status page's port, also when 0 was configured.
    public var pagePort: Int? { page?.port }

    /// Runs until the task is cancelled. A failure of one round is logged and tried again in the next.
    ///
    /// The portal has a loop of its own: a slow link must not keep the EdgeHSM's journal waiting.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            if let synchroniser { group.addTask { await synchroniser.run() } }
            group.addTask {
                while !Task.isCancelled {
                    await self.round()
                    try? await Task.sleep(for: self.configuration.pause * Double.random(in: 0.8...1.2))
                }
            }
        }
    }

    /// One look at EdgeHSM, inbox and journal.
    func round() async {
        let wasDown = link.refusal != nil
        do {
            let status = try await link.refresh()
            reporter.note()
            if wasDown { logger.notice("EdgeHSM is back", metadata: ["journal": "\(status.journalSize)"]) }
            try await inbox.look()
            try await puller.pull(expecting: link.status?.journalSize ?? status.journalSize)
        } catch let refusal as Refusal {
            logger.warning("round failed", metadata: ["code": "\(refusal.code)", "detail": "\(refusal.detail)"])
        } catch {
            logger.error("round failed", error: error, metadata: [:])
        }
    }

    /// Lets running requests finish, then closes.
    public func stop() async {
        await stations.shutdown()
        await local.shutdown()
        await page?.stop()
        await synchroniser?.close()
        await client.close()
        do { try store.close() } catch { logger.error("closing the store failed", error: error, metadata: [:]) }
    }
}

extension Optional {
    fileprivate func asyncMap<Value>(_ body: (Wrapped) async throws -> Value) async rethrows -> Value? {
        guard let self else { return nil }
        return try await body(self)
    }
}
