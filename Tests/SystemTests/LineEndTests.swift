import FactoryBox
import Foundation
import Testing

extension SystemTests {
    /// Nothing is left of the batch: the line stops with exit code 3, names the code and says what to do.
    @Test func anExhaustedBatchStopsTheLineAndSaysWhatToDo() async throws {
        struct Unit: Decodable {
            let type: String
            let result: String
            let code: String?
        }
        struct Summary: Decodable {
            struct Totals: Decodable {
                struct Stop: Decodable {
                    let code: String
                    let remedy: String
                }
                let notBegun: Int
                let stop: Stop?
            }
            let type: String
            let exitCode: Int
            let totals: Totals
        }
        try await withTemporaryFolder { folder in
            let ends = try await ExhaustionRun(directory: folder).play()
            #expect(ends.made.status == 0, "\(ends.made.output)")
            #expect(ends.asJSON.status == 3 && ends.asText.status == 3)
            let lines = ends.asJSON.output.split(separator: "\n").map { Data($0.utf8) }
            try #require(lines.count == 2, "\(ends.asJSON.output)")
            let unit = try JSONDecoder().decode(Unit.self, from: lines[0])
            #expect(unit.type == "unit" && unit.result == "notBegun" && unit.code == "edge.quota.exhausted")
            let summary = try JSONDecoder().decode(Summary.self, from: lines[1])
            let stop = try #require(summary.totals.stop)
            #expect(summary.type == "summary" && summary.exitCode == 3 && summary.totals.notBegun == 1)
            #expect(stop.code == "edge.quota.exhausted" && !stop.remedy.isEmpty)
            #expect(ends.asText.output.contains(stop.code) && ends.asText.output.contains(stop.remedy))
        }
    }
}
