import Crypto
import EdgeHSMCore
import Statements
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// I5: the verifier finds what a box that lies, or somebody who edits its journal, has done.
@Suite struct AuditTests {
    let world: World
    let box: Box
    let batch: Digest256

    private var trust: JournalAudit.Trust { .init(identity: world.identity.point) }

    init() throws {
        world = try World()
        var box = try Box(world)
        batch = try box.load(BatchDraft(quantity: 4))
        try box.make(batch, Chip(1))
        try box.make(batch, Chip(2))
        _ = try box.run(box.unlock(batch, Chip(1), challenge: .zero)).grant()
        self.box = box
    }

    /// The journal with other entries, signed by the box itself.
    private func audit(
        accounts: [Checkpoint.Account]? = nil,
        _ change: (inout [JournalEntry]) throws -> Void
    ) throws -> Set<String> {
        var entries = try box.disk.entries.map { try JournalEntry(parsing: $0) }
        try change(&entries)
        var tree = MerkleTree()
        let bytes = try entries.map { try $0.serialized() }
        for entry in bytes { tree.append(MerkleHash.leaf(entry)) }
        let checkpoint = try Checkpoint(
            edgeHSM: World.edgeHSM,
            epoch: entries.last?.epoch ?? 0,
            size: entries.count,
            root: tree.root,
            time: World.start,
            portalNonce: nil,
            roleKeysVersion: 1,
            accounts: accounts ?? box.state.accounts,
            softwareVersion: "test"
        ).unsigned().signed(by: world.identity)
        let audit = JournalAudit(JournalExport(checkpoint: checkpoint, entries: bytes.map { Octets($0) }), trust: trust)
        return Set(audit.findings.map(\.refusal.code))
    }

    private func body<Body: JournalBody>(_ type: Body.Type, _ entries: [JournalEntry]) throws -> (Int, Body) {
        let found = entries.enumerated().compactMap { entry in
            (entry.element.event.body as? Body).map { (entry.offset, $0) }
        }
        return try #require(found.last)
    }

    private func replace(_ entries: inout [JournalEntry], at index: Int, _ body: any JournalBody, time: Instant? = nil)
    {
        let old = entries[index]
        entries[index] = JournalEntry(
            sequence: old.sequence,
            epoch: old.epoch,
            time: time ?? old.time,
            event: JournalEvent(body: body)
        )
    }

    private func append(_ entries: inout [JournalEntry], _ body: any JournalBody, epoch: UInt64? = nil) {
        entries.append(
            JournalEntry(
                sequence: entries.count,
                epoch: epoch ?? entries.last?.epoch ?? 0,
                time: World.start,
                event: JournalEvent(body: body)
            )
        )
    }

    private func issued(_ body: Issued, chip: ChipUID? = nil, index: Int? = nil, dac: [UInt8]? = nil) throws -> Issued {
        let uid = chip ?? body.chipUID
        return Issued(
            authorization: body.authorization,
            unit: unitID(authorization: body.authorization, chipUID: uid, generation: body.generation),
            chipUID: uid,
            generation: body.generation,
            index: index ?? body.index,
            serial: body.serial,
            dac: dac.map { Octets($0) } ?? body.dac,
            deviceKey: body.deviceKey,
            replaces: body.replaces,
            request: body.request,
            agreementKey: body.agreementKey,
            commitment: body.commitment,
            station: body.station
        )
    }

    @Test func theHonestJournalIsAccepted() throws {
        #expect(try audit { _ in }.isEmpty)
        let export = try box.export()
        #expect(try JournalExport(parsing: export.serialized()) == export)
        let trusted = JournalAudit(export, trust: .init(identity: world.identity.point, root: world.root.point))
        #expect(trusted.verdict.accepted && trusted.verdict.fields["issued"] == "2")
    }

    @Test func trustedKeysAreCompared() throws {
        let other = P256.Signing.PrivateKey().point
        let identity = JournalAudit(try box.export(), trust: .init(identity: other))
        #expect(identity.verdict.code == JournalError.identity.rawValue)
        let root = JournalAudit(try box.export(), trust: .init(root: other))
        #expect(root.verdict.code == JournalError.rootAuthority.rawValue)
    }

    @Test func I5_gapsAndChanges() throws {
        #expect(try audit { $0.remove(at: 7) }.contains(JournalError.sequenceGap.rawValue))
        #expect(try audit { $0.swapAt(5, 6) }.contains(JournalError.sequenceGap.rawValue))
        let export = try box.export()
        let truncated = JournalAudit(
            JournalExport(checkpoint: export.checkpoint, entries: Array(export.entries.dropLast()))
        )
        #expect(truncated.findings.map(\.refusal.code).contains(JournalError.checkpointMismatch.rawValue))
        #expect(truncated.findings.map(\.refusal.code).contains(JournalError.rootMismatch.rawValue))
        let unsigned = Envelope(
            payloadType: export.checkpoint.payloadType,
            payload: export.checkpoint.payload,
            signatures: []
        )
        let forged = JournalAudit(JournalExport(checkpoint: unsigned, entries: export.entries), trust: trust)
        #expect(forged.verdict.code == JournalError.statementUnverified.rawValue)
        var garbage = export.entries
        garbage[3] = Octets([0x7B])
        #expect(
            JournalAudit(JournalExport(checkpoint: export.checkpoint, entries: garbage)).findings.map(\.refusal.code)
                .contains(JournalError.entryMalformed.rawValue)
        )
        #expect(!JournalAudit(JournalExport(checkpoint: export.checkpoint, entries: [])).isAccepted)
    }

    @Test func I5_epochsAndBurns() throws {
        #expect(try audit { append(&$0, Burned(authorization: batch, units: 1)) }.contains(JournalError.epoch.rawValue))
        #expect(
            try audit { append(&$0, Refused(station: "x", code: "y", minute: World.start, count: 1), epoch: 9) }
                .contains(JournalError.epoch.rawValue)
        )
        #expect(
            try audit { append(&$0, Restart(anchoredSize: 3, anchoredRoot: .zero, clean: false), epoch: 9) }
                .contains(JournalError.epoch.rawValue)
        )
    }

    @Test func I1_I4_unitsBeyondScope() throws {
        #expect(
            try audit {
                let (_, body) = try body(Issued.self, $0)
                append(&$0, try issued(body, chip: Chip(50).uid, index: 2))
            }.isSuperset(of: [JournalError.keyTwice.rawValue, JournalError.unitMisnumbered.rawValue])
        )
        #expect(
            try audit {
                let (_, body) = try body(Issued.self, $0)
                append(&$0, body)
            }.contains(JournalError.chipTwice.rawValue)
        )
        #expect(
            try audit {
                let (_, body) = try body(Issued.self, $0)
                for number in 2..<6 { append(&$0, try issued(body, chip: Chip(50 + number).uid, index: number)) }
            }.contains(JournalError.quotaExceeded.rawValue)
        )
        #expect(
            try audit {
                let (index, body) = try body(Issued.self, $0)
                replace(&$0, at: index, body, time: World.start + 11 * World.day)
            }.contains(JournalError.windowOutside.rawValue)
        )
        #expect(
            try audit {
                let (index, body) = try body(Issued.self, $0)
                let rogue = P256.Signing.PrivateKey()
                replace(&$0, at: index, try issued(body, dac: world.dac(for: rogue.point, notBefore: World.start)))
            }.contains(JournalError.dacWrong.rawValue)
        )
    }

    @Test func I7_I9_I10_powerWithoutASignature() throws {
        #expect(
            try audit {
                let (index, body) = try body(AuthorizationLoaded.self, $0)
                let bare = Envelope(
                    payloadType: body.approval.payloadType,
                    payload: body.approval.payload,
                    signatures: Array(body.approval.signatures.prefix(1))
                )
                replace(
                    &$0,
                    at: index,
                    AuthorizationLoaded(
                        authorization: body.authorization,
                        approval: bare,
                        manifest: body.manifest,
                        package: body.package,
                        officers: body.officers,
                        authorizer: body.authorizer
                    )
                )
            }.contains(JournalError.statementUnverified.rawValue)
        )
        #expect(
            try audit {
                let (_, body) = try body(AuthorizationLoaded.self, $0)
                append(&$0, body)
            }.contains(JournalError.loadedTwice.rawValue)
        )
        #expect(
            try audit {
                let (_, body) = try body(DebugUnlocked.self, $0)
                for _ in 0..<3 { append(&$0, body) }
            }.contains(JournalError.allowanceExceeded.rawValue)
        )
        #expect(
            try audit {
                let (_, body) = try body(DebugUnlocked.self, $0)
                append(&$0, Revoked(target: .authorization(batch), statement: .zero))
                append(&$0, body)
            }.contains(JournalError.revokedUsed.rawValue)
        )
        #expect(
            try audit { append(&$0, Revoked(target: .approval(.zero), statement: .zero)) }
                .contains(JournalError.orderMissing.rawValue)
        )
        #expect(
            try audit {
                append(&$0, ClockReset(order: .zero, nonce: Nonce(validated: World.random(32)), time: World.start))
            }
            .contains(JournalError.orderMissing.rawValue)
        )
    }

    /// The journal of a box that took a fleet key for chips without identity.
    @Test func fleetKeysNeedAnIdentityAndAnException() throws {
        func findings(
            _ identity: ChipIdentityLevel,
            _ exceptions: [VersionApproval.FleetKeyException]
        ) throws
            -> Set<String>
        {
            let manifest = try world.manifest(identity: identity, kind: .fleet)
            let load = try BatchDraft(exceptions: exceptions, batch: "fleet", manifest: manifest).load(world)
            return try audit(accounts: []) {
                $0.removeAll { entry in
                    entry.event.body is AuthorizationLoaded || UnitProjection.target(of: entry.event) != nil
                }
                $0 = $0.enumerated().map { index, entry in
                    JournalEntry(sequence: index, epoch: entry.epoch, time: entry.time, event: entry.event)
                }
                append(
                    &$0,
                    AuthorizationLoaded(
                        authorization: load.contents.authorization,
                        approval: load.contents.approval,
                        manifest: load.contents.manifest,
                        package: .zero,
                        officers: [0, 1].map { world.officers[$0].point.keyID },
                        authorizer: world.authorizer.point.keyID
                    )
                )
            }
        }
        let exception = VersionApproval.FleetKeyException(slot: World.slot, mostUnits: 10)
        #expect(try findings(.none, [exception]).contains(JournalError.fleetKey.rawValue))
        #expect(try findings(.applet, []).contains(JournalError.fleetKey.rawValue))
        #expect(try !findings(.applet, [exception]).contains(JournalError.fleetKey.rawValue))
    }

    @Test func countsMustAgree() throws {
        let wrong = box.state.accounts.map {
            Checkpoint.Account(
                authorization: $0.authorization,
                granted: $0.granted,
                issued: $0.issued - 1,
                burned: 0,
                returned: 0,
                remaining: $0.remaining + 1
            )
        }
        #expect(try audit(accounts: wrong) { _ in } == [JournalError.accountMismatch.rawValue])
        #expect(try audit(accounts: []) { _ in } == [JournalError.accountMismatch.rawValue])
        #expect(
            try audit(accounts: []) {
                append(&$0, Closed(authorization: batch, granted: 4, issued: 1, burned: 0, returned: 3))
            }.contains(JournalError.accountMismatch.rawValue)
        )
        #expect(
            try audit {
                let (index, body) = try body(Completed.self, $0)
                replace(
                    &$0,
                    at: index,
                    Completed(
                        authorization: body.authorization,
                        unit: body.unit,
                        firmware: .zero,
                        factoryData: body.factoryData,
                        attestation: .zero,
                        station: body.station
                    )
                )
            }.contains(JournalError.evidenceWrong.rawValue)
        )
    }
}
