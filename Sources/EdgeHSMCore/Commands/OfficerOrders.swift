import Statements
import Vocabulary

extension EdgeHSMState {
    /// True when nothing is left to do for an order here: it was applied, it is for another EdgeHSM, or what it revokes is
    /// revoked. Whoever signed it, so it is asked before any signature is judged: officers retire, orders go down again.
    func isSettled(_ envelope: Envelope) -> Bool {
        guard let order = Self.unverified(envelope) else { return false }
        if case .revoke(let target) = order { return durable.revocations.contains(target) }
        return durable.orders.contains(envelope.statementID) || !concerned(by: order)
    }

    /// Applies an order that takes power away, if it holds under the RoleKeys of this moment; true when nothing is left to
    /// do for it. What gives something (a clock, allotment for others) waits for the newest RoleKeys that came.
    mutating func takeAway(by envelope: Envelope, _ turn: inout Turn) -> Bool {
        if isSettled(envelope) { return true }
        guard Self.unverified(envelope)?.takesAway == true else { return false }
        do { try applyOrder(envelope, &turn) } catch { return false }
        return true
    }

    private static func unverified(_ envelope: Envelope) -> OfficerOrder.Order? {
        guard envelope.payloadType == OfficerOrder.payloadType else { return nil }
        return try? OfficerOrder.read(payload: envelope.payload).order
    }

    /// One order, under the RoleKeys of this moment. Applied once; one for another EdgeHSM is passed over.
    mutating func applyOrder(_ envelope: Envelope, _ turn: inout Turn) throws {
        guard !isSettled(envelope) else { return }
        let verified = try verifiedByOfficers(envelope, as: OfficerOrder.self)
        guard !durable.orders.contains(verified.id) else { return }
        let content = verified.content
        if case .revoke(let target) = content.order {
            // No expiry holds a revocation up.
            guard !durable.revocations.contains(target) else { return }
            try emit(OrderApplied(order: envelope), &turn)
            return try revoke(target, by: verified.id, &turn)
        }
        guard concerned(by: content.order) else { return }
        guard turn.now <= content.expiresAt || isClockReset(content.order) else {
            throw Refusal(EdgeError.orderExpired, "\(content.expiresAt)")
        }
        switch content.order {
        case .revoke: break
        case .resetClock(_, let nonce, let time): try resetClock(envelope, nonce, time, &turn)
        case .releaseAllotment(_, let product, let units, let sequence):
            try releaseAllotment(envelope, product, units, sequence, &turn)
        case .retireEdgeHSM:
            // Its remainder is allotted elsewhere: nothing may be issued here any more.
            try emit(OrderApplied(order: envelope), &turn)
            try revoke(.edgeHSM(durable.edgeHSM), by: verified.id, &turn)
        }
    }

    private func concerned(by order: OfficerOrder.Order) -> Bool {
        switch order {
        case .revoke: true
        case .resetClock(let edgeHSM, _, _), .releaseAllotment(let edgeHSM, _, _, _),
            .retireEdgeHSM(let edgeHSM, _, _, _):
            edgeHSM == durable.edgeHSM
        }
    }

    /// Its expiry can't be judged by the clock that it corrects: the fresh nonce bounds it.
    private func isClockReset(_ order: OfficerOrder.Order) -> Bool {
        if case .resetClock = order { true } else { false }
    }

    private mutating func resetClock(
        _ envelope: Envelope,
        _ nonce: Nonce,
        _ time: Instant,
        _ turn: inout Turn
    ) throws {
        guard let offered = live.clockResetNonce, offered == nonce else {
            throw Refusal(EdgeError.clockNonceStale, nonce.hex)
        }
        guard time <= durable.roleKeys.expiresAt else { throw Refusal(EdgeError.timeBeyondRoleKeys, "\(time)") }
        try emit(OrderApplied(order: envelope), &turn)
        try emit(ClockReset(order: envelope.statementID, nonce: nonce, time: time), &turn)
        live.clockResetNonce = nil
        live.carriedFloor = .epoch
        live.time.reset(to: time, at: turn.reading)
        turn.demand(.beforeAcknowledging)
    }

    private mutating func releaseAllotment(
        _ envelope: Envelope,
        _ name: ProductName,
        _ units: Int,
        _ sequence: Int,
        _ turn: inout Turn
    ) throws {
        let product = durable.products[name] ?? ProductAccount()
        guard sequence >= product.sequence, units <= product.allotment else {
            throw Refusal(
                EdgeError.releaseStale,
                "to \(units) at \(sequence); here \(product.allotment) at \(product.sequence)"
            )
        }
        guard units >= product.granted else {
            throw Refusal(EdgeError.releaseBelowUse, "to \(units), granted \(product.granted)")
        }
        try emit(OrderApplied(order: envelope), &turn)
        try emit(
            AllotmentReleased(product: name, units: units, sequence: sequence, order: envelope.statementID),
            &turn
        )
        turn.demand(.beforeAcknowledging)
    }
}
