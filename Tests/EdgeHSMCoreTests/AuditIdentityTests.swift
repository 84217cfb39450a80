import Crypto
import EdgeHSMCore
import Statements
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// Who wrote a journal must be proven: RoleKeys are public, so anybody can begin one that obeys the right root.
@Suite struct AuditIdentityTests {
    let world: World
    let forger = P256.Signing.PrivateKey()

    init() throws { world = try World() }

    private func enrolment(
        identity: P256Point? = nil,
        edgeHSM: EdgeHSMID = World.edgeHSM,
        by signers: [P256.Signing.PrivateKey]
    ) throws -> Envelope {
        try EdgeHSMEnrolment(
            edgeHSM: edgeHSM,
            factory: World.factory,
            identity: identity ?? world.identity.point,
            seal: world.seal.point,
            transport: Octets([UInt8](repeating: 1, count: 422)),
            tokenSerial: "1",
            assurance: "software",
            issuedAt: World.start
        ).unsigned().signed(by: signers)
    }

    /// A journal that is right in all but, perhaps, who writes it.
    private func journal(
        by writer: P256.Signing.PrivateKey,
        naming enrolment: Envelope,
        roleKeys first: Envelope? = nil,
        then next: Envelope? = nil
    ) throws -> JournalExport {
        let genesis = try Genesis(
            edgeHSM: World.edgeHSM,
            factory: World.factory,
            identity: writer.point,
            seal: world.seal.point,
            roleKeys: first ?? world.roleKeys(),
            enrolment: enrolment.statementID
        )
        var bodies: [any JournalBody] = [genesis]
        if let next { bodies.append(RoleKeysAccepted(version: 2, roleKeys: next)) }
        let entries = try bodies.enumerated().map { index, body in
            try JournalEntry(sequence: index, epoch: 0, time: World.start, event: JournalEvent(body: body)).serialized()
        }
        var tree = MerkleTree()
        for entry in entries { tree.append(MerkleHash.leaf(entry)) }
        let checkpoint = try Checkpoint(
            edgeHSM: World.edgeHSM,
            epoch: 0,
            size: entries.count,
            root: tree.root,
            time: World.start,
            portalNonce: nil,
            roleKeysVersion: next == nil ? 1 : 2,
            accounts: [],
            softwareVersion: "test"
        ).unsigned().signed(by: writer)
        return JournalExport(checkpoint: checkpoint, entries: entries.map { Octets($0) })
    }

    private func codes(_ export: JournalExport, _ trust: JournalAudit.Trust) -> [String] {
        let audit = JournalAudit(export, trust: trust)
        #expect(audit.fields["identityPinned"] == String(audit.isAccepted), "\(audit.findings)")
        return audit.findings.map(\.refusal.code)
    }

    @Test func anIdentityNobodyRegisteredIsRefused() throws {
        let real = try enrolment(by: Array(world.officers.prefix(2)))
        let root = world.root.point
        // Everything in it is genuine but the writer.
        let forged = try journal(by: forger, naming: real)
        #expect(codes(forged, .init(root: root)) == [JournalError.identityUnproven.rawValue])
        #expect(codes(forged, .init()) == [JournalError.identityUnproven.rawValue])
        #expect(codes(forged, .init(identity: world.identity.point)) == [JournalError.identity.rawValue])
        #expect(codes(forged, .init(root: root, enrolment: real)) == [JournalError.identity.rawValue])
        // The forger's own enrolment: by nobody, by one officer, by officers of another OEM.
        for signers in [[], [world.officers[0]], [forger, P256.Signing.PrivateKey()]] {
            let own = try enrolment(identity: forger.point, by: signers)
            let journal = try journal(by: forger, naming: own)
            #expect(codes(journal, .init(root: root, enrolment: own)) == [JournalError.statementUnverified.rawValue])
        }
    }

    @Test func enrolmentProvesTheWriter() throws {
        let real = try enrolment(by: Array(world.officers.prefix(2)))
        let root = world.root.point
        let honest = try journal(by: world.identity, naming: real)
        #expect(codes(honest, .init(root: root, enrolment: real)).isEmpty)
        #expect(codes(honest, .init(identity: world.identity.point, root: root, enrolment: real)).isEmpty)
        // Without the root the officers' keys are only what the journal says they are.
        #expect(codes(honest, .init(enrolment: real)) == [JournalError.identityUnproven.rawValue])
        let other = forger.point
        #expect(codes(honest, .init(root: other, enrolment: real)) == [JournalError.rootAuthority.rawValue])
        // The same keys registered under another name are another registration.
        let elsewhere = try enrolment(edgeHSM: EdgeHSMID(validated: "edge-b"), by: Array(world.officers.prefix(2)))
        #expect(codes(honest, .init(root: root, enrolment: elsewhere)) == [JournalError.identity.rawValue])
        let order = try world.order(.revoke(.version(.zero)))
        #expect(codes(honest, .init(root: root, enrolment: order)) == [JournalError.statementUnverified.rawValue])
    }

    /// An officer who signed has left, and one who came later signed too.
    @Test func enrolmentCountsUnderLaterRoleKeys() throws {
        let opal = P256.Signing.PrivateKey()
        let first = try world.roleKeys()
        let next = try world.roleKeys(
            version: 2,
            previous: first.statementID,
            officers: [world.officers[1], world.officers[2], opal]
        )
        let trust = { (enrolment: Envelope) in JournalAudit.Trust(root: world.root.point, enrolment: enrolment) }
        let later = try enrolment(by: [world.officers[1], opal])
        #expect(
            codes(try journal(by: world.identity, naming: later, roleKeys: first, then: next), trust(later)).isEmpty
        )
        let early = try enrolment(by: [world.officers[0], world.officers[1]])
        #expect(
            codes(try journal(by: world.identity, naming: early, roleKeys: first, then: next), trust(early)).isEmpty
        )
        // One from before and one from after are never m of one version.
        let mixed = try enrolment(by: [world.officers[0], opal])
        let journal = try journal(by: world.identity, naming: mixed, roleKeys: first, then: next)
        #expect(codes(journal, trust(mixed)) == [JournalError.statementUnverified.rawValue])
    }
}
