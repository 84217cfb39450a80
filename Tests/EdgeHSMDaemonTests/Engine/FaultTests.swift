import Durability
import EdgeHSMCore
import LineProtocol
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMDaemon

@Suite("Faults around signing, commit, anchor and reply")
struct FaultTests {
    /// Every place around the first issues after a start where the process dies or a step fails.
    static let plans: [String] =
        (4...13).flatMap { count in
            ["journal.commit:\(count):error", "journal.commit:\(count):error-after", "journal.reply:\(count):error"]
        } + ["anchor.before:2:error", "anchor.after:2:error", "anchor.before:3:error", "anchor.after:3:error"]
        + ["dac.before:1:error", "dac.after:2:error"]

    @Test("I3, I4, I5, I8: whatever left is in the journal of the next start, and counts never shrink")
    func survive() async throws {
        let world = try await EngineWorld.make()
        let setup = try await world.start()
        try await world.installProduct(setup)
        await setup.stop()
        var hits = 0
        for (number, plan) in Self.plans.enumerated() {
            let engine = try await world.start()
            let batch = try await world.load(engine, quantity: 10, batch: "B\(number)")
            await engine.stop()
            if try await survive(plan, batch, world) { hits += 1 }
        }
        // Plans whose place the four issues do not reach would test nothing.
        #expect(hits >= Self.plans.count - 3, "\(hits) of \(Self.plans.count) faults struck")
    }

    /// True where the fault struck.
    private func survive(_ plan: String, _ batch: Digest256, _ world: EngineWorld) async throws -> Bool {
        let deaths = world.fatalCount
        let failedWrites = world.failedAnchorWrites
        let engine = try await world.start(faults: plan)
        var released: [(chip: EngineChip, dac: Octets)] = []
        var failed: [EngineChip] = []
        for _ in 0..<4 {
            let chip = EngineChip()
            do { released.append((chip, try await engine.issue(chip, batch).issued.dac)) } catch { failed.append(chip) }
        }
        if world.fatalCount > deaths {
            // Nothing is served by a process whose disk is in an unknown state.
            let code = await refusal { try await engine.issue(EngineChip(), batch) }
            #expect(code == DurabilityError.commitFailed.rawValue, "\(plan)")
        }
        let struck = world.fatalCount > deaths || !failed.isEmpty || world.failedAnchorWrites > failedWrites
        try world.crash(engine)

        let next = try await world.start()
        let entries = try await next.entries()
        #expect(entries.map(\.sequence) == Array(0..<entries.count), "\(plan)")
        let issued = entries.compactMap { $0.event.body as? Issued }.filter { $0.authorization == batch }
        for unit in released { #expect(issued.contains { $0.dac == unit.dac }, "\(plan)") }
        let account = try await next.account(batch)
        #expect(account.issued >= released.count && account.issued == issued.count, "\(plan)")
        #expect(account.issued + account.burned + account.remaining == 10, "\(plan)")
        try await goOn(next, batch, released, failed, plan)
        await next.stop()
        return struck
    }

    /// The line goes on: what was released is repeated, what failed is made, and no chip or key has two.
    private func goOn(
        _ engine: EdgeEngine,
        _ batch: Digest256,
        _ released: [(chip: EngineChip, dac: Octets)],
        _ failed: [EngineChip],
        _ plan: String
    ) async throws {
        for unit in released { #expect(try await engine.issue(unit.chip, batch).issued.dac == unit.dac, "\(plan)") }
        for chip in failed {
            do { _ = try await engine.issue(chip, batch) } catch let refusal as Refusal {
                #expect(refusal.has(EdgeError.quotaExhausted), "\(plan): \(refusal)")
            }
        }
        let all = try await engine.entries().compactMap { $0.event.body as? Issued }
        #expect(Set(all.map(\.chipUID)).count == all.count && Set(all.map(\.deviceKey)).count == all.count, "\(plan)")
        let own = all.filter { $0.authorization == batch }
        #expect(Set(own.map(\.serial.text)).count == own.count, "\(plan)")
    }

    @Test("entries of concurrent requests share transactions and keep the order of the decisions")
    func groupCommit() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch(quantity: 32)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    _ = try await engine.issue(EngineChip(), batch, by: EngineWorld.stations[number])
                }
            }
            try await group.waitForAll()
        }
        let issued = try await engine.entries().compactMap { $0.event.body as? Issued }
        #expect(issued.map(\.index) == Array(0..<16))
        #expect(try issued.map(\.serial) == (0..<16).map { try OEMWorld.serials().serial($0) })
    }
}
