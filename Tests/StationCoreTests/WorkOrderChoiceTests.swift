import LineProtocol
import Statements
import StationCore
import Testing
import Vocabulary

@Suite struct WorkOrderChoiceTests {
    private func order(_ name: String, _ id: UInt8) throws -> WorkOrder {
        let batch = try StatementCoding.encode(FakeSite.batch(firmware: [1], family: "virtual"))
        let id = Digest256(validated: [UInt8](repeating: id, count: 32)).hex
        let text = String(decoding: batch, as: UTF8.self)
            .replacing(#""batch":"b1""#, with: #""batch":"\#(name)""#)
            .replacing(String(repeating: "01", count: 32), with: id)
        return WorkOrder(
            batch: try StatementCoding.decode(GetStatus.Batch.self, from: Array(text.utf8)),
            hasFirmware: true
        )
    }

    @Test func twoBatchesOfOneNameAreChosenByAuthorization() throws {
        let orders = [try order("b1", 1), try order("b2", 2), try order("b2", 3)]
        #expect(try WorkOrderChoice.order("b1", among: orders) == orders[0])
        let refusal = #expect(throws: Refusal.self) { try WorkOrderChoice.order("b2", among: orders) }
        #expect(refusal?.code == "station.work-order.ambiguous")
        for order in orders[1...] {
            let id = order.batch.authorization.hex
            #expect(refusal?.detail.contains(id) == true)
            #expect(try WorkOrderChoice.order(id, among: orders) == order)
        }
        let unknown = #expect(throws: Refusal.self) { try WorkOrderChoice.order("b3", among: orders) }
        #expect(unknown?.code == "station.work-order.unknown" && unknown?.detail == "b3")
        #expect(throws: Refusal.self) { try WorkOrderChoice.order("b1", among: []) }
    }
}
