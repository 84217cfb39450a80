internal import Statements
internal import Vocabulary

extension JournalJudge {
    mutating func judgeGenesis(_ body: Genesis) {
        genesis = body
        if let pinned = trust.identity { demand(pinned == body.identity, .identity, body.identity.hex) }
        do {
            let keys = try RoleKeys.read(payload: body.roleKeys.payload)
            _ = try Verified<RoleKeys>(body.roleKeys, signedBy: keys.root)
            if let pinned = trust.root { demand(pinned == keys.root, .rootAuthority, keys.root.hex) }
            roleKeys = keys
            roleKeysID = body.roleKeys.statementID
            firstRoot = keys.root
            acceptedRoleKeys = [keys]
            floor = keys.issuedAt
        } catch { note(.genesis, describe(error)) }
    }

    mutating func judgeRoleKeys(_ body: RoleKeysAccepted) {
        guard let present = roleKeys else { return note(.statementUnverified, "RoleKeys without genesis") }
        do {
            let next = try present.successor(body.roleKeys, ownID: roleKeysID).content
            demand(next.version == body.version, .statementUnverified, "version \(body.version)")
            roleKeys = next
            acceptedRoleKeys.append(next)
            roleKeysID = body.roleKeys.statementID
            floor = max(floor, next.issuedAt)
        } catch { note(.statementUnverified, describe(error)) }
    }

    mutating func judgeStatus<Ledger: UnitLedger>(
        _ body: StatusApplied,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        if let heard { demand(body.time > heard, .time, "status \(body.time)") }
        if let limit = roleKeys?.expiresAt { demand(body.time <= limit, .time, "status beyond the RoleKeys") }
        let isHeld = (0...turn.position).contains(body.storedSize)
        let root = isHeld ? try ledger.root(at: body.storedSize) : nil
        demand(
            !body.isContained || root == body.storedRoot,
            .checkpointMismatch,
            "a receipt that this journal does not contain"
        )
        contact = body
        heard = body.time
        floor = max(floor, body.time)
    }

    mutating func judgeOrder(_ body: OrderApplied) {
        let id = body.order.statementID
        demand(orders[id] == nil, .orderMissing, "one order applied twice")
        guard let order = officers(body.order, as: OfficerOrder.self) else { return }
        orders[id] = order.content
        if case .retireEdgeHSM(let box, _, _, _) = order.content.order {
            demand(box == genesis?.edgeHSM, .orderMissing, "an order to another EdgeHSM")
        }
    }

    /// Verifies m officers of the RoleKeys in force, not counting compromised keys; notes and returns nil otherwise.
    mutating func officers<Content: Statement>(_ envelope: Envelope, as type: Content.Type) -> Verified<Content>? {
        guard let keys = roleKeys else {
            note(.statementUnverified, "no RoleKeys")
            return nil
        }
        do {
            let verified = try Verified<Content>(envelope, signedByOfficersOf: keys)
            demand(sound(verified.signers).count >= keys.threshold, .statementUnverified, "signed by compromised keys")
            return verified
        } catch {
            note(.statementUnverified, describe(error))
            return nil
        }
    }

    /// The signers whose keys are not compromised here: a statement stands on them alone.
    func sound(_ signers: [Digest256]) -> [Digest256] { signers.filter { !revoked.contains(.roleKey($0)) } }

    /// The portal takes power from authorizations only; anything else stands on an officers' order.
    mutating func judgeRevoked(_ body: Revoked) {
        demand(!revoked.contains(body.target), .orderMissing, "revoked twice")
        if case .authorization = body.target, orders[body.statement] == nil {
            revoked.insert(body.target)
            return
        }
        switch orders[body.statement]?.order {
        case .revoke(let target): demand(target == body.target, .orderMissing, "order for \(target)")
        case .retireEdgeHSM(let box, _, _, _): demand(body.target == .edgeHSM(box), .orderMissing, "\(body.target)")
        default: note(.orderMissing, "revocation of \(body.target)")
        }
        revoked.insert(body.target)
    }

    mutating func judgeRelease(_ body: AllotmentReleased) {
        var product = products[body.product] ?? Product()
        if case .releaseAllotment(let box, let name, let units, let sequence) = orders[body.order]?.order {
            let fits =
                box == genesis?.edgeHSM && name == body.product && units == body.units && sequence == body.sequence
            demand(fits, .orderMissing, "another release was ordered")
        } else {
            note(.orderMissing, "release of \(body.product)")
        }
        demand(body.units >= product.granted, .allotmentExceeded, "release to \(body.units) of \(product.granted)")
        demand(body.units <= product.allotment, .allotmentExceeded, "a release that raises")
        product.release = Release(order: body.order, sequence: body.sequence, before: product.allotment)
        product.allotment = min(product.allotment, body.units)
        product.sequence = max(product.sequence, body.sequence)
        products[body.product] = product
    }

    mutating func judgeClockReset(_ body: ClockReset) {
        if case .resetClock(let box, let nonce, let time) = orders[body.order]?.order {
            demand(
                box == genesis?.edgeHSM && nonce == body.nonce && time == body.time,
                .orderMissing,
                "another reset was ordered"
            )
        } else {
            note(.orderMissing, "clock reset")
        }
        floor = body.time
        // Words of the portal from then on are news again, and its silence counts.
        if let before = heard { heard = min(before, body.time) }
    }

    mutating func judgePrepared(_ body: ProductPrepared) {
        guard let genesis else { return }
        do {
            let content = try Verified<ProductPreparation>(body.preparation, signedBy: genesis.identity).content
            demand(content.edgeHSM == genesis.edgeHSM, .statementUnverified, "prepared by \(content.edgeHSM)")
            demand(products[content.product]?.preparation == nil, .statementUnverified, "prepared twice")
            products[content.product, default: Product()].preparation = content
        } catch { note(.statementUnverified, describe(error)) }
    }

    mutating func judgeBurned<Ledger: UnitLedger>(
        _ body: Burned,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        guard var batch = try known(body.authorization, &ledger) else { return }
        // Foreign figures: beyond every batch they are all the same.
        let units = min(max(body.units, -Limits.largestBatch), Limits.largestBatch + 1)
        batch.used.burned += units
        totals.burned += units
        demand(body.units > 0 && batch.remaining >= 0, .quotaExceeded, "\(body.units) burned")
        demand(!batch.used.isClosed, .quotaExceeded, "burned after closing")
        try save(batch, &ledger)
    }

    mutating func judgeClosed<Ledger: UnitLedger>(
        _ body: Closed,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        guard var batch = try ledger.batch(body.authorization) else {
            demand(void.contains(body.authorization), .authorizationUnknown, body.authorization.hex)
            let isEmpty = [body.granted, body.issued, body.burned, body.returned] == [0, 0, 0, 0]
            return demand(isEmpty, .accountMismatch, "counts of an authorization never loaded")
        }
        demand(!batch.used.isClosed, .accountMismatch, "closed twice")
        let stated = [body.granted, body.issued, body.burned, body.returned]
        let found = [batch.terms.content.quantity, batch.used.issued, batch.used.burned, batch.remaining]
        demand(stated == found, .accountMismatch, "closing says \(stated), the journal \(found)")
        let returned = max(0, batch.remaining)
        batch.used.returned = returned
        batch.used.isClosed = true
        try save(batch, &ledger)
        products[batch.terms.content.product]?.granted -= returned
    }

    mutating func known<Ledger: UnitLedger>(
        _ id: Digest256,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) -> JudgedBatch? {
        let batch = try ledger.batch(id)
        if batch == nil { note(.authorizationUnknown, id.hex) }
        turn.batch = batch
        return batch
    }

    func describe(_ error: any Error) -> String {
        (error as? Refusal).map { "\($0.code) \($0.detail)" } ?? "\(type(of: error))"
    }
}
