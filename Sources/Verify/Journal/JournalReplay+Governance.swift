internal import Statements
internal import TransparencyLog
internal import Vocabulary

extension JournalReplay {
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

    mutating func judgeStatus(_ body: StatusApplied) {
        if let before = contact { demand(body.time > before.time, .time, "status \(body.time)") }
        if let limit = roleKeys?.expiresAt { demand(body.time <= limit, .time, "status beyond the RoleKeys") }
        let position = tree.size - 1
        let isContained = body.storedSize <= position && (try? tree.root(at: body.storedSize)) == body.storedRoot
        demand(!body.isContained || isContained, .checkpointMismatch, "a receipt that this journal does not contain")
        contact = body
        floor = max(floor, body.time)
    }

    mutating func judgeOrder(_ body: OrderApplied) {
        let id = body.order.statementID
        demand(orders[id] == nil, .orderMissing, "one order applied twice")
        guard let order = officers(body.order, as: OfficerOrder.self) else { return }
        orders[id] = order.content
        if case .retireEdgeHSM(let box, _, _) = order.content.order {
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
        case .retireEdgeHSM(let box, _, _): demand(body.target == .edgeHSM(box), .orderMissing, "\(body.target)")
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

    mutating func judgeBurned(_ body: Burned) {
        guard var batch = known(body.authorization) else { return }
        batch.burned += body.units
        demand(body.units > 0 && batch.remaining >= 0, .quotaExceeded, "\(body.units) burned")
        demand(!batch.isClosed, .quotaExceeded, "burned after closing")
        batches[batch.id] = batch
    }

    mutating func judgeClosed(_ body: Closed) {
        guard var batch = batches[body.authorization] else {
            demand(void.contains(body.authorization), .authorizationUnknown, body.authorization.hex)
            let isEmpty = [body.granted, body.issued, body.burned, body.returned] == [0, 0, 0, 0]
            return demand(isEmpty, .accountMismatch, "counts of an authorization never loaded")
        }
        demand(!batch.isClosed, .accountMismatch, "closed twice")
        let stated = [body.granted, body.issued, body.burned, body.returned]
        let found = [batch.content.quantity, batch.issued, batch.burned, batch.remaining]
        demand(stated == found, .accountMismatch, "closing says \(stated), the journal \(found)")
        batch.returned = max(0, batch.remaining)
        batch.isClosed = true
        batches[batch.id] = batch
        products[batch.content.product]?.granted -= batch.returned
    }

    mutating func known(_ id: Digest256) -> Batch? {
        guard let batch = batches[id] else {
            note(.authorizationUnknown, id.hex)
            return nil
        }
        return batch
    }

    func describe(_ error: any Error) -> String {
        (error as? Refusal).map { "\($0.code) \($0.detail)" } ?? "\(type(of: error))"
    }

    // MARK: - The end

    mutating func finish(with checkpoint: Envelope) {
        current = nil
        guard let genesis else { return note(.genesis, "no entries") }
        judgeIdentity(of: genesis)
        let content: Checkpoint
        do {
            content = try Verified<Checkpoint>(checkpoint, signedBy: genesis.identity).content
        } catch { return note(.statementUnverified, describe(error)) }
        demand(content.edgeHSM == genesis.edgeHSM, .checkpointMismatch, "of \(content.edgeHSM)")
        demand(content.size == tree.size, .checkpointMismatch, "of \(content.size) entries, here are \(tree.size)")
        demand(content.root == tree.root, .rootMismatch, "\(content.root) stated, \(tree.root) found")
        demand(content.epoch == epoch, .checkpointMismatch, "epoch \(content.epoch), here \(epoch)")
        demand(content.roleKeysVersion == roleKeys?.version, .checkpointMismatch, "RoleKeys version")
        demand(content.portalNonce == contact?.nonce, .checkpointMismatch, "portal nonce")
        let stated = content.accounts.sorted { $0.authorization < $1.authorization }
        for (left, right) in zip(stated, openAccounts) where left != right {
            note(.accountMismatch, "authorization \(right.authorization)")
        }
        demand(
            stated.count == openAccounts.count,
            .accountMismatch,
            "\(stated.count) accounts of \(openAccounts.count)"
        )
    }
}
