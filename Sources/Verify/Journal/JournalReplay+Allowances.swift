internal import Statements
internal import Vocabulary

extension JournalReplay {
    mutating func judgeUnlocked(_ body: DebugUnlocked, _ time: Instant) {
        guard var batch = known(body.authorization) else { return }
        judgePower(batch, body.station, time)
        batch.unlocks += 1
        judgeAllowance(batch.content.debugUnlocks, used: batch.unlocks, batch, time)
        batches[batch.id] = batch
        let security = batch.manifest.chipSecurity
        let asked = (try? Hex.decode(body.permissions)) ?? []
        let mask = (try? Hex.decode(security.debugPermissions)) ?? []
        let fits = asked.count == 16 && mask.count == 16 && zip(asked, mask).allSatisfy { $0 & ~$1 == 0 }
        demand(fits, .allowanceExceeded, "permissions \(body.permissions)")
        demand(body.exposed == security.openPortReadsKeys, .evidenceWrong, "exposed")
        guard var unit = newestUnit(body.unit, batch, body.chipUID) else { return }
        demand(body.wasCompleted == (unit.stage == .done), .evidenceWrong, "whether it was completed")
        if unit.stage == .done { unit.stage = .open }
        unit.isPermitted = false
        unit.wasUnlocked = true
        unit.isExposed = unit.isExposed || body.exposed
        units[body.unit] = unit
        floor = max(floor, time)
    }

    mutating func judgeReprovisioned(_ body: Reprovisioned, _ time: Instant) {
        guard var batch = known(body.authorization) else { return }
        judgePower(batch, body.station, time)
        batch.reprovisions += 1
        judgeAllowance(batch.content.reprovisions, used: batch.reprovisions, batch, time)
        batches[batch.id] = batch
        guard var unit = newestUnit(body.unit, batch, body.chipUID) else { return }
        demand(unit.isLive, .unitOutOfOrder, "re-provisioned after its end")
        demand(body.wasCompleted == (unit.stage == .done), .evidenceWrong, "whether it was completed")
        demand(body.generation == unit.generation, .unitMisnumbered, "generation \(body.generation)")
        unit.stage = .released
        units[body.unit] = unit
        if liveUnit[unit.chip] == body.unit { liveUnit[unit.chip] = nil }
        floor = max(floor, time)
    }

    mutating func judgeRotated(_ body: Rotated, _ time: Instant) {
        guard var batch = known(body.authorization) else { return }
        judgePower(batch, body.station, time)
        batch.rotations += 1
        judgeAllowance(batch.content.rotations, used: batch.rotations, batch, time)
        batches[batch.id] = batch
        guard let unit = units[body.unit], unit.batch == batch.id else { return note(.unitOutOfOrder, "unknown unit") }
        demand(unit.stage == .done && !unit.isExposed, .unitOutOfOrder, "rotated while not completed")
        judgeDAC(body.dac.bytes, body.deviceKey, unit: body.unit, batch)
        floor = max(floor, time)
    }

    private mutating func judgeAllowance(
        _ allowance: ProductionAuthorization.Allowance,
        used: Int,
        _ batch: Batch,
        _ time: Instant
    ) {
        demand(used <= allowance.count, .allowanceExceeded, "\(used) of \(allowance.count)")
        demand(
            time >= batch.content.notBefore && time <= allowance.notAfter,
            .windowOutside,
            "\(time), allowance ends \(allowance.notAfter)"
        )
    }

    private mutating func newestUnit(_ id: Digest256, _ batch: Batch, _ chip: ChipUID) -> Unit? {
        guard newest[.init(batch: batch.id, chip: chip)] == id, let unit = units[id] else {
            note(.unitOutOfOrder, "not the newest unit of chip \(chip) in this batch")
            return nil
        }
        return unit
    }
}
