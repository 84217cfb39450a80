import Crypto
import EdgeHSMFixture
import PortalProtocol
import PortalWeb
import Statements
import TransparencyLog
import Verify
import Vocabulary

/// Journals as EdgeHSMs write them, with real keys, DACs and checkpoints, made before any clock starts.
///
/// What comes before the first device is decided by the EdgeHSM's own core; the devices' entries are then written one
/// after the other, as 16 sites at a time bring them about, and judged once by the verifier.
struct JournalMill {
    /// Sites of a line that work at the same time: their devices' entries lie between each other.
    private static let sites = 16
    private static let stations = ["st-1", "st-2", "st-3"].map { StationName(validated: $0) }
    /// Days that the devices of a journal are spread over.
    static let days: Int64 = 30

    private let world: World
    /// Serials begin with it: no two EdgeHSMs give the same.
    private let letter: String
    private let batches: [Digest256]
    /// What the portal would have granted for these.
    private let authorizations: [ProductionAuthorization]
    /// First serial number of each: no two of a product begin alike.
    private let firstSerials: [Int]
    private let notBefore: Instant
    private let devices: Int
    private var entries: [[UInt8]]
    private let epoch: UInt64

    /// One journal of an EdgeHSM, cut into chunks as its Factory Service sends them.
    struct Product: Sendable {
        let edge: EnrolledEdge
        let chunks: [JournalChunk]
        let devices: Int
        /// Those that it loads.
        let authorizations: [ProductionAuthorization]
        var entries: Int { chunks.last?.end ?? 0 }
    }

    /// - Parameter batches: authorizations that the devices are made under, one after the other.
    private init(_ world: World, letter: String, number: Int, devices: Int, batches count: Int) throws {
        self.world = world
        self.letter = letter
        self.devices = devices
        var box = try Box(world, enrolment: world.enrolment().statementID)
        let share = devices / count + 1
        var draft = BatchDraft.units(share)
        firstSerials = (0..<count).map { (number * count + $0) * share + 1 }
        let firstSerials = firstSerials
        draft.allotment = draft.quantity * count
        draft.lifetimeTotal = draft.allotment
        draft.notAfter = World.start + (Self.days + 1) * World.day
        let approval = try draft.approval(world)
        batches = try (0..<count).map { number in
            draft.batch = "\(world.box)-\(number + 1)"
            draft.prefix = letter + String(number + 1)
            draft.firstSerial = firstSerials[number]
            return try box.load(draft, under: approval)
        }
        notBefore = draft.notBefore
        entries = box.disk.entries
        authorizations = try entries.compactMap {
            try (JournalEntry(parsing: $0).event.body as? AuthorizationLoaded).map {
                try ProductionAuthorization.read(payload: $0.authorization.payload)
            }
        }
        epoch = try JournalEntry(parsing: entries[entries.count - 1]).epoch
    }

    /// Journals of `count` EdgeHSMs of one OEM, 26 at most; `chunk` entries are sent at a time.
    static func make(
        edges count: Int,
        devices: Int,
        batches: Int,
        chunk: Int
    ) async throws -> (products: [Product], root: P256Point) {
        let first = try World()
        let worlds = (1...count).map { number in
            first.other(EdgeHSMID(validated: "line-\(number)"), at: FactoryID(validated: "site-\(number)"))
        }
        let products = try await withThrowingTaskGroup(of: (Int, Product).self) { group in
            for (index, world) in worlds.enumerated() {
                group.addTask {
                    let letter = String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index)))
                    var mill = try JournalMill(world, letter: letter, number: index, devices: devices, batches: batches)
                    try mill.run()
                    return (index, try mill.cut(chunk))
                }
            }
            return try await group.reduce(into: [Int: Product]()) { $0[$1.0] = $1.1 }
        }
        return (products.sorted { $0.key < $1.key }.map(\.value), first.root.point)
    }

    // MARK: Devices

    /// One device on its way.
    private struct Device {
        let number: Int
        let authorization: Digest256
        let index: Int
        let unit: Digest256
        let chip: ChipUID
        let station: StationName
        var data: Digest256 { Digest256.of(unit.bytes) }
    }

    private mutating func run() throws {
        for start in stride(from: 0, to: devices, by: Self.sites) {
            let present = (start..<min(start + Self.sites, devices)).map(device)
            for device in present { try issue(device) }
            for device in present {
                try add(FactoryDataGiven.self, device) {
                    .init(authorization: $0.authorization, unit: $0.unit, factoryData: $0.data, station: $0.station)
                }
            }
            for device in present { try program(device) }
            for device in present {
                try add(Completed.self, device) {
                    .init(
                        authorization: $0.authorization,
                        unit: $0.unit,
                        firmware: World.firmware,
                        factoryData: $0.data,
                        attestation: Digest256.of($0.chip.bytes),
                        station: $0.station
                    )
                }
            }
        }
    }

    private func device(_ number: Int) -> Device {
        let share = devices / batches.count + 1
        let authorization = batches[number / share]
        let chip = ChipUID(validated: World.random(ChipUID.size))
        return Device(
            number: number,
            authorization: authorization,
            index: number % share,
            unit: Statements.unitID(authorization: authorization, chipUID: chip, generation: 0),
            chip: chip,
            station: Self.stations[number % Self.stations.count]
        )
    }

    private mutating func issue(_ device: Device) throws {
        let key = P256.Signing.PrivateKey().point
        let dac = try world.dac(for: key, notBefore: notBefore)
        let batch = batches.firstIndex(of: device.authorization) ?? 0
        let prefix = letter + String(batch + 1)
        let digits = String(firstSerials[batch] + device.index)
        let serial = try DeviceSerial(prefix + String(repeating: "0", count: 6 - digits.count) + digits)
        try add(Issued.self, device) {
            .init(
                authorization: $0.authorization,
                unit: $0.unit,
                chipUID: $0.chip,
                generation: 0,
                index: $0.index,
                serial: serial,
                dac: Octets(dac),
                deviceKey: key.keyID,
                replaces: nil,
                request: Digest256.of(dac),
                agreementKey: key,
                commitment: Digest256.of(key.bytes),
                station: $0.station
            )
        }
    }

    private mutating func program(_ device: Device) throws {
        try add(KeySealed.self, device) {
            .init(
                authorization: $0.authorization,
                unit: $0.unit,
                slot: World.slot,
                fleet: false,
                isRepeat: false,
                station: $0.station
            )
        }
        try add(Permitted.self, device) {
            .init(
                authorization: $0.authorization,
                unit: $0.unit,
                permit: Digest256.of($0.data.bytes),
                station: $0.station
            )
        }
    }

    private mutating func add<Body: JournalBody>(
        _ type: Body.Type,
        _ device: Device,
        _ body: (Device) -> Body
    ) throws {
        let passed = Self.days * World.day * Int64(device.number / Self.sites * Self.sites) / Int64(devices)
        let entry = JournalEntry(
            sequence: entries.count,
            epoch: epoch,
            time: World.start + passed,
            event: JournalEvent(body: body(device))
        )
        entries.append(try entry.serialized())
    }

    // MARK: Chunks

    /// Throws when the verifier finds anything wrong: then something else would be measured.
    private func cut(_ size: Int) throws -> Product {
        let edge = EnrolledEdge(
            edgeHSM: world.box,
            factory: world.site,
            identity: world.identity.point,
            enrolment: try world.enrolment()
        )
        var judge = JournalJudge(
            trust: .init(identity: edge.identity, root: world.root.point, enrolment: edge.enrolment)
        )
        var ledger = InMemoryUnitLedger()
        var time = Instant.epoch
        let chunks = try stride(from: 0, to: entries.count, by: size).map { start in
            let part = entries[start..<min(start + size, entries.count)]
            for bytes in part {
                let judged = judge.judge(bytes, into: &ledger)
                if let finding = judged.findings.first { throw finding.refusal }
                time = max(time, judged.time ?? .epoch)
            }
            let checkpoint = Checkpoint(
                edgeHSM: world.box,
                epoch: judge.epoch,
                size: judge.size,
                root: judge.root,
                time: time,
                portalNonce: judge.newestStatus?.nonce,
                roleKeysVersion: judge.roleKeysVersion ?? 1,
                accounts: judge.accounts,
                softwareVersion: "bench"
            )
            return JournalChunk(
                edgeHSM: world.box,
                from: start,
                entries: part.map { Octets($0) },
                checkpoint: try checkpoint.unsigned().signed(by: world.identity)
            )
        }
        return Product(edge: edge, chunks: chunks, devices: devices, authorizations: authorizations)
    }
}
