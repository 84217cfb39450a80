import KeyCustody
public import LineProtocol
import Matter
public import Statements
public import Vocabulary

extension TokenExecution {
    public func permit(
        _ unit: IssuedUnit,
        factoryData: Digest256,
        terms: PermitTerms,
        of batch: Batch,
        in context: ExecutionContext
    ) async throws -> Envelope {
        let security = batch.manifest.chipSecurity
        let permit = ProgrammingPermit(
            edgeHSM: context.edgeHSM,
            authorization: batch.id,
            unit: unit.id,
            chipUID: unit.chipUID,
            firmware: batch.manifest.firmware.digest,
            factoryData: factoryData,
            secureBootKey: batch.manifest.firmware.verificationKey,
            debugRoot: security.debugRoot,
            socClass: security.socClass,
            attestationNonce: terms.nonce,
            attestationChallenge: Hex.encode(terms.challenge),
            expiresAt: terms.expiresAt
        )
        return try await signByIdentity(permit.unsigned())
    }

    public func checkCompletion(
        _ evidence: CompleteUnit.Request,
        unit: IssuedUnit,
        terms: PermitTerms,
        of batch: Batch,
        in context: ExecutionContext
    ) async throws -> Digest256 {
        guard evidence.firmware == batch.manifest.firmware.digest else {
            throw Refusal(ExecutionError.evidenceFirmware, evidence.firmware.hex)
        }
        guard evidence.factoryData == unit.factoryData else {
            throw Refusal(ExecutionError.evidenceFactoryData, evidence.factoryData.hex)
        }
        guard evidence.debugPortLocked else { throw Refusal(ExecutionError.evidenceOpenPort, unit.chipUID.hex) }
        let dac = try AttestationCertificate(der: unit.dac)
        guard dac.isValid(at: context.now) else {
            throw Refusal(MatterError.chainDACExpired, "valid \(dac.notBefore) to \(dac.notAfter)")
        }
        try issuers.authority(of: installed(batch)).verify(dac)
        try checkAttestation(evidence, dac: dac, terms: terms, of: batch)
        let secrets = try await UnitSecrets.derive(for: unit.id, of: batch.id, from: token)
        let label = try secrets.label(of: unit.serial, manifest: batch.manifest)
        // The scanned text holds the passcode: compared in constant time, and never part of the refusal.
        guard constantTimeEqual(Array(evidence.scannedLabel.text.utf8), Array(label.qr.utf8)) else {
            throw Refusal(ExecutionError.evidenceLabel, unit.serial.text)
        }
        return Digest256.of(evidence.attestationElements.bytes + evidence.attestationSignature.bytes)
    }

    private func checkAttestation(
        _ evidence: CompleteUnit.Request,
        dac: AttestationCertificate,
        terms: PermitTerms,
        of batch: Batch
    ) throws {
        do {
            let elements = try AttestationElements.verify(
                elements: evidence.attestationElements.bytes,
                signature: evidence.attestationSignature,
                challenge: terms.challenge,
                nonce: terms.nonce,
                key: dac.publicKey
            )
            guard elements.declaration == batch.certificationDeclaration else {
                throw Refusal(ExecutionError.evidenceAttestation, "Certification Declaration")
            }
        } catch let refusal as Refusal {
            guard !refusal.has(ExecutionError.evidenceAttestation) else { throw refusal }
            throw Refusal(ExecutionError.evidenceAttestation, "\(refusal.code) \(refusal.detail)")
        }
    }
}
