import Crypto
import EdgeHSMCore
import KeyCustody
import LineProtocol
import Matter
import OEMWorld
import Silicon
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMDaemon

@Suite("An EdgeHSM serves a line")
struct LifeTests {
    @Test("a unit from begin to complete, every step in the journal, and a repeated step answered alike")
    func wholeLife() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        let chip = EngineChip()
        let (begun, issued) = try await engine.issue(chip, batch)
        #expect(!begun.isIssued && !issued.isRepeat)
        let dac = try AttestationCertificate(der: issued.dac.bytes)
        #expect(dac.publicKey == chip.signing.publicKey)

        let asks = GetFactoryData.Request(authorization: batch, unit: begun.unit)
        let data = try await engine.factoryData(asks, by: EngineWorld.station)
        #expect(try await engine.factoryData(asks, by: EngineWorld.station).factoryData == data.factoryData)
        #expect(data.label.serial == issued.serial)
        let sealed = try await engine.sealKey(
            SealKey.Request(authorization: batch, unit: begun.unit, slot: OEMWorld.slot),
            by: EngineWorld.station
        )
        #expect(
            sealed.info.bytes
                == ProductKeySealInfo(slot: OEMWorld.slot, uid: chip.uid, nonce: begun.nonce).encoded
        )
        let permit = try await engine.permit(asks, by: EngineWorld.station)
        let identity = try await world.token.signingKey(.init(.edgeIdentity)).publicKey
        let terms = try Verified<ProgrammingPermit>(permit.permit, signedBy: identity).content
        #expect(terms.factoryData == Digest256.of(data.factoryData.bytes))

        let evidence = try world.evidence(chip, batch, begun.unit, terms, data)
        let completed = try await engine.complete(evidence, by: EngineWorld.station)
        let again = try await engine.complete(evidence, by: EngineWorld.station)
        #expect(completed.sequence == again.sequence && completed.completedAt == again.completedAt)
        let entries = try await engine.entries()
        #expect(
            entries.map(\.event.kind).suffix(6) == [
                "issued", "factoryDataGiven", "factoryDataGiven", "keySealed", "permitted", "completed",
            ]
        )
        #expect(entries[completed.sequence].event.kind == "completed")
        #expect(try await engine.account(batch).issued == 1)
        await engine.stop()
    }

    @Test("a retry gets the stored octets, at the same station and at another, and costs no unit")
    func retry() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        let chip = EngineChip()
        let first = try await engine.issue(chip, batch)
        let second = try await engine.issue(chip, batch)
        world.clock.advance(EdgeHSMState.holdIsOwn)
        let elsewhere = try await engine.issue(chip, batch, by: EngineWorld.stations[2])
        #expect(second.issued.isRepeat && elsewhere.issued.isRepeat)
        #expect(second.issued.dac == first.issued.dac && elsewhere.issued.dac == first.issued.dac)
        #expect(second.issued.serial == first.issued.serial)
        #expect(try await engine.account(batch).issued == 1)
    }

    @Test("I1: many stations race for the last units: exactly the quantity is issued, with different serials")
    func lastUnits() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch(quantity: 3)
        let results = await withTaskGroup(of: Result<String, Refusal>.self) { group in
            for number in 0..<12 {
                group.addTask {
                    do {
                        let station = EngineWorld.stations[number]
                        return .success(try await engine.issue(EngineChip(), batch, by: station).issued.serial.text)
                    } catch { return .failure(error as? Refusal ?? Refusal(EdgeError.internalFault, "\(error)")) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let serials = results.compactMap { try? $0.get() }
        #expect(serials.count == 3 && Set(serials).count == 3)
        for case .failure(let refusal) in results { #expect(refusal.has(EdgeError.quotaExhausted), "\(refusal)") }
        let account = try await engine.account(batch)
        #expect(account.issued == 3 && account.remaining == 0)
    }

    @Test("I4: one chip asked for many times at once gets one DAC; one key in two chips gets one; two keys get one")
    func oneChipOneKey() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        let chip = EngineChip()
        let begun = try await engine.begin(
            BeginUnit.Request(authorization: batch, chipUID: chip.uid),
            by: EngineWorld.station
        )
        let request = IssueCredential.Request(
            authorization: batch,
            unit: begun.unit,
            request: Octets(try chip.request(begun.nonce)),
            vendorProof: nil
        )
        let replies = try await withThrowingTaskGroup(of: Octets.self) { group in
            for _ in 0..<8 {
                group.addTask { try await engine.issueCredential(request, by: EngineWorld.station).dac }
            }
            return try await group.reduce(into: Set<Octets>()) { $0.insert($1) }
        }
        #expect(replies.count == 1)
        let sameKey = EngineChip(signing: chip.signing)
        #expect(await refusal { try await engine.issue(sameKey, batch) } == EdgeError.keySeenBefore.rawValue)
        let otherKey = EngineChip(uid: chip.uid)
        #expect(await refusal { try await engine.issue(otherKey, batch) } == EdgeError.unitOtherKey.rawValue)
        #expect(try await engine.account(batch).issued == 1)
    }

    @Test("a stale nonce, a foreign unit and a broken CSR are refused, counted, and journaled once a minute")
    func refusals() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        let chip = EngineChip()
        let begun = try await engine.begin(
            BeginUnit.Request(authorization: batch, chipUID: chip.uid),
            by: EngineWorld.station
        )
        func ask(_ csr: [UInt8], unit: Digest256? = nil) async -> String? {
            await refusal {
                try await engine.issueCredential(
                    IssueCredential.Request(
                        authorization: batch,
                        unit: unit ?? begun.unit,
                        request: Octets(csr),
                        vendorProof: nil
                    ),
                    by: EngineWorld.station
                )
            }
        }
        let stale = try chip.request(Nonce(validated: [UInt8](repeating: 1, count: 32)))
        #expect(await ask(stale) == EdgeError.nonceStale.rawValue)
        #expect(await ask(stale) == EdgeError.nonceStale.rawValue)
        #expect(await ask(try chip.request(begun.nonce), unit: .zero) == EdgeError.holdMissing.rawValue)
        #expect(await ask([1, 2, 3])?.hasPrefix("matter.") == true)
        world.clock.advance(61)
        await engine.tick()
        let refused = try await engine.entries().compactMap { $0.event.body as? Refused }
        #expect(refused.count == 3)
        #expect(refused.first { $0.code == EdgeError.nonceStale.rawValue }?.count == 2)
        #expect(refused.allSatisfy { $0.station == EngineWorld.station.name })
    }

    @Test("an unlock and a re-provisioning count against their allowances, and the new DAC costs no unit")
    func rework() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        let chip = EngineChip()
        let first = try await engine.issue(chip, batch)
        let challenge = [UInt8]([1, 0, 0, 0]) + [UInt8](repeating: 5, count: 32)
        func unlock(
            _ challenge: [UInt8],
            _ permissions: ADACPermissions = .rework
        ) async throws -> AnswerDebugChallenge.Reply {
            try await engine.answerDebug(
                AnswerDebugChallenge.Request(
                    authorization: batch,
                    chipUID: chip.uid,
                    challenge: Octets(challenge),
                    permissions: permissions.hex
                ),
                by: EngineWorld.station
            )
        }
        #expect(await refusal { try await unlock([1, 2, 3]) }?.hasPrefix("adac.") == true)
        // What can't be answered costs no unlock: beyond the mask, or nothing at all.
        for permissions in [ADACPermissions.all, .none] {
            let code = await refusal { try await unlock(challenge, permissions) }
            #expect(code == ExecutionError.permissionsExceeded.rawValue)
        }
        let answer = try await unlock(challenge)
        #expect(answer.remaining == 0 && answer.isExposed)
        #expect(try await unlock(challenge).remaining == 0)
        #expect(
            await refusal { try await unlock(challenge.dropLast() + [6]) } == EdgeError.allowanceExhausted.rawValue
        )
        _ = try await engine.reprovision(
            BeginUnit.Request(authorization: batch, chipUID: chip.uid),
            by: EngineWorld.station
        )
        let renewed = try await engine.issue(EngineChip(uid: chip.uid), batch)
        #expect(renewed.issued.serial == first.issued.serial && renewed.issued.dac != first.issued.dac)
        let account = try await engine.account(batch)
        #expect(account.issued == 1 && account.remaining == 9)
        // Every answer under an allowance is covered by the anchor before it is given.
        let size = try await engine.writer.read { $0.state.durable.size }
        #expect(engine.writer.peek { $0.anchor?.size } == size)
    }
}
