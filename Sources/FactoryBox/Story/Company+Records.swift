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

    /// The portal's figures of each factory, and beneath them what was counted there.
    func summarise() async throws {
        _ = try await everywhere { factory in
            let status = try await factory.edge.status()
            for batch in await factory.batches { try self.check(batch.grant, status) }
        }
        let columns = ["issued", "completed", "burned", "unlocked", "reprovisioned", "rotated"]
        func row(_ cells: [String]) -> String {
            zip(cells, ["entries"] + columns).map { cell, name in
                String(repeating: " ", count: max(name.count - cell.count, 0)) + cell
            }.joined(separator: "  ")
        }
        func row(_ figures: Recount) -> String { row(([figures.size] + columns.map(figures.sum)).map { String($0) }) }
        var rows = [("", row(["entries"] + columns))]
        for agreement in agreed {
            rows.append((agreement.factory.title.padded(to: 22) + "portal", row(agreement.portal)))
            rows.append(("".padded(to: 22) + "there", row(agreement.there)))
        }
        narrator.table(rows)
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
