import FactoryCore
import LineProtocol
import Statements
import Testing
import Vocabulary

@Suite struct FactoryCoreTests {
    @Test(arguments: [
        (GetStatus.Batch.State.open, 5, 0, 0, 0, WorkOrderStanding.offered), (.open, 0, 10, 9, 0, .finishing),
        (.open, 0, 10, 10, 1, .service), (.open, 0, 10, 10, 0, .finished), (.ended, 5, 3, 2, 0, .finishing),
        (.ended, 5, 3, 3, 2, .service), (.ended, 5, 3, 3, 0, .finished), (.revoked, 5, 3, 1, 2, .over),
        (.waiting, 5, 0, 0, 0, .waiting),
        (.closed, 0, 3, 2, 1, .service), (.closed, 0, 3, 2, 0, .over),
    ])
    func standing(
        _ state: GetStatus.Batch.State,
        remaining: Int,
        issued: Int,
        completed: Int,
        unlocks: Int,
        expected: WorkOrderStanding
    ) {
        let batch = Sample.batch(
            state: state,
            remaining: remaining,
            issued: issued,
            completed: completed,
            unlocks: unlocks
        )
        #expect(WorkOrderStanding(batch) == expected)
    }

    @Test func boardPutsOfferedAndUrgentFirstAndLeavesOutWhatIsOver() {
        let batches = [
            Sample.batch(1, state: .waiting), Sample.batch(2, state: .revoked),
            Sample.batch(3, state: .open, notAfter: 5_000), Sample.batch(4, state: .open, notAfter: 4_000),
            // A station started again for it must find its finished units, and hear from the EdgeHSM that no more are left.
            Sample.batch(5, remaining: 0, issued: 9, completed: 9), Sample.batch(6, state: .closed),
        ]
        let board = WorkOrderBoard(Sample.status(batches), firmware: [Sample.digest(103)])
        #expect(board.orders.map(\.batch.authorization) == [4, 3, 1, 5].map { Sample.digest($0) })
        #expect(board.orders.map(\.hasFirmware) == [false, true, false, false])
    }

    @Test func alarmsGoByTheEdgeHSMsTime() {
        var situation = FactorySituation()
        situation.status = Sample.status([Sample.batch(1, remaining: 1, granted: 100, notAfter: 1_000 + 3_600)])
        let codes = situation.alarms().map(\.code)
        #expect(codes.contains("factory.alarm.quota") && codes.contains("factory.alarm.window"))
        #expect(codes.contains(FactoryError.firmwareUnknown.rawValue))
        situation.firmware = [Sample.digest(101)]
        situation.status = Sample.status([Sample.batch(1, remaining: 90, granted: 100, notAfter: 1_000 + 90_000)])
        #expect(situation.alarms().isEmpty)
        situation.linkRefusal = Refusal(FactoryError.statusUnknown)
        #expect(situation.alarms().first?.severity == .critical)
    }

    @Test func operatorNamesAreBounded() throws {
        try ShiftRules.check(operatorName: "Łucja 7")
        for bad in ["", "   ", "a\nb", String(repeating: "x", count: 65), "a\u{1B}[2J", "a\u{2028}b"] {
            #expect(throws: Refusal(FactoryError.operatorName)) { try ShiftRules.check(operatorName: bad) }
        }
    }
}

/// Values for tests.
enum Sample {
    static func digest(_ number: UInt8) -> Digest256 { Digest256(validated: [UInt8](repeating: number, count: 32)) }

    static func report(_ shift: String, _ number: Int) -> ReportUnit.Request {
        let unit = Digest256.of(Array("unit \(number)".utf8))
        return ReportUnit.Request(
            shift: shift,
            authorization: Sample.digest(1),
            chipUID: ChipUID(validated: Array(unit.bytes.prefix(16))),
            unit: unit,
            serial: nil,
            result: .passed,
            code: nil,
            site: 1,
            milliseconds: 10,
            labelRecord: SealedRecord(
                encapsulated: P256Point(validated: [4] + [UInt8](repeating: 1, count: 64)),
                ciphertext: Octets(unit.bytes)
            )
        )
    }

    static func batch(
        _ number: UInt8 = 1,
        state: GetStatus.Batch.State = .open,
        remaining: Int = 10,
        issued: Int = 0,
        completed: Int = 0,
        unlocks: Int = 0,
        granted: Int? = nil,
        notAfter: Int64 = 1_000_000,
        firmware: Digest256? = nil,
        size: Int = 1_000,
        package: Digest256 = .zero
    ) -> GetStatus.Batch {
        let total = granted ?? remaining + issued
        return GetStatus.Batch(
            authorization: digest(number),
            product: ProductName(validated: "lamp"),
            batch: BatchName(validated: "batch-\(number)"),
            manifest: digest(50),
            firmware: firmware ?? digest(100 + number),
            firmwareSize: size,
            family: "virtual-n",
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            keySlots: [KeySlot(validated: "ota")],
            state: state,
            notBefore: Instant(seconds: 0),
            notAfter: Instant(seconds: notAfter),
            account: Checkpoint.Account(
                authorization: digest(number),
                granted: total,
                issued: issued,
                burned: total - issued - remaining,
                returned: 0,
                remaining: remaining
            ),
            completed: completed,
            debugUnlocksLeft: unlocks,
            reprovisionsLeft: 0,
            rotationsLeft: 0,
            package: package
        )
    }

    static func status(
        _ batches: [GetStatus.Batch],
        journalSize: Int = 0,
        longestSilence: Int64? = nil
    ) -> GetStatus.Reply {
        GetStatus.Reply(
            edgeHSM: EdgeHSMID(validated: "edge-1"),
            factory: FactoryID(validated: "site-1"),
            softwareVersion: "test",
            time: Instant(seconds: 1_000),
            epoch: 1,
            journalSize: journalSize,
            roleKeysVersion: 1,
            roleKeysExpireAt: Instant(seconds: 100_000_000),
            clockResetNonce: nil,
            stopped: nil,
            longestSilence: longestSilence,
            batches: batches
        )
    }
}
