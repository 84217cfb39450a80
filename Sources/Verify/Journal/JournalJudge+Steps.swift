internal import Statements
internal import Vocabulary

extension JournalJudge {
    /// A step of the newest, live, unfinished unit within its time.
    mutating func step<Ledger: UnitLedger>(
        _ id: Digest256,
        _ authorization: Digest256,
        _ station: StationName,
        _ time: Instant,
        _ ledger: inout Ledger,
        _ change: (inout JudgedUnit) -> Void
    ) throws(Ledger.Failure) {
        guard let batch = try known(authorization, &ledger) else { return }
        judgePower(batch, station, time)
        guard var unit = try ledger.unit(id), unit.batch == authorization else {
            return note(.unitOutOfOrder, "unknown unit")
        }
        let before = unit.stage
        let newest = try ledger.newest(of: unit.chip, batch: unit.batch)
        demand(unit.stage == .open && newest == id, .unitOutOfOrder, id.hex)
        demand(!unit.isExposed, .unitOutOfOrder, "the unit's key was exposed")
        let content = batch.terms.content
        var end = content.notAfter
        if unit.isReissue { end = max(end, content.reprovisions.notAfter) }
        if unit.wasUnlocked { end = max(end, content.debugUnlocks.notAfter) }
        demand(time <= end + content.grace, .windowOutside, "\(time) after \(end) and its grace")
        change(&unit)
        try save(unit, was: before, &ledger)
    }

    mutating func judgeSealed<Ledger: UnitLedger>(
        _ body: KeySealed,
        _ time: Instant,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        let had = try ledger.unit(body.unit)?.slots.contains(body.slot) ?? false
        demand(had == body.isRepeat, .evidenceWrong, "repeat of a seal")
        try step(body.unit, body.authorization, body.station, time, &ledger) { _ = $0.slots.insert(body.slot) }
        guard let batch = try ledger.batch(body.authorization) else { return }
        let manifest = batch.terms.manifest
        guard let key = manifest.keys.first(where: { $0.slot == body.slot }) else {
            return note(.evidenceWrong, "slot \(body.slot)")
        }
        demand(body.fleet == (key.kind == .fleet), .evidenceWrong, "kind of slot \(body.slot)")
        guard body.fleet, !had else { return }
        let product = batch.terms.content.product
        products[product]?.fleetUnits[body.slot.text, default: 0] += 1
        guard manifest.chipIdentity != .vendorCertificate else { return }
        // Without any identity no exception counts.
        demand(manifest.chipIdentity != .none, .fleetKey, "slot \(body.slot) of chips without identity")
        let most = batch.terms.approval.fleetKeyExceptions.first { $0.slot == body.slot }?.mostUnits ?? 0
        let given = products[product]?.fleetUnits[body.slot.text] ?? 0
        demand(given <= most, .fleetKey, "\(given) units, exception for \(most)")
    }

    mutating func judgeCompleted<Ledger: UnitLedger>(
        _ body: Completed,
        _ time: Instant,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        let batch = try ledger.batch(body.authorization)
        guard let unit = try ledger.unit(body.unit), let batch else { return note(.unitOutOfOrder, "unknown unit") }
        demand(unit.isPermitted, .unitOutOfOrder, "completed without a permit")
        demand(body.firmware == batch.terms.manifest.firmware.digest, .evidenceWrong, "firmware")
        demand(body.factoryData == unit.factoryData, .evidenceWrong, "factory data")
        try step(body.unit, body.authorization, body.station, time, &ledger) { $0.stage = .done }
    }

    /// Giving up is always allowed, once, for a live unit.
    mutating func judgeFailed<Ledger: UnitLedger>(
        _ body: Failed,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        guard var unit = try ledger.unit(body.unit), unit.batch == body.authorization else {
            return note(.unitOutOfOrder, "unknown unit")
        }
        let before = unit.stage
        turn.batch = try ledger.batch(body.authorization)
        demand(unit.isLive, .unitOutOfOrder, "failed twice")
        demand(body.wasCompleted == (unit.stage == .done), .evidenceWrong, "whether it was completed")
        demand(body.chipUID == unit.chip && body.generation == unit.generation, .unitMisnumbered, "chip or generation")
        unit.stage = .failed
        try save(unit, was: before, &ledger)
    }
}
