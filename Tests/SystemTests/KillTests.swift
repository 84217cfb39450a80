import FactoryBox
import Foundation
import Testing

extension SystemTests {
    /// A real line, killed at drawn points of each of its processes, loses nothing and counts exactly. What is judged at
    /// the end, and throws, stands in `Site+Judgement.swift`.
    @Test func killsLoseNothing() async throws {
        try await withTemporaryFolder { folder in
            let tally = try await KillRun(KillRun.Options(directory: folder)).play()
            let comment: Comment = "OBIS_SEED=\(tally.seed)"
            #expect(tally.hits >= 20, comment)
            #expect(tally.cutWork >= 15, comment)
            for party in KillParty.allCases { #expect(tally.kills(of: party) >= 3, "\(party) \(comment)") }
            #expect(tally.devices == tally.issued, comment)
            #expect(tally.burned > 0, comment)
            #expect(tally.granted == tally.issued + tally.burned + tally.returned + tally.remaining, comment)
        }
    }
}
