import Foundation
import Glibc
import VirtualChip
import Vocabulary

/// One round: a few blank chips, one armed party, the line at work, the death, the restart, and the line to its end.
extension Site {
    private static let mostRuns = 5
    private static let faultVariable = "OBIS_FAULT"
    private static let killed: Int32 = 128 + SIGKILL

    /// Returns the round, and another for an EdgeHSM that was killed once more in its start.
    func playRound(
        _ number: Int,
        _ point: KillPoint,
        of product: ProductPlan,
        book: inout KillBook
    ) async throws -> [KillRound] {
        let first = await rack.chips.count + 1
        let chips = try await rack.add(point.units, family: product.family, notBefore: oem.start + -3_600, alone: true)
        let log = "line-\(number)"
        let armed = try await arm(point, chips[0])
        func begin(_ extra: [String: String] = [:]) throws -> Service {
            try factory.begin(
                LineWork(batch: order(product).name, first: first, quantity: point.units),
                log: log,
                extra: extra
            )
        }
        var line = try begin(point.party == .station ? [Self.faultVariable: point.plan] : [:])
        let victim = armed ?? line
        while line.isRunning && victim.isRunning { try await Task.sleep(for: .milliseconds(5)) }
        // The Factory Service has its work after the line's as well.
        if point.party == .factory { try await Task.sleep(for: .milliseconds(600)) }
        let hit = try await died(victim, at: point)
        let open = try openUnits(of: chips, line.log)
        try book.look(at: chips)
        if hit, let plan = point.planAtRestart { try await dieStarting(plan) }
        try await revive(point, chips[0], hit: hit)
        var status = await line.ended()
        var runs = 1
        while status != 0 {
            try expectNobodyGivenUp(line.log, point)
            guard runs < Self.mostRuns else {
                throw Refusal(FactoryBoxError.unexpected, "\(point): exit \(status): \(line.lastLines())")
            }
            line = try begin()
            status = await line.ended()
            runs += 1
        }
        try await close(chips, line.log, point, book: &book)
        return KillRound.deaths(number, point, hit: hit, openUnits: open, runs: runs)
    }

    /// A start of the EdgeHSM that ends at a fault point, before it serves anybody.
    private func dieStarting(_ plan: String) async throws {
        let service = try edge.host.service(
            "edgehsmd",
            ["run", "--config", edge.configuration],
            extra: [Self.faultVariable: plan]
        )
        let point = KillPoint(party: .edgehsmd, plan: plan)
        guard await service.ended() == Self.killed, try await died(service, at: point) else {
            throw Refusal(FactoryBoxError.unexpected, "\(point): \(service.lastLines())")
        }
    }

    /// Restarts the party with its fault armed; nil for the station, which is started with it.
    private func arm(_ point: KillPoint, _ chip: ChipRack.Chip) async throws -> Service? {
        switch point.party {
        case .station: return nil
        case .chip:
            await rack.unpower([chip])
            try await rack.power(chip, cut: point.plan)
            return await rack.process(of: chip)
        case .edgehsmd, .factory: return try await restart(point.party, [Self.faultVariable: point.plan])
        }
    }

    /// Stops the service cleanly where it runs, and starts it.
    @discardableResult
    private func restart(_ party: KillParty, _ extra: [String: String] = [:]) async throws -> Service {
        if let running = services[party.rawValue], running.isRunning {
            let status = await running.stop()
            guard status == 0 else {
                throw Refusal(FactoryBoxError.unexpected, "\(party.rawValue) stopped with \(status)")
            }
        }
        let service =
            party == .edgehsmd ? try await edge.start(extra: extra) : try await factory.start(extra: extra)
        services[party.rawValue] = service
        return service
    }

    private func died(_ victim: Service, at point: KillPoint) async throws -> Bool {
        guard !victim.isRunning else { return false }
        let status = await victim.ended()
        if point.party == .station && status != Self.killed { return false }
        guard status == Self.killed else {
            throw Refusal(FactoryBoxError.unexpected, "\(point): ended with \(status): \(victim.lastLines())")
        }
        let name = point.plan.prefix { $0 != ":" }
        // A chip has no voice of its own.
        guard point.party == .chip || victim.lastLines(20).contains("fault: killed at \(name)") else {
            throw Refusal(FactoryBoxError.unexpected, "\(point): killed elsewhere: \(victim.lastLines())")
        }
        return true
    }

    private func revive(_ point: KillPoint, _ chip: ChipRack.Chip, hit: Bool) async throws {
        switch point.party {
        case .station: return
        case .chip:
            if hit { try await rack.power(chip) }
        case .edgehsmd, .factory: try await restart(point.party)
        }
    }

    /// Chips that have keys and were not reported as passed.
    private func openUnits(of chips: [ChipRack.Chip], _ log: URL) throws -> Int {
        let passed = try LineLog(log).passed
        return try chips.count { chip in
            try !passed.contains(chip.uid)
                && VirtualChipInspector.secrets(folder: chip.folder).contains { $0.name == "signing" }
        }
    }

    private func expectNobodyGivenUp(_ log: URL, _ point: KillPoint) throws {
        if let unit = try LineLog(log).givenUp {
            throw Refusal(FactoryBoxError.unexpected, "\(point): a unit was given up: \(unit)")
        }
    }

    private func close(_ chips: [ChipRack.Chip], _ log: URL, _ point: KillPoint, book: inout KillBook) async throws {
        try expectNobodyGivenUp(log, point)
        let lines = try LineLog(log)
        guard lines.passed == Set(chips.map(\.uid)) else {
            throw Refusal(FactoryBoxError.unexpected, "\(point): \(lines.passed.count) of \(chips.count) passed")
        }
        book.note(lines)
        try book.look(at: chips)
        await rack.unpower(chips)
        let status = try await edge.status()
        for batch in status.batches { try book.check(batch.account) }
    }
}
