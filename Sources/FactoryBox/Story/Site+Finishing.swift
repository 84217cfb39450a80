import ChipPort
import Foundation
import Programmers
import Silicon
import Statements
import Vocabulary

/// After production: rework, records, and the closing figures.
extension Site {
    /// One finished unit is opened within the allowance of its batch and completed again; one is made anew.
    func rework() async throws {
        let bulb = products[0]
        let plug = products[1]
        let chips = await rack.chips
        let mended = chips[2]
        let before = try await mended.probe { try await $0.status() }
        guard before.debugLocked, !before.debugOpen else {
            throw Refusal(FactoryBoxError.unexpected, "a finished chip's debug port is open")
        }
        let rework = try await factory.service("rework", order(bulb).name, chip: mended.socket, ["--rewrite"])
        try expectSuccess("rework", rework)
        guard try await !mended.probe({ try await $0.status() }).debugOpen else {
            throw Refusal(FactoryBoxError.unexpected, "the debug port stayed open after rework")
        }
        narrator.passed("one bulb opened, mended, locked and completed again", "1 of 2 unlocks of its own batch")

        let anew = chips[bulb.quantity]
        let old = try await anew.probe { try await $0.status() }.signingKey
        let reprovision = try await factory.service("reprovision", order(plug).name, chip: anew.socket)
        try expectSuccess("reprovision", reprovision)
        guard try await anew.probe({ try await $0.status() }).signingKey != old else {
            throw Refusal(FactoryBoxError.unexpected, "a re-provisioned chip kept its key")
        }
        remadeChip = anew.uid
        narrator.passed("one plug made anew: wiped, new keys, new DAC", "no quota, 1 of 1 re-provisionings")
    }

    private func expectSuccess(_ what: String, _ finished: Finished) throws {
        guard finished.status == 0 else {
            throw Refusal(
                FactoryBoxError.unexpected,
                "\(what): exit \(finished.status): \(finished.output.suffix(400)) \(finished.errors.suffix(300))"
            )
        }
    }

    /// The journal as the site hands it over, once the Factory Service has all of it.
    func export() async throws -> JournalExport {
        let folder = try world.folder("export")
        let status = try await edgeStatus()
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            try await factory.run(["export", "--to", folder])
            let export = try Files.decode(JournalExport.self, folder + "/journal.json")
            if export.entries.count >= status.journalSize { return export }
            guard ContinuousClock.now < deadline else {
                throw Refusal(FactoryBoxError.unexpected, "the Factory Service has \(export.entries.count) entries")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    func edgeStatus() async throws -> EdgeStatus {
        let finished = try await edge.host.run("edgehsmd", ["operator", "status", "--config", edge.configuration])
        return try StatementCoding.decode(EdgeStatus.self, from: Array(finished.output.utf8))
    }

    /// What the story reads of an EdgeHSM's status.
    struct EdgeStatus: Decodable, Sendable {
        struct Batch: Decodable, Sendable {
            let batch: String
            let product: String
            let account: Checkpoint.Account
            let completed: Int
            let debugUnlocksLeft: Int
            let reprovisionsLeft: Int
        }
        let journalSize: Int
        let epoch: UInt64
        let batches: [Batch]
        let stopped: Refusal?
    }

    func verifyRecords() async throws {
        let export = try await export()
        try await world.run(
            "obis-verify",
            [
                "journal", world.path("export", "journal.json"), "--root-key",
                oem.state + "/public/root-authority.pem", "--enrolment", oem.state + "/enrolments/\(edge.id).json",
            ]
        )
        let evidence = try await Evidence.collect(from: export, site: self)
        narrator.passed(
            "journal exported: \(export.entries.count) entries under one signed checkpoint",
            "obis-verify journal: complete, every entry permitted"
        )
        for device in evidence.devices { try await judge(device, in: evidence) }
        narrator.passed(
            "obis-verify accepts DAC, PAI, PAA, CD, QR and manual code of \(evidence.devices.count) devices"
        )
        narrator.passed("evidence for other people's verifiers", evidence.folder)
    }

    private func judge(_ device: Evidence.Device, in evidence: Evidence) async throws {
        let folder = evidence.folder
        try await world.run(
            "obis-verify",
            [
                "attestation", "--paa", folder + "/paa", "--pai", "\(folder)/\(device.pai)", "--dac",
                "\(folder)/\(device.dac)", "--cd", "\(folder)/\(device.cd)", "--vid", VendorID(device.vid).description,
                "--pid", ProductID(device.pid).description, "--at", Clock.now.description,
            ]
        )
        // The codes stand in no argument list: they hold the passcode.
        for (option, text) in [("--qr", device.qr), ("--manual", device.manualCode)] {
            let finished = try await runProgram(
                world.programs.path("obis-verify"),
                ["onboarding", option, "-"],
                environment: world.environment,
                input: text
            )
            guard finished.status == 0 else {
                throw Refusal(FactoryBoxError.unexpected, "code of \(device.serial): \(finished.output)")
            }
        }
    }

    func summarise(_ seconds: Int) async throws {
        let status = try await edgeStatus()
        let due = Dictionary(products.map { (order($0).name, $0.quantity) }) { $1 }
        let batches = status.batches.filter { due[$0.batch] != nil }
        guard Set(batches.map(\.batch)) == Set(due.keys), batches.count == due.count else {
            throw Refusal(FactoryBoxError.unexpected, "batches of the EdgeHSM: \(status.batches.map(\.batch))")
        }
        for batch in batches {
            let account = batch.account
            guard due[batch.batch] == account.granted, account.issued == account.granted, account.remaining == 0,
                batch.completed == account.granted
            else {
                throw Refusal(FactoryBoxError.unexpected, "\(batch.batch): \(account), completed \(batch.completed)")
            }
            guard account.granted == account.issued + account.burned + account.returned + account.remaining else {
                throw Refusal(FactoryBoxError.unexpected, "\(batch.batch) does not balance")
            }
            narrator.table([
                (
                    batch.batch,
                    "granted \(account.granted) = issued \(account.issued) + burned \(account.burned) + returned "
                        + "\(account.returned) + remaining \(account.remaining), completed \(batch.completed)"
                )
            ])
        }
        narrator.table([
            ("journal", "\(status.journalSize) entries, epoch \(status.epoch)"), ("time", "\(seconds) s"),
        ])
    }
}
