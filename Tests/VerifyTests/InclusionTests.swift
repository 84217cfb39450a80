import Crypto
import EdgeHSMCore
import Foundation
import Statements
import TestSupport
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

typealias P256Key = P256.Signing.PrivateKey

@Suite struct InclusionTests {
    let world: World
    let box: Box
    let enrolment: Envelope
    let index: Int

    init() throws {
        world = try World()
        enrolment = try world.enrolment()
        var box = try Box(world, enrolment: enrolment.statementID)
        let batch = try box.load()
        for number in 1...3 { try box.make(batch, Chip(number)) }
        self.box = box
        index = try JournalForge(box).last(Issued.self).0
    }

    private func file(
        entry: [UInt8]? = nil,
        index: Int? = nil,
        hashes: ([Digest256]) -> [Digest256] = { $0 },
        checkpoint: Envelope? = nil,
        enrolment: Envelope? = nil,
        roleKeys: [Envelope]? = nil
    ) throws -> InclusionFile {
        let place = index ?? self.index
        let proof = try box.disk.tree.inclusion(of: place, size: box.disk.entries.count)
        return InclusionFile(
            checkpoint: try checkpoint ?? box.export().checkpoint,
            entry: Octets(entry ?? box.disk.entries[place]),
            index: place,
            hashes: hashes(proof.hashes),
            enrolment: enrolment,
            roleKeys: roleKeys
        )
    }

    private func genesis() throws -> Genesis {
        try #require(try JournalEntry(parsing: box.disk.entries[0]).event.body as? Genesis)
    }

    @Test("a proof by identity key and by enrolment is accepted, as octets too")
    func accepted() throws {
        let byKey = try InclusionFile(parsing: file().serialized())
        let verdict = InclusionAudit.verdict(byKey, trust: .init(identity: world.identity.point))
        #expect(verdict.accepted, "\(verdict)")
        #expect(verdict.fields["kind"] == "issued" && verdict.fields["index"] == String(index))
        #expect(verdict.fields["chipUID"] == Chip(3).uid.hex && verdict.fields["dacSerial"]?.count == 32)
        let roleKeys = [try genesis().roleKeys]
        let full = try file(enrolment: enrolment, roleKeys: roleKeys)
        #expect(InclusionAudit.verdict(full, trust: .init(root: world.root.point)).accepted)
        let both = JournalAudit.Trust(identity: world.identity.point, root: world.root.point)
        #expect(InclusionAudit.verdict(full, trust: both).accepted)
        for place in 0..<box.disk.entries.count {
            #expect(
                InclusionAudit.verdict(try file(index: place), trust: .init(identity: world.identity.point)).accepted
            )
        }
    }

    @Test("each single fault is refused with its code")
    func refused() throws {
        let pinned = JournalAudit.Trust(identity: world.identity.point)
        func code(_ file: InclusionFile, _ trust: JournalAudit.Trust? = nil) -> String {
            InclusionAudit.verdict(file, trust: trust ?? pinned).code
        }
        var other = box.disk.entries[index]
        other[other.count - 3] ^= 1
        #expect(code(try file(entry: other)) == "log.inclusion.wrong")
        #expect(code(try file(hashes: { Array($0.reversed()) })) == "log.inclusion.wrong")
        #expect(code(try file(hashes: { Array($0.dropLast()) })) == "log.proof.malformed")
        let moved = try file()
        let elsewhere = InclusionFile(
            checkpoint: moved.checkpoint,
            entry: moved.entry,
            index: moved.index + 1,
            hashes: moved.hashes
        )
        #expect(code(elsewhere).hasPrefix("log."))
        let bare = try box.export().checkpoint
        let unsigned = Envelope(payloadType: bare.payloadType, payload: bare.payload, signatures: [])
        #expect(code(try file(checkpoint: unsigned)) == StatementError.notSigned.rawValue)
        let forged = try unsigned.signed(by: P256Key())
        #expect(code(try file(checkpoint: forged)) == StatementError.notSigned.rawValue)
        // Trust that is missing, another's, or not enough.
        #expect(code(try file(), .init()) == "journal.identity.unproven")
        #expect(code(try file(), .init(root: world.root.point)) == "journal.identity.unproven")
        let roleKeys = [try genesis().roleKeys]
        let full = try file(enrolment: enrolment, roleKeys: roleKeys)
        #expect(code(full, .init(root: P256Key().point)) == StatementError.notSigned.rawValue)
        #expect(code(full, .init(identity: P256Key().point, root: world.root.point)) == "journal.identity.mismatch")
        let weak = Envelope(
            payloadType: enrolment.payloadType,
            payload: enrolment.payload,
            signatures: Array(enrolment.signatures.prefix(1))
        )
        #expect(
            code(try file(enrolment: weak, roleKeys: roleKeys), .init(root: world.root.point))
                == "journal.statement.unverified"
        )
        let sister = try world.other(EdgeHSMID("edge-b"), at: FactoryID("site-2")).enrolment()
        #expect(
            code(try file(enrolment: sister, roleKeys: roleKeys), .init(root: world.root.point))
                == "journal.identity.mismatch"
        )
    }

    @Test("the program judges a proof file and wants either a journal or a proof")
    func program() throws {
        let folder = try TemporaryFolder()
        let full = try file(enrolment: enrolment, roleKeys: [genesis().roleKeys])
        let proof = try folder.write("unit.json", full.serialized())
        let root = try folder.write("root.der", world.root.point.subjectPublicKeyInfo)
        func run(_ arguments: [String]) throws -> (Int32, String) {
            let result = try Subprocess.run(BuiltProgram.path("obis-verify"), ["journal"] + arguments, input: Data())
            return (result.status, result.output)
        }
        let (status, text) = try run(["--proof", proof, "--root-key", root])
        #expect(status == 0 && text.contains("chipUID: \(Chip(3).uid.hex)"), "\(text)")
        #expect(try run(["--proof", proof]).1.contains("journal.identity.unproven"))
        #expect(try run(["--proof", proof, "--identity", world.identity.point.hex]).0 == 0)
        let small = try folder.write("small.json", Array(full.serialized().dropLast(4)))
        #expect(try run(["--proof", small, "--root-key", root]).0 == 1)
        #expect(try run([proof, "--proof", proof]).0 == 2)
        #expect(try run([]).0 == 2)
    }

    @Test("a file beyond its bounds is refused before it is read")
    func bounds() throws {
        let text = String(decoding: try file().serialized(), as: UTF8.self)
        #expect(throws: Refusal.self) { try InclusionFile(parsing: Array(text.replacing("-v1\"", with: "-v2\"").utf8)) }
        let hashes = try file(hashes: { _ in Array(repeating: .zero, count: 65) })
        #expect(throws: Refusal.self) { try InclusionFile(parsing: hashes.serialized()) }
    }

    @Test("where a restored tail goes on is a branch point, and nothing else is")
    func branchPoint() throws {
        var restored = box
        let batch = try #require(box.state.accounts.first?.authorization)
        // Work that no anchor covers, then the disk of before.
        let kept = restored.disk
        let token = restored.token
        try restored.make(batch, Chip(4))
        let held = restored.disk
        restored.disk = kept
        restored.token = token
        try restored.start()
        let position = kept.entries.count
        #expect(held.entries.count > position && held.entries[position] != restored.disk.entries[position])
        let entry = try JournalEntry(parsing: restored.disk.entries[position])
        let before = try JournalEntry(parsing: held.entries[position - 1])
        func point(
            _ entry: JournalEntry,
            at place: Int? = nil,
            heldSize: Int? = nil,
            heldEpoch: UInt64? = nil,
            root: Digest256? = nil
        ) -> BranchPoint? {
            BranchPoint(
                entry,
                at: place ?? position,
                after: before,
                heldSize: heldSize ?? held.entries.count,
                heldEpoch: heldEpoch ?? before.epoch
            ) {
                root ?? (try? held.tree.root(at: $0))
            }
        }
        let found = try #require(point(entry))
        #expect(found.size == position && found.epoch == before.epoch + 1 && found.anchoredSize <= position)
        #expect(point(entry, root: .zero) == nil, "another prefix than ours")
        #expect(point(entry, at: position + 1) == nil)
        #expect(point(entry, heldSize: position) == nil, "we hold nothing there")
        #expect(point(entry, heldEpoch: entry.epoch) == nil, "two boxes began one epoch")
        #expect(point(try JournalEntry(parsing: held.entries[position])) == nil, "no restart")
        let stale = JournalEntry(sequence: position, epoch: before.epoch, time: entry.time, event: entry.event)
        #expect(point(stale) == nil)
    }
}
