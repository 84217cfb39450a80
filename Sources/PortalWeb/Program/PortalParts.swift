public import Durability
public import Logging
import PortalStore
public import ServiceLifecycle
import ServiceSupport
import Vocabulary

/// The portal's working parts beside what every use case needs: files, versions, batches, ingest and sync.
public struct PortalParts: Sendable {
    public let services: PortalServices
    public let versions: VersionDesk
    public let batches: BatchDesk
    public let ingest: IngestService
    public let sync: SyncServer
    /// What runs as long as the portal does.
    public let background: [any Service]

    /// - Parameters:
    ///   - files: folder of firmware and declarations, which only the portal's user can enter.
    ///   - seam: fault points of package making.
    /// - Throws: `portal.file.*` where the folder can't be used.
    public init(_ services: PortalServices, files: String, logger: Logger, seam: FaultSeam = .none) throws {
        let now = services.clock.realtime
        let shelf = try FileShelf(folder: files)
        let packages = PackageWorker(services, shelf: shelf, logger: logger, seam: seam)
        let ingest = IngestService(
            database: services.database,
            registry: StoredEdges(),
            rootAuthority: services.settings.root,
            now: now
        )
        self.services = services
        self.ingest = ingest
        versions = VersionDesk(services, shelf: shelf, ledger: BatchLedger())
        batches = BatchDesk(services, shelf: shelf, packages: packages)
        sync = SyncServer(
            database: services.database,
            ingest: ingest,
            registry: StoredEdges(),
            offers: PortalOffers(database: services.database, shelf: shelf),
            portalKey: { try await services.portalKey() },
            now: now
        )
        let watch = JournalWatch(ingest, silence: SilenceWatch(services.database, now: now), logger: logger)
        background = [
            packages, watch, FileSweep(services, shelf: shelf, logger: logger),
            SignInWatch(audit: services.accounts.audit, now: now),
            ActFlush(services.acts, clock: services.clock, logger: logger),
        ]
    }
}
