internal import Matter
internal import Statements
internal import Vocabulary

extension JournalJudge {
    mutating func judgeUnit<Ledger: UnitLedger>(
        _ entry: JournalEntry,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        let (time, event) = (entry.time, entry.event)
        if let body = event.content(as: Issued.self) { return try judgeIssued(body, time, &ledger) }
        if let body = event.content(as: FactoryDataGiven.self) {
            return try step(body.unit, body.authorization, body.station, time, &ledger) {
                $0.factoryData = body.factoryData
            }
        }
        if let body = event.content(as: KeySealed.self) { return try judgeSealed(body, time, &ledger) }
        if let body = event.content(as: Permitted.self) {
            return try step(body.unit, body.authorization, body.station, time, &ledger) { $0.isPermitted = true }
        }
        if let body = event.content(as: Completed.self) { return try judgeCompleted(body, time, &ledger) }
        switch event.body {
        case let body as Failed: try judgeFailed(body, &ledger)
        case let body as DebugUnlocked: try judgeUnlocked(body, time, &ledger)
        case let body as Reprovisioned: try judgeReprovisioned(body, time, &ledger)
        case let body as Rotated: try judgeRotated(body, time, &ledger)
        default: note(.entryMalformed, entry.event.kind)
        }
    }

    /// Common to everything that issues: not revoked, time not behind what was seen, station enrolled.
    mutating func judgePower(_ batch: JudgedBatch, _ station: StationName, _ time: Instant) {
        if let target = revocation(of: batch) { note(.revokedUsed, "\(target)") }
        let floor = floor
        demand(time >= floor, .time, "\(time) after \(floor)")
        demand(!(peers[station] ?? []).isEmpty, .peerUnknown, station.text)
        if let contact {
            demand(contact.isContained, .revokedUsed, "issued although the portal's receipt was not contained")
        }
    }

    /// Keeps a unit that the entry is about.
    mutating func save<Ledger: UnitLedger>(
        _ unit: JudgedUnit,
        was before: JudgedUnit.Stage?,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        totals.completed += (unit.stage == .done ? 1 : 0) - (before == .done ? 1 : 0)
        turn.unit = unit
        turn.stageBefore = before
        try ledger.put(unit)
    }
}
