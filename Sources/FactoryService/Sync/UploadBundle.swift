import FactoryCore
import Glibc
import LineProtocol
import PortalProtocol
import Statements
import Vocabulary

/// What the portal lacks, as a file for a stick: a `SyncUpload` a line, the octets that would be requests' bodies.
struct UploadBundle: Sendable {
    let store: FactoryStore
    let edge: EdgeLink
    let service: StationName
    let now: @Sendable () -> Instant

    /// Begins at what the portal said last that it has: over the link, by a state file from a stick, or, for the journal,
    /// in the receipt of a status that the EdgeHSM journaled.
    ///
    /// Throws `factory.bundle.empty`, `factory.export.failed`.
    func write(to folder: String, all: Bool) async throws -> BundleRecords.Reply {
        guard folder.hasPrefix("/") else { throw Refusal(FactoryError.exportFailed, "path not absolute") }
        guard let factory = try await store.factory() ?? edge.status?.factory else {
            throw Refusal(FactoryError.statusUnknown)
        }
        let tape = RecordTape(store)
        let known = all ? nil : try await store.portalState()
        var cursor = known.map { SyncCursor($0, edgeHSM: edge.id) } ?? SyncCursor()
        if let state = known, state.source == (try await store.source()), !(try await tape.agrees(with: state)) {
            try await store.renewSource("label \(state.labelsStored), event \(state.eventsStored)", at: now())
        }
        let source = try await store.source()
        if let state = known, let named = state.source, named != source { (cursor.labels, cursor.events) = (0, 0) }
        let chunker = JournalChunker(store: store, edgeHSM: edge.id)
        var tails = JournalPlace.Tails(try await store.lostTails())
        if try await JournalPlace.find(cursor, &tails, chunker) == nil { (cursor.entries, cursor.root) = (0, nil) }
        let stamp = now().description.filter { $0.isNumber || $0 == "T" }
        let name = "\(factory)-\(service)-\(stamp).upload"
        let file = try BundleFile(folder + "/" + name)
        var counts = (entries: 0, labels: 0, events: 0)
        func add(
            journal: JournalChunk? = nil,
            preparations: [Envelope] = [],
            labels: LabelChunk? = nil,
            events: EventChunk? = nil
        ) async throws {
            let upload = SyncUpload(
                factory: factory,
                service: service,
                source: source,
                journal: journal,
                preparations: preparations,
                labels: labels,
                events: events
            )
            let line = try upload.serialized() + [0x0A]
            try await Blocking.run { try file.append(line) }
        }
        do {
            while let place = try await JournalPlace.find(cursor, &tails, chunker),
                let chunk = try await chunker.chunk(from: place.from, limit: SyncLimits.mostItems, in: place.view)
            {
                try await add(journal: chunk)
                counts.entries += chunk.entries.count
                cursor.entries = chunk.end
                cursor.root = try await chunker.root(at: chunk.end, in: place.view)
            }
            while true {
                // A line each: what the portal refuses of one list keeps nothing of the other back.
                let labels = try await tape.labels(after: cursor.labels, limit: SyncLimits.mostItems)
                let events = try await tape.events(after: cursor.events, limit: SyncLimits.mostItems)
                if labels == nil && events == nil { break }
                if let labels { try await add(labels: labels) }
                if let events { try await add(events: events) }
                counts.labels += labels?.records.count ?? 0
                counts.events += events?.lines.count ?? 0
                cursor.labels = labels?.last ?? cursor.labels
                cursor.events = events?.last ?? cursor.events
            }
            let preparations = await preparations(asked: known)
            if !preparations.isEmpty { try await add(preparations: preparations) }
            guard counts != (0, 0, 0) || !preparations.isEmpty else { throw Refusal(FactoryError.bundleEmpty) }
            try await Blocking.run { try file.finish() }
        } catch {
            try? await Blocking.run { file.abandon() }
            throw error
        }
        return BundleRecords.Reply(
            file: name,
            entries: counts.entries,
            labels: counts.labels,
            events: counts.events
        )
    }
}

extension UploadBundle {
    /// The EdgeHSM's word on the products that the portal asked to be prepared; the same again where it was given before.
    private func preparations(asked state: SyncState?) async -> [Envelope] {
        var envelopes: [Envelope] = []
        for asked in state?.edges.first(where: { $0.edgeHSM == edge.id })?.preparations ?? [] {
            let request = PrepareProduct.Request(
                product: asked.product,
                vendorID: asked.vendorID,
                productID: asked.productID
            )
            if let reply = try? await edge.ask(PrepareProduct.self, request) { envelopes.append(reply.preparation) }
        }
        return envelopes
    }
}

/// A file that gets its name when all of it is durable.
private final class BundleFile: Sendable {
    private let path: String
    private let file: Int32

    init(_ path: String) throws {
        self.path = path
        unlink(path + ".part")
        file = open(path + ".part", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { throw Refusal(FactoryError.exportFailed, "\(path): errno \(errno)") }
    }

    func append(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress?.advanced(by: done), $0.count - done) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Refusal(FactoryError.exportFailed, "\(path): errno \(errno)") }
            done += count
        }
    }

    func finish() throws {
        guard fsync(file) == 0 else { throw Refusal(FactoryError.exportFailed, "\(path): errno \(errno)") }
        close(file)
        try AtomicFile.move(path + ".part", to: path)
    }

    func abandon() {
        close(file)
        unlink(path + ".part")
    }
}
