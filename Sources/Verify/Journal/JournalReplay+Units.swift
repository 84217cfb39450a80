internal import Matter
internal import Statements
internal import Vocabulary

extension JournalReplay {
    mutating func judgeUnit(_ entry: JournalEntry) {
        switch entry.event.body {
        case let body as Issued: judgeIssued(body, entry.time)
        case let body as FactoryDataGiven:
            step(body.unit, body.authorization, body.station, entry.time) { $0.factoryData = body.factoryData }
        case let body as KeySealed: judgeSealed(body, entry.time)
        case let body as Permitted:
            step(body.unit, body.authorization, body.station, entry.time) { $0.isPermitted = true }
        case let body as Completed: judgeCompleted(body, entry.time)
        case let body as Failed: judgeFailed(body)
        case let body as DebugUnlocked: judgeUnlocked(body, entry.time)
        case let body as Reprovisioned: judgeReprovisioned(body, entry.time)
        case let body as Rotated: judgeRotated(body, entry.time)
        default: note(.entryMalformed, entry.event.kind)
        }
    }

    /// Common to everything that issues: not revoked, time not behind what was seen, station enrolled.
    mutating func judgePower(_ batch: Batch, _ station: StationName, _ time: Instant) {
        if let target = revocation(of: batch) { note(.revokedUsed, "\(target)") }
        demand(time >= floor, .time, "\(time) after \(floor)")
        demand(!(peers[station] ?? []).isEmpty, .peerUnknown, station.text)
        if let contact {
            demand(contact.isContained, .revokedUsed, "issued although the portal's receipt was not contained")
        }
    }

    // MARK: Issuing

    private mutating func judgeIssued(_ body: Issued, _ time: Instant) {
        guard var batch = known(body.authorization) else { return }
        judgePower(batch, body.station, time)
        let key = BatchChip(batch: batch.id, chip: body.chipUID)
        let before = newest[key].flatMap { units[$0] }
        if let before { demand(!before.isLive, .chipTwice, "\(body.chipUID) within the batch") }
        let generation = before.map { $0.generation + 1 } ?? 0
        let id = Statements.unitID(authorization: batch.id, chipUID: body.chipUID, generation: body.generation)
        demand(
            body.generation == generation && body.unit == id && units[body.unit] == nil,
            .unitMisnumbered,
            "generation \(body.generation), expected \(generation)"
        )
        if let other = liveUnit[body.chipUID] { demand(other == newest[key], .chipTwice, "\(body.chipUID)") }
        if body.replaces == nil {
            judgeNewUnit(body, &batch, before, time)
        } else {
            judgeReissue(body, batch, newest[key], before, time)
        }
        let serial = try? batch.content.serials.serial(body.index)
        demand(serial == body.serial, .unitMisnumbered, "serial \(body.serial)")
        judgeSerial(body, batch)
        judgeDAC(body.dac.bytes, body.deviceKey, unit: body.unit, batch)
        batches[batch.id] = batch
        units[body.unit] = Unit(
            batch: batch.id,
            chip: body.chipUID,
            generation: body.generation,
            index: body.index,
            isReissue: body.replaces != nil
        )
        newest[key] = body.unit
        liveUnit[body.chipUID] = body.unit
        floor = max(floor, time)
    }

    private mutating func judgeNewUnit(_ body: Issued, _ batch: inout Batch, _ before: Unit?, _ time: Instant) {
        demand(body.index == batch.used, .unitMisnumbered, "position \(body.index), expected \(batch.used)")
        demand(before?.stage != .released, .unitOutOfOrder, "a re-provisioned unit was counted anew")
        demand(!batch.isClosed, .windowOutside, "after closing")
        demand(
            time >= batch.content.notBefore && time <= batch.content.notAfter,
            .windowOutside,
            "\(time), window \(batch.content.notBefore) to \(batch.content.notAfter)"
        )
        if let silence = batch.approval.rules.longestSilence {
            let heard = max(contact?.time ?? .epoch, batch.content.issuedAt)
            demand(time - heard <= silence, .windowOutside, "the portal was last heard at \(heard)")
        }
        batch.issued += 1
        demand(batch.remaining >= 0, .quotaExceeded, "\(batch.used) of \(batch.content.quantity)")
    }

    private mutating func judgeReissue(
        _ body: Issued,
        _ batch: Batch,
        _ beforeID: Digest256?,
        _ before: Unit?,
        _ time: Instant
    ) {
        demand(
            body.replaces == beforeID && before?.stage == .released && before?.index == body.index,
            .unitOutOfOrder,
            "a reissue without a re-provisioning"
        )
        let end = batch.content.reprovisions.notAfter + batch.content.grace
        demand(time <= end, .windowOutside, "reissued at \(time), end \(end)")
        if let beforeID { units[beforeID]?.stage = .replaced }
    }

    /// A serial is of one unit of its product, whatever the batch; what replaces that unit keeps it.
    private mutating func judgeSerial(_ body: Issued, _ batch: Batch) {
        let key = ProductSerial(product: batch.content.product, serial: body.serial)
        if let owner = serialOwners[key], owner != body.replaces {
            note(.serialTwice, "serial \(body.serial) of unit \(owner)")
        }
        serialOwners[key] = body.unit
    }

    /// The certificate against the approved version and the installed PAI; the key never certified before.
    mutating func judgeDAC(_ der: [UInt8], _ key: Digest256, unit: Digest256, _ batch: Batch) {
        if let owner = keyOwners[key] { note(.keyTwice, "key of unit \(owner)") }
        keyOwners[key] = unit
        guard let installed = products[batch.content.product]?.certificates else {
            return note(.dacWrong, "no PAI was installed")
        }
        do {
            let dac = try AttestationCertificate(der: der)
            let pai = try AttestationCertificate(der: installed.pai.bytes)
            let paa = try AttestationCertificate(der: installed.paa.bytes)
            try AttestationChain.verify(dac: dac, pai: pai, paas: [paa])
            demand(dac.publicKey.keyID == key, .dacWrong, "another key than the entry says")
            demand(
                dac.vendorID == batch.approval.vendorID && dac.productID == batch.approval.productID,
                .dacWrong,
                "another VID or PID than approved"
            )
            let notBefore = max(pai.notBefore, paa.notBefore, batch.content.notBefore)
            demand(dac.notBefore == notBefore, .dacWrong, "notBefore \(dac.notBefore), expected \(notBefore)")
            demand(dac.notAfter == .noExpiry, .dacWrong, "the DAC expires at \(dac.notAfter)")
        } catch { note(.dacWrong, describe(error)) }
    }

    // MARK: Steps

    /// A step of the newest, live, unfinished unit within its time.
    private mutating func step(
        _ id: Digest256,
        _ authorization: Digest256,
        _ station: StationName,
        _ time: Instant,
        _ change: (inout Unit) -> Void
    ) {
        guard let batch = known(authorization) else { return }
        judgePower(batch, station, time)
        guard var unit = units[id], unit.batch == authorization else { return note(.unitOutOfOrder, "unknown unit") }
        demand(unit.stage == .open && newest[.init(batch: unit.batch, chip: unit.chip)] == id, .unitOutOfOrder, id.hex)
        demand(!unit.isExposed, .unitOutOfOrder, "the unit's key was exposed")
        var end = batch.content.notAfter
        if unit.isReissue { end = max(end, batch.content.reprovisions.notAfter) }
        if unit.wasUnlocked { end = max(end, batch.content.debugUnlocks.notAfter) }
        demand(time <= end + batch.content.grace, .windowOutside, "\(time) after \(end) and its grace")
        change(&unit)
        units[id] = unit
    }

    private mutating func judgeSealed(_ body: KeySealed, _ time: Instant) {
        let had = units[body.unit]?.slots.contains(body.slot) ?? false
        demand(had == body.isRepeat, .evidenceWrong, "repeat of a seal")
        step(body.unit, body.authorization, body.station, time) { $0.slots.insert(body.slot) }
        guard let batch = batches[body.authorization] else { return }
        guard let key = batch.manifest.keys.first(where: { $0.slot == body.slot }) else {
            return note(.evidenceWrong, "slot \(body.slot)")
        }
        demand(body.fleet == (key.kind == .fleet), .evidenceWrong, "kind of slot \(body.slot)")
        guard body.fleet, !had else { return }
        let product = batch.content.product
        products[product]?.fleetUnits[body.slot, default: 0] += 1
        guard batch.manifest.chipIdentity != .vendorCertificate else { return }
        // Without any identity no exception counts.
        demand(batch.manifest.chipIdentity != .none, .fleetKey, "slot \(body.slot) of chips without identity")
        let most = batch.approval.fleetKeyExceptions.first { $0.slot == body.slot }?.mostUnits ?? 0
        let given = products[product]?.fleetUnits[body.slot] ?? 0
        demand(given <= most, .fleetKey, "\(given) units, exception for \(most)")
    }

    private mutating func judgeCompleted(_ body: Completed, _ time: Instant) {
        guard let unit = units[body.unit], let batch = batches[body.authorization] else {
            return note(.unitOutOfOrder, "unknown unit")
        }
        demand(unit.isPermitted, .unitOutOfOrder, "completed without a permit")
        demand(body.firmware == batch.manifest.firmware.digest, .evidenceWrong, "firmware")
        demand(body.factoryData == unit.factoryData, .evidenceWrong, "factory data")
        step(body.unit, body.authorization, body.station, time) { $0.stage = .done }
    }

    /// Giving up is always allowed, once, for a live unit.
    private mutating func judgeFailed(_ body: Failed) {
        guard var unit = units[body.unit], unit.batch == body.authorization else {
            return note(.unitOutOfOrder, "unknown unit")
        }
        demand(unit.isLive, .unitOutOfOrder, "failed twice")
        demand(body.wasCompleted == (unit.stage == .done), .evidenceWrong, "whether it was completed")
        demand(body.chipUID == unit.chip && body.generation == unit.generation, .unitMisnumbered, "chip or generation")
        unit.stage = .failed
        units[body.unit] = unit
        if liveUnit[unit.chip] == body.unit { liveUnit[unit.chip] = nil }
    }
}
