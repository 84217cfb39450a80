import EdgeHSMCore
import Statements
import TransparencyLog
import Verify
import Vocabulary

/// A journal that a box, or who holds its identity key, rewrites: the tree is rebuilt and the checkpoint signed again.
struct JournalForge {
    let world: World
    var entries: [JournalEntry]
    var accounts: [Checkpoint.Account]
    var roleKeysVersion = 1
    var portalNonce: Nonce?
    var trust: JournalAudit.Trust

    init(_ box: Box) throws {
        world = box.world
        entries = try box.disk.entries.map { try JournalEntry(parsing: $0) }
        accounts = box.state.accounts
        trust = .init(identity: box.world.identity.point, root: box.world.root.point)
    }

    var epoch: UInt64 { entries.last?.epoch ?? 0 }

    /// The octets of all entries.
    func octets() throws -> [[UInt8]] { try entries.map { try $0.serialized() } }

    mutating func append(_ body: any JournalBody, epoch: UInt64? = nil, time: Instant = World.start) {
        entries.append(
            JournalEntry(
                sequence: entries.count,
                epoch: epoch ?? self.epoch,
                time: time,
                event: JournalEvent(body: body)
            )
        )
    }

    mutating func replace(at index: Int, _ body: any JournalBody, time: Instant? = nil) {
        let old = entries[index]
        entries[index] = JournalEntry(
            sequence: old.sequence,
            epoch: old.epoch,
            time: time ?? old.time,
            event: JournalEvent(body: body)
        )
    }

    /// The last entry of a kind, and its place.
    func last<Body: JournalBody>(_ type: Body.Type) throws -> (Int, Body) {
        for (index, entry) in entries.enumerated().reversed() {
            if let body = entry.event.body as? Body { return (index, body) }
        }
        throw Refusal(StatementError.missingField, Body.kind)
    }

    func root(_ octets: [[UInt8]]) -> Digest256 {
        var tree = MerkleTree()
        for entry in octets { tree.append(MerkleHash.leaf(entry)) }
        return tree.root
    }

    func checkpoint(size: Int, root: Digest256) throws -> Envelope {
        try Checkpoint(
            edgeHSM: world.box,
            epoch: epoch,
            size: size,
            root: root,
            time: World.start,
            portalNonce: portalNonce,
            roleKeysVersion: roleKeysVersion,
            accounts: accounts,
            softwareVersion: "test"
        ).unsigned().signed(by: world.identity)
    }

    /// These octets, vouched for by the box itself.
    func audit(_ octets: [[UInt8]]) throws -> JournalAudit {
        let checkpoint = try checkpoint(size: octets.count, root: root(octets))
        return JournalAudit(JournalExport(checkpoint: checkpoint, entries: octets.map { Octets($0) }), trust: trust)
    }

    func codes() throws -> Set<String> { Set(try audit(octets()).findings.map(\.refusal.code)) }
}
