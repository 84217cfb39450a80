internal import Matter
internal import Statements
internal import Vocabulary

extension JournalJudge {
    mutating func judgeIssued<Ledger: UnitLedger>(
        _ body: Issued,
        _ time: Instant,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        guard var batch = try known(body.authorization, &ledger) else { return }
        judgePower(batch, body.station, time)
        let earlier = try ledger.units(of: body.chipUID)
        let before = earlier.first { $0.batch == batch.id }
        if let before { demand(!before.isLive, .chipTwice, "\(body.chipUID) within the batch") }
        let generation = before.map { $0.generation &+ 1 } ?? 0
        let id = Statements.unitID(authorization: batch.id, chipUID: body.chipUID, generation: body.generation)
        let namesake = try ledger.unit(body.unit)
        demand(
            body.generation == generation && body.unit == id && namesake == nil,
            .unitMisnumbered,
            "generation \(body.generation), expected \(generation)"
        )
        if let other = earlier.first(where: \.isLive) {
            demand(other.id == before?.id, .chipTwice, "\(body.chipUID)")
        }
        if body.replaces == nil {
            judgeNewUnit(body, &batch, before, time)
        } else {
            try judgeReissue(body, batch, before, time, &ledger)
        }
        let serial = try? batch.terms.content.serials.serial(body.index)
        demand(serial == body.serial, .unitMisnumbered, "serial \(body.serial)")
        try judgeSerial(body, batch, &ledger)
        try judgeDAC(body.deviceKey, unit: body.unit, batch, &ledger)
        try save(batch, &ledger)
        try save(
            JudgedUnit(
                id: body.unit,
                batch: batch.id,
                product: batch.terms.content.product,
                chip: body.chipUID,
                generation: body.generation,
                index: body.index,
                serial: body.serial,
                isReissue: body.replaces != nil,
                position: turn.position,
                deviceKey: body.deviceKey
            ),
            was: namesake?.stage,
            &ledger
        )
        floor = max(floor, time)
    }

    private mutating func judgeNewUnit(
        _ body: Issued,
        _ batch: inout JudgedBatch,
        _ before: JudgedUnit?,
        _ time: Instant
    ) {
        let content = batch.terms.content
        demand(body.index == batch.consumed, .unitMisnumbered, "position \(body.index), expected \(batch.consumed)")
        demand(before?.stage != .released, .unitOutOfOrder, "a re-provisioned unit was counted anew")
        demand(!batch.used.isClosed, .windowOutside, "after closing")
        demand(
            time >= content.notBefore && time <= content.notAfter,
            .windowOutside,
            "\(time), window \(content.notBefore) to \(content.notAfter)"
        )
        if let silence = batch.terms.approval.rules.longestSilence {
            let heard = max(heard ?? .epoch, content.issuedAt)
            demand(time - heard <= silence, .windowOutside, "the portal was last heard at \(heard)")
        }
        batch.used.issued += 1
        totals.issued += 1
        demand(batch.remaining >= 0, .quotaExceeded, "\(batch.consumed) of \(content.quantity)")
    }

    private mutating func judgeReissue<Ledger: UnitLedger>(
        _ body: Issued,
        _ batch: JudgedBatch,
        _ before: JudgedUnit?,
        _ time: Instant,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        demand(
            body.replaces == before?.id && before?.stage == .released && before?.index == body.index,
            .unitOutOfOrder,
            "a reissue without a re-provisioning"
        )
        let end = batch.terms.content.reprovisions.notAfter + batch.terms.content.grace
        demand(time <= end, .windowOutside, "reissued at \(time), end \(end)")
        guard var replaced = before else { return }
        if replaced.stage == .done { totals.completed -= 1 }
        replaced.stage = .replaced
        turn.replaced = replaced
        try ledger.put(replaced)
    }

    /// A serial is of one unit of its product, whatever the batch; what replaces that unit keeps it.
    private mutating func judgeSerial<Ledger: UnitLedger>(
        _ body: Issued,
        _ batch: JudgedBatch,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        let owner = try ledger.owner(of: body.serial, product: batch.terms.content.product)
        if let owner, owner != body.replaces {
            note(.serialTwice, "serial \(body.serial) of unit \(owner)")
        }
    }

    /// The certificate against the approved version and the installed PAI; the key never certified before.
    mutating func judgeDAC<Ledger: UnitLedger>(
        _ key: Digest256,
        unit: Digest256,
        _ batch: JudgedBatch,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        if let owner = try ledger.owner(ofKey: key) { note(.keyTwice, "key of unit \(owner)") }
        let credential = JudgedCredential(
            unit: unit,
            deviceKey: key,
            dacSerial: turn.read?.dacSerial,
            position: turn.position
        )
        turn.credential = credential
        try ledger.put(credential)
        let product = batch.terms.content.product
        guard let authority = authority(of: product) else { return note(.dacWrong, "no PAI was installed") }
        // Whoever brings certificates could bring a PAA of their own; the officers approved one with the version.
        demand(
            products[product]?.certificates?.paa == batch.terms.manifest.paa,
            .dacWrong,
            "the installed PAA is not the one of the version"
        )
        do { try judgeDAC(key, batch, authority.get()) } catch { note(.dacWrong, describe(error)) }
    }

    private mutating func judgeDAC(_ key: Digest256, _ batch: JudgedBatch, _ authority: AttestationAuthority) throws {
        guard let dac = try turn.read?.dac?.get() else { return note(.dacWrong, "none") }
        let isKnown = turn.read?.signer == authority.pai.publicKey
        try authority.verify(dac, isSignatureKnown: isKnown)
        demand(dac.publicKey.keyID == key, .dacWrong, "another key than the entry says")
        let approval = batch.terms.approval
        demand(
            dac.vendorID == approval.vendorID && dac.productID == approval.productID,
            .dacWrong,
            "another VID or PID than approved"
        )
        let notBefore = max(authority.pai.notBefore, authority.paa.notBefore, batch.terms.content.notBefore)
        demand(dac.notBefore == notBefore, .dacWrong, "notBefore \(dac.notBefore), expected \(notBefore)")
        demand(dac.notAfter == .noExpiry, .dacWrong, "the DAC expires at \(dac.notAfter)")
    }
}
