internal import Matter
internal import Statements
internal import Vocabulary

extension JournalJudge {
    mutating func judgeUnlocked<Ledger: UnitLedger>(
        _ body: DebugUnlocked,
        _ time: Instant,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        guard var batch = try known(body.authorization, &ledger) else { return }
        judgePower(batch, body.station, time)
        batch.used.unlocks += 1
        judgeAllowance(batch.terms.content.debugUnlocks, used: batch.used.unlocks, batch, time)
        try save(batch, &ledger)
        let security = batch.terms.manifest.chipSecurity
        let asked = (try? Hex.decode(body.permissions)) ?? []
        let mask = (try? Hex.decode(security.debugPermissions)) ?? []
        let fits = asked.count == 16 && mask.count == 16 && zip(asked, mask).allSatisfy { $0 & ~$1 == 0 }
        demand(fits, .allowanceExceeded, "permissions \(body.permissions)")
        demand(body.exposed == security.openPortReadsKeys, .evidenceWrong, "exposed")
        guard var unit = try newestUnit(body.unit, batch, body.chipUID, &ledger) else { return }
        let before = unit.stage
        let other = try ledger.units(of: body.chipUID).first { $0.isLive && $0.batch != batch.id }
        demand(other == nil, .unitOutOfOrder, "the chip belongs to another batch")
        demand(body.wasCompleted == (unit.stage == .done), .evidenceWrong, "whether it was completed")
        if unit.stage == .done { unit.stage = .open }
        unit.isPermitted = false
        unit.wasUnlocked = true
        unit.isExposed = unit.isExposed || body.exposed
        try save(unit, was: before, &ledger)
        floor = max(floor, time)
    }

    mutating func judgeReprovisioned<Ledger: UnitLedger>(
        _ body: Reprovisioned,
        _ time: Instant,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        guard var batch = try known(body.authorization, &ledger) else { return }
        judgePower(batch, body.station, time)
        batch.used.reprovisions += 1
        judgeAllowance(batch.terms.content.reprovisions, used: batch.used.reprovisions, batch, time)
        try save(batch, &ledger)
        guard var unit = try newestUnit(body.unit, batch, body.chipUID, &ledger) else { return }
        let before = unit.stage
        demand(unit.isLive, .unitOutOfOrder, "re-provisioned after its end")
        demand(body.wasCompleted == (unit.stage == .done), .evidenceWrong, "whether it was completed")
        demand(body.generation == unit.generation, .unitMisnumbered, "generation \(body.generation)")
        unit.stage = .released
        try save(unit, was: before, &ledger)
        floor = max(floor, time)
    }

    mutating func judgeRotated<Ledger: UnitLedger>(
        _ body: Rotated,
        _ time: Instant,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        guard var batch = try known(body.authorization, &ledger) else { return }
        judgePower(batch, body.station, time)
        batch.used.rotations += 1
        judgeAllowance(batch.terms.content.rotations, used: batch.used.rotations, batch, time)
        try save(batch, &ledger)
        guard var unit = try ledger.unit(body.unit), unit.batch == batch.id else {
            return note(.unitOutOfOrder, "unknown unit")
        }
        demand(unit.stage == .done && !unit.isExposed, .unitOutOfOrder, "rotated while not completed")
        demand(body.chipUID == unit.chip, .unitMisnumbered, "chip \(body.chipUID)")
        try judgeProof(body, unit, &ledger)
        try judgeDAC(body.deviceKey, unit: body.unit, batch, &ledger)
        unit.deviceKey = body.deviceKey
        try save(unit, was: unit.stage, &ledger)
        floor = max(floor, time)
    }

    /// The key that attested the unit until then vouches for the new one.
    private mutating func judgeProof<Ledger: UnitLedger>(
        _ body: Rotated,
        _ unit: JudgedUnit,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        let replaced = body.proof.replacedKey.keyID
        let owner = try ledger.owner(ofKey: replaced)
        var holds = false
        if case .success(let dac) = turn.read?.dac {
            holds = body.proof.holds(chipUID: unit.chip, newKey: dac.publicKey, request: body.request)
        }
        demand(
            holds && owner == unit.id && (unit.deviceKey ?? replaced) == replaced,
            .rotationUnproven,
            "key \(replaced)"
        )
    }

    private mutating func judgeAllowance(
        _ allowance: ProductionAuthorization.Allowance,
        used: Int,
        _ batch: JudgedBatch,
        _ time: Instant
    ) {
        demand(used <= allowance.count, .allowanceExceeded, "\(used) of \(allowance.count)")
        demand(
            time >= batch.terms.content.notBefore && time <= allowance.notAfter,
            .windowOutside,
            "\(time), allowance ends \(allowance.notAfter)"
        )
    }

    private mutating func newestUnit<Ledger: UnitLedger>(
        _ id: Digest256,
        _ batch: JudgedBatch,
        _ chip: ChipUID,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) -> JudgedUnit? {
        let newest = try ledger.units(of: chip).first { $0.batch == batch.id }
        guard let newest, newest.id == id else {
            note(.unitOutOfOrder, "not the newest unit of chip \(chip) in this batch")
            return nil
        }
        return newest
    }
}
