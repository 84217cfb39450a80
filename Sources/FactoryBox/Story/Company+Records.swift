import Foundation
import Statements
import Vocabulary

/// What the factories leave on record, judged by others than those who made it.
extension Company {
    func verifyRecords() async throws {
        let exports = try await everywhere { try await $0.host.export() }
        _ = try await everywhere { factory in
            try await self.world.run(
                "obis-verify",
                [
                    "journal", factory.host.exportFolder + "/journal.json", "--root-key", self.oem.rootKey,
                    "--enrolment", self.oem.enrolment(of: factory.edge.id),
                ]
            )
        }
        narrator.passed(
            "\(exports.count) journals, \(exports.map(\.entries.count).reduce(0, +)) entries under signed checkpoints",
            "obis-verify journal: complete, every entry permitted"
        )
        let folder = try await Evidence.collect(exports, of: self)
        narrator.passed("evidence for other people's verifiers", folder)
        // The codes stand in no argument list: they hold the passcode.
        let verdict = try await world.run(
            "obis-verify",
            ["devices", folder, "--at", Clock.now.description, "--root-key", oem.rootKey, "--journal"]
                + factories.map { $0.host.exportFolder + "/journal.json" } + ["--enrolment"]
                + factories.map { oem.enrolment(of: $0.edge.id) }
        )
        let count = scale.total
        guard
            ["devices", "attested", "recorded"].allSatisfy({ (verdict.output + "\n").contains("  \($0): \(count)\n") })
        else {
            throw Refusal(FactoryBoxError.unexpected, "of \(count) devices: \(verdict.output)")
        }
        narrator.passed(
            "obis-verify accepts DAC, PAI, PAA, CD, QR, manual code and attestation of every device",
            "one by one, all \(count); each DAC is the one that a journal has for serial and chip"
        )
    }

    func summarise() async throws {
        let accounts = try await everywhere { factory in (factory, try await factory.edge.status()) }
        for (factory, status) in accounts {
            for batch in await factory.batches { try check(batch.grant, status) }
            narrator.table([
                (
                    factory.profile.title.padded(to: 22),
                    "\(status.journalSize) entries, epoch \(status.epoch), batches "
                        + status.batches.map { "\($0.batch) \($0.account.issued)/\($0.account.granted)" }
                        .sorted().joined(separator: ", ")
                )
            ])
        }
    }

    private nonisolated func check(_ grant: GrantedBatch, _ status: EdgeAppliance.Status) throws {
        guard let batch = status.batches.first(where: { $0.batch == grant.name }) else {
            throw Refusal(FactoryBoxError.unexpected, "no batch \(grant.name)")
        }
        let account = batch.account
        guard account.granted == grant.quantity, account.issued == account.granted, account.remaining == 0,
            batch.completed == account.granted,
            account.granted == account.issued + account.burned + account.returned + account.remaining
        else { throw Refusal(FactoryBoxError.unexpected, "\(batch.batch): \(account), completed \(batch.completed)") }
    }
}
