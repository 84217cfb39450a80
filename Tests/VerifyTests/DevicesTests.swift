import Foundation
import Matter
import Statements
import TestSupport
import Testing
import Vocabulary

@testable import EdgeHSMFixture

/// `obis-verify devices` over a folder of real certificates, answers and a journal, and what is wrong with one.
@Suite struct DevicesTests {
    private struct Answer: Decodable {
        let accepted: Bool
        let code: String
        let reason: String
        let fields: [String: String]
    }

    private func judge(_ evidence: EvidenceFolder, _ more: [String] = []) throws -> (Int32, Answer) {
        let result = try Subprocess.run(
            BuiltProgram.path("obis-verify"),
            ["devices", evidence.folder.path, "--json"] + more
        )
        return (result.status, try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8)))
    }

    private func expect(
        _ code: String,
        of evidence: EvidenceFolder,
        _ more: [String] = [],
        _ place: SourceLocation = #_sourceLocation
    ) throws {
        let (status, answer) = try judge(evidence, more)
        #expect(status == 1 && !answer.accepted && answer.code == code, "\(answer)", sourceLocation: place)
    }

    /// One hexadecimal digit of a field turned.
    private func turned(_ value: EvidenceFolder.JSONValue?, at place: Int) throws -> EvidenceFolder.JSONValue {
        guard case .text(let text)? = value else { throw CancellationError() }
        var digits = Array(text)
        digits[place] = digits[place] == "0" ? "1" : "0"
        return .text(String(digits))
    }

    @Test("a folder as the line left it is accepted, with and without its journal and answers")
    func accepted() async throws {
        let evidence = try await EvidenceFolder()
        for (more, recorded) in [([], "no journal"), (evidence.withJournal, "3")] {
            let (status, answer) = try judge(evidence, more)
            #expect(status == 0 && answer.accepted, "\(answer)")
            #expect(answer.fields == ["devices": "3", "attested": "3", "recorded": recorded])
        }
        try evidence.removeAnswers()
        #expect(try judge(evidence).1.fields["attested"] == "no attestations")
    }

    @Test("an empty list proves nothing")
    func empty() async throws {
        var evidence = try await EvidenceFolder()
        (evidence.devices, evidence.answers) = ([], [])
        try evidence.write()
        try expect("verify.device.none", of: evidence)
    }

    @Test("the DAC of device 2 in place of device 1's is refused by answer, by journal, and as a double")
    func otherDAC() async throws {
        var evidence = try await EvidenceFolder()
        evidence.devices[0]["dac"] = evidence.devices[1]["dac"]
        try evidence.write()
        try expect("matter.attestation.signature", of: evidence)
        try expect("verify.device.other-record", of: evidence, evidence.withJournal)
        try evidence.removeAnswers()
        try expect("verify.device.duplicate", of: evidence)
        // Exchanged, so that nothing is there twice.
        evidence.devices[1]["dac"] = .text("dac/of-1.der")
        _ = try evidence.folder.write("dac/of-1.der", try EvidenceFolder.original(evidence, 0))
        try evidence.write()
        try expect("matter.attestation.signature", of: evidence)
        try evidence.removeAnswers()
        try expect("verify.device.other-record", of: evidence, evidence.withJournal)
    }

    @Test("nothing that one device alone has stands twice", arguments: ["serial", "chipUID"])
    func doubles(_ field: String) async throws {
        var evidence = try await EvidenceFolder()
        evidence.devices[2][field] = evidence.devices[0][field]
        try evidence.write()
        try evidence.removeAnswers()
        try expect("verify.device.duplicate", of: evidence)
    }

    @Test("one key in two DACs is refused")
    func oneKey() async throws {
        var evidence = try await EvidenceFolder()
        let dac = try evidence.world.dac(for: evidence.chips[0].key, notBefore: World.start)
        _ = try evidence.folder.write("dac/again.der", dac)
        evidence.devices[2]["dac"] = .text("dac/again.der")
        try evidence.write()
        try evidence.removeAnswers()
        try expect("verify.device.duplicate", of: evidence)
        try expect("verify.device.other-record", of: evidence, evidence.withJournal)
    }

    @Test("a device of another product of the same declaration is refused")
    func otherProduct() async throws {
        var evidence = try await EvidenceFolder()
        evidence.devices[0]["pid"] = .number(0x8002)
        try evidence.write()
        try expect("verify.device.mismatch", of: evidence)
    }

    @Test("answers are verified: signature, nonce, challenge, elements, whose they are")
    func brokenAnswers() async throws {
        let good = try await EvidenceFolder()
        let cases: [(String, Int, String)] = [
            ("signature", 5, "matter.attestation.signature"), ("signature", 100, "matter.attestation.signature"),
            ("challenge", 0, "matter.attestation.signature"), ("elements", 200, "matter.attestation.signature"),
            ("nonce", 3, "matter.attestation.nonce"), ("serial", 0, "verify.attestation.missing"),
        ]
        for (field, place, code) in cases {
            var evidence = good
            evidence.answers[1][field] = try turned(good.answers[1][field], at: place)
            try evidence.write()
            try expect(code, of: evidence)
        }
        var evidence = good
        evidence.answers[0]["signature"] = .text("00")
        try evidence.write()
        try expect("verify.attestation.malformed", of: evidence)
        evidence = good
        evidence.answers.append(evidence.answers[0])
        try evidence.write()
        try expect("verify.device.duplicate", of: evidence)
        evidence = good
        evidence.devices.removeLast()
        try evidence.write()
        try expect("verify.attestation.unknown-device", of: evidence)
    }

    @Test("an answer that attests another declaration is refused, rightly signed as it is")
    func otherDeclaration() async throws {
        var evidence = try await EvidenceFolder()
        guard case .text(let nonce)? = evidence.answers[0]["nonce"],
            case .text(let challenge)? = evidence.answers[0]["challenge"]
        else { return #expect(Bool(false), "no text") }
        let elements = try AttestationElements(declaration: [0x30, 0x00], nonce: Nonce(hex: nonce)).encoded
        let message = try AttestationElements.message(elements: elements, challenge: Hex.decode(challenge))
        evidence.answers[0]["elements"] = .text(Hex.encode(elements))
        evidence.answers[0]["signature"] = .text(try evidence.chips[0].keys[0].rawSignature(message).hex)
        try evidence.write()
        try expect("verify.attestation.declaration", of: evidence)
    }

    @Test("the journal has the last word on chip, batch and factory, and is judged itself")
    func journal() async throws {
        let good = try await EvidenceFolder()
        for (field, value) in [
            ("chipUID", String(repeating: "7", count: 32)), ("batch", "batch-2"), ("factory", "site-2"),
        ] {
            var evidence = good
            evidence.devices[0][field] = .text(value)
            try evidence.write()
            #expect(try judge(evidence).0 == 0)
            try expect("verify.device.other-record", of: evidence, evidence.withJournal)
        }
        var evidence = good
        evidence.devices[0]["product"] = .text("other")
        try evidence.write()
        try expect("verify.device.not-recorded", of: evidence, evidence.withJournal)
        try good.write()
        try expect(
            "journal.identity.unproven",
            of: good,
            Array(good.withJournal.prefix(2) + good.withJournal.suffix(2))
        )
        try expect(
            "verify.device.duplicate",
            of: good,
            good.withJournal + ["--journal", good.folder.path("journal.json")]
        )
        let cut = good.folder.path("journal.json")
        var export = try JournalExport(parsing: Array(Data(contentsOf: URL(fileURLWithPath: cut))))
        export = JournalExport(checkpoint: export.checkpoint, entries: export.entries.dropLast())
        _ = try good.folder.write("journal.json", export.serialized())
        try expect("journal.checkpoint.mismatch", of: good, good.withJournal)
    }

    @Test("lines that are no devices, and names outside the folder, are refused with their number")
    func malformed() async throws {
        let good = try await EvidenceFolder()
        for change in [("dac", "../pai.der"), ("pai", "/etc/passwd"), ("chipUID", "00"), ("serial", "a b")] {
            var evidence = good
            evidence.devices[1][change.0] = .text(change.1)
            try evidence.write()
            let (status, answer) = try judge(evidence)
            #expect(status == 1 && answer.code == "verify.device.malformed" && answer.reason.contains("line 2"))
        }
        var evidence = good
        evidence.devices[1]["dac"] = .text("dac/absent.der")
        try evidence.write()
        let (status, answer) = try judge(evidence)
        #expect(status == 2 && answer.code == "verify.input.unreadable")
    }
}

extension EvidenceFolder {
    /// The DAC that was made for a device, whatever the list names now.
    static func original(_ evidence: EvidenceFolder, _ number: Int) throws -> [UInt8] {
        guard case .text(let serial)? = evidence.devices[number]["serial"] else { return [] }
        return Array(try Data(contentsOf: URL(fileURLWithPath: evidence.folder.path("dac/\(serial).der"))))
    }
}
