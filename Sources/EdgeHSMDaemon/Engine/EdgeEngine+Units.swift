import EdgeHSMCore
import LineProtocol
import Statements
import Vocabulary

// What a counted unit gets until it is finished: its secrets, its product keys, leave to be programmed, its end. Each
// is asked of the core, executed, journaled (the core is asked again in that turn), and only then released.
extension EdgeEngine {
    func factoryData(_ request: GetFactoryData.Request, by station: StationContext) async throws -> GetFactoryData.Reply
    {
        try await serve(station.name) {
            let unit = try await unitContext(request.authorization, request.unit, station)
            let batch = try await batch(request.authorization)
            let data = try await execution.unitData(unit.issued, of: batch, in: context)
            let digest = Digest256.of(data.factoryData)
            _ = try await perform(from: station.certificate) { facts in
                GiveFactoryData(
                    authorization: request.authorization,
                    unit: request.unit,
                    station: station.station,
                    factoryData: digest,
                    facts: try facts.of(request.unit, request.authorization)
                )
            }
            return GetFactoryData.Reply(
                encoding: data.encoding,
                factoryData: Octets(data.factoryData),
                certificationDeclaration: Octets(batch.certificationDeclaration),
                label: data.label,
                labelRecord: data.labelRecord
            )
        }
    }

    func sealKey(_ request: SealKey.Request, by station: StationContext) async throws -> SealKey.Reply {
        try await serve(station.name) {
            let command: @Sendable (Writer.Facts) throws -> RecordSeal = { facts in
                RecordSeal(
                    authorization: request.authorization,
                    unit: request.unit,
                    slot: request.slot,
                    station: station.station,
                    facts: try facts.of(request.unit, request.authorization)
                )
            }
            let reading = writer.clock.reading()
            let (unit, key) = try await writer.read { try $0.state.sealable(command($0), at: reading) }
            let sealed = try await execution.sealKey(
                request.slot,
                fleet: key.kind == .fleet,
                to: unit.issued,
                nonce: unit.nonce,
                of: batch(request.authorization)
            )
            let grant = try await perform(from: station.certificate, command)
            // Another CSR in between means another recipient: what was sealed is dropped.
            guard grant.context.agreementKey == unit.agreementKey, grant.context.nonce == unit.nonce else {
                throw Refusal(EdgeError.unitNotAttested, request.unit.hex)
            }
            return sealed
        }
    }

    func permit(_ request: GetPermit.Request, by station: StationContext) async throws -> GetPermit.Reply {
        try await serve(station.name) {
            let unit = try await unitContext(request.authorization, request.unit, station)
            guard let factoryData = unit.record.factoryData else {
                throw Refusal(EdgeError.factoryDataNotGiven, request.unit.hex)
            }
            let batch = try await batch(request.authorization)
            let secureBootKey = batch.manifest.firmware.verificationKey
            guard secureBootKey.keyID == batch.manifest.chipSecurity.secureBootKey else {
                throw Refusal(EdgeError.manifestMismatch, "secure-boot key")
            }
            let context = context
            let terms = PermitTerms(
                nonce: Nonce(validated: Random.octets(Nonce.size)),
                challenge: Random.octets(16),
                expiresAt: context.now + PermitMemory.lifetime
            )
            let permit = try await execution.permit(
                unit.issued,
                factoryData: factoryData,
                terms: terms,
                of: batch,
                in: context
            )
            _ = try await perform(from: station.certificate) { facts in
                GrantPermit(
                    authorization: request.authorization,
                    unit: request.unit,
                    station: station.station,
                    permit: permit.statementID,
                    factoryData: factoryData,
                    facts: try facts.of(request.unit, request.authorization)
                )
            }
            permits.keep(PermitMemory.Given(permit: permit.statementID, terms: terms), of: request.unit)
            return GetPermit.Reply(permit: permit)
        }
    }

    func complete(_ request: CompleteUnit.Request, by station: StationContext) async throws -> CompleteUnit.Reply {
        try await serve(station.name) {
            let unit = try await record(request.unit)
            let evidence: (attestation: Digest256, permit: Digest256)
            if unit.state == .completed {
                // Done before: the core repeats its first answer and journals nothing.
                evidence = (.zero, .zero)
            } else {
                evidence = try await judge(request, unit)
            }
            let grant = try await perform(from: station.certificate) { facts in
                CompleteCommand(
                    authorization: request.authorization,
                    unit: request.unit,
                    station: station.station,
                    firmware: request.firmware,
                    factoryData: request.factoryData,
                    attestation: evidence.attestation,
                    permit: evidence.permit,
                    isDebugPortLocked: request.debugPortLocked,
                    facts: try facts.of(request.unit, request.authorization)
                )
            }
            permits.forget(request.unit)
            return CompleteUnit.Reply(completedAt: grant.completedAt, sequence: grant.sequence)
        }
    }

    private func judge(
        _ request: CompleteUnit.Request,
        _ unit: UnitRecord
    ) async throws -> (attestation: Digest256, permit: Digest256) {
        let context = context
        guard let given = permits.get(request.unit, at: context.now) else {
            throw Refusal(EdgeError.notPermitted, "no permit in memory for \(request.unit)")
        }
        let attestation = try await execution.checkCompletion(
            request,
            unit: unit.issued(),
            terms: given.terms,
            of: batch(request.authorization),
            in: context
        )
        return (attestation, given.permit)
    }

    func fail(_ request: FailUnit.Request, by station: StationContext) async throws -> FailUnit.Reply {
        try await serve(station.name, needsToken: false) {
            try await perform(from: station.certificate) { facts in
                FailCommand(
                    authorization: request.authorization,
                    unit: request.unit,
                    station: station.station,
                    reason: request.reason.text,
                    facts: try facts.of(request.unit, request.authorization)
                )
            }
            permits.forget(request.unit)
            return Nothing()
        }
    }

    /// Journaled and anchored before it is signed: a crash in between costs an unlock, never gives one.
    func answerDebug(
        _ request: AnswerDebugChallenge.Request,
        by station: StationContext
    ) async throws -> AnswerDebugChallenge.Reply {
        try await serve(station.name) {
            // What can't be answered must not cost an unlock.
            let batch = try await batch(request.authorization)
            try await execution.checkDebug(
                request.challenge.bytes,
                permissions: request.permissions.text,
                chipUID: request.chipUID,
                of: batch
            )
            let grant = try await perform(from: station.certificate) { facts in
                UnlockDebug(
                    authorization: request.authorization,
                    chipUID: request.chipUID,
                    station: station.station,
                    challenge: Digest256.of(request.challenge.bytes),
                    permissions: request.permissions.text,
                    facts: try JournalStore.facts(
                        chip: request.chipUID,
                        authorization: request.authorization,
                        facts.database
                    )
                )
            }
            let answer = try await execution.answerDebug(
                request.challenge.bytes,
                permissions: request.permissions.text,
                chipUID: request.chipUID,
                of: batch
            )
            return AnswerDebugChallenge.Reply(
                certificates: answer.certificates.map { Octets($0) },
                token: Octets(answer.token),
                remaining: grant.remaining,
                isExposed: grant.isExposed
            )
        }
    }

    /// Whether unit secrets, seals and permits may go to this station for this unit now.
    private func unitContext(
        _ authorization: Digest256,
        _ unit: Digest256,
        _ station: StationContext
    ) async throws -> UnitContext {
        let reading = writer.clock.reading()
        return try await writer.read { facts in
            try facts.state.context(
                authorization: authorization,
                unit: unit,
                station: station.station,
                facts: facts.of(unit, authorization),
                at: reading
            )
        }
    }
}

extension Writer.Facts {
    func of(_ unit: Digest256, _ authorization: Digest256) throws -> ChipFacts {
        try JournalStore.facts(unit: unit, authorization: authorization, database)
    }
}

extension UnitContext {
    var issued: IssuedUnit { record.issued(agreementKey: agreementKey) }
}
