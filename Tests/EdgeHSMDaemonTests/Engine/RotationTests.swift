import EdgeHSMCore
import LineProtocol
import Matter
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMDaemon

@Suite("Rotating a unit's DAC")
struct RotationTests {
    private struct Line {
        let world: EngineWorld
        let engine: EdgeEngine
        let batch: Digest256

        static func make() async throws -> Line {
            let world = try await EngineWorld.make()
            let (engine, batch) = try await world.startWithBatch()
            return Line(world: world, engine: engine, batch: batch)
        }

        func begin(_ chip: EngineChip, nextKey: Digest256? = nil) async throws -> BeginUnit.Reply {
            try await begin(chip, nextKey: nextKey, engine)
        }

        func begin(_ chip: EngineChip, nextKey: Digest256?, _ engine: EdgeEngine) async throws -> BeginUnit.Reply {
            try await engine.begin(
                BeginUnit.Request(authorization: batch, chipUID: chip.uid, forRotation: true, nextKey: nextKey),
                by: EngineWorld.station
            )
        }

        /// `old` vouches for the key of `csr`.
        func rotate(
            _ unit: Digest256,
            _ csr: [UInt8],
            by old: EngineChip,
            at other: EdgeEngine? = nil
        ) async throws -> IssueCredential.Reply {
            try await (other ?? engine).rotateCredential(
                .init(
                    authorization: batch,
                    unit: unit,
                    request: Octets(csr),
                    vendorProof: nil,
                    proof: old.proof(for: csr)
                ),
                by: EngineWorld.station
            )
        }
    }

    @Test(
        "a completed unit gets one DAC for a new key: anchored, the same again, within the allowance, no unit counted"
    )
    func rotate() async throws {
        let line = try await Line.make()
        let chip = EngineChip()
        let unit = try await line.world.make(chip, line.batch, line.engine)
        let renewed = EngineChip(uid: chip.uid)
        let begun = try await line.begin(renewed)
        #expect(begun.unit == unit && begun.isIssued)
        let csr = try renewed.request(begun.nonce)
        let first = try await line.rotate(unit, csr, by: chip)
        #expect(!first.isRepeat)
        #expect(try AttestationCertificate(der: first.dac.bytes).publicKey == renewed.signing.publicKey)
        let again = try await line.rotate(unit, csr, by: chip)
        #expect(again.isRepeat && again.dac == first.dac && again.serial == first.serial)
        let account = try await line.engine.account(line.batch)
        #expect(account.issued == 1 && account.remaining == 9)
        let entries = try await line.engine.entries()
        #expect(entries.last?.event.body is Rotated && entries.filter { $0.event.body is Rotated }.count == 1)
        #expect(line.engine.writer.peek { $0.anchor?.size } == entries.count)
        #expect(await refusal { try await line.begin(renewed) } == EdgeError.allowanceExhausted.rawValue)
        // A restart knows it all, and a chip that has not switched yet is helped to the end.
        await line.engine.stop()
        let next = try await line.world.start()
        #expect(try await next.record(unit).dac == first.dac)
        let resumed = try await line.begin(chip, nextKey: renewed.signing.publicKey.keyID, next)
        let finished = try await line.rotate(unit, renewed.request(resumed.nonce), by: chip, at: next)
        #expect(finished.isRepeat && finished.dac == first.dac)
        #expect(try await next.entries().filter { $0.event.body is Rotated }.count == 1)
        await next.stop()
    }

    @Test(
        "the word of another device's key, of the new key itself, or for another request: refused, and nothing counts"
    )
    func proofs() async throws {
        let line = try await Line.make()
        let (chip, other) = (EngineChip(), EngineChip())
        let unit = try await line.world.make(chip, line.batch, line.engine)
        _ = try await line.world.make(other, line.batch, line.engine)
        let begun = try await line.begin(chip)
        let renewed = EngineChip(uid: chip.uid)
        let csr = try renewed.request(begun.nonce)
        let unproven = EdgeError.rotationUnproven.rawValue
        #expect(await refusal { try await line.rotate(unit, csr, by: other) } == unproven)
        #expect(await refusal { try await line.rotate(unit, csr, by: renewed) } == unproven)
        let elsewhere = try chip.proof(for: renewed.request(Nonce(validated: [UInt8](repeating: 1, count: 32))))
        let borrowed = RotateCredential.Request(
            authorization: line.batch,
            unit: unit,
            request: Octets(csr),
            vendorProof: nil,
            proof: elsewhere
        )
        #expect(
            await refusal { try await line.engine.rotateCredential(borrowed, by: EngineWorld.station) } == unproven
        )
        #expect(try await !line.engine.entries().contains { $0.event.body is Rotated })
        #expect(try await !line.rotate(unit, csr, by: chip).isRepeat)
        await line.engine.stop()
    }

    @Test("before completion, with the old key, over a stale nonce, or after an unlock that exposed the key: refused")
    func refusals() async throws {
        let line = try await Line.make()
        let open = EngineChip()
        _ = try await line.engine.issue(open, line.batch)
        #expect(await refusal { try await line.begin(open) } == EdgeError.unitNotCompleted.rawValue)
        let chip = EngineChip()
        let unit = try await line.world.make(chip, line.batch, line.engine)
        let begun = try await line.begin(chip)
        let renewed = EngineChip(uid: chip.uid)
        let stale = try renewed.request(Nonce(validated: [UInt8](repeating: 1, count: 32)))
        #expect(await refusal { try await line.rotate(unit, stale, by: chip) } == EdgeError.nonceStale.rawValue)
        let oldKey = try chip.request(begun.nonce)
        #expect(await refusal { try await line.rotate(unit, oldKey, by: chip) } == EdgeError.rotationUnproven.rawValue)
        let otherChip = try EngineChip().request(begun.nonce)
        #expect(await refusal { try await line.rotate(unit, otherChip, by: chip) } == EdgeError.chipMismatch.rawValue)
        _ = try await line.engine.answerDebug(
            AnswerDebugChallenge.Request(
                authorization: line.batch,
                chipUID: chip.uid,
                challenge: Octets([1, 0, 0, 0] + [UInt8](repeating: 5, count: 32)),
                permissions: line.world.oem.manifest.chipSecurity.debugPermissions
            ),
            by: EngineWorld.station
        )
        #expect(await refusal { try await line.begin(chip) } == EdgeError.unitExposed.rawValue)
        #expect(try await !line.engine.entries().contains { $0.event.body is Rotated })
        await line.engine.stop()
    }
}
