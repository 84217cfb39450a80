import Crypto
import EdgeHSMCore
import Statements
import TransparencyLog
package import Vocabulary

/// One appliance: what survives (disk and secure element), what a process holds, and the clocks.
package struct Box {
    /// What is on the disk. The unit tables are a projection of `entries`, kept so that tests run fast.
    package struct Disk {
        package var entries: [[UInt8]] = []
        var tree = MerkleTree()
        var units: [Digest256: UnitRecord] = [:]
        var newest: [Chip: Digest256] = [:]
        var keys: [Digest256: Digest256] = [:]

        struct Chip: Hashable {
            let authorization: Digest256
            let uid: ChipUID
        }

        mutating func commit(_ entry: JournalEntry) throws {
            let bytes = try entry.serialized()
            entries.append(bytes)
            tree.append(MerkleHash.leaf(bytes))
            guard let id = UnitProjection.target(of: entry.event) else { return }
            let record = try UnitProjection.updated(units[id], by: entry)
            units[id] = record
            newest[Chip(authorization: record.authorization, uid: record.chipUID)] = id
            keys[record.deviceKey] = id
            if let before = UnitProjection.predecessor(of: entry.event), let old = units[before] {
                units[before] = UnitProjection.replaced(old)
            }
        }
    }

    package let world: World
    package var disk = Disk()
    /// Data objects of the secure element.
    var token: [[UInt8]] = []
    var state: EdgeHSMState
    var wall = World.start
    var uptime: Int64 = 1_000
    /// Writes to the secure element since the start.
    var anchorWrites = 0

    var reading: ClockReading { ClockReading(wall: wall, uptime: uptime) }

    /// Enrolled and started, product prepared, station enrolled.
    package init(_ world: World, enrolment: Digest256 = .zero) throws {
        self.world = world
        let genesis = try Genesis(
            edgeHSM: world.box,
            factory: world.site,
            identity: world.identity.point,
            seal: world.seal.point,
            roleKeys: world.roleKeys(),
            enrolment: enrolment
        )
        let entry = EdgeHSMState.genesisEntry(genesis, at: World.start)
        state = try EdgeHSMState(genesis: entry)
        try disk.commit(entry)
        token = [
            try AnchorRecord(
                writeNumber: 1,
                epoch: 0,
                clean: true,
                size: 1,
                root: disk.tree.root,
                clockFloor: World.start + -30 * World.day,
                roleKeysVersion: 1,
                roleKeysDigest: genesis.roleKeys.statementID,
                ceilings: []
            ).serialized()
        ]
        try start()
        try setUp()
    }

    /// The product prepared and the stations enrolled, as far as the journal does not have it: at first, and after a tail
    /// was lost.
    mutating func setUp() throws {
        if state.durable.products[World.product]?.preparation == nil { try prepare() }
        if state.durable.products[World.product]?.certificates == nil { try installCertificates() }
        try enrolStations()
    }

    private mutating func prepare() throws {
        let preparation = try ProductPreparation(
            edgeHSM: world.box,
            product: World.product,
            vendorID: World.vendorID,
            productID: World.productID,
            paiRequest: Octets([1]),
            debugKey: world.label.point,
            preparedAt: World.start
        ).unsigned().signed(by: world.identity)
        _ = try run(RecordPreparation(requester: "service", preparation: preparation)).grant()
    }

    private mutating func installCertificates() throws {
        let certificates = ProductCertificates(
            edgeHSM: world.box,
            product: World.product,
            paa: Octets(world.paa),
            pai: Octets(world.pai),
            debugRoot: Octets([1]),
            debugIntermediate: Octets([2])
        )
        try run(RecordCertificates(requester: "service", certificates: certificates)).grant()
    }

    private mutating func enrolStations() throws {
        let known = Set(state.durable.peers.values.map(\.name.text))
        for name in ["st-1", "st-2", "st-3"] where !known.contains(name) {
            try run(
                RecordEnrolment(
                    requester: "operator",
                    name: StationName(name),
                    role: "station",
                    certificate: Octets(Array(name.utf8))
                )
            ).grant()
        }
    }

    // MARK: - A process

    /// Replays the disk and passes the start check, as the daemon does.
    mutating func start() throws {
        guard let first = disk.entries.first else { return }
        var replayed = try EdgeHSMState(genesis: JournalEntry(parsing: first))
        for bytes in disk.entries.dropFirst() { try replayed.apply(JournalEntry(parsing: bytes)) }
        let anchor = try AnchorRecord.newest(of: token)
        let outcome = try StartCheck.begin(
            &replayed,
            anchor: anchor,
            rootAtAnchor: anchor.flatMap { try? disk.tree.root(at: $0.size) },
            at: reading
        )
        for entry in outcome.entries { try disk.commit(entry) }
        state = replayed
        try moveAnchor()
    }

    mutating func moveAnchor() throws {
        let record = try state.nextAnchor(size: disk.entries.count, root: disk.tree.root, at: reading)
        try write(record)
        try state.anchored(record)
    }

    mutating func stopCleanly() throws {
        try write(try state.cleanStop(size: disk.entries.count, root: disk.tree.root))
    }

    mutating func write(_ record: AnchorRecord) throws {
        token.append(try record.serialized())
        let kept = AnchorRecord.newestTwo(of: token)
        token = token.filter(kept.contains)
        anchorWrites += 1
    }

    /// SIGKILL: nothing but disk and token is left.
    mutating func crash() throws { try start() }

    /// One command through the writer: decide, commit, anchor.
    @discardableResult
    mutating func run<Command: EdgeCommand>(_ command: Command) throws -> Outcome<Command.Grant> {
        let outcome = state.handle(command, at: reading)
        for entry in outcome.entries { try disk.commit(entry) }
        if outcome.anchor != .none { try moveAnchor() }
        return outcome
    }

    /// As the daemon: a request that waits is asked again after the anchor moved.
    mutating func settle<Command: EdgeCommand>(_ command: Command) throws -> Command.Grant {
        let first = try run(command)
        if case .wait = first.decision { return try run(command).grant() }
        return try first.grant()
    }

    // MARK: - Facts and checkpoints

    func facts(_ authorization: Digest256, _ uid: ChipUID, key: P256Point? = nil) -> ChipFacts {
        let newest = disk.newest[.init(authorization: authorization, uid: uid)].flatMap { disk.units[$0] }
        let elsewhere = disk.units.values.first {
            $0.chipUID == uid && $0.authorization != authorization && $0.isLive
        }
        return ChipFacts(newest: newest, liveElsewhere: elsewhere, keyOwner: key.flatMap { disk.keys[$0.keyID] })
    }

    func export() throws -> JournalExport {
        let checkpoint = try Checkpoint(
            edgeHSM: world.box,
            epoch: state.durable.epoch,
            size: disk.entries.count,
            root: disk.tree.root,
            time: state.now(at: reading),
            portalNonce: state.durable.contact?.nonce,
            roleKeysVersion: state.durable.roleKeys.version,
            accounts: state.accounts,
            softwareVersion: "test"
        ).unsigned().signed(by: world.identity)
        return JournalExport(checkpoint: checkpoint, entries: disk.entries.map { Octets($0) })
    }
}
