import PortalCore
import Testing
import Vocabulary

@Suite struct BatchAlarmTests {
    private let now = Instant(seconds: 1_800_000_000)
    private let edges = ["edge-1", "edge-2"].map { EdgeHSMID(validated: $0) }

    private func kinds(_ waiting: [BatchAlarms.Waiting] = [], expiry: Instant? = .noExpiry) -> [String] {
        BatchAlarms.standing(waiting, roleKeysExpireAt: expiry, edges: edges, at: now).map(\.key)
    }

    @Test func aPackageMayTakeItsTimeAndNoLonger() {
        func wait(_ seconds: Int64, _ failure: String?) -> BatchAlarms.Waiting {
            .init(edgeHSM: edges[0], since: now + -seconds, failure: failure)
        }
        #expect(kinds() == [])
        #expect(kinds([wait(300, "key.x.y")]) == [])
        #expect(kinds([wait(301, nil), wait(400, "key.x.y")]) == ["package-stuck/edge-1"])
        // The wrong authorizer does not mend itself.
        #expect(kinds([wait(1, "authorize.token.wrong-key")]) == ["authorizer-differs/edge-1"])
    }

    @Test func roleKeysAreCalledOutAMonthAhead() {
        #expect(kinds(expiry: nil) == [])
        #expect(kinds(expiry: now + 30 * 86_400) == [])
        #expect(
            kinds(expiry: now + (30 * 86_400 - 1)) == ["role-keys-expiring/edge-1", "role-keys-expiring/edge-2"]
        )
    }
}
