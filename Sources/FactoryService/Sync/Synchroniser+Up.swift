import Durability
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
        let end = ContinuousClock.now + parts.turn
        while let place = try await place(state, source, over: link) {
            try Task.checkCancellation()
            let chunk = try await chunker.chunk(from: place.from, limit: pace.items, in: place.view)
            guard let chunk else { break }
            let before = cursor
            do { try await upload(state, source, journal: chunk, over: link) } catch let refusal as Refusal {
                // Changed on the way, or not a branch: an older place may be. Of anything else there is no other word.
                if refusal.portalStatus == 409, !refusal.detail.contains("portal.journal.altered") {
                    refusedPlaces = (cursor.root, 0)
                }
                throw refusal
            }
            lastCheckpoint = .now
            // At a branch, the portal has fewer entries than before and goes on from there.
            guard cursor.entries > place.from || (cursor != before && place.from < before.entries) else {
                throw Refusal(FactoryError.portalMalformed, "a receipt of \(cursor.entries) entries after \(before)")
            }
            if .now >= end {
                isCutShort = true
                return
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

    /// As below; a portal whose journal is not this EdgeHSM's is told so once, by what the EdgeHSM signed.
    private func place(
        _ state: SyncState,
        _ source: RecordSource,
        over link: PortalLink
    ) async throws -> JournalPlace? {
        do { return try await place() } catch let refusal as Refusal
            where refusal.code == FactoryError.portalDiffers.rawValue
        {
            let told = cursor
            guard toldDifference != told.root else { throw refusal }
            try await tellDifference(state, source, over: link)
            (cursor, toldDifference) = (told, told.root)
            throw refusal
        }
    }

    /// A checkpoint that the EdgeHSM signed within what the portal has; where the portal has the same there, or there is
    /// none, the entries after it. The portal judges: its refusal is the answer that was looked for.
    private func tellDifference(_ state: SyncState, _ source: RecordSource, over link: PortalLink) async throws {
        let size = cursor.entries
        let held = try await chunker.evidence(upTo: size)
        do {
            if let held { try await upload(state, source, journal: held, over: link) }
            guard held?.from ?? 0 < size,
                let entries = try await chunker.chunk(from: held?.from ?? 0, limit: SyncLimits.mostItems)
            else { return }
            try await upload(state, source, journal: entries, over: link)
        } catch let answer as Refusal where answer.portalStatus == 409 {}
    }

    /// Nil where the portal has more than what was read from the EdgeHSM yet.
    ///
    /// Throws `factory.portal.journal-differs` where the portal has stored something that no journal of this EdgeHSM
    /// begins with.
    private func place() async throws -> JournalPlace? {
        var tails = JournalPlace.Tails(try await parts.store.lostTails())
        let place = try await JournalPlace.find(cursor, &tails, chunker)
        for tail in tails.new {
            try await parts.store.noteTold(tail)
            await log(kind: "told", summary: "lost tail \(tail)")
        }
        if let place {
            refusedPlaces = nil
            return place
        }
        let stored = try await parts.store.journalSize()
        guard stored >= cursor.entries || isComplete(stored) else { return nil }
        return try await untoldPlace(min(stored, cursor.entries))
    }

    private func isComplete(_ stored: Int) -> Bool {
        guard let size = parts.edge.status?.journalSize, parts.edge.refusal == nil else { return false }
        return size <= stored
    }

    /// The EdgeHSM may have lost a tail that only the portal has: before this storage was made, or read. A branch begins
    /// at a restart; which one, the portal says, one a round. It judges by signatures and keeps what it has.
    private func untoldPlace(_ end: Int) async throws -> JournalPlace {
        let tried = refusedPlaces.map { $0.root == cursor.root ? $0.from : end } ?? end
        guard let from = try await chunker.restart(before: tried) else {
            refusedPlaces = (cursor.root, 0)
            throw Refusal(FactoryError.portalDiffers, "at \(cursor.entries) entries")
        }
        refusedPlaces = (cursor.root, from)
        return JournalPlace(view: .current, from: from)
    }

    func uploadRecords(_ state: SyncState, _ source: RecordSource, over link: PortalLink) async throws {
        let end = ContinuousClock.now + parts.turn
        while true {
            try Task.checkCancellation()
            let labels = try await tape.labels(after: cursor.labels, limit: pace.items)
            let events = try await tape.events(after: cursor.events, limit: pace.items)
            if labels == nil && events == nil { return }
            let before = (cursor.labels, cursor.events)
            try await upload(state, source, labels: labels, events: events, over: link)
            guard cursor.labels > before.0 || cursor.events > before.1 else {
                throw Refusal(FactoryError.portalMalformed, "a receipt without progress")
            }
            if .now >= end {
                isCutShort = true
                return
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
        try parts.seam.pass("factory.upload.before")
        let answer: PortalLink.Answer
        do {
            answer = try await link.post("/sync/v1/uploads", body, limit: SyncReceipt.largest, deadline: deadline)
        } catch {
            // Only what was on its way says something on the line's pace; a link that is gone says nothing.
            pace.fail()
            throw error
        }
        try parts.seam.pass("factory.upload.after")
        pace.note(.now - begun, full: count >= pace.items, most: SyncLimits.mostItems)
        let receipt = try SyncReceipt(parsing: answer.body)
        if let journal {
            guard receipt.edgeHSM == journal.edgeHSM, let size = receipt.storedSize else {
                throw Refusal(FactoryError.portalMalformed, "a receipt without the journal")
            }
            (cursor.entries, cursor.root) = (size, receipt.storedRoot)
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
