import FactoryCore
import LineProtocol
import Statements
import Vocabulary

/// What people on this machine ask of the Factory Service.
struct LocalHandlers: Sendable {
    let work: WorkHandlers
    let intake: Intake
    let inbox: Inbox
    let puller: JournalPuller
    let exporter: Exporter

    func mount(on router: inout OperationRouter<FactoryContext>) {
        router.mount(GetFactoryStatus.self) { _, _ in try await status() }
        router.mount(TakeFile.self) { _, request in
            guard request.path.hasPrefix("/") else { throw Refusal(FactoryError.fileUnreadable, "path not absolute") }
            let bytes = try await Blocking.run { try AtomicFile.read(request.path, limit: InboxFile.largest) }
            return try await intake.take(bytes)
        }
        router.mount(ExportRecords.self) { _, request in
            let status = try await work.link.refresh()
            try await puller.pull(expecting: status.journalSize)
            return try await exporter.export(to: request.folder)
        }
        router.mount(PrepareProductHere.self) { _, request in try await work.link.ask(PrepareProduct.self, request) }
        router.mount(RequestEnrolment.self) { _, request in
            try await work.link.ask(ForwardStationRequest.self, request)
        }
        router.mount(CloseBatch.self) { _, request in try await work.link.ask(CloseAuthorization.self, request) }
    }

    private func status() async throws -> GetFactoryStatus.Reply {
        _ = try? await work.link.refresh()
        let (labels, events) = try await work.store.counts()
        let stored = try await work.store.journalSize()
        var situation = FactorySituation()
        situation.status = work.link.status
        situation.linkRefusal = work.link.refusal
        situation.firmware = work.firmware.digests
        situation.journalStored = stored
        situation.journalRefusal = await puller.refusal
        situation.refusedFiles = try await inbox.refusedCount()
        return GetFactoryStatus.Reply(
            edgeHSM: work.link.status,
            linkRefusal: work.link.refusal,
            orders: (try? work.orders()) ?? [],
            journalStored: stored,
            checkpointSize: try await work.store.newestCheckpoint()?.size,
            labelRecords: labels,
            events: events,
            alarms: situation.alarms().map { .init(severity: $0.severity.rawValue, code: $0.code, text: $0.text) }
        )
    }
}
