import Foundation
import Statements
import Vocabulary

/// After all rounds: the journal as the site hands it over, against chips, station and Factory Service.
extension Site {
    func judge(_ product: ProductPlan, _ book: KillBook, _ tally: inout KillTally) async throws {
        let export = try await factory.export()
        try await world.run(
            "obis-verify",
            [
                "journal", factory.exportFolder + "/journal.json", "--identity", edge.identity().hex, "--root-key",
                oem.rootKey,
            ]
        )
        let ledger = try UnitLedger(export)
        let checkpoint = try Verified(export.checkpoint, as: Checkpoint.self, signedBy: edge.identity()).content
        try judgeAccount(ledger, checkpoint, &tally)
        try judgeRecords(ledger, book)
        let chips = await rack.chips
        try judgeChips(chips, ledger, book)
        try judgeLabels(ledger)
        try judgeTheJudge(ledger, checkpoint, book, chips)
        tally.devices = ledger.live.count
        tally.journalEntries = export.entries.count
        tally.epoch = checkpoint.epoch
    }

    private nonisolated func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
        guard condition else { throw Refusal(FactoryBoxError.unexpected, what()) }
    }

    /// A recount from the entries alone must come to what the EdgeHSM signed.
    private nonisolated func judgeAccount(
        _ ledger: UnitLedger,
        _ checkpoint: Checkpoint,
        _ tally: inout KillTally
    ) throws {
        try require(checkpoint.accounts.count == 1, "\(checkpoint.accounts.count) accounts")
        guard let account = checkpoint.accounts.first else { return }
        try require(
            account.issued == ledger.issued.count,
            "issued \(account.issued), in the log \(ledger.issued.count)"
        )
        try require(account.burned == ledger.burned, "burned \(account.burned), in the log \(ledger.burned)")
        try require(account.granted == ledger.granted, "granted \(account.granted), in the log \(ledger.granted)")
        try require(
            account.granted == account.issued + account.burned + account.returned + account.remaining,
            "the account does not balance: \(account)"
        )
        try require(ledger.mostConsumed <= ledger.granted, "\(ledger.mostConsumed) of \(ledger.granted) consumed")
        tally.granted = account.granted
        tally.issued = account.issued
        tally.burned = account.burned
        tally.returned = account.returned
        tally.remaining = account.remaining
    }

    /// Whatever a station reported or a chip ever held stands in the journal.
    private nonisolated func judgeRecords(_ ledger: UnitLedger, _ book: KillBook) throws {
        for (unit, serial) in book.passed {
            guard let issued = ledger.issued[unit] else {
                throw Refusal(FactoryBoxError.unexpected, "unit \(unit) passed and is not in the journal")
            }
            try require(issued.serial == serial, "unit \(unit) has serial \(issued.serial), station says \(serial)")
            try require(ledger.completed.contains(unit), "unit \(unit) passed and is not completed in the journal")
        }
        let certificates = Set(ledger.issued.values.map(\.dac.bytes))
        for (chip, held) in book.credentials {
            try require(held.isSubset(of: certificates), "chip \(chip) held a DAC that the journal does not know")
        }
        let issued = ledger.issued.values
        try require(Set(issued.map(\.serial)).count == issued.count, "a serial was given twice")
        try require(Set(issued.map(\.deviceKey)).count == issued.count, "a key was certified twice")
        try require(Set(issued.map(\.dac)).count == issued.count, "a DAC was journaled twice")
    }

    /// One live DAC for each chip, completed, and the chip holds that one.
    private nonisolated func judgeChips(_ chips: [ChipRack.Chip], _ ledger: UnitLedger, _ book: KillBook) throws {
        for chip in chips {
            let live = ledger.live[chip.uid, default: []]
            try require(live.count == 1, "chip \(chip.uid) has \(live.count) live DACs")
            guard let issued = live.first else { continue }
            try require(ledger.completed.contains(issued.unit), "chip \(chip.uid) is not completed")
            try require(
                book.credentials[chip.uid]?.contains(issued.dac.bytes) == true,
                "chip \(chip.uid) does not hold the DAC of the journal"
            )
        }
        try require(ledger.live.count == chips.count, "the journal has chips that nobody made")
    }

    private struct LabelLine: Decodable { let unit: Digest256 }

    /// The Factory Service has the sealed label record of every finished unit, once.
    private nonisolated func judgeLabels(_ ledger: UnitLedger) throws {
        let text = String(decoding: try Files.read(factory.exportFolder + "/labels.jsonl"), as: UTF8.self)
        let units = try text.split(separator: "\n").map {
            try JSONDecoder().decode(LabelLine.self, from: Data($0.utf8)).unit
        }
        try require(Set(units).count == units.count, "a label record stands twice")
        try require(ledger.completed.isSubset(of: units), "a finished unit has no label record")
    }
}

extension Site {
    /// With one fault planted each judgement must fail; one that accepts it proves nothing.
    private nonisolated func judgeTheJudge(
        _ ledger: UnitLedger,
        _ checkpoint: Checkpoint,
        _ book: KillBook,
        _ chips: [ChipRack.Chip]
    ) throws {
        guard let unit = book.passed.keys.first, let issued = ledger.issued[unit], let chip = chips.first else {
            return
        }
        func mustFail(_ what: String, _ judgement: () throws -> Void) throws {
            do { try judgement() } catch { return }
            throw Refusal(FactoryBoxError.unexpected, "the judgement does not see \(what)")
        }
        var lost = ledger
        lost.issued[unit] = nil
        try mustFail("a lost record") { try judgeRecords(lost, book) }
        var unknown = book
        unknown.credentials[chip.uid, default: []].insert([0x30, 0x00])
        try mustFail("a DAC that was never journaled") { try judgeRecords(ledger, unknown) }
        var miscounted = ledger
        miscounted.burned += 1
        var tally = KillTally(seed: 0)
        try mustFail("a burned unit too many") { try judgeAccount(miscounted, checkpoint, &tally) }
        var overspent = ledger
        overspent.mostConsumed = ledger.granted + 1
        try mustFail("a unit over the grant") { try judgeAccount(overspent, checkpoint, &tally) }
        var twice = ledger
        twice.live[issued.chipUID, default: []].append(issued)
        try mustFail("a second live DAC") { try judgeChips(chips, twice, book) }
        var other = book
        other.credentials[chip.uid] = []
        try mustFail("a chip with another DAC") { try judgeChips(chips, ledger, other) }
        var unlabelled = ledger
        unlabelled.completed.insert(Digest256.of(unit.bytes))
        try mustFail("a missing label record") { try judgeLabels(unlabelled) }
    }
}

/// A recount of a journal by nothing but its entries.
struct UnitLedger: Sendable {
    var granted = 0
    var burned = 0
    var issued: [Digest256: Issued] = [:]
    var completed: Set<Digest256> = []
    /// Issued and not given up, by chip.
    var live: [ChipUID: [Issued]] = [:]
    /// Issued and burned at the fullest moment.
    var mostConsumed = 0

    init(_ export: JournalExport) throws {
        for octets in export.entries {
            switch try JournalEntry(parsing: octets.bytes).event.body {
            case let body as AuthorizationLoaded:
                granted += try ProductionAuthorization.read(payload: body.authorization.payload).quantity
            case let body as Burned: burned += body.units
            case let body as Issued:
                guard issued[body.unit] == nil else {
                    throw Refusal(FactoryBoxError.unexpected, "unit \(body.unit) was issued twice")
                }
                issued[body.unit] = body
                live[body.chipUID, default: []].append(body)
            case let body as Completed: completed.insert(body.unit)
            case let body as Failed: live[body.chipUID]?.removeAll { $0.unit == body.unit }
            default: break
            }
            mostConsumed = max(mostConsumed, issued.count + burned)
        }
    }
}
