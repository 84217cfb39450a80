import Durability
import FactoryCore
import FoundationEssentials
import LineProtocol
import Logging
import PortalProtocol
import ServiceSupport
import Statements
import Synchronization
import Vocabulary

/// What the synchroniser works with.
struct SyncParts: Sendable {
    let settings: FactoryConfiguration.Portal
    let service: StationName
    /// Folder for files on their way down.
    let folder: String
    let edge: EdgeLink
    let intake: Intake
    let puller: JournalPuller
    let store: FactoryStore
    let firmware: FirmwareStore
    let metrics: Metrics
    let logger: Logger
    let now: @Sendable () -> Instant
    /// `factory.upload.before`, `.after`; `factory.download.piece`, `.whole`, `.taken`.
    var seam = FaultSeam.none
    /// The longest time in which a round sends journal, and then records, before it looks again for what comes down. At
    /// least one chunk of each goes.
    var turn = Duration.seconds(10)
}

/// Exchanges with the portal what each side lacks. The portal says what it has, so nothing is kept here that could be
/// lost or wrong: whatever was cut is done again, and doing it again changes nothing.
actor Synchroniser {
    let parts: SyncParts
    let chunker: JournalChunker
    let tape: RecordTape
    let meter: LinkMeter
    private let backlog: Gauge
    private let failed: Counter

    private var link: PortalLink?
    private var credentials: PortalCredentials?
    private var source: RecordSource?
    private(set) var state: SyncState?
    private var etag: String?
    private(set) var lastContact: Instant?
    private(set) var refusal: Refusal?
    private var wasUp: Bool?
    private var backoff = Backoff()
    private var running: Task<Void, Never>?
    private var pauseTask: Task<Void, any Error>?
    private var renewAfter = ContinuousClock.now
    private var isClosed = false

    var pace = UploadPace()
    /// What the portal is known to have, moved on by receipts between two states.
    var cursor = SyncCursor()
    /// Things not to be tried again before a moment, by name.
    var resting: [String: ContinuousClock.Instant] = [:]
    /// Files that the portal offers and that were refused here.
    var refusedFiles: [String: Refusal] = [:]
    /// The downlink that was applied, and when.
    var applied: (digest: Digest256, at: ContinuousClock.Instant)?
    /// The oldest place from which the portal refused to take a branch, while it has what it has.
    var refusedPlaces: (root: Digest256?, from: Int)?
    /// The portal's root that was answered with what the EdgeHSM signed otherwise.
    var toldDifference: Digest256?
    var lastCheckpoint = ContinuousClock.now
    /// Something came down: the next round, with what it led to, begins at once.
    var isEager = false
    /// The round ended before everything was up: the next one goes on at once.
    var isCutShort = false
    /// Since the start, or since the link returned, no status has said that the portal has everything.
    var owesReceipt = true

    init(_ parts: SyncParts) {
        self.parts = parts
        chunker = JournalChunker(store: parts.store, edgeHSM: parts.edge.id)
        tape = RecordTape(parts.store)
        meter = LinkMeter(parts.metrics)
        backlog = parts.metrics.gauge(
            "obis_factory_sync_backlog",
            "Records that the portal is not known to have.",
            label: "kind",
            values: ["entries", "labels", "events"]
        )
        failed = parts.metrics.counter("obis_factory_sync_failures_total", "Rounds of sync that ended in a refusal.")
    }

    /// Runs until the task is cancelled.
    func run() async {
        var generator = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            await round()
            let isEagerNow = (isEager || isCutShort) && refusal == nil
            isEager = false
            let pause = isEagerNow ? .milliseconds(100) : backoff.pause(usual: parts.settings.pause, using: &generator)
            let wait = Task { try await Task.sleep(for: pause) }
            pauseTask = wait
            await withTaskCancellationHandler {
                _ = try? await wait.value
            } onCancel: {
                wait.cancel()
            }
        }
    }

    /// One exchange; joins the one that is under way. What failed stands in `refusal`.
    func round() async {
        if let running { return await running.value }
        let own = Task {
            await roundAlone()
            // Here, not by whoever waits: another waiter would join a round that is over.
            running = nil
        }
        running = own
        await withTaskCancellationHandler {
            await own.value
        } onCancel: {
            own.cancel()
        }
    }

    /// Everything that is here now goes up before it returns, if the link holds; what rested is tried again. Throws why
    /// it did not.
    func syncNow() async throws -> PortalReport {
        resting = [:]
        repeat { await round() } while isCutShort && refusal == nil
        if refusal == nil { await round() }
        if let refusal { throw refusal }
        return try await report()
    }

    func close() async {
        isClosed = true
        running?.cancel()
        pauseTask?.cancel()
        await running?.value
        await link?.close()
        link = nil
    }

    private func roundAlone() async {
        isCutShort = false
        do {
            let link = try await connected()
            let state = try await look(link)
            lastContact = parts.now()
            let problem = try await exchange(state, over: link)
            backoff.succeed()
            refusal = problem
            await tell(isUp: true)
        } catch let error as Refusal {
            if !Task.isCancelled && !isClosed { await fail(error) }
        } catch {
            if !Task.isCancelled && !isClosed {
                await fail(Refusal(FactoryError.portalUnreachable, "\(type(of: error))"))
            }
        }
        _ = try? await report()
    }

    private func fail(_ error: Refusal) async {
        refusal = error
        backoff.fail(isAnswered: !error.has(FactoryError.portalUnreachable))
        failed.increment()
        // What the portal has may be other than thought: ask for all of it.
        etag = nil
        owesReceipt = true
        if !error.has(FactoryError.notJoined) {
            parts.logger.notice("sync failed", metadata: ["code": "\(error.code)", "detail": "\(error.detail)"])
        }
        await tell(isUp: false)
    }

    private func tell(isUp: Bool) async {
        guard wasUp != isUp else { return }
        // The first failure after a start is no change.
        if wasUp != nil || isUp {
            parts.logger.notice(isUp ? "portal is reached" : "portal is lost")
            await log(kind: isUp ? "link-up" : "link-down", summary: refusal?.code ?? "")
        }
        wasUp = isUp
    }

    /// The link with the credentials of now; throws `factory.portal.not-joined` before there are any.
    private func connected() async throws -> PortalLink {
        guard !isClosed else { throw CancellationError() }
        if let link { return link }
        let files = parts.settings.tls
        let loaded = try await Blocking.run { try PortalCredentials.load(files) }
        let made = PortalLink(
            host: parts.settings.host,
            port: parts.settings.port,
            tls: loaded.tls,
            meter: meter
        )
        (credentials, link) = (loaded, made)
        return made
    }

    /// What the portal has and wants. Where it has label records or events under numbers of this storage that are others
    /// here, or are not here, the storage was set back: what is here goes up anew, under a new source. Nothing is passed
    /// over that way, and the portal keeps what it has.
    private func look(_ link: PortalLink) async throws -> SyncState {
        let state = try await fetchState(link)
        if try await tape.agrees(with: state) { return state }
        try await renewSource("label \(state.labelsStored), event \(state.eventsStored)")
        return try await fetchState(link)
    }

    private func renewSource(_ detail: String) async throws {
        try await parts.store.renewSource(detail, at: parts.now())
        (source, state, etag) = (nil, nil, nil)
        parts.logger.warning("records are told anew", metadata: ["detail": "\(detail)"])
        await log(kind: "records-restored", summary: detail)
    }

    /// One short exchange where nothing changed.
    private func fetchState(_ link: PortalLink) async throws -> SyncState {
        // Making a bundle for a stick may have given the storage another one.
        let source = try await parts.store.source()
        if source != self.source { (self.source, state, etag) = (source, nil, nil) }
        let path = "/sync/v1/state?source=\(source.hex)"
        let answer = try await link.get(path, etag: state == nil ? nil : etag, limit: SyncState.largest)
        if answer.status == 304, let state { return state }
        let fresh = try SyncState(parsing: answer.body)
        guard fresh.source == nil || fresh.source == source else {
            throw Refusal(FactoryError.portalMalformed, "state of another source")
        }
        if let known = parts.edge.status, known.factory != fresh.factory {
            throw Refusal(FactoryError.portalOtherSite, "\(fresh.factory) instead of \(known.factory)")
        }
        (state, etag) = (fresh, answer.etag)
        cursor = SyncCursor(fresh, edgeHSM: parts.edge.id)
        // For who looks at the page after a restart: a full disk keeps no order of the officers from the EdgeHSM.
        do { try await parts.store.save(portalState: fresh) } catch {
            parts.logger.warning("the portal's state is not kept", metadata: ["error": "\(error)"])
        }
        return fresh
    }

    /// What decides comes first and is small: orders, revocations, the portal's word, then the certificate that all of
    /// this hangs on, then packages. Records go up for a turn: a backlog of weeks keeps nothing of that away, and neither
    /// does an upload that fails. Firmware, which is large, comes last. Returns the first refusal that was not the
    /// link's; those are thrown.
    private func exchange(_ state: SyncState, over link: PortalLink) async throws -> Refusal? {
        guard let source else { return nil }
        let wanted = state.edges.first { $0.edgeHSM == parts.edge.id }
        // The EdgeHSM decides on what comes down; while it is away, nothing does.
        let box = parts.edge.refusal == nil ? parts.edge.status : nil
        var problems: [Refusal?] = []
        if let wanted { forgetWithdrawn(wanted) }
        if let wanted, let box {
            problems.append(try await attempt { try await self.fetchNews(wanted, box, over: link) })
        }
        var isRenewed = false
        problems.append(try await attempt { isRenewed = try await self.renewIfDue(over: link) })
        // The next round has a link with the new certificate.
        if isRenewed {
            isCutShort = true
            return problems.compactMap { $0 }.first
        }
        if let wanted, let box {
            problems += [
                try await attempt { try await self.fetchCertificates(wanted, over: link) },
                try await attempt { try await self.prepare(wanted, state, source, over: link) },
                try await attempt { try await self.fetchPackages(wanted, box, over: link) },
            ]
        }
        let ups = await uploads(state, source, isKnown: wanted != nil, over: link)
        if let wanted, let box {
            problems.append(try await attempt { try await self.fetchStatus(wanted, box, over: link) })
            problems.append(try await attempt { try await self.fetchFirmware(wanted, over: link) })
        }
        problems += try ups.map { try $0.get() }
        if wanted == nil { problems.append(Refusal(FactoryError.portalOtherSite, "\(parts.edge.id) is unknown there")) }
        return problems.compactMap { $0 }.first
    }

    /// What failed is told after the rest was tried: one kind that does not get through keeps no other back.
    private func uploads(
        _ state: SyncState,
        _ source: RecordSource,
        isKnown: Bool,
        over link: PortalLink
    ) async -> [Result<Refusal?, any Error>] {
        var results: [Result<Refusal?, any Error>] = []
        if isKnown { results.append(await outcome { try await self.uploadJournal(state, source, over: link) }) }
        results.append(await outcome { try await self.uploadRecords(state, source, over: link) })
        return results
    }

    private func outcome(_ work: () async throws -> Void) async -> Result<Refusal?, any Error> {
        do { return .success(try await attempt(work)) } catch { return .failure(error) }
    }

    private func attempt(_ work: () async throws -> Void) async throws -> Refusal? {
        do {
            try await work()
            return nil
        } catch let refusal as Refusal {
            if refusal.has(FactoryError.portalUnreachable) || refusal.has(FactoryError.portalBusy) { throw refusal }
            if [401, 403].contains(refusal.portalStatus ?? 0) { throw refusal }
            if refusal.portalStatus == 409 { etag = nil }
            // Joined anew under another name: what is here goes up under a source of its own, as after a restore.
            if source != nil, refusal.portalStatus == 409, refusal.detail.contains("portal.sync.source-taken") {
                try await renewSource("the portal has it of another Factory Service")
                isCutShort = true
                return nil
            }
            parts.logger.notice("sync", metadata: ["code": "\(refusal.code)", "detail": "\(refusal.detail)"])
            // The EdgeHSM's troubles have their own alarm.
            return refusal.code.hasPrefix("factory.portal.") ? refusal : nil
        }
    }

    /// With the same key, so that only one file changes: no cut leaves key and certificate of two kinds.
    private func renewIfDue(over link: PortalLink) async throws -> Bool {
        let now = parts.now()
        guard let credentials, credentials.isDue(at: now), ContinuousClock.now >= renewAfter else { return false }
        renewAfter = .now + .seconds(60)
        let (files, service) = (parts.settings.tls, parts.service)
        let key = try await Blocking.run { try PortalCredentials.key(files.key) }
        let request = RenewRequest(csr: Octets(try PortalCredentials.request(key, service: service)))
        let answer = try await link.post("/sync/v1/renew", try request.serialized(), limit: JoinReply.largest)
        let reply = try JoinReply(parsing: answer.body)
        try await Blocking.run {
            try PortalCredentials.install(reply, for: key, service: service, in: files.certificates)
        }
        await log(kind: "renewed", summary: "certificate until \(reply.notAfter)")
        await link.close()
        self.link = nil
        return true
    }

    // MARK: What people are told

    func report() async throws -> PortalReport {
        let newest = try await parts.store.newestNumbers()
        let stored = max(try await parts.store.journalSize(), parts.edge.status?.journalSize ?? 0)
        let saved: SyncState?
        if state == nil { saved = try await parts.store.portalState() } else { saved = nil }
        let known = saved.map { SyncCursor($0, edgeHSM: parts.edge.id) } ?? cursor
        let lacks = (stored - known.entries, newest.labels - known.labels, newest.events - known.events)
        backlog.set(Double(max(lacks.0, 0)), "entries")
        backlog.set(Double(max(lacks.1, 0)), "labels")
        backlog.set(Double(max(lacks.2, 0)), "events")
        let total = meter.total
        return PortalReport(
            address: "\(parts.settings.host):\(parts.settings.port)",
            lastContact: lastContact,
            refusal: refusal,
            entries: max(lacks.0, 0),
            labels: max(lacks.1, 0),
            events: max(lacks.2, 0),
            octetsUp: total.up,
            octetsDown: total.down,
            certificateEnds: credentials?.notAfter,
            refusedFiles: refusedFiles.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.code)" }
        )
    }

    func log(kind: String, summary: String) async {
        do {
            try await parts.store.log("sync", SyncEvent(what: kind, summary: summary), at: parts.now())
        } catch { parts.logger.error("an event could not be written", error: error, metadata: [:]) }
    }
}

/// What the portal has: entries of this EdgeHSM's journal, label records and events of this source.
struct SyncCursor: Sendable, Equatable {
    var entries = 0
    var root: Digest256?
    var labels = 0
    var events = 0

    init() {}

    init(_ state: SyncState, edgeHSM: EdgeHSMID) {
        let edge = state.edges.first { $0.edgeHSM == edgeHSM }
        (entries, root) = (edge?.storedSize ?? 0, edge?.storedRoot)
        (labels, events) = (state.labelsStored, state.eventsStored)
    }

}

private struct SyncEvent: Encodable, Sendable {
    let what: String
    let summary: String
}
