import FactoryCore
import LineProtocol
import NIOCore
import PortalProtocol
import Statements
import Vocabulary

// Records on their way up, each kind by itself: one that the portal refuses keeps no other back.
extension Synchroniser {
    /// The journal as far as checkpoints prove it, chunk by chunk, and a checkpoint now and then though nothing is new.
    func uploadJournal(_ state: SyncState, _ source: RecordSource, over link: PortalLink) async throws {
        try await requireOneJournal()
        while let chunk = try await chunker.chunk(from: cursor.entries, limit: pace.items) {
            try Task.checkCancellation()
            let before = cursor.entries
            try await upload(state, source, journal: chunk, over: link)
            lastCheckpoint = .now
            guard cursor.entries > before else {
                throw Refusal(FactoryError.portalMalformed, "a receipt of \(cursor.entries) entries after \(before)")
            }
        }
        guard ContinuousClock.now - lastCheckpoint > parts.settings.heartbeatPause else { return }
        lastCheckpoint = .now
        // Without the EdgeHSM there is no heartbeat: that is what it says.
        guard let status = parts.edge.status, (try? await parts.puller.renew()) != nil,
            let chunk = try await chunker.heartbeat(at: cursor.entries), status.journalSize <= cursor.entries
        else { return }
        try await upload(state, source, journal: chunk, over: link)
    }

    /// Throws `factory.portal.journal-differs` where the portal has stored something that is not our prefix.
    private func requireOneJournal() async throws {
        guard let root = cursor.root else { return }
        let own = try await chunker.root(at: cursor.entries)
        if let own {
            guard own == root else {
                throw Refusal(FactoryError.portalDiffers, "at \(cursor.entries) entries")
            }
        } else if let size = parts.edge.status?.journalSize, size < cursor.entries, parts.edge.refusal == nil {
            throw Refusal(FactoryError.portalDiffers, "\(cursor.entries) entries there, \(size) in the EdgeHSM")
        }
    }

    /// Throws `factory.portal.ahead` where the portal has numbers that were not given here: this storage was set back,
    /// and what it writes now would be taken for what is there.
    func uploadRecords(_ state: SyncState, _ source: RecordSource, over link: PortalLink) async throws {
        let newest = try await parts.store.newestNumbers()
        guard cursor.labels <= newest.labels, cursor.events <= newest.events else {
            throw Refusal(FactoryError.portalAhead, "label \(cursor.labels), event \(cursor.events)")
        }
        while true {
            try Task.checkCancellation()
            let labels = try await RecordChunks.labels(parts.store, after: cursor.labels, limit: pace.items)
            let events = try await RecordChunks.events(parts.store, after: cursor.events, limit: pace.items)
            if labels == nil && events == nil { return }
            let before = (cursor.labels, cursor.events)
            try await upload(state, source, labels: labels, events: events, over: link)
            guard cursor.labels > before.0 || cursor.events > before.1 else {
                throw Refusal(FactoryError.portalMalformed, "a receipt without progress")
            }
        }
    }

    func upload(
        _ state: SyncState,
        _ source: RecordSource,
        journal: JournalChunk? = nil,
        preparations: [Envelope] = [],
        labels: LabelChunk? = nil,
        events: EventChunk? = nil,
        over link: PortalLink
    ) async throws {
        let upload = SyncUpload(
            factory: state.factory,
            service: parts.service,
            source: source,
            journal: journal,
            preparations: preparations,
            labels: labels,
            events: events
        )
        let count = [journal?.entries.count, labels?.records.count, events?.lines.count].compactMap { $0 }.max() ?? 0
        let begun = ContinuousClock.now
        // The smallest chunk has the longest time: a slow link must get through at last.
        let deadline: TimeAmount = pace.items <= UploadPace.smallest ? .seconds(90) : .seconds(20)
        let body = try upload.serialized()
        let answer = try await link.post("/sync/v1/uploads", body, limit: SyncReceipt.largest, deadline: deadline)
        pace.note(.now - begun, full: count >= pace.items, most: SyncLimits.mostItems)
        let receipt = try SyncReceipt(parsing: answer.body)
        if let journal {
            guard receipt.edgeHSM == journal.edgeHSM, let size = receipt.storedSize else {
                throw Refusal(FactoryError.portalMalformed, "a receipt without the journal")
            }
            (cursor.entries, cursor.root) = (size, receipt.storedRoot)
            try await requireOneJournal()
        }
        (cursor.labels, cursor.events) = (receipt.labelsStored, receipt.eventsStored)
    }
}

extension LabelChunk {
    var last: Int { from + records.count - 1 }
}

extension EventChunk {
    var last: Int { from + lines.count - 1 }
}

/// Label records and events in chunks that fit an upload.
enum RecordChunks {
    private static let octets = 2 * 1024 * 1024

    /// Nil where nothing follows `number`.
    static func labels(_ store: FactoryStore, after number: Int, limit: Int) async throws -> LabelChunk? {
        var octets = 0
        let records = try await store.labels(after: number, limit: min(limit, SyncLimits.mostItems)).prefix { record in
            octets += record.record.ciphertext.bytes.count
            return octets <= Self.octets
        }
        return records.isEmpty ? nil : LabelChunk(from: number + 1, records: Array(records))
    }

    static func events(_ store: FactoryStore, after number: Int, limit: Int) async throws -> EventChunk? {
        var octets = 0
        let lines = try await store.eventLines(after: number, limit: min(limit, SyncLimits.mostItems)).map { event in
            event.text.utf8.count <= SyncLimits.longestEvent
                ? event.text : #"{"number":\#(event.number),"kind":"too-long"}"#
        }.prefix { line in
            octets += line.utf8.count
            return octets <= Self.octets
        }
        return lines.isEmpty ? nil : EventChunk(from: number + 1, lines: Array(lines))
    }
}
