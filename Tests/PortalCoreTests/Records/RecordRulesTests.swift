import EdgeHSMCore
import PortalCore
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture

@Suite struct RecordRulesTests {
    private let edge = EdgeHSMID(validated: "edge-a")
    private let other = EdgeHSMID(validated: "edge-b")

    private func checkpoint(size: Int, epoch: UInt64 = 1, at time: Int64) -> Checkpoint {
        Checkpoint(
            edgeHSM: edge,
            epoch: epoch,
            size: size,
            root: .zero,
            time: Instant(seconds: time),
            portalNonce: nil,
            roleKeysVersion: 1,
            accounts: [],
            softwareVersion: "test"
        )
    }

    private func account(_ granted: Int, issued: Int, burned: Int = 0, returned: Int = 0) -> Checkpoint.Account {
        Checkpoint.Account(
            authorization: .zero,
            granted: granted,
            issued: issued,
            burned: burned,
            returned: returned,
            remaining: granted - issued - burned - returned
        )
    }

    @Test("each code of the judge raises an alarm, and alarms of one kind and box are one")
    func kinds() {
        #expect(AlarmRules.kind(of: "journal.window.outside") == .outsideWindow)
        #expect(AlarmRules.kind(of: "journal.dac.wrong") == .wrongCertificate)
        #expect(AlarmRules.kind(of: "journal.quota.exceeded") == .overQuota)
        #expect(AlarmRules.kind(of: "journal.sequence.gap") == .gap)
        #expect(AlarmRules.kind(of: "unheard.of.code") == .notPermitted)
        let kinds = Set(JournalError.allCases.map { AlarmRules.kind(of: $0.rawValue) })
        #expect(
            kinds.isSuperset(of: [.duplicateKey, .duplicateChip, .duplicateSerial, .malformed, .accounts, .revokedUsed])
        )
        let refusals = [JournalError.quotaExceeded, .allotmentExceeded, .dacWrong].map { Refusal($0, "x") }
        let findings = refusals.map { JournalAudit.Finding(sequence: 7, refusal: $0) }
        let alarms = AlarmRules.alarms(findings, at: 7, of: edge)
        #expect(alarms.map(\.kind) == [.overQuota, .wrongCertificate])
        #expect(alarms.allSatisfy { $0.sequence == 7 && $0.detail.hasPrefix("journal.") })
        #expect(Set(alarms.map(\.key)) == ["over-quota/edge-a", "wrong-certificate/edge-a"])
        #expect(Alarm(.duplicateKey, edge, other: other, "").key == "duplicate-key/edge-a/edge-b")
        #expect(Alarm(.forked, edge, String(repeating: "x", count: 5_000)).detail.count == Alarm.longestDetail)
    }

    @Test("a chip that another EdgeHSM gave up may move on; a key never")
    func duplicates() throws {
        let uses = [
            AlarmRules.Elsewhere(edgeHSM: other, unit: .zero, sequence: 3, isLive: false),
            AlarmRules.Elsewhere(edgeHSM: other, unit: .zero, sequence: 9, isLive: true),
        ]
        let chip = AlarmRules.duplicates(chip: Chip(1).uid, of: edge, at: 5, elsewhere: uses)
        #expect(chip.map(\.kind) == [.duplicateChip] && chip.first?.other == other)
        #expect(AlarmRules.duplicates(key: .zero, of: edge, at: 5, elsewhere: uses).count == 2)
        let serial = try DeviceSerial("A000001")
        #expect(AlarmRules.duplicates(serial: serial, of: edge, at: 5, elsewhere: uses).count == 2)
        #expect(AlarmRules.duplicates(key: .zero, of: edge, at: 5, elsewhere: []).isEmpty)
    }

    @Test("silence is judged by the strictest rule, a day at most")
    func silence() {
        let heard = Instant(seconds: 1_000)
        #expect(!AlarmRules.isSilent(lastHeard: heard, now: heard + 3_600, allowed: 3_600))
        #expect(AlarmRules.isSilent(lastHeard: heard, now: heard + 3_601, allowed: 3_600))
        #expect(!AlarmRules.isSilent(lastHeard: heard, now: heard + 86_400, allowed: nil))
        #expect(AlarmRules.isSilent(lastHeard: heard, now: heard + 86_401, allowed: 10 * 86_400))
        #expect(
            !AlarmRules.isSilent(lastHeard: heard, now: heard + 600, allowed: 60),
            "heartbeats come every 5 minutes"
        )
        #expect(AlarmRules.isSilent(lastHeard: heard, now: heard + 601, allowed: 60))
        #expect(!AlarmRules.isSilent(lastHeard: heard, now: heard + -50, allowed: 60), "the portal's clock went back")
    }

    @Test("less at a later time is a truncation; an old checkpoint again is none")
    func truncation() {
        let held = checkpoint(size: 100, at: 50)
        #expect(AlarmRules.isTruncated(checkpoint(size: 90, at: 60), after: held, clockResetAt: 0))
        #expect(!AlarmRules.isTruncated(checkpoint(size: 90, at: 40), after: held, clockResetAt: 0))
        #expect(!AlarmRules.isTruncated(checkpoint(size: 100, at: 60), after: held, clockResetAt: 0))
        #expect(!AlarmRules.isTruncated(checkpoint(size: 90, epoch: 0, at: 60), after: held, clockResetAt: 0))
        #expect(AlarmRules.isTruncated(checkpoint(size: 90, at: 60), after: held, clockResetAt: 90))
        #expect(!AlarmRules.isTruncated(checkpoint(size: 90, at: 60), after: held, clockResetAt: 91))
    }

    @Test("what neither entries nor checkpoint explain is unaccounted")
    func reconciliation() {
        let counted = account(100, issued: 40, burned: 3)
        let even = Reconciliation(granted: 100, counted: counted, stated: counted, isClosed: false, isVoid: false)
        #expect(even.unaccounted == 0 && even.remaining == 57 && even.isLoaded)
        let withheld = Reconciliation(
            granted: 100,
            counted: account(100, issued: 30, burned: 3),
            stated: counted,
            isClosed: false,
            isVoid: false
        )
        #expect(withheld.unaccounted == 10)
        let away = Reconciliation(granted: 100, counted: nil, stated: nil, isClosed: false, isVoid: false)
        #expect(away.unaccounted == 100 && !away.isLoaded && !away.isClosed)
        let void = Reconciliation(granted: 100, counted: nil, stated: nil, isClosed: false, isVoid: true)
        #expect(void.unaccounted == 0 && void.returned == 100 && void.isClosed)
        let closed = Reconciliation(
            granted: 100,
            counted: account(100, issued: 40, burned: 3, returned: 57),
            stated: nil,
            isClosed: true,
            isVoid: false
        )
        #expect(closed.unaccounted == 0 && closed.remaining == 0)
        let excess = Reconciliation(
            granted: 100,
            counted: account(100, issued: 100),
            stated: account(120, issued: 100),
            isClosed: false,
            isVoid: false
        )
        #expect(excess.unaccounted == -20)
    }

    @Test("while a backlog comes in, what the newest entries used is no more remaining in an older checkpoint")
    func reconciliationOfABacklog() {
        func figures(_ counted: Checkpoint.Account?, _ stated: Checkpoint.Account?) -> Reconciliation {
            Reconciliation(
                granted: 100,
                counted: counted,
                stated: stated,
                isBehind: true,
                isClosed: false,
                isVoid: false
            )
        }
        let later = figures(account(100, issued: 60, burned: 3), account(100, issued: 40, burned: 3))
        #expect(later.remaining == 37 && later.unaccounted == 0)
        let closed = figures(account(100, issued: 60, burned: 3, returned: 37), account(100, issued: 40, burned: 3))
        #expect(closed.remaining == 0 && closed.unaccounted == 0)
        // The checkpoint is from before the batch was loaded.
        let unstated = figures(account(100, issued: 60), nil)
        #expect(unstated.remaining == 0 && unstated.unaccounted == 40)
        // No more is taken off than remained.
        let excess = figures(account(100, issued: 110), account(100, issued: 100))
        #expect(excess.remaining == 0 && excess.unaccounted == -10)
    }

    @Test("roll-ups count each entry by its day and batch, devices once, and quarantine beside")
    func rollUps() throws {
        let world = try World()
        var box = try Box(world)
        let batch = try box.load(BatchDraft(quantity: 9))
        for number in 1...3 { try box.make(batch, Chip(number)) }
        _ = try box.run(box.unlock(batch, Chip(1), challenge: .zero)).grant()
        var again = Chip(2)
        _ = try box.reprovision(batch, again)
        again.newKey()
        try box.make(batch, again)
        try box.fail(try box.issue(batch, Chip(4)))
        var judge = JournalJudge()
        var ledger = InMemoryUnitLedger()
        var tally = RollUpTally()
        for bytes in box.disk.entries { tally.count(judge.judge(bytes, into: &ledger)) }
        tally.count(judge.judge([0x7B], into: &ledger))
        let day = Int(World.start.seconds / 86_400)
        let counts = try #require(tally.counts[RollUpKey(day: day, authorization: batch)])
        #expect(counts.issued == 4 && counts.reissued == 1 && counts.completed == 4 && counts.failed == 1)
        // Of four one is in rework, one is scrapped, and the one that was certified anew is one device.
        #expect(counts.passed == 2)
        #expect(counts.unlocked == 1 && counts.reprovisioned == 1 && counts.quarantined == 0)
        #expect(tally.counts[RollUpKey(day: 0, authorization: .zero)]?.quarantined == 1)
        #expect(tally.counts.count == 2)
        #expect(RollUpKey(Instant(seconds: 86_399), authorization: .zero).day == 0)
        #expect(RollUpKey(Instant(seconds: 86_400), authorization: .zero).day == 1)
        var sum = counts
        sum += counts
        #expect(RollUpCounts.fields.allSatisfy { sum[keyPath: $0.path] == 2 * counts[keyPath: $0.path] })
    }
}
