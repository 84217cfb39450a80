import PortalCore
import Statements
import Testing
import Vocabulary

@testable import PortalStore

@Suite("Figures of five minutes")
struct ProductionTests {
    private static let batches = 6

    /// One unit of each batch in each slice, as five factories around the clock make them.
    private func fill(_ transaction: any SQLTransaction, slices: Range<Int64>) throws {
        for slice in slices {
            var values: [SQLValue] = []
            for batch in 0..<Self.batches {
                values += [
                    .integer(slice), .integer(1), .fixed(Digest256.of([UInt8(batch)])), .text("edge-1"),
                    .text("site-\(batch % 2)"), .text("lamp"), .number(1), .number(1), .number(0), .number(0),
                ]
            }
            try RowInsert(
                "production (slice, log, batch, edge, factory, product, issued, completed, failed, burned)",
                columns: 10,
                then: ""
            ).run(values, in: transaction)
        }
    }

    /// More rows by slice and batch than a query gives: the answer must not depend on how many batches there are.
    @Test("forty days by the hour are summed in the database, however many batches ran")
    func manyBatches() async throws {
        try await withDatabase { database in
            let slices: Range<Int64> = 120_000..<128_400
            #expect(slices.count * Self.batches > SQLRow.mostRows)
            try await database.write("fill") { try fill($0, slices: slices) }
            let whole = Production.Filter(slices.lowerBound...slices.upperBound)
            let hours = try await database.read { try Production($0).bySteps(of: 12, whole) }
            #expect(hours.count == slices.count / 12 && hours.map(\.number) == hours.map(\.number).sorted())
            #expect(hours.first?.number == slices.lowerBound / 12)
            #expect(hours.allSatisfy { $0.counts.issued == 12 * Self.batches })
            @Sendable func one(_ batch: UInt8) -> Production.Filter {
                .init(whole.slices, factories: [FactoryID(validated: "site-1")], batch: Digest256.of([batch]))
            }
            let some = try await database.read { try Production($0).bySteps(of: 1, one(1)) }
            #expect(some.count == slices.count && some.allSatisfy { $0.counts.completed == 1 })
            let none = try await database.read { try Production($0).bySteps(of: 1, one(2)) }
            #expect(none.isEmpty, "another factory's")
            let few = Production.Filter(slices.lowerBound...slices.lowerBound + 2)
            let rows = try await database.read { try Production($0).bySlice(few) }
            #expect(rows.count == 3 * Self.batches && rows.allSatisfy { $0.counts.issued == 1 })
            #expect(Set(rows.map(\.slice)) == Set(few.slices) && Set(rows.map(\.edgeHSM.text)) == ["edge-1"])
        }
    }
}
