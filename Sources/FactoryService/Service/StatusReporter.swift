import FactoryCore
import LineProtocol
import Synchronization
import Vocabulary

/// What people at the site are told: at the command line, on the status page.
final class StatusReporter: Sendable {
    private let work: WorkHandlers
    private let inbox: Inbox
    private let puller: JournalPuller
    private let synchroniser: Synchroniser?
    private let now: @Sendable () -> Instant
    private let rate = Mutex(LineRate())

    init(
        work: WorkHandlers,
        inbox: Inbox,
        puller: JournalPuller,
        synchroniser: Synchroniser?,
        now: @escaping @Sendable () -> Instant
    ) {
        self.work = work
        self.inbox = inbox
        self.puller = puller
        self.synchroniser = synchroniser
        self.now = now
    }

    /// Takes the newest status into the forecasts' memory.
    func note() {
        guard let status = work.link.status else { return }
        rate.withLock { $0.note(status) }
    }

    /// How long something that mended itself is still told.
    private static let memory: Int64 = 7 * 86_400

    private func recordsRestored() async throws -> Refusal? {
        guard let former = try await work.store.formerSource(), now() - former.endedAt < Self.memory else { return nil }
        return Refusal(FactoryError.recordsRestored, "at \(former.endedAt): \(former.detail)")
    }

    /// A tail that the EdgeHSM lost, as long as the portal does not have it, and a week.
    private func restored() async throws -> Refusal? {
        guard let tail = try await work.store.lostTails().last, !tail.isTold || now() - tail.foundAt < Self.memory
        else {
            return nil
        }
        return Refusal(FactoryError.journalRestored, "\(tail.size - tail.base) entries from \(tail.base) on")
    }

    /// - Parameter asking: whether the EdgeHSM is asked anew; the page shows what is known.
    func status(asking: Bool = true) async throws -> GetFactoryStatus.Reply {
        if asking { _ = try? await work.link.refresh() }
        note()
        let (labels, events) = try await work.store.counts()
        let stored = try await work.store.journalSize()
        let portal = try await synchroniser?.report()
        var situation = FactorySituation()
        situation.status = work.link.status
        situation.linkRefusal = work.link.refusal
        situation.firmware = work.firmware.digests
        situation.journalStored = stored
        situation.journalRefusal = await puller.refusal
        if situation.journalRefusal == nil { situation.journalRefusal = try await restored() }
        situation.recordsRefusal = try await recordsRestored()
        situation.refusedFiles = try await inbox.refusedCount()
        situation.portal = portal
        situation.now = now()
        return GetFactoryStatus.Reply(
            edgeHSM: work.link.status,
            linkRefusal: work.link.refusal,
            orders: (try? work.orders()) ?? [],
            journalStored: stored,
            checkpointSize: try await work.store.newestCheckpoint()?.size,
            labelRecords: labels,
            events: events,
            portal: portal,
            forecasts: work.link.status.map { status in rate.withLock { $0.forecasts(status) } } ?? [],
            alarms: situation.alarms().map { .init(severity: $0.severity.rawValue, code: $0.code, text: $0.text) }
        )
    }
}
