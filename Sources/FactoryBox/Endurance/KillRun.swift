import Foundation
import Programmers
import Statements
import VirtualChip
import Vocabulary

/// A line that is killed again and again and must lose nothing: rounds of SIGKILL at drawn points of EdgeHSM, station,
/// Factory Service and chip, each while units are in work; then everything is counted.
public struct KillRun: Sendable {
    public struct Options: Sendable {
        public var directory: String
        /// `OBIS_SEED` repeats a run.
        public var seed: UInt64
        /// Rounds that must hit; points that a round did not come to are drawn anew.
        public var rounds = 24
        public var mostRounds = 56
        /// Least kills of each party, and least rounds that cut work in flight.
        public var leastOfParty = 3
        public var leastCuts = 15

        public init(directory: String, seed: UInt64? = nil) {
            self.directory = directory
            let named = ProcessInfo.processInfo.environment["OBIS_SEED"].flatMap { UInt64($0) }
            self.seed = seed ?? named ?? UInt64.random(in: 0...UInt64(UInt32.max))
        }
    }

    private let options: Options

    public init(_ options: Options) { self.options = options }

    /// Throws `box.story.unexpected` with the seed at the first thing that must not be.
    public func play() async throws -> KillTally {
        let narrator = Narrator()
        narrator.chapter("Kills, OBIS_SEED=\(options.seed)")
        let world = try World.make(at: options.directory)
        let oem = try await OEM.establish(in: world, start: Clock.now)
        var bulb = ProductPlan.all[0]
        // Every unclean stop of an EdgeHSM may burn a lease of 16.
        bulb.quantity = 1_000
        let site = try await Site.build(world, oem: oem, narrator: narrator, products: [bulb])
        do {
            try await site.start()
            try await site.prepareProducts()
            try await site.approveVersions()
            try await site.authorizeBatches()
            let tally = try await rounds(site, bulb, narrator)
            await site.stop()
            return tally
        } catch {
            await site.stop()
            narrator.failed("seed \(options.seed)", "\(error)")
            throw error
        }
    }

    private func rounds(_ site: Site, _ product: ProductPlan, _ narrator: Narrator) async throws -> KillTally {
        var plan = KillPlan(seed: options.seed)
        var tally = KillTally(seed: options.seed)
        var book = KillBook()
        for number in 1...options.mostRounds where !isEnough(tally) {
            let point = plan.next()
            for round in try await site.playRound(number, point, of: product, book: &book) {
                tally.rounds.append(round)
                let open = round.wasServing ? "\(round.openUnits) units open" : "in its start"
                let ending = round.hit ? "\(open), \(round.runs) runs" : "not reached"
                narrator.passed("\(number): \(round.party.rawValue) at \(round.point)", ending)
            }
        }
        try await site.judge(product, book, &tally)
        narrator.table(tally.rows)
        return tally
    }

    private func isEnough(_ tally: KillTally) -> Bool {
        tally.hits >= options.rounds && tally.cutWork >= options.leastCuts
            && KillParty.allCases.allSatisfy { tally.kills(of: $0) >= options.leastOfParty }
    }
}

/// What was seen outside the EdgeHSM in the course of the rounds: nothing of it may be missing in the journal.
struct KillBook: Sendable {
    /// Every DAC that a chip ever held.
    var credentials: [ChipUID: Set<[UInt8]>] = [:]
    /// Serial of each unit that a station reported as passed.
    var passed: [Digest256: DeviceSerial] = [:]
    /// Consumed units at the last look: they only grow.
    var consumed = 0

    mutating func look(at chips: [ChipRack.Chip]) throws {
        for chip in chips {
            guard let dac = try VirtualChipInspector.credentials(folder: chip.folder)?.dac.bytes else { continue }
            credentials[chip.uid, default: []].insert(dac)
        }
    }

    mutating func note(_ log: LineLog) {
        for unit in log.units where unit.result == "passed" {
            if let id = unit.unit, let serial = unit.serial { passed[id] = serial }
        }
    }

    mutating func check(_ account: Checkpoint.Account) throws {
        let used = account.issued + account.burned
        guard account.granted == used + account.returned + account.remaining, used <= account.granted else {
            throw Refusal(FactoryBoxError.unexpected, "the account does not balance: \(account)")
        }
        guard used >= consumed else {
            throw Refusal(FactoryBoxError.unexpected, "consumed fell from \(consumed) to \(used)")
        }
        consumed = used
    }
}

extension KillTally {
    var rows: [(String, String)] {
        let parties = KillParty.allCases.map { "\($0.rawValue) \(kills(of: $0))" }.joined(separator: ", ")
        return [
            ("kills in service", "\(hits) of \(rounds.count(where: \.wasServing)) armed: \(parties)"),
            ("kills in a start", "\(killsInStart), beside those"),
            ("cut work in flight", "\(cutWork) kills"),
            ("devices", "\(devices), all completed, DAC in chip = DAC in journal"),
            (
                "account",
                "granted \(granted) = issued \(issued) + burned \(burned) + returned \(returned) + remaining \(remaining)"
            ), ("journal", "\(journalEntries) entries, epoch \(epoch), accepted by obis-verify"),
            ("seed", "OBIS_SEED=\(seed)"),
        ]
    }
}
