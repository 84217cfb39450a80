import FactoryCore
import LineProtocol
import Statements
import Vocabulary

/// What stations ask of the Factory Service.
struct WorkHandlers: Sendable {
    let link: EdgeLink
    let firmware: FirmwareStore
    let store: FactoryStore
    let now: @Sendable () -> Instant

    func mount(on router: inout OperationRouter<WorkContext>) {
        router.mount(ListWorkOrders.self) { _, _ in ListWorkOrders.Reply(orders: try orders()) }
        router.mount(ReadFirmware.self) { _, request in
            let piece = try await firmware.piece(
                request.digest,
                offset: request.offset,
                length: request.length,
                largest: ReadFirmware.largestPiece
            )
            return ReadFirmware.Reply(piece: Octets(piece.bytes), total: piece.total)
        }
        router.mount(SignIn.self) { context, request in
            try ShiftRules.check(operatorName: request.operatorName)
            let id = Hex.encode((0..<16).map { _ in UInt8.random(in: 0...255) })
            try await store.begin(shift: id, station: context.station, operatorName: request.operatorName, at: now())
            return SignIn.Reply(shift: id)
        }
        router.mount(ReportUnit.self) { context, report in
            try await take(report, of: context.station)
            return Nothing()
        }
    }

    func orders() throws -> [WorkOrder] {
        WorkOrderBoard(try link.knownStatus(), firmware: firmware.digests).orders
    }

    private func take(_ report: ReportUnit.Request, of station: StationName) async throws {
        try ShiftRules.check(report)
        let isBatchKnown = try link.knownStatus().batches.contains { $0.authorization == report.authorization }
        let isShiftKnown = try await store.hasShift(report.shift, of: station)
        // A label record may exist nowhere else: it is taken from any enrolled station, and the event says what is unknown.
        if report.labelRecord == nil {
            guard isBatchKnown else { throw Refusal(FactoryError.reportUnknownBatch, report.authorization.hex) }
            guard isShiftKnown else { throw Refusal(FactoryError.notSignedIn) }
        }
        let doubts = UnitDoubts(isShiftUnknown: !isShiftKnown, isBatchUnknown: !isBatchKnown)
        try await store.add(report, of: station, doubts, at: now())
    }
}
