import Crypto
import EdgeHSMCore
import Statements
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// Every code of the journal's verifier is found by a journal made for it, signed for by the box that wrote it.
@Suite struct JournalCodeTests {
    private typealias Forgery = (inout JournalForge) throws -> Void

    /// Two finished chips of a batch of four; the first one's debug port was opened.
    private let box: Box
    private let batch: Digest256
    private let second = Chip(2)

    init() throws {
        var box = try Box(World())
        batch = try box.load(BatchDraft(quantity: 4))
        try box.make(batch, Chip(1))
        try box.make(batch, second)
        _ = try box.run(box.unlock(batch, Chip(1), challenge: .zero)).grant()
        self.box = box
    }

    @Test func everyCodeIsReached() throws {
        #expect(try JournalForge(box).codes().isEmpty)
        var met: Set<String> = []
        let forgeries = statements + powers + units
        for (code, change) in forgeries {
            var forge = try JournalForge(box)
            try change(&forge)
            let codes = try forge.codes()
            #expect(codes.contains(code.rawValue), "\(code) among \(codes.sorted())")
            met.formUnion(codes)
        }
        met.formUnion(try entriesAndCheckpoint())
        met.formUnion(try withoutProof())
        met.formUnion(try serialTwice())
        met.formUnion(try forkedSince())
        met.insert(try closingOfNone())
        #expect(met == Set(JournalError.allCases.map(\.rawValue)))
    }

    /// The first entry, given out as a batch's closing.
    private func closingOfNone() throws -> String {
        let file = InclusionFile(
            checkpoint: try box.export().checkpoint,
            entry: Octets(box.disk.entries[0]),
            index: 0,
            hashes: try box.disk.tree.inclusion(of: 0, size: box.disk.entries.count).hashes
        )
        return ClosingAudit.verdict(file, trust: .init(identity: box.world.identity.point)).code
    }

    /// What an honest journal is refused for: nobody vouches for its writer.
    private func withoutProof() throws -> [String] {
        let unproven = JournalAudit(try box.export()).findings.map(\.refusal.code)
        #expect(unproven == [JournalError.identityUnproven.rawValue])
        return unproven
    }

    /// A box without that rule loads a second batch with the serials of the first.
    private func serialTwice() throws -> Set<String> {
        let world = try World()
        let approval = try BatchDraft(allotment: 40).approval(world)
        func made(_ number: Int) throws -> (box: Box, before: Int) {
            var box = try Box(world)
            let before = box.disk.entries.count
            try box.make(try box.load(BatchDraft(batch: "batch-\(number)", prefix: "A"), under: approval), Chip(number))
            return (box, before)
        }
        var (one, two) = (try made(1), try made(2))
        expectRefused(EdgeError.serialsTaken) {
            try one.box.load(BatchDraft(batch: "batch-2", prefix: "A"), under: approval)
        }
        var forge = try JournalForge(one.box)
        for octets in two.box.disk.entries[two.before...] {
            let entry = try JournalEntry(parsing: octets)
            forge.append(entry.event.body, time: entry.time)
        }
        forge.accounts = (one.box.state.accounts + two.box.state.accounts)
        let codes = try forge.codes()
        #expect(codes == [JournalError.serialTwice.rawValue])
        return codes
    }

    /// Against a checkpoint of before: what continues it is accepted, another past and a shorter journal are not.
    private func forkedSince() throws -> Set<String> {
        let forge = try JournalForge(box)
        let octets = try forge.octets()
        func codes(_ earlier: Envelope, of count: Int? = nil) throws -> Set<String> {
            let octets = Array(octets.prefix(count ?? octets.count))
            let checkpoint = try forge.checkpoint(size: octets.count, root: forge.root(octets))
            let export = JournalExport(checkpoint: checkpoint, entries: octets.map { Octets($0) })
            return Set(JournalAudit(export, trust: forge.trust, earlier: earlier).findings.map(\.refusal.code))
        }
        let before = try forge.checkpoint(size: 5, root: forge.root(Array(octets[..<5])))
        #expect(try codes(before).isEmpty)
        let other = try codes(forge.checkpoint(size: 5, root: forge.root(Array(octets[1..<6]))))
        #expect(other == [JournalError.inconsistent.rawValue])
        let newest = try forge.checkpoint(size: octets.count, root: forge.root(octets))
        #expect(try codes(newest).isEmpty)
        #expect(try codes(newest, of: octets.count - 1).contains(JournalError.inconsistent.rawValue))
        let foreign = try JournalForge(Box(World())).checkpoint(size: 1, root: .zero)
        #expect(try codes(foreign) == [JournalError.statementUnverified.rawValue])
        return other
    }

    /// What no well-formed entry brings about.
    private func entriesAndCheckpoint() throws -> Set<String> {
        let forge = try JournalForge(box)
        let octets = try forge.octets()
        func codes(_ octets: [[UInt8]], _ checkpoint: Envelope? = nil) throws -> Set<String> {
            guard let checkpoint else { return Set(try forge.audit(octets).findings.map(\.refusal.code)) }
            let export = JournalExport(checkpoint: checkpoint, entries: octets.map { Octets($0) })
            return Set(JournalAudit(export, trust: forge.trust).findings.map(\.refusal.code))
        }
        var garbage = octets
        garbage[3] = [0x7B]
        let malformed = try codes(garbage)
        #expect(malformed.contains(JournalError.entryMalformed.rawValue))
        let gap = try codes(Array(octets[..<6] + octets[7...]))
        #expect(gap.contains(JournalError.sequenceGap.rawValue))
        let root = try codes(octets, forge.checkpoint(size: octets.count, root: .zero))
        #expect(root == [JournalError.rootMismatch.rawValue])
        let size = try codes(octets, forge.checkpoint(size: octets.count + 1, root: forge.root(octets)))
        #expect(size == [JournalError.checkpointMismatch.rawValue])
        let flood = try codes(octets + [[UInt8]](repeating: [0x7B], count: JournalAudit.mostFindings + 1))
        #expect(flood.contains(JournalError.tooMany.rawValue))
        return [malformed, gap, root, size, flood].reduce(into: []) { $0.formUnion($1) }
    }

    // MARK: What is signed

    private var statements: [(JournalError, Forgery)] {
        [
            (.genesis, { $0.append(try $0.last(Genesis.self).1) }),
            (.genesis, { $0.entries[0] = $0.entries[1] }),
            (.identity, { $0.trust = .init(identity: $0.world.seal.point) }),
            (.rootAuthority, { $0.trust = .init(identity: $0.world.identity.point, root: $0.world.seal.point) }),
            (.accountMismatch, { $0.accounts = [] }),
            (.epoch, { $0.append(Refused(station: "x", code: "y", minute: World.start, count: 1), epoch: 9) }),
            (
                .time,
                { forge in
                    for _ in 0..<2 {
                        forge.append(
                            StatusApplied(
                                statement: .zero,
                                time: World.start,
                                nonce: Nonce(validated: World.random(32)),
                                storedSize: 0,
                                storedRoot: MerkleTree().root,
                                isContained: true
                            )
                        )
                    }
                }
            ),
            (
                .statementUnverified,
                { $0.append(OrderApplied(order: try $0.world.order(.revoke(.approval(.zero)), by: [0]))) }
            ),
            (.orderMissing, { $0.append(Revoked(target: .approval(.zero), statement: .zero)) }),
            (
                .afterZeroise,
                {
                    $0.append(Zeroised(reason: "sold"))
                    $0.append(Refused(station: "x", code: "y", minute: World.start, count: 1))
                }
            ),
        ]
    }

    // MARK: Batches

    private func append(_ draft: BatchDraft, _ forge: inout JournalForge) throws {
        let load = try draft.load(forge.world)
        forge.append(
            AuthorizationLoaded(
                authorization: load.contents.authorization,
                approval: load.contents.approval,
                manifest: load.contents.manifest,
                package: .zero,
                officers: [0, 1].map { forge.world.officers[$0].point.keyID },
                authorizer: forge.world.authorizer.point.keyID
            )
        )
    }

    private var powers: [(JournalError, Forgery)] {
        let batch = batch
        return [
            (.loadedTwice, { $0.append(try $0.last(AuthorizationLoaded.self).1) }),
            (
                .loadOutsideScope,
                { try append(BatchDraft(edgeHSM: EdgeHSMID(validated: "edge-b"), batch: "foreign"), &$0) }
            ),
            (
                .loadOutsideScope,
                { try append(BatchDraft(factory: FactoryID(validated: "site-2"), batch: "foreign"), &$0) }
            ),
            (
                .loadOutsideScope,
                { try append(BatchDraft(debugUnlocks: 6, batch: "generous"), &$0) }
            ),
            (.allotmentExceeded, { try append(BatchDraft(quantity: 200, batch: "large"), &$0) }),
            (
                .authorizationUnknown,
                { $0.append(Closed(authorization: .zero, granted: 0, issued: 0, burned: 0, returned: 0)) }
            ),
            (
                .revokedUsed,
                {
                    let (_, body) = try $0.last(DebugUnlocked.self)
                    $0.append(Revoked(target: .authorization(batch), statement: .zero))
                    $0.append(body)
                }
            ),
            (
                .allowanceExceeded,
                {
                    let (_, body) = try $0.last(DebugUnlocked.self)
                    for _ in 0..<3 { $0.append(body) }
                }
            ),
            (
                .allowanceExceeded,
                {
                    let (_, body) = try $0.last(DebugUnlocked.self)
                    $0.append(debugged(body, permissions: String(repeating: "f", count: 32)))
                }
            ),
            (
                .fleetKey,
                {
                    let manifest = try $0.world.manifest(identity: .none, kind: .fleet)
                    try append(BatchDraft(batch: "fleet", manifest: manifest), &$0)
                }
            ),
        ]
    }

    // MARK: Units

    private func debugged(_ body: DebugUnlocked, permissions: String) -> DebugUnlocked {
        DebugUnlocked(
            authorization: body.authorization,
            unit: body.unit,
            chipUID: body.chipUID,
            wasCompleted: body.wasCompleted,
            permissions: permissions,
            challenge: body.challenge,
            exposed: body.exposed,
            station: body.station
        )
    }

    private func issued(
        _ body: Issued,
        chip: ChipUID? = nil,
        index: Int,
        dac: [UInt8]? = nil,
        station: StationName? = nil
    ) -> Issued {
        let uid = chip ?? body.chipUID
        return Issued(
            authorization: body.authorization,
            unit: unitID(authorization: body.authorization, chipUID: uid, generation: body.generation),
            chipUID: uid,
            generation: body.generation,
            index: index,
            serial: body.serial,
            dac: dac.map { Octets($0) } ?? body.dac,
            deviceKey: body.deviceKey,
            replaces: body.replaces,
            request: body.request,
            agreementKey: body.agreementKey,
            commitment: body.commitment,
            station: station ?? body.station
        )
    }

    /// The second chip's unit under a new key, on the word of `old`.
    private func rotated(_ forge: JournalForge, by old: Digest256) throws -> Rotated {
        let (_, body) = try forge.last(Issued.self)
        var chip = second
        chip.newKey()
        let request = chip.request(Nonce(validated: World.random(32)))
        return Rotated(
            authorization: body.authorization,
            unit: body.unit,
            chipUID: chip.uid,
            dac: Octets(try forge.world.dac(for: chip.key, notBefore: World.start + -World.day)),
            deviceKey: chip.key.keyID,
            request: request.digest,
            proof: try chip.proof(by: old, for: request),
            station: body.station
        )
    }

    private var units: [(JournalError, Forgery)] {
        [
            (
                .windowOutside,
                {
                    let (index, body) = try $0.last(Issued.self)
                    $0.replace(at: index, body, time: World.start + 11 * World.day)
                }
            ),
            (
                .quotaExceeded,
                {
                    let (_, body) = try $0.last(Issued.self)
                    for number in 2..<6 { $0.append(issued(body, chip: Chip(50 + number).uid, index: number)) }
                }
            ),
            (
                .unitMisnumbered,
                {
                    let (index, body) = try $0.last(Issued.self)
                    $0.replace(at: index, issued(body, index: body.index + 1))
                }
            ),
            (
                .unitOutOfOrder,
                {
                    let (index, _) = try $0.last(Permitted.self)
                    let (_, given) = try $0.last(FactoryDataGiven.self)
                    $0.replace(at: index, given)
                }
            ),
            (.unitOutOfOrder, { $0.append(try $0.last(Completed.self).1) }),
            (.chipTwice, { $0.append(issued(try $0.last(Issued.self).1, index: 2)) }),
            (.keyTwice, { $0.append(issued(try $0.last(Issued.self).1, chip: Chip(50).uid, index: 2)) }),
            (.rotationUnproven, { $0.append(try rotated($0, by: .zero)) }),
            (
                .rotationUnproven,
                {
                    // Rotated twice, and the second time on the word of the key that was rotated away.
                    let first = try $0.last(Issued.self).1.deviceKey
                    $0.append(try rotated($0, by: first))
                    $0.append(try rotated($0, by: first))
                }
            ),
            (
                .dacWrong,
                {
                    let (index, body) = try $0.last(Issued.self)
                    let dac = try $0.world.dac(for: P256.Signing.PrivateKey().point, notBefore: World.start)
                    $0.replace(at: index, issued(body, index: body.index, dac: dac))
                }
            ),
            (
                .evidenceWrong,
                {
                    let (index, body) = try $0.last(Completed.self)
                    let other = Completed(
                        authorization: body.authorization,
                        unit: body.unit,
                        firmware: .zero,
                        factoryData: body.factoryData,
                        attestation: body.attestation,
                        station: body.station
                    )
                    $0.replace(at: index, other)
                }
            ),
            (
                .peerUnknown,
                {
                    let (index, body) = try $0.last(Issued.self)
                    let nobody = StationName(validated: "nobody")
                    $0.replace(at: index, issued(body, index: body.index, station: nobody))
                }
            ),
        ]
    }
}
