import Durability
import EdgeHSMCore
import LineProtocol
import Logging
import Statements
import Vocabulary

// From a chip's first sight to its DAC. Issuing is decide → sign outside the turn → journal → release.
extension EdgeEngine {
    func begin(_ request: BeginUnit.Request, by station: StationContext) async throws -> BeginUnit.Reply {
        try await serve(station.name) {
            let nonce = Nonce(validated: Random.octets(Nonce.size))
            let grant = try await perform(from: station.certificate) { facts in
                Begin(
                    authorization: request.authorization,
                    chipUID: request.chipUID,
                    station: station.station,
                    purpose: request.forRotation == true ? .rotate(finishing: request.nextKey) : .provision,
                    nonce: nonce,
                    facts: try JournalStore.facts(
                        chip: request.chipUID,
                        authorization: request.authorization,
                        facts.database
                    )
                )
            }
            return BeginUnit.Reply(grant)
        }
    }

    func reprovision(_ request: ReprovisionUnit.Request, by station: StationContext) async throws -> BeginUnit.Reply {
        try await serve(station.name) {
            let nonce = Nonce(validated: Random.octets(Nonce.size))
            let grant = try await perform(from: station.certificate) { facts in
                Reprovision(
                    authorization: request.authorization,
                    chipUID: request.chipUID,
                    station: station.station,
                    nonce: nonce,
                    facts: try JournalStore.facts(
                        chip: request.chipUID,
                        authorization: request.authorization,
                        facts.database
                    )
                )
            }
            return BeginUnit.Reply(grant)
        }
    }

    func issueCredential(
        _ request: IssueCredential.Request,
        by station: StationContext
    ) async throws -> IssueCredential.Reply {
        try await serve(station.name) {
            let batch = try await batch(request.authorization)
            let device = try await verify(request, of: batch)
            let decision = try await perform(from: station.certificate, withheld: { await abandon($0) }) { facts in
                DecideIssue(
                    authorization: request.authorization,
                    unit: request.unit,
                    station: station.station,
                    request: device.presented(isVendorProven: batch.isVendorProven),
                    facts: try JournalStore.facts(
                        chip: device.chipUID,
                        authorization: request.authorization,
                        key: device.publicKey.keyID,
                        facts.database
                    )
                )
            }
            switch decision {
            case .stored(let record): return try reply(record, batch, isRepeat: true)
            case .sign(let reservation):
                let signed = try await sign(reservation, device, batch)
                let record = try await count(reservation, for: station) {
                    SignedIssue(reservation: reservation, dac: Octets(signed.dac), commitment: signed.commitment)
                }
                return try reply(record, batch, isRepeat: false)
            }
        }
    }

    func rotateCredential(
        _ request: RotateCredential.Request,
        by station: StationContext
    ) async throws -> IssueCredential.Reply {
        try await serve(station.name) {
            let batch = try await batch(request.authorization)
            let device = try await execution.verifyRequest(
                request.request.bytes,
                proof: request.vendorProof,
                for: batch,
                at: now
            )
            guard
                request.proof.holds(chipUID: device.chipUID, newKey: device.publicKey, request: device.request)
            else { throw Refusal(EdgeError.rotationUnproven, "signature") }
            let decision = try await perform(from: station.certificate, withheld: { await abandon($0) }) { facts in
                DecideRotation(
                    authorization: request.authorization,
                    unit: request.unit,
                    station: station.station,
                    request: device.presented(isVendorProven: batch.isVendorProven),
                    proof: request.proof,
                    facts: try JournalStore.facts(
                        unit: request.unit,
                        authorization: request.authorization,
                        key: device.publicKey.keyID,
                        facts.database
                    )
                )
            }
            switch decision {
            case .stored(let record): return try reply(record, batch, isRepeat: true)
            case .sign(let reservation):
                let signed = try await sign(reservation, device, batch)
                let grant = try await count(reservation, for: station) {
                    SignedRotation(reservation: reservation, dac: Octets(signed.dac))
                }
                let unit = try await record(grant.unit)
                return try reply(unit, batch, isRepeat: false)
            }
        }
    }

    private func verify(_ request: IssueCredential.Request, of batch: Batch) async throws -> DeviceFacts {
        try await execution.verifyRequest(request.request.bytes, proof: request.vendorProof, for: batch, at: now)
    }

    /// Signs a reserved DAC. Where that fails, the reservation ends as if it had not been.
    private func sign(
        _ reservation: Reservation,
        _ device: DeviceFacts,
        _ batch: Batch
    ) async throws -> SignedCredential {
        do {
            try seam.pass("dac.before")
            // From the reservation on the product's certificates don't change, but they may have before it.
            let batch = try await self.batch(batch.id)
            let signed = try await execution.issueCredential(device, unit: reservation.unit, of: batch)
            try seam.pass("dac.after")
            return signed
        } catch {
            _ = try await writer.turn { _ in AbandonIssue(reservation: reservation) }
            throw error
        }
    }

    /// Has a signature counted. A station that was revoked since the decision gets nothing: its reservation ends as if it
    /// had not been.
    private func count<Command: EdgeCommand>(
        _ reservation: Reservation,
        for station: StationContext,
        _ signed: @escaping @Sendable () -> Command
    ) async throws -> Command.Grant {
        do {
            return try await perform(from: station.certificate) { _ in signed() }
        } catch let counted as CountedRefusal where counted.refusal.has(EdgeError.peerRevoked) {
            _ = try await writer.turn { _ in AbandonIssue(reservation: reservation) }
            throw counted
        }
    }

    /// A reservation that nobody will sign for would keep its chip busy until the next start.
    private func abandon(_ grant: DecideIssue.Grant) async {
        guard case .sign(let reservation) = grant else { return }
        do {
            _ = try await writer.turn { _ in AbandonIssue(reservation: reservation) }
        } catch { logger.error("a reservation stays", metadata: ["unit": "\(reservation.unit)"]) }
    }

    /// A unit that is known to be counted.
    func record(_ unit: Digest256) async throws -> UnitRecord {
        try await writer.read { facts in
            guard let record = try JournalStore.unit(unit, facts.database) else {
                throw Refusal(EdgeError.unitUnknown, unit.hex)
            }
            return record
        }
    }

    private func reply(_ record: UnitRecord, _ batch: Batch, isRepeat: Bool) throws -> IssueCredential.Reply {
        IssueCredential.Reply(
            dac: record.dac,
            pai: try batch.installed().pai,
            serial: record.serial,
            isRepeat: isRepeat
        )
    }
}

extension Batch {
    /// At this level `verifyRequest` has refused every CSR without a valid proof.
    var isVendorProven: Bool { manifest.chipIdentity == .vendorCertificate }
}

extension DeviceFacts {
    func presented(isVendorProven: Bool) -> PresentedRequest {
        PresentedRequest(
            chipUID: chipUID,
            nonce: nonce,
            deviceKey: publicKey,
            agreementKey: agreementKey,
            digest: request,
            isVendorProven: isVendorProven
        )
    }
}

extension BeginUnit.Reply {
    init(_ grant: Begin.Grant) {
        self.init(
            unit: grant.unit,
            generation: grant.generation,
            nonce: grant.nonce,
            isIssued: grant.isIssued,
            expiresAt: grant.expiresAt
        )
    }
}
