import Crypto
import LineProtocol
import Programmers
import Silicon
import Statements
import SwiftASN1
import Vocabulary
import X509

/// From an unknown chip to a permit: what the EdgeHSM decides.
extension UnitPass {
    mutating func identify() async throws {
        let identity = try await site.chip { try await $0.identify() }
        guard identity.family.rawValue == batch.family else {
            throw Refusal(StationError.familyMismatch, "\(identity.family.rawValue), the batch is for \(batch.family)")
        }
        self.identity = identity
        chipStatus = try await site.chip { try await $0.status() }
        before = try await site.progress.record(authorization: batch.authorization, chipUID: identity.uid)
        record = before
    }

    mutating func begin() async throws {
        let uid = try known(identity).uid
        let reply: BeginUnit.Reply
        do {
            reply = try await site.edge.ask(
                BeginUnit.self,
                .init(authorization: batch.authorization, chipUID: uid)
            )
        } catch let refusal as Refusal
            where EdgeCodes.completed.contains(refusal.code) && mayHavePassed
        {
            try await remember { record in
                record.phase = .passed
                record.isReopened = nil
            }
            passedBefore = true
            return
        }
        begun = reply
        let isSame = before?.unit == reply.unit && before?.phase != .failed
        var new =
            isSame
            ? try known(before)
            : UnitRecord(authorization: batch.authorization, chipUID: uid, unit: reply.unit, phase: .begun)
        if reply.isIssued && (new.phase == .begun || new.phase == .passed) { new.phase = .issued }
        new.isReprovisioned = before?.isReprovisioned ?? false
        // A bench that opened a device of another station could not know its unit.
        if before?.knownUnit == nil { new.isReopened = before?.isReopened }
        try await site.progress.save(new)
        record = new
    }

    /// Whether the EdgeHSM's word that the unit is completed is about what this station did: it has passed here, perhaps
    /// opened since without that the unlock was ever counted, or the power went before this station wrote it down. The
    /// EdgeHSM is asked in any case, because another bench may have opened the device.
    private var mayHavePassed: Bool {
        guard let before else { return false }
        return before.phase == .passed || before.phase == .completing || before.isReopened == true
    }

    /// The chip's keys and its request over this pass's nonce.
    mutating func makeRequest() async throws {
        let begun = try known(begun)
        let hasKeys = chipStatus.signingKey != nil
        if portOpen {
            guard hasKeys || !begun.isIssued else { throw Refusal(StationError.chipLostKeys) }
            // Keys of an earlier life are not for this unit: its EdgeHSM may have seen them, or never would.
            let areOld = before?.unit != begun.unit || before?.keysAreOld == true
            if hasKeys && !begun.isIssued && areOld {
                try await site.chip { try await $0.wipe(.keys) }
            }
            try await remember { $0.keysAreOld = false }
            request = try await site.chip { try await $0.generateKeys(nonce: begun.nonce) }
        } else {
            guard hasKeys, begun.isIssued else { throw Refusal(lockedFault, "no issued key") }
            request = try await site.chip { try await $0.attest(nonce: begun.nonce) }
        }
        chipStatus = try await site.chip { try await $0.status() }
        signingKey = chipStatus.signingKey
    }

    mutating func proveVendor() async throws {
        guard try known(identity).family.hasVendorIdentity else { return }
        let proof = try await site.chip { try await $0.vendorAttest() }
        vendorProof = VendorProof(certificates: [Octets(proof.certificate.bytes)], signature: proof.signature)
    }

    mutating func issue() async throws {
        let reply = try await site.edge.ask(
            IssueCredential.self,
            .init(
                authorization: batch.authorization,
                unit: try known(begun).unit,
                request: Octets(request),
                vendorProof: vendorProof
            )
        )
        guard let dac = try? Certificate(derEncoded: reply.dac.bytes),
            let key = P256.Signing.PublicKey(dac.publicKey),
            Array(key.x963Representation) == signingKey?.bytes
        else { throw Refusal(StationError.credentialMismatch, "serial \(reply.serial)") }
        credential = reply
        try await remember { record in
            if record.phase == .begun { record.phase = .issued }
            record.serial = reply.serial
        }
    }

    mutating func fetchFactoryData() async throws {
        let reply = try await site.edge.ask(
            GetFactoryData.self,
            .init(authorization: batch.authorization, unit: try known(begun).unit)
        )
        let label = reply.label
        guard label.vendorID == batch.vendorID, label.productID == batch.productID,
            label.serial == (try known(credential).serial)
        else { throw Refusal(StationError.labelMismatch, "the EdgeHSM's label is of another product or unit") }
        data = reply
        // Now, because the sealed label record is in memory only and must outlive a power cut.
        try await site.reports.add(try report(.begun, code: nil, milliseconds: 0))
    }

    /// A locked chip has its keys already and takes no more.
    mutating func sealKeys() async throws {
        sealed = []
        guard portOpen else { return }
        for slot in batch.keySlots {
            sealed.append(
                try await site.edge.ask(
                    SealKey.self,
                    .init(authorization: batch.authorization, unit: try known(begun).unit, slot: slot)
                )
            )
        }
    }

    /// The permit must be the EdgeHSM's own and say exactly what this unit was given. Its expiry is judged where the
    /// time is trusted: by the EdgeHSM at `complete`, not by this machine's clock.
    mutating func fetchPermit() async throws {
        let begun = try known(begun)
        let reply = try await site.edge.ask(
            GetPermit.self,
            .init(authorization: batch.authorization, unit: begun.unit)
        )
        let permit: ProgrammingPermit
        do {
            permit = try Verified(reply.permit, as: ProgrammingPermit.self, signedBy: site.identityKey).content
        } catch let refusal as Refusal { throw Refusal(StationError.permitMismatch, refusal.code) }
        let checks = [
            ("EdgeHSM", permit.edgeHSM == site.edgeHSM), ("authorization", permit.authorization == batch.authorization),
            ("unit", permit.unit == begun.unit), ("chip UID", permit.chipUID == (try known(identity).uid)),
            ("firmware", permit.firmware == batch.firmware),
            ("factory data", permit.factoryData == Digest256.of(try known(data).factoryData.bytes)),
        ]
        if let wrong = checks.first(where: { !$0.1 }) { throw Refusal(StationError.permitMismatch, wrong.0) }
        self.permit = permit
    }
}

/// Codes of the EdgeHSM that a station tells apart from all others.
enum EdgeCodes {
    /// `begin` of a chip that is a finished unit.
    static let completed: Set<String> = ["edge.unit.completed"]
    /// A unit whose keys an opened port could read.
    static let exposed = "edge.unit.exposed"
    /// `fail` of a unit that has no DAC, or is given up already.
    static let nothingToGiveUp: Set<String> = [
        "edge.unit.unknown", "edge.unit.not-issued", "edge.unit.ended", "edge.hold.missing",
    ]
}
