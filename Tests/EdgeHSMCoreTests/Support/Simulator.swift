import EdgeHSMCore
import Statements
import TestSupport
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// A seeded run of stations, portal, officers, crashes, restored disks and clock games against one box.
struct Simulator {
    var random: SeededGenerator
    var box: Box
    var chips: [Chip] = (0..<24).map { Chip($0) }
    var batches: [Digest256] = []
    var packages: [LoadAuthorization] = []
    var approvals: [Envelope] = []
    var allotment = 60
    /// Decided, not yet signed.
    var pending: [(reservation: Reservation, key: P256Point)] = []
    /// Requests that may come again, late.
    var late: [DecideIssue] = []
    var lateRotations: [DecideRotation] = []
    var statuses: [Envelope] = []
    /// The world's truth, which no restored disk changes: DACs that left the box, by authorization.
    var released: [Digest256: Set<Octets>] = [:]
    var unlocks: [Digest256: Int] = [:]
    var reissues: [Digest256: Int] = [:]
    var rotations: [Digest256: Int] = [:]
    var lostTails = 0
    var counts: [String: Int] = [:]

    init(seed: UInt64, world: World) throws {
        random = SeededGenerator(seed: seed)
        box = try Box(world)
        try load()
    }

    mutating func pick<Element>(_ list: [Element]) -> Element? { list.randomElement(using: &random) }
    mutating func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &random) }

    // MARK: - Steps

    mutating func step() throws {
        let name: String
        switch roll(100) {
        case 0..<30: (name, _) = ("issue", try attempt { try $0.issue() })
        case 30..<40: (name, _) = ("settle", try attempt { try $0.settlePending() })
        case 40..<52: (name, _) = ("finish", try attempt { try $0.finish() })
        case 52..<56: (name, _) = ("fail", try attempt { try $0.fail() })
        case 56..<60: (name, _) = ("reprovision", try attempt { try $0.reprovision() })
        case 60..<63: (name, _) = ("unlock", try attempt { try $0.unlock() })
        case 63..<66: (name, _) = ("rotate", try attempt { try $0.rotate() })
        case 66..<70: (name, _) = ("late", try attempt { try $0.repeatLate() })
        case 70..<71: (name, _) = ("rotate again", try attempt { try $0.repeatRotation() })
        case 71..<76: (name, _) = ("load", try attempt { try $0.load() })
        case 76..<81: (name, _) = ("status", try attempt { try $0.status() })
        case 81..<83: (name, _) = ("govern", try attempt { try $0.govern() })
        case 83..<88: (name, _) = ("clock", try attempt { $0.clock() })
        case 88..<92: (name, _) = ("crash", try attempt { try $0.crash() })
        case 92..<93: (name, _) = ("stop", try attempt { try $0.stop() })
        case 93..<96: (name, _) = ("restore", try attempt { try $0.restore() })
        case 96..<98: (name, _) = ("close", try attempt { try $0.close() })
        default: (name, _) = ("flush", try attempt { try $0.box.run(FlushRefusals()).grant() })
        }
        counts[name, default: 0] += 1
    }

    /// Refusals are part of the game; a fault of the core is not.
    private mutating func attempt(_ body: (inout Simulator) throws -> Void) throws {
        do { try body(&self) } catch let refusal as Refusal {
            counts[refusal.code, default: 0] += 1
            #expect(!refusal.has(EdgeError.internalFault) && !refusal.has(EdgeError.journalInconsistent), "\(refusal)")
            #expect(!refusal.code.hasPrefix("edge.anchor."), "\(refusal)")
        }
    }

    mutating func issue() throws {
        guard let batch = pick(batches), let chip = pick(chips) else { return }
        let place = pick([station, otherStation]) ?? station
        let begun = try box.begin(batch, chip, at: place)
        let command = box.decision(batch, begun.unit, chip, begun.nonce, at: place)
        late.append(command)
        guard case .sign(let reservation) = try box.settle(command) else { return }
        pending.append((reservation, chip.key))
        if roll(4) > 0 { try settlePending() }
    }

    mutating func settlePending() throws {
        guard !pending.isEmpty else { return }
        let (reservation, key) = pending.remove(at: roll(pending.count))
        if roll(8) == 0 { return try box.run(AbandonIssue(reservation: reservation)).grant() }
        if reservation.kind.isRotation {
            let dac = Octets(try box.world.dac(for: key, notBefore: notBefore(reservation)))
            let rotated = try box.run(SignedRotation(reservation: reservation, dac: dac)).grant()
            rotations[rotated.authorization, default: 0] += 1
        } else {
            let record = try box.sign(reservation, key)
            if record.isReissue {
                reissues[record.authorization, default: 0] += 1
            } else {
                released[record.authorization, default: []].insert(record.dac)
            }
        }
    }

    private func notBefore(_ reservation: Reservation) throws -> Instant {
        try box.state.authorization(reservation.authorization).content.notBefore
    }

    private mutating func unit(_ condition: (UnitRecord) -> Bool) -> UnitRecord? {
        pick(box.disk.units.values.filter(condition).sorted { $0.unit < $1.unit })
    }

    mutating func finish() throws {
        guard let unit = unit({ $0.state == .issued }), let chip = chips.first(where: { $0.uid == unit.chipUID }) else {
            return
        }
        let begun = try box.begin(unit.authorization, chip)
        _ = try box.settle(box.decision(unit.authorization, begun.unit, chip, begun.nonce))
        try box.program(unit)
        _ = try box.run(box.completion(unit)).grant()
    }

    mutating func fail() throws {
        guard let unit = unit({ _ in true }) else { return }
        if let number = chips.firstIndex(where: { $0.uid == unit.chipUID }) { chips[number].newKey() }
        try box.fail(unit)
    }

    mutating func reprovision() throws {
        guard let unit = unit({ $0.isLive }) else { return }
        guard let number = chips.firstIndex(where: { $0.uid == unit.chipUID }) else { return }
        _ = try box.reprovision(unit.authorization, chips[number])
        chips[number].newKey()
    }

    mutating func unlock() throws {
        guard let batch = pick(batches), let chip = pick(chips) else { return }
        let grant = try box.run(box.unlock(batch, chip, challenge: Digest256.of(World.random(8)))).grant()
        if !grant.isRepeat { unlocks[batch, default: 0] += 1 }
    }

    mutating func rotate() throws {
        guard let unit = unit({ $0.state == .completed }) else { return }
        guard let number = chips.firstIndex(where: { $0.uid == unit.chipUID }) else { return }
        // Sometimes with the key that the chip made for an earlier attempt, and sometimes with another's word for it.
        let isResumed = roll(3) == 0
        let begun = try box.begin(
            unit.authorization,
            chips[number],
            .rotate(finishing: isResumed ? chips[number].key.keyID : nil)
        )
        if !isResumed { chips[number].newKey() }
        let chip = chips[number]
        let request = chip.request(begun.nonce)
        let isForged = roll(6) == 0
        let command = DecideRotation(
            authorization: unit.authorization,
            unit: unit.unit,
            station: station,
            request: request,
            proof: try chip.proof(by: isForged ? .zero : unit.deviceKey, for: request),
            facts: box.facts(unit.authorization, chip.uid, key: chip.key)
        )
        guard case .sign(let reservation) = try box.settle(command) else { return }
        #expect(!isForged, "rotated on a stranger's word")
        pending.append((reservation, chip.key))
        lateRotations.append(command)
    }

    /// A CSR that was granted once, again: the same octets, or a refusal, or its signature is made up for.
    mutating func repeatRotation() throws {
        guard let old = pick(lateRotations) else { return }
        let command = DecideRotation(
            authorization: old.authorization,
            unit: old.unit,
            station: otherStation,
            request: old.request,
            proof: old.proof,
            facts: box.facts(old.authorization, old.request.chipUID, key: old.request.deviceKey)
        )
        if case .sign(let reservation) = try box.settle(command) {
            pending.append((reservation, old.request.deviceKey))
        }
    }

    /// An old request again, with the facts of today.
    mutating func repeatLate() throws {
        guard let old = pick(late) else { return }
        let command = DecideIssue(
            authorization: old.authorization,
            unit: old.unit,
            station: otherStation,
            request: old.request,
            facts: box.facts(old.authorization, old.request.chipUID, key: old.request.deviceKey)
        )
        if case .sign(let reservation) = try box.settle(command) {
            pending.append((reservation, old.request.deviceKey))
        }
    }
}
