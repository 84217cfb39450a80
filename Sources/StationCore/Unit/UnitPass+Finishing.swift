import LineProtocol
import Matter
import Programmers
import Statements
import Vocabulary

/// Label, attestation, lock, and the word to the EdgeHSM.
extension UnitPass {
    mutating func printLabel() async throws {
        try await site.desk.printLabel(try known(data).label)
    }

    /// What stands on the device must be this unit's code, and must say what the batch is: a label of another unit in
    /// the printer's queue would make two devices useless.
    mutating func scanLabel() async throws {
        let label = try known(data).label
        let text = try await site.desk.scanLabel(label)
        guard text == label.qr else { throw Refusal(StationError.labelMismatch, "not the code of \(label.serial)") }
        guard let payload = try? OnboardingPayload(qrText: text), payload.vendorID == batch.vendorID,
            payload.productID == batch.productID, payload.discriminator.value == label.discriminator
        else { throw Refusal(StationError.labelMismatch, "the code of \(label.serial) does not say what it should") }
        scanned = text
    }

    /// The chip answers as the finished device will: by its firmware, after secure boot, with its DAC key.
    mutating func attest() async throws {
        let (permit, key) = (try known(permit), try known(signingKey))
        let challenge = try AttestationChallenge(hex: permit.attestationChallenge)
        let timestamp = UInt32(clamping: site.now() - Instant(seconds: 946_684_800))
        let answer = try await site.chip {
            try await $0.attestationSignature(
                nonce: permit.attestationNonce,
                challenge: challenge,
                timestamp: timestamp
            )
        }
        let elements = try? AttestationElements(decoding: answer.elements.bytes)
        guard let elements, elements.nonce == permit.attestationNonce else {
            throw Refusal(StationError.attestationInvalid, "elements")
        }
        guard elements.declaration == (try known(data).certificationDeclaration.bytes) else {
            throw Refusal(StationError.attestationInvalid, "certification declaration")
        }
        guard holds(answer.signature, by: key, over: answer.elements.bytes + challenge.bytes) else {
            throw Refusal(StationError.attestationInvalid, "signature")
        }
        attestation = answer
    }

    /// The one step that nothing undoes.
    mutating func lock() async throws {
        guard portOpen else { return }
        try await remember { $0.phase = .locking }
        do {
            try await site.chip { try await $0.lockDebug() }
        } catch let refusal as Refusal where refusal.code == Self.portLockedCode {
            // An earlier attempt took effect and only its answer was lost.
        }
    }

    /// Tries the port: what the chip says of itself is not enough.
    mutating func checkLock() async throws {
        chipStatus = try await site.chip { try await $0.status() }
        guard chipStatus.debugLocked, !chipStatus.debugOpen else {
            throw Refusal(StationError.lockIneffective, "the chip says that it is open")
        }
        do {
            _ = try await site.chip { try await $0.readBack(.firmware, offset: 0, length: 16) }
        } catch let refusal as Refusal where refusal.code == Self.portLockedCode {
            return
        }
        throw Refusal(StationError.lockIneffective, "firmware could be read")
    }

    private static let portLockedCode = "chip.debug.locked"

    mutating func complete() async throws {
        let (readBack, attestation) = (try known(readBack), try known(attestation))
        try await remember { $0.phase = .completing }
        let request = CompleteUnit.Request(
            authorization: batch.authorization,
            unit: try known(begun).unit,
            firmware: readBack.firmware,
            factoryData: readBack.factoryData,
            attestationElements: Octets(attestation.elements.bytes),
            attestationSignature: attestation.signature,
            scannedLabel: scanned,
            debugPortLocked: true
        )
        do {
            _ = try await site.edge.ask(CompleteUnit.self, request)
        } catch let refusal as Refusal where EdgeCodes.completed.contains(refusal.code) {
            // Done by an attempt whose reply was lost.
        }
        try await remember { record in
            record.phase = .passed
            record.isReopened = nil
        }
    }
}
