import LineProtocol
import Silicon
import Statements
import StationCore
import Synchronization
import Vocabulary

/// Everything of one site in memory; what a station keeps on disk lives on when the station is cut.
final class FakeSite: Sendable {
    let chip: FakeChip
    let edge: FakeEdge
    let store = MemoryStore()
    let desk = MemoryDesk()
    let firmware: [UInt8]
    let firmwareFaults = Mutex<[[UInt8]]>([])

    init(chip: FakeChip = FakeChip()) {
        firmware = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        self.chip = chip
        edge = FakeEdge(batch: Self.batch(firmware: firmware, family: chip.family.rawValue))
    }

    var retry: RetryPolicy { RetryPolicy(attempts: 4, sleep: { _ in }) }

    func site(
        seam: @escaping @Sendable (UnitStep, StepMoment) async throws -> Void = { _, _ in },
        chip other: FakeChip? = nil
    ) -> Site {
        Site(
            number: 1,
            edgeHSM: FakeEdge.id,
            identityKey: edge.identityPoint,
            edge: edge.link(retry),
            chip: other ?? chip,
            desk: desk,
            firmware: FirmwareSource(work()),
            progress: store,
            reports: store,
            retry: retry,
            now: { Instant(seconds: 1_000_000_000) },
            seam: seam
        )
    }

    func run(
        seam: @escaping @Sendable (UnitStep, StepMoment) async throws -> Void = { _, _ in }
    ) async throws -> UnitOutcome {
        try await UnitFlow(site: site(seam: seam), batch: edge.batch, shift: "shift-1").run()
    }

    func work() -> WorkLink {
        var router = OperationRouter<WorkContext>()
        router.mount(ReadFirmware.self) { _, request in
            let other = self.firmwareFaults.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            let piece = self.firmware[request.offset..<min(request.offset + request.length, self.firmware.count)]
            return ReadFirmware.Reply(piece: Octets(other ?? Array(piece)), total: self.firmware.count)
        }
        let mounted = router
        let context = WorkContext(station: StationName(validated: "station-1"), certificate: .zero)
        return WorkLink(LineCaller(prefix: "w") { await mounted.answer(context, $0) }, retry: retry)
    }

    static func batch(firmware: [UInt8], family: String) -> GetStatus.Batch {
        let id = Digest256(validated: [UInt8](repeating: 1, count: 32))
        return GetStatus.Batch(
            authorization: id,
            product: ProductName(validated: "lamp"),
            batch: BatchName(validated: "b1"),
            manifest: .zero,
            firmware: Digest256.of(firmware),
            firmwareSize: firmware.count,
            family: family,
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            keySlots: [KeySlot(validated: "ota"), KeySlot(validated: "spare")],
            state: .open,
            notBefore: Instant(seconds: 0),
            notAfter: Instant(seconds: 1_000_000),
            account: .init(authorization: id, granted: 10, issued: 0, burned: 0, returned: 0, remaining: 10),
            completed: 0,
            debugUnlocksLeft: 0,
            reprovisionsLeft: 1,
            rotationsLeft: 0,
            package: .zero
        )
    }
}

final class MemoryStore: ProgressStore, ReportBox {
    private let records = Mutex<[ChipUID: UnitRecord]>([:])
    let reports = Mutex<[ReportUnit.Request]>([])
    func record(authorization: Digest256, chipUID: ChipUID) -> UnitRecord? { records.withLock { $0[chipUID] } }
    func save(_ record: UnitRecord) { records.withLock { $0[record.chipUID] = record } }
    func forget() { records.withLock { $0 = [:] } }
    func add(_ report: ReportUnit.Request) { reports.withLock { $0.append(report) } }
}

final class MemoryDesk: LabelDesk {
    let printed = Mutex<[LabelContent]>([])
    /// What the scanner reads instead of the truth.
    let scan = Mutex<String?>(nil)
    func printLabel(_ label: LabelContent) { printed.withLock { $0.append(label) } }
    func scanLabel(_ label: LabelContent) -> String {
        scan.withLock { $0 } ?? printed.withLock { $0.last?.qr } ?? ""
    }
}

/// The power of the station goes: nothing after it runs.
struct PowerCut: Error {}
