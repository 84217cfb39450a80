import FactoryBox
import Foundation
import Testing

extension SystemTests {
    /// A portal and a Factory Service, killed at drawn points of ingest, package making and fetching, lose nothing, count
    /// nothing twice and give no quota away. What is judged at the end, and throws, stands in
    /// `OnlineRecords+Judgement.swift`.
    @Test func onlineKillsLoseNothing() async throws {
        try await withTemporaryFolder { folder in
            var options = OnlineKillRun.Options(directory: folder)
            options.rounds = 20
            let tally = try await OnlineKillRun(options).play()
            let comment: Comment = "OBIS_SEED=\(tally.seed)"
            #expect(tally.hits.count >= 20, comment)
            for party in OnlineParty.allCases {
                #expect(tally.hits.count { $0.party == party } >= 7, "\(party) \(comment)")
            }
            for work in OnlineWork.allCases { #expect(tally.hits.count { $0.work == work } >= 3, "\(work) \(comment)") }
            #expect(tally.granted <= tally.allotment && tally.refused > 0, comment)
            #expect(tally.units > 0 && tally.labels > 0 && tally.repeated > 0, comment)
        }
    }
}
