import LineProtocol
import Statements
import Vocabulary

/// What each station does with each of its chips while the EdgeHSM is measured.
public enum LoadWork: String, Sendable, CaseIterable {
    /// `begin` and `issueCredential`: a durable DAC.
    case issue
    /// All that the EdgeHSM does for one device: issue, factory data, product key, permit, completion.
    case life
}

/// One station: a certificate and a connection of its own, and nothing of our station software's work.
struct LoadStation: Sendable {
    /// Seconds that the station waited, for one unit.
    struct Waited: Sendable {
        var issue = 0.0
        var unit = 0.0
    }

    let client: LineClient
    let authorization: Digest256

    func work(_ work: LoadWork, on chips: [SoftChip]) async throws -> [Waited] {
        var all: [Waited] = []
        for chip in chips {
            var waited = Waited()
            let unit = try await issue(chip, &waited)
            if work == .life { try await finish(unit, chip, &waited) }
            all.append(waited)
        }
        return all
    }

    /// Gives up what `LoadWork.issue` left open, so that no hold remains.
    func giveUp(_ chips: [SoftChip]) async throws {
        for chip in chips {
            let begun = try await client.ask(
                BeginUnit.self,
                .init(authorization: authorization, chipUID: chip.uid)
            )
            _ = try await client.ask(
                FailUnit.self,
                .init(authorization: authorization, unit: begun.unit, reason: "load")
            )
        }
    }

    private func issue(_ chip: SoftChip, _ waited: inout Waited) async throws -> Digest256 {
        let begun = try await timed(&waited.unit) {
            try await client.ask(BeginUnit.self, .init(authorization: authorization, chipUID: chip.uid))
        }
        let request = try chip.request(begun.nonce)
        let issued = try await timed(&waited.issue) {
            try await client.ask(
                IssueCredential.self,
                .init(authorization: authorization, unit: begun.unit, request: request, vendorProof: nil)
            )
        }
        waited.unit += waited.issue
        guard !issued.isRepeat else { throw Refusal(FactoryBoxError.unexpected, "a DAC that existed before") }
        return begun.unit
    }

    private func finish(_ unit: Digest256, _ chip: SoftChip, _ waited: inout Waited) async throws {
        let data = try await timed(&waited.unit) {
            try await client.ask(GetFactoryData.self, .init(authorization: authorization, unit: unit))
        }
        let permit = try await timed(&waited.unit) {
            _ = try await client.ask(
                SealKey.self,
                .init(authorization: authorization, unit: unit, slot: try KeySlot("ota"))
            )
            return try await client.ask(GetPermit.self, .init(authorization: authorization, unit: unit)).permit
        }
        let terms = try ProgrammingPermit.read(payload: permit.payload)
        let (elements, signature) = try chip.attest(terms, declaration: data.certificationDeclaration.bytes)
        let evidence = CompleteUnit.Request(
            authorization: authorization,
            unit: unit,
            firmware: terms.firmware,
            factoryData: terms.factoryData,
            attestationElements: Octets(elements),
            attestationSignature: signature,
            scannedLabel: data.label.qr,
            debugPortLocked: true
        )
        _ = try await timed(&waited.unit) { try await client.ask(CompleteUnit.self, evidence) }
    }

    private func timed<Value>(_ seconds: inout Double, _ body: () async throws -> Value) async rethrows -> Value {
        let start = ContinuousClock.now
        let value = try await body()
        seconds += (ContinuousClock.now - start) / .seconds(1)
        return value
    }
}
