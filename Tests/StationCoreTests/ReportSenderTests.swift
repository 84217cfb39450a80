import FactoryCore
import Foundation
import LineProtocol
import Statements
import Synchronization
import Testing
import Vocabulary

@testable import StationService

/// A label record that a station holds may be the only one: whatever the Factory Service says, it stays until taken.
@Suite struct ReportSenderTests {
    /// A Factory Service that knows some shifts.
    private final class Service: Sendable {
        struct State {
            var shifts: Set<String> = []
            var signIns: [String] = []
            var taken: [ReportUnit.Request] = []
            var refusal: Refusal?
        }
        let state = Mutex(State())

        func caller() -> LineCaller {
            var router = OperationRouter<WorkContext>()
            router.mount(SignIn.self) { _, request in
                self.state.withLock { state in
                    state.signIns.append(request.operatorName)
                    let shift = "shift-\(state.signIns.count)"
                    state.shifts.insert(shift)
                    return SignIn.Reply(shift: shift)
                }
            }
            router.mount(ReportUnit.self) { _, report in
                try self.state.withLock { state in
                    if let refusal = state.refusal { throw refusal }
                    guard state.shifts.contains(report.shift) else { throw Refusal(FactoryError.notSignedIn) }
                    state.taken.append(report)
                    return Nothing()
                }
            }
            let mounted = router
            let context = WorkContext(station: StationName(validated: "station-1"), certificate: .zero)
            return LineCaller(prefix: "w") { await mounted.answer(context, $0) }
        }
    }

    private let service = Service()
    private let store: StationStore
    private let path = NSTemporaryDirectory() + "obis-reports-\(UUID().uuidString).sqlite"
    private let sender: ReportSender
    private let told = Told()

    private final class Told: Sendable {
        let codes = Mutex<[String]>([])
    }

    init() throws {
        store = try StationStore(path: path)
        let told = told
        sender = ReportSender(store: store, work: service.caller(), pause: .seconds(1)) { refusal in
            told.codes.withLock { $0.append(refusal.code) }
        }
    }

    private func report(_ number: UInt8, shift: String) -> ReportUnit.Request {
        ReportUnit.Request(
            shift: shift,
            authorization: .zero,
            chipUID: ChipUID(validated: [UInt8](repeating: number, count: 16)),
            unit: .zero,
            serial: nil,
            result: .passed,
            code: nil,
            site: 1,
            milliseconds: 5,
            labelRecord: SealedRecord(
                encapsulated: P256Point(validated: [4] + [UInt8](repeating: 1, count: 64)),
                ciphertext: Octets([UInt8](repeating: number, count: 64))
            )
        )
    }

    private var records: [UInt8?] {
        service.state.withLock { $0.taken.map { $0.labelRecord?.ciphertext.bytes.first } }
    }

    @Test func aShiftThatTheServiceHasLostIsBegunAnewByTheSameOperator() async throws {
        try await sender.signedIn("Ada")
        try await store.add(report(7, shift: "of a database before"))
        try await sender.flush()
        #expect(records == [7])
        #expect(service.state.withLock { $0.signIns } == ["Ada"])
        #expect(try await store.pendingReports() == 0)
        #expect(try await store.stuckReports().isEmpty)
    }

    @Test func withoutAnOperatorItIsSetAsideAndSentAfterTheNextSignIn() async throws {
        try await store.add(report(7, shift: "of a database before"))
        try await sender.flush()
        #expect(records.isEmpty)
        #expect(try await store.stuckReports() == [.init(code: "factory.shift.unknown", count: 1)])
        #expect(told.codes.withLock { $0 } == ["factory.shift.unknown"])
        try await sender.signedIn("Ada")
        try await sender.flush()
        #expect(records == [7])
        #expect(try await store.stuckReports().isEmpty)
    }

    /// A report that is refused for good blocks none behind it and survives a restart of the station.
    @Test func whatIsRefusedForGoodIsKeptAndBlocksNothing() async throws {
        try await sender.signedIn("Ada")
        service.state.withLock { $0.shifts = ["s"] }
        service.state.withLock { $0.refusal = Refusal(FactoryError.reportUnknownBatch) }
        try await store.add(report(1, shift: "s"))
        try await sender.flush()
        service.state.withLock { $0.refusal = nil }
        try await store.add(report(2, shift: "s"))
        try await sender.flush()
        #expect(records == [2])
        try store.close()
        let again = try StationStore(path: path)
        #expect(try await again.stuckReports() == [.init(code: "factory.report.unknown-batch", count: 1)])
        try await again.sendStuckAgain()
        let next = try #require(try await again.nextReport())
        #expect(try next.report().labelRecord?.ciphertext.bytes.first == 1)
        try again.close()
    }

    /// A full disk at the Factory Service, a link, a certificate: all that can pass keeps the report at its place.
    @Test(arguments: [FactoryError.storeFailed, .roleNotAllowed, .statusUnknown])
    func whatMayPassKeepsTheReportInTheQueue(_ error: FactoryError) async throws {
        try await sender.signedIn("Ada")
        service.state.withLock { $0.shifts = ["s"] }
        service.state.withLock { $0.refusal = Refusal(error) }
        try await store.add(report(1, shift: "s"))
        await #expect(throws: Refusal(error)) { try await sender.flush() }
        #expect(try await store.pendingReports() == 1)
        service.state.withLock { $0.refusal = nil }
        try await sender.flush()
        #expect(records == [1])
    }
}
