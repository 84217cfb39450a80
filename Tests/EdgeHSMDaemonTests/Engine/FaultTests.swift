import Durability
import EdgeHSMCore
@testable import EdgeHSMDaemon
import LineProtocol
import Statements
import Testing
import Vocabulary

@Suite("Faults around signing, commit, anchor and reply")
struct FaultTests {
    /// Where the process "dies" or the step fails, and how.
    static let faults = [
        "dac.before:2:error", "dac.after:2:error", "journal.commit:9:error", "journal.commit:10:error",
        "journal.commit:11:error", "journal.commit:11:error-after", "journal.commit:12:error",
        "journal.commit:12:error-after", "journal.commit:13:error-after", "journal.reply:10:error",
        "journal.reply:11:error", "journal.reply:12:error", "journal.reply:13:error", "anchor.before:3:error",
        "anchor.after:3:error", "anchor.before:4:error", "anchor.after:4:error",
    ]

    @Test("I3, I4, I5, I8: whatever left is in the journal of the next start, and counts never shrink", arguments: faults)
    func survive(_ plan: String) async throws {
        let world = try await EngineWorld.make()
        let quantity = 20
        let (engine, batch) = try await world.startWithBatch(quantity: quantity, faults: plan)
        var released: [(chip: EngineChip, dac: Octets)] = []
        var failed: [EngineChip] = []
        for _ in 0..<4 {
            let chip = EngineChip()
            do { released.append((chip, try await engine.issue(chip, batch).issued.dac)) } catch { failed.append(chip) }
        }
        let hasDied = world.fatalCount > 0
        #expect(world.fatalCount <= 1)
        if hasDied {
            // Nothing is served by a process whose disk is in an unknown state.
            #expect(await refusal { try await engine.issue(EngineChip(), batch) } == DurabilityError.commitFailed.rawValue)
        }
        try world.crash(engine)

        let next = try await world.start()
        let entries = try await next.entries()
        #expect(entries.map(\.sequence) == Array(0..<entries.count))
        let journaled = entries.compactMap { ($0.event.body as? Issued)?.dac }
        for unit in released { #expect(journaled.contains(unit.dac)) }
        let account = try await next.account(batch)
        #expect(account.issued >= released.count && account.issued == journaled.count)
        #expect(account.issued + account.burned + account.remaining == quantity)

        // The line goes on: what was released is repeated, what failed is made, and no chip has two.
        for unit in released { #expect(try await next.issue(unit.chip, batch).issued.dac == unit.dac) }
        for chip in failed {
            do { _ = try await next.issue(chip, batch) } catch let refusal as Refusal {
                #expect(refusal.has(EdgeError.quotaExhausted), "\(refusal)")
            }
        }
        let all = try await next.entries().compactMap { $0.event.body as? Issued }
        #expect(Set(all.map(\.chipUID)).count == all.count && Set(all.map(\.deviceKey)).count == all.count)
        #expect(Set(all.map(\.serial.text)).count == all.count)
        await next.stop()
    }

    @Test("entries of concurrent requests share transactions and keep the order of the decisions")
    func groupCommit() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch(quantity: 32)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    _ = try await engine.issue(EngineChip(), batch, by: StationName(validated: "station-\(number)"))
                }
            }
            try await group.waitForAll()
        }
        let issued = try await engine.entries().compactMap { $0.event.body as? Issued }
        #expect(issued.map(\.index) == Array(0..<16))
        #expect(try issued.map(\.serial) == (0..<16).map { try OEMWorldSerials.range.serial($0) })
    }
}

enum OEMWorldSerials {
    static let range = ProductionAuthorization.SerialRange(prefix: "BU", first: 1, digits: 6)
}
