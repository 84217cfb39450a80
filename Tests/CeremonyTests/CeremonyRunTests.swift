import Ceremony
import Crypto
import Foundation
import Governance
import KeyCustody
import Matter
import OEMWorld
import Silicon
import Statements
import TestSupport
import Testing
import Vocabulary

/// Ceremonies on SoftHSM2 tokens that live as long as this process.
@Suite(.serialized) struct CeremonyRunTests {
    @Test func makesEverythingOnceAndSignsATranscript() async throws {
        let world = try await World()
        let file = try world.file()
        let plan = try await world.run(file, dryRun: true)
        #expect(plan.transcript == nil)
        #expect(plan.lines.filter { $0.outcome == .made }.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: world.state.path), "a dry run touches nothing")

        let first = try await world.run(file)
        let planned = plan.lines.filter { $0.outcome == .planned }.map { "\($0.action) \($0.subject)" }
        let made = first.lines.filter { $0.outcome == .made }.map { "\($0.action) \($0.subject)" }
        #expect(planned == made, "a dry run says exactly what is made")
        #expect(first.transcript == "transcripts/0001.json")

        let second = try await world.run(file)
        #expect(second.lines.allSatisfy { $0.outcome == .unchanged })
        #expect(second.transcript == nil)

        let transcripts = try CeremonyTranscripts.verify(world.state)
        #expect(transcripts.map(\.content.number) == [1])
        #expect(transcripts.first?.content.ceremonyFile == Digest256.of(file))
        #expect(transcripts.first?.content.steps.count == made.count)
    }

    @Test func certificatesAreWhatOpenSSLReads() async throws {
        let world = try await World()
        try await world.run(world.file())
        let der = "\(world.state.path)/paa/FFF1.der"
        let text = try Subprocess.run("/usr/bin/openssl", ["x509", "-inform", "DER", "-in", der, "-noout", "-text"])
        #expect(text.output.contains("pathlen:1"))
        #expect(text.output.contains("Dec 31 23:59:59 9999 GMT"))
        #expect(text.output.contains("1.3.6.1.4.1.37244.2.1 = FFF1"))
        let pem = world.folder + "/paa.pem"
        _ = try Subprocess.run("/usr/bin/openssl", ["x509", "-inform", "DER", "-in", der, "-out", pem])
        let verdict = try Subprocess.run("/usr/bin/openssl", ["verify", "-check_ss_sig", "-CAfile", pem, pem])
        #expect(verdict.status == 0, "\(verdict.output)")
        let root = try ADACCertificate(parsing: StateFile.read("\(world.state.path)/debug/root.adac", limit: 4096))
        #expect(root.fields.role == .root && root.isSigned(by: root.fields.key))
    }

    @Test func addsAnOfficerAndRotatesTheRoot() async throws {
        let world = try await World()
        try await world.run(world.file(["roleKeys": world.roles(version: 1, officers: 2)]))
        let first = try world.roleKeys()
        // Another content under the same version is refused, a version too far too.
        #expect(await refusal { try await world.run(world.file()) } == "ceremony.state.differs")
        let far = try world.file(["roleKeys": world.roles(version: 3)])
        #expect(await refusal { try await world.run(far) } == "ceremony.role-keys.version")

        try await world.run(world.file(["roleKeys": world.roles(version: 2)]))
        let second = try world.roleKeys()
        #expect(second.content.officers.count == 3 && second.content.previous == first.id)

        let rotated = try world.file([
            "rootAuthority": ["generation": 2], "roleKeys": world.roles(version: 3, generation: 2),
        ])
        try await world.run(rotated)
        let third = try world.roleKeys()
        #expect(third.content.root != second.content.root)
        #expect(third.content.authorizer != second.content.authorizer)
        #expect(third.envelope.isSigned(by: second.content.root) && third.envelope.isSigned(by: third.content.root))
        let transcripts = try CeremonyTranscripts.verify(world.state, root: first.content.root)
        #expect(transcripts.map(\.content.root) == [first.content.root, first.content.root, third.content.root])
        #expect(throws: Refusal.self) { try CeremonyTranscripts.verify(world.state, root: third.content.root) }
    }

    @Test func refusesWhatDiffersAndWhatWasLost() async throws {
        let world = try await World()
        try await world.run(world.file())
        let otherPAA = ["vendorID": "FFF1", "commonName": "Another", "notBefore": "2026-11-01T00:00:00Z"]
        #expect(await refusal { try await world.run(world.file(["paa": otherPAA])) } == "ceremony.state.differs")
        let otherRoot = ["permissions": "01000000000000000000000000000000"]
        #expect(await refusal { try await world.run(world.file(["debugRoot": otherRoot])) } == "ceremony.state.differs")
        // The PAA key is gone, and a new one must not silently take its place.
        try await world.access.withToken(world.ceremonyToken) { try await $0.destroy(.paa(VendorID(0xFFF1))) }
        #expect(await refusal { try await world.run(world.file()) } == "ceremony.key.lost")
    }

    @Test func findsAChangedFileAndALeftOutTranscript() async throws {
        let world = try await World()
        try await world.run(world.file())
        try await world.run(world.file(["firmwareKeys": [["name": "main"]]]))
        #expect(try CeremonyTranscripts.verify(world.state).count == 2)
        let path = "\(world.state.path)/paa/FFF1.der"
        let der = try StateFile.read(path, limit: 600)
        try StateFile.write(path, der + [0])
        #expect(await refusal { _ = try CeremonyTranscripts.verify(world.state) } == "ceremony.transcript.invalid")
        #expect(await refusal { try await world.run(world.file()) } == "ceremony.transcript.invalid")
        try StateFile.write(path, der)
        try FileManager.default.removeItem(atPath: "\(world.state.path)/transcripts/0001.json")
        #expect(await refusal { _ = try CeremonyTranscripts.verify(world.state) } == "ceremony.transcript.invalid")
    }

    /// The newest transcript taken away: what it named is left over. Taken away with its files, only whoever noted down the
    /// newest one sees it.
    @Test func findsATakenAwayNewestTranscriptAndForeignFiles() async throws {
        let world = try await World()
        func check(_ expected: ExpectedHead? = nil) throws -> Digest256? {
            let verified = try CeremonyTranscripts.verify(world.state)
            try CeremonyTranscripts.requireAccounted(world.state, by: verified)
            try expected?.require(verified)
            return verified.last?.id
        }
        try await world.run(world.file())
        let first = try #require(try check(ExpectedHead("1")))
        let report = try await world.run(world.file(["firmwareKeys": [["name": "main"]]]))
        let second = try #require(try check())
        #expect(try check(ExpectedHead(second.hex)) == second && check(.count(2)) == second)
        #expect(await refusal { _ = try check(.id(first)) } == "ceremony.transcript.head")

        for name in ["paa/FFF2.der", "role-keys/0002.json.1.new", "note.txt", "a/b/c"] {
            let path = "\(world.state.path)/\(name)"
            try StateFile.write(path, [1])
            let found = #expect(throws: Refusal.self) {
                try CeremonyTranscripts.requireAccounted(world.state, by: CeremonyTranscripts.verify(world.state))
            }
            #expect(found?.has(CeremonyError.unaccounted) == true && found?.detail == name)
            try FileManager.default.removeItem(atPath: path)
        }
        try StateFile.write("\(world.state.path)/orders/0001.json", [1])
        try CeremonyTranscripts.requireAccounted(world.state, by: CeremonyTranscripts.verify(world.state))

        try FileManager.default.removeItem(atPath: "\(world.state.path)/transcripts/0002.json")
        #expect(try CeremonyTranscripts.verify(world.state).count == 1, "by the transcripts alone it does not show")
        #expect(await refusal { _ = try check() } == "ceremony.state.unaccounted")
        for file in report.lines.flatMap(\.files) {
            try? FileManager.default.removeItem(atPath: "\(world.state.path)/\(file)")
        }
        #expect(try check() == first)
        #expect(await refusal { _ = try check(.id(second)) } == "ceremony.transcript.head")
        #expect(await refusal { _ = try check(.count(2)) } == "ceremony.transcript.head")
        #expect(ExpectedHead("0") == nil && ExpectedHead("12345678") == nil && ExpectedHead("first") == nil)
    }

    @Test func goesOnAfterAPowerCut() async throws {
        let world = try await World()
        try await world.run(world.file(["paa": NSNull(), "debugRoot": NSNull()]))
        // Cut between a key's making and its note, and between a step's note and its file.
        try await world.access.withToken(world.ceremonyToken) { try await $0.generate(.paa(VendorID(0xFFF1))) }
        let pending =
            #"{"startedAt":"2026-11-22T00:00:00Z","steps":[{"action":"paa-certificate","at":"2026-11-22T00:00:00Z","#
            + #""outputs":[{"digest":"\#(Digest256.zero)","file":"paa/FFF1.der"}],"#
            + #""subject":"Example PAA, vendor FFF1"}]}"#
        try StateFile.write("\(world.state.path)/transcripts/pending.json", Array(pending.utf8))
        let report = try await world.run(world.file())
        #expect(report.transcript == "transcripts/0002.json")
        let steps = try #require(try CeremonyTranscripts.verify(world.state).last).content.steps
        #expect(steps.filter { $0.action == "paa-certificate" }.count == 1)
        #expect(steps.contains { $0.action == "key" && $0.subject.hasPrefix("paa/FFF1") })
        #expect(!FileManager.default.fileExists(atPath: "\(world.state.path)/transcripts/pending.json"))
    }

    @Test func productionRefusesSoftwareTokensAndKnownKeys() async throws {
        let world = try await World()
        let split = TokenReference(
            module: world.ceremonyToken.module,
            label: world.ceremonyToken.label,
            pinFiles: [world.ceremonyToken.pinFile ?? "", "/nowhere"]
        )
        let tokens: [String: Any] = [
            "ceremony": ["token": try World.json(split), "initialize": false],
            "portal": ["token": try World.json(world.portalToken), "initialize": false],
        ]
        #expect(
            await refusal { try await world.run(world.file(["profile": "production"])) } == "ceremony.token.pin-files"
        )
        let key = ["product": "lamp", "version": "1", "slot": "ota", "kind": "fleet", "knownValueFile": "/k"]
        let known = try world.file(["profile": "production", "tokens": tokens, "productKeys": [key]])
        #expect(await refusal { try await world.run(known) } == "ceremony.profile.lab-only")
        // With the PIN in two halves the token opens, and is refused because it is software.
        let pin = try StateFile.read(world.ceremonyToken.pinFile ?? "", limit: 64).filter { $0 != 10 }
        let halves = [pin.prefix(pin.count / 2), pin.dropFirst(pin.count / 2)]
        for (index, half) in halves.enumerated() {
            try SoftHSMFixture.writePIN(String(decoding: half, as: UTF8.self), to: "\(world.folder)/half-\(index)")
        }
        let joined = TokenReference(
            module: world.ceremonyToken.module,
            label: world.ceremonyToken.label,
            pinFiles: ["\(world.folder)/half-0", "\(world.folder)/half-1"]
        )
        let production = try world.file([
            "profile": "production",
            "tokens": [
                "ceremony": ["token": try World.json(joined), "initialize": false],
                "portal": ["token": try World.json(world.portalToken), "initialize": false],
            ],
        ])
        #expect(await refusal { try await world.run(production) } == "ceremony.token.software")
        #expect(
            await refusal {
                let elsewhere = TokenReference(
                    module: world.ceremonyToken.module,
                    label: "no-such-token",
                    pinFile: world.ceremonyToken.pinFile
                )
                try await world.run(
                    world.file([
                        "tokens": [
                            "ceremony": ["token": World.json(elsewhere), "initialize": false],
                            "portal": ["token": World.json(world.portalToken), "initialize": false],
                        ]
                    ])
                )
            } == "ceremony.token.missing"
        )
    }
}
