import Crypto
import EdgeHSMCore
import Statements
import TestSupport
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// One judge for a whole file and for a journal that arrives in parts.
@Suite struct JournalJudgeTests {
    /// A journal with units in every state.
    static func journal() throws -> JournalForge {
        let world = try World()
        var box = try Box(world)
        let batch = try box.load(BatchDraft(quantity: 20))
        for number in 1...6 { try box.make(batch, Chip(number)) }
        _ = try box.run(box.unlock(batch, Chip(2), challenge: .zero)).grant()
        var again = Chip(3)
        _ = try box.reprovision(batch, again)
        again.newKey()
        try box.make(batch, again)
        try box.fail(try box.issue(batch, Chip(7)))
        try box.crash()
        try box.make(batch, Chip(8))
        _ = try box.downlink(
            status: world.status(
                at: World.start + 60,
                storedSize: 20,
                storedRoot: box.disk.tree.root(at: 20)
            )
        ).grant()
        try box.make(batch, Chip(9))
        var forge = try JournalForge(box)
        forge.portalNonce = box.state.durable.contact?.nonce
        return forge
    }

    private struct Outcome: Equatable {
        var findings: [JournalAudit.Finding] = []
        var fields: [String: String] = [:]
        var accounts: [Checkpoint.Account] = []
        var units: [Digest256: JudgedUnit] = [:]
        var batches: [Digest256: JudgedBatch] = [:]
    }

    /// Judged in parts of these sizes, through a snapshot between any two.
    private func judge(_ octets: [[UInt8]], _ checkpoint: Checkpoint, parts: [Int]) throws -> Outcome {
        var judge = JournalJudge()
        var ledger = InMemoryUnitLedger()
        var outcome = Outcome()
        var rest = octets[...]
        for size in parts {
            for bytes in rest.prefix(size) {
                let read = ReadEntry(bytes, issuers: judge.issuers)
                outcome.findings += judge.judge(read, into: &ledger).findings
            }
            rest = rest.dropFirst(size)
            judge = try JournalJudge(resuming: judge.snapshot(), trust: .init())
        }
        outcome.findings += judge.findings(on: checkpoint)
        outcome.fields = judge.fields
        outcome.accounts = judge.accounts
        outcome.units = ledger.units
        outcome.batches = ledger.batches
        return outcome
    }

    @Test("in parts and in one go the same is found, also in a journal that somebody changed")
    func partsAgree() throws {
        let seed = Seed.take("VerifyTests.JournalJudgeTests parts")
        var random = SeededGenerator(seed: seed)
        let forge = try Self.journal()
        let honest = try forge.octets()
        var seen: Set<String> = []
        for round in 0..<40 {
            var octets = honest
            for _ in 0..<(round % 3) {
                let index = Int.random(in: 0..<octets.count, using: &random)
                octets[index] = JSONMutation.change(octets[index], using: &random).bytes
            }
            let envelope = try forge.checkpoint(size: octets.count, root: forge.root(octets))
            let checkpoint = try Checkpoint.read(payload: envelope.payload)
            let whole = try judge(octets, checkpoint, parts: [octets.count])
            var parts: [Int] = []
            while parts.reduce(0, +) < octets.count { parts.append(Int.random(in: 1...17, using: &random)) }
            let inParts = try judge(octets, checkpoint, parts: parts)
            #expect(inParts == whole, "seed \(seed) round \(round) parts \(parts)")
            let audit = JournalAudit(
                JournalExport(checkpoint: envelope, entries: octets.map { Octets($0) }),
                trust: .init(identity: forge.world.identity.point)
            )
            #expect(audit.accounts == whole.accounts, "seed \(seed) round \(round)")
            if whole.findings.count <= JournalAudit.mostFindings, audit.fields["identityPinned"] == "true" {
                #expect(audit.findings == whole.findings, "seed \(seed) round \(round)")
            }
            if round.isMultiple(of: 3) { #expect(whole.findings.isEmpty, "seed \(seed): \(whole.findings)") }
            seen.formUnion(whole.findings.map(\.refusal.code))
        }
        #expect(!seen.isEmpty, "seed \(seed): no change was found, so nothing was compared")
    }

    @Test("a judged entry says what changed: unit, stage before, account, credential")
    func facts() throws {
        let forge = try Self.journal()
        var judge = JournalJudge()
        var ledger = InMemoryUnitLedger()
        var stages: [JudgedUnit.Stage: Int] = [:]
        for bytes in try forge.octets() {
            let judged = judge.judge(bytes, into: &ledger)
            #expect(judged.position == judge.size - 1 && judged.leaf == MerkleHash.leaf(bytes))
            if let unit = judged.unit {
                #expect(ledger.unit(unit.id) == unit)
                #expect(judged.batch?.id == unit.batch)
                if judged.stageBefore != unit.stage { stages[unit.stage, default: 0] += 1 }
            }
            switch judged.entry?.event.body {
            case let body as Issued:
                #expect(judged.unit?.chip == body.chipUID && judged.stageBefore == nil)
                #expect(judged.credential?.deviceKey == body.deviceKey && judged.credential?.dacSerial?.count == 32)
                #expect((judged.replaced == nil) == (body.replaces == nil))
                #expect(judged.replaced.map(\.id) == body.replaces)
            case is Completed: #expect(judged.unit?.stage == .done && judged.stageBefore == .open)
            case is Genesis: #expect(judged.unit == nil && judged.batch == nil)
            default: break
            }
        }
        #expect(judge.accounts == forge.accounts)
        #expect(stages[.done] == 9 && stages[.failed] == 1 && stages[.released] == 1)
        #expect(judge.fields["completed"] == String(ledger.units.values.count { $0.stage == .done }))
    }

    @Test("a DAC's signature counts only under the PAI that is installed")
    func foreignSigner() throws {
        let world = try World()
        var box = try Box(world)
        let batch = try box.load()
        try box.issue(batch, Chip(1))
        var forge = try JournalForge(box)
        let (index, body) = try forge.last(Issued.self)
        let (key, rogue) = (P256Key(), try World())
        let dac = try rogue.dac(for: key.point, notBefore: World.start + -World.day)
        forge.replace(
            at: index,
            Issued(
                authorization: body.authorization,
                unit: body.unit,
                chipUID: body.chipUID,
                generation: 0,
                index: 0,
                serial: body.serial,
                dac: Octets(dac),
                deviceKey: key.point.keyID,
                replaces: nil,
                request: body.request,
                agreementKey: body.agreementKey,
                commitment: body.commitment,
                station: body.station
            )
        )
        // The reader was told the rogue's key as an issuer: its signature is right, and yet not the PAI's.
        var judge = JournalJudge()
        var ledger = InMemoryUnitLedger()
        var codes: [String] = []
        for bytes in try forge.octets() {
            let read = ReadEntry(bytes, issuers: [rogue.paiKey.point, world.paiKey.point])
            codes += judge.judge(read, into: &ledger).findings.map(\.refusal.code)
        }
        #expect(codes == ["journal.dac.wrong"])
    }
}
