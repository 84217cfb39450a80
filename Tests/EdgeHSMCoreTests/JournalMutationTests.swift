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

/// An honest journal with an entry of every kind, changed in one place at a time: the verifier neither crashes nor
/// accepts a change that means anything.
@Suite struct JournalMutationTests {
    /// Members that no rule reads, or that a rule bounds without fixing them (any enrolled station, any mask within the
    /// approved one): free text, digests of what the journal doesn't hold, times and keys that other entries bind. A
    /// change there alone may pass; that the bounds themselves hold is for `JournalCodeTests`.
    private static let meaningless: [String: Set<String>] = [
        "genesis": ["body.seal", "body.enrolment"],
        "restart": [],
        "burned": [],
        "roleKeysAccepted": [],
        "statusApplied": ["body.statement", "body.isContained"],
        "orderApplied": [],
        "revoked": [],
        "authorizationLoaded": ["body.package"],
        "authorizationTombstoned": ["body.authorization", "body.statement"],
        "issued": ["body.request", "body.agreementKey", "body.commitment", "body.station"],
        "factoryDataGiven": ["body.station"],
        "keySealed": ["body.station"],
        "permitted": ["body.permit", "body.station"],
        "completed": ["body.attestation", "body.station"],
        "failed": ["body.reason", "body.station"],
        "debugUnlocked": ["body.challenge", "body.permissions", "body.station"],
        "reprovisioned": ["body.station"],
        "rotated": ["body.station"],
        "closed": [],
        "allotmentReleased": [],
        "productPrepared": [],
        "certificatesInstalled": ["body.debugRoot", "body.debugIntermediate"],
        "stationEnrolled": ["body.name", "body.role", "body.certificate"],
        "stationRevoked": ["body.name", "body.fingerprint"],
        "clockReset": [],
        "refused": ["body.station", "body.code", "body.minute", "body.count"],
        "zeroised": ["body.reason"],
    ]

    /// Whether the two differ in nothing but a signature that stands there twice: m signatures are of m different keys,
    /// so a repeated one adds nothing.
    private static func repeatsASignature(_ old: [UInt8], _ new: [UInt8]) -> Bool {
        func once(_ bytes: [UInt8]) -> NSObject? {
            func walk(_ value: Any) -> Any {
                if let list = value as? [Any] {
                    return list.map(walk).reduce(into: [NSObject]()) { kept, next in
                        if let next = next as? NSObject, !kept.contains(next) { kept.append(next) }
                    }
                }
                return (value as? [String: Any])?.mapValues(walk) ?? value
            }
            return (try? JSONSerialization.jsonObject(with: Data(bytes))).map(walk) as? NSObject
        }
        return old != new && once(old) == once(new)
    }

    /// A journal of every kind, and what its checkpoint states.
    private func honest() throws -> JournalForge {
        let world = try World()
        var box = try Box(world)
        let batch = try box.load(BatchDraft(quantity: 8))
        let chip = Chip(1)
        let first = try box.make(batch, chip)
        try box.make(batch, Chip(2))
        try box.make(batch, Chip(3))
        _ = try box.run(box.unlock(batch, Chip(2), challenge: .zero)).grant()
        _ = try box.reprovision(batch, Chip(3))
        try box.fail(try box.issue(batch, Chip(4)))
        var forge = try JournalForge(box)
        try forge.append(rotated(first, chip, world))
        try govern(&forge, batch)
        forge.accounts = try forge.audit(forge.octets()).accounts
        return forge
    }

    private func rotated(_ unit: UnitRecord, _ chip: Chip, _ world: World) throws -> Rotated {
        var chip = chip
        chip.newKey()
        let request = chip.request(Nonce(validated: World.random(32)))
        return Rotated(
            authorization: unit.authorization,
            unit: unit.unit,
            chipUID: chip.uid,
            dac: Octets(try world.dac(for: chip.key, notBefore: World.start + -World.day)),
            deviceKey: chip.key.keyID,
            request: request.digest,
            proof: try chip.proof(by: unit.deviceKey, for: request),
            station: station
        )
    }

    private func govern(_ forge: inout JournalForge, _ batch: Digest256) throws {
        let world = forge.world
        forge.append(Refused(station: "st-1", code: "unit.state.wrong", minute: World.start, count: 2))
        let restart = Restart(
            anchoredSize: forge.entries.count,
            anchoredRoot: try forge.root(forge.octets()),
            clean: false
        )
        forge.append(restart, epoch: forge.epoch + 1)
        forge.append(Burned(authorization: batch, units: 1))
        let pinned = try forge.last(Genesis.self).1.roleKeys
        forge.append(
            RoleKeysAccepted(version: 2, roleKeys: try world.roleKeys(version: 2, previous: pinned.statementID))
        )
        forge.roleKeysVersion = 2
        let nonce = Nonce(validated: World.random(32))
        let none = MerkleTree().root
        forge.append(
            StatusApplied(
                statement: .zero,
                time: World.start,
                nonce: nonce,
                storedSize: 0,
                storedRoot: none,
                isContained: true
            )
        )
        forge.portalNonce = nonce
        try obey(&forge, nonce)
        forge.append(AuthorizationTombstoned(authorization: .zero, statement: .zero))
        let account = try #require(forge.audit(forge.octets()).accounts.first)
        forge.append(
            Closed(
                authorization: batch,
                granted: account.granted,
                issued: account.issued,
                burned: account.burned,
                returned: account.remaining
            )
        )
        forge.append(StationRevoked(name: station, fingerprint: Digest256.of("st-1".utf8)))
        forge.append(Zeroised(reason: "the end"))
    }

    /// Three orders of the officers and what follows from each.
    private func obey(_ forge: inout JournalForge, _ nonce: Nonce) throws {
        let target = RevocationTarget.approval(Digest256.of([9]))
        let revoke = try forge.world.order(.revoke(target))
        forge.append(OrderApplied(order: revoke))
        forge.append(Revoked(target: target, statement: revoke.statementID))
        let release = try forge.world.order(
            .releaseAllotment(edgeHSM: World.edgeHSM, product: World.product, units: 50, sequence: 2)
        )
        forge.append(OrderApplied(order: release))
        forge.append(
            AllotmentReleased(product: World.product, units: 50, sequence: 2, order: release.statementID)
        )
        let reset = try forge.world.order(.resetClock(edgeHSM: World.edgeHSM, nonce: nonce, time: World.start))
        forge.append(OrderApplied(order: reset))
        forge.append(ClockReset(order: reset.statementID, nonce: nonce, time: World.start))
    }

    @Test func theHonestJournalHasEveryKindAndIsAccepted() throws {
        let forge = try honest()
        #expect(try forge.codes().isEmpty)
        #expect(Set(forge.entries.map(\.event.kind)) == Set(Self.meaningless.keys))
    }

    /// Changed and nothing made right again: the entries are not those that were signed for.
    @Test func changedEntriesAreNotThoseOfTheCheckpoint() throws {
        let seed = Seed.take("EdgeHSMCoreTests.JournalMutationTests outer")
        var random = SeededGenerator(seed: seed)
        let forge = try honest()
        let octets = try forge.octets()
        let checkpoint = try forge.checkpoint(size: octets.count, root: forge.root(octets))
        for round in 0..<(forge.entries.count * 8) {
            var changed = octets
            let index = round % octets.count
            changed[index] = JSONMutation.mutate(octets[index], using: &random)
            if changed[index] == octets[index] { continue }
            let export = JournalExport(checkpoint: checkpoint, entries: changed.map { Octets($0) })
            let codes = JournalAudit(export, trust: forge.trust).findings.map(\.refusal.code)
            #expect(!codes.isEmpty, "seed \(seed) round \(round)")
        }
    }

    /// Changed, and signed for by the box itself: refused by a rule of the journal, unless no rule reads the member.
    @Test func changedAndSignedAgainIsRefused() throws {
        let seed = Seed.take("EdgeHSMCoreTests.JournalMutationTests inner")
        var random = SeededGenerator(seed: seed)
        let forge = try honest()
        let octets = try forge.octets()
        var refused: Set<String> = []
        for round in 0..<(forge.entries.count * 8) {
            let index = round % octets.count
            let old = forge.entries[index]
            let change = JSONMutation.change(octets[index], using: &random)
            var changed = octets
            changed[index] = change.bytes
            let audit = try forge.audit(changed)
            if !audit.isAccepted {
                refused.insert(old.event.kind)
                continue
            }
            // What is accepted reads as the same entry, or differs only where nothing depends on it.
            let new = try JournalEntry(parsing: change.bytes)
            let isHarmless =
                new == old || change.field == "time"
                || change.field.hasSuffix(".signatures") && Self.repeatsASignature(octets[index], change.bytes)
                || (Self.meaningless[old.event.kind] ?? []).contains(change.field)
            #expect(isHarmless, "seed \(seed) round \(round): \(old.event.kind) \(change.field)")
            #expect(new.sequence == old.sequence && new.epoch == old.epoch && new.event.kind == old.event.kind)
        }
        #expect(refused == Set(Self.meaningless.keys), "seed \(seed): some kind was never refused")
    }
}
