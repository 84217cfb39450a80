import LineProtocol
import Matter
import Statements
import Vocabulary

@testable import EdgeHSMDaemon

extension EngineWorld {
    /// What a station sends with `complete`, as a good unit makes it.
    func evidence(
        _ chip: EngineChip,
        _ batch: Digest256,
        _ unit: Digest256,
        _ terms: ProgrammingPermit,
        _ data: GetFactoryData.Reply
    ) throws -> CompleteUnit.Request {
        let elements = try AttestationElements(declaration: oem.declaration, nonce: terms.attestationNonce).encoded
        let challenge = try Hex.decode(terms.attestationChallenge)
        return CompleteUnit.Request(
            authorization: batch,
            unit: unit,
            firmware: oem.manifest.firmware.digest,
            factoryData: Digest256.of(data.factoryData.bytes),
            attestationElements: Octets(elements),
            attestationSignature: try chip.signing.signNow(
                AttestationElements.message(elements: elements, challenge: challenge)
            ),
            scannedLabel: data.label.qr,
            debugPortLocked: true
        )
    }

    /// From `begin` to `complete`. Returns the unit's id.
    func make(_ chip: EngineChip, _ batch: Digest256, _ engine: EdgeEngine) async throws -> Digest256 {
        let unit = try await engine.issue(chip, batch).begun.unit
        let asks = GetFactoryData.Request(authorization: batch, unit: unit)
        let data = try await engine.factoryData(asks, by: Self.station)
        let permit = try await engine.permit(asks, by: Self.station).permit
        let terms = try ProgrammingPermit.read(payload: permit.payload)
        _ = try await engine.complete(evidence(chip, batch, unit, terms, data), by: Self.station)
        return unit
    }
}
