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
    let reporter: StatusReporter
    let bundle: UploadBundle
    let synchroniser: Synchroniser?

    func mount(on router: inout OperationRouter<FactoryContext>) {
        router.mount(GetFactoryStatus.self) { _, _ in try await reporter.status() }
        router.mount(TakeFile.self) { _, request in
            guard request.path.text.hasPrefix("/") else {
                throw Refusal(FactoryError.fileUnreadable, "path not absolute")
            }
            let bytes = try await Blocking.run { try AtomicFile.read(request.path.text, limit: InboxFile.largest) }
            return try await intake.take(bytes)
        }
        router.mount(ExportRecords.self) { _, request in
            // Where the EdgeHSM is away or halted, the copy here is what there is to rescue.
            if let status = try? await work.link.refresh() { try? await puller.pull(expecting: status.journalSize) }
            return try await exporter.export(to: request.folder.text)
        }
        router.mount(ExportProof.self) { _, request in
            if let status = try? await work.link.refresh() { try? await puller.pull(expecting: status.journalSize) }
            return try await ProofExporter(store: exporter.store).export(request)
        }
        router.mount(SyncNow.self) { _, _ in
            guard let synchroniser else { throw Refusal(FactoryError.notConfigured) }
            // Without the EdgeHSM, what is here goes up all the same.
            if let status = try? await work.link.refresh() { try? await puller.pull(expecting: status.journalSize) }
            return try await synchroniser.syncNow()
        }
        router.mount(BundleRecords.self) { _, request in
            if let status = try? await work.link.refresh() { try? await puller.pull(expecting: status.journalSize) }
            return try await bundle.write(to: request.folder.text, all: request.all)
        }
        router.mount(PrepareProductHere.self) { _, request in try await work.link.ask(PrepareProduct.self, request) }
        router.mount(RequestEnrolment.self) { _, request in
            try await work.link.ask(ForwardStationRequest.self, request)
        }
        router.mount(CloseBatch.self) { _, request in try await work.link.ask(CloseAuthorization.self, request) }
    }
}
