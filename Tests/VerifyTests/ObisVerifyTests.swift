import Foundation
import TestSupport
import Testing

/// The program as a person types it.
struct ObisVerifyTests {
    private func run(_ arguments: [String], input: String = "") throws -> Subprocess.Result {
        try Subprocess.run(BuiltProgram.path("obis-verify"), arguments, input: Data(input.utf8))
    }

    private struct Answer: Decodable {
        let accepted: Bool
        let code: String
        let reason: String
        let fields: [String: String]
    }

    private func answer(_ arguments: [String], input: String = "") throws -> (Int32, Answer) {
        let result = try run(arguments + ["--json"], input: input)
        return (result.status, try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8)))
    }

    @Test("a QR code is decoded, also from standard input")
    func qr() throws {
        for (argument, input) in [("MT:Y.K9042C00KA0648G00", ""), ("-", "MT:Y.K9042C00KA0648G00\n")] {
            let (status, answer) = try answer(["onboarding", "--qr", argument], input: input)
            #expect(status == 0)
            #expect(answer.accepted && answer.code == "verify.accepted")
            #expect(answer.fields["vendorID"] == "FFF1" && answer.fields["productID"] == "8000")
            #expect(answer.fields["passcode"] == "20202021" && answer.fields["discriminator"] == "3840")
            #expect(answer.fields["manualCode"] == "3497-011-2332")
        }
    }

    @Test("a manual code is decoded with and without dashes; a wrong one is refused with its code and status 1")
    func manual() throws {
        for code in ["34970112332", "3497-011-2332"] {
            let (status, answer) = try answer(["onboarding", "--manual", code])
            #expect(status == 0 && answer.fields["passcode"] == "20202021")
        }
        let (status, answer) = try answer(["onboarding", "--manual", "34970112333"])
        #expect(status == 1)
        #expect(!answer.accepted && answer.code == "matter.onboarding.check-digit")
        let plain = try run(["onboarding", "--manual", "34970112333"])
        #expect(plain.status == 1 && plain.output.hasPrefix("refused: matter.onboarding.check-digit\n"))
    }

    @Test("the SPAKE2+ verifier stands alone on one line")
    func spake2p() throws {
        let expected =
            "uWFwqugDNGiEck/po7KHwwMwwqZgN10XuyBajPGuyzUEV/iree4lOrao5GuwnlQ65CJzbeUB49s31EH+NEkg0JVI5MGCQGMMT/SR"
            + "PFNRODm3wH/MBiehuFc6FJ/NH6Rmzw=="
        for (passcode, input) in [("20202021", ""), ("-", "20202021\n")] {
            let result = try run(
                [
                    "spake2p", "--passcode", passcode, "--salt", "U1BBS0UyUCBLZXkgU2FsdA==", "--iterations", "1000",
                ],
                input: input
            )
            #expect(result.status == 0)
            #expect(result.output == expected + "\n")
        }
        let weak = ["spake2p", "--passcode", "20202021", "--salt", "U1BBS0Uy", "--iterations", "1000"]
        #expect(try answer(weak).1.code == "matter.spake2p.parameters")
        let forbidden = [
            "spake2p", "--passcode", "11111111", "--salt", "U1BBS0UyUCBLZXkgU2FsdA==", "--iterations", "1000",
        ]
        #expect(try answer(forbidden).1.code == "matter.onboarding.passcode")
    }

    @Test(
        "wrong usage ends with status 2 and says what is wrong",
        arguments: [
            ["onboarding"], ["onboarding", "--qr", "a", "--manual", "b"], ["nonsense"], ["spake2p", "--passcode", "1"],
            ["attestation", "--paa", "/tmp", "--pai", "/dev/null", "--dac", "/dev/null", "--vid", "FFF1"],
            ["attestation", "--paa", "/tmp", "--pai", "/dev/null", "--dac", "/dev/null", "--at", "yesterday"],
            ["devices", "/tmp", "--at", "2026-11-22T15:04:05"], ["devices", "/tmp", "--journal", "/dev/null"],
        ]
    )
    func usage(_ arguments: [String]) throws {
        let result = try run(arguments)
        #expect(result.status == 2)
        #expect(result.output.contains("Error: ") && result.output.contains("Usage: "))
    }

    @Test(
        "an id that could mean two numbers or none is wrong usage",
        arguments: ["08001", "801", "65536", "99999", "0x32769", "+FFF", "-FFF", "0x+FFF", "FFFF1", "0x", "3276٩"]
    )
    func ids(_ text: String) throws {
        let result = try run([
            "attestation", "--paa", "/tmp", "--pai", "/dev/null", "--dac", "/dev/null", "--cd", "/dev/null", "--vid",
            "FFF1", "--pid=\(text)",
        ])
        #expect(result.status == 2)
        #expect(result.output.contains("is neither four hexadecimal digits nor a decimal from 10000 to 65535"))
    }

    @Test("a file that can't be read is told apart from a refusal, in words and as JSON")
    func unreadable() throws {
        for arguments in [
            ["attestation", "--paa", "/nonexistent", "--pai", "/nonexistent", "--dac", "/nonexistent"],
            ["journal", "/nonexistent"], ["closing", "/nonexistent"], ["devices", "/nonexistent"],
            ["firmware", "--key", "/nonexistent", "/nonexistent"],
        ] {
            let (status, answer) = try answer(arguments)
            #expect(status == 2 && !answer.accepted && answer.code == "verify.input.unreadable", "\(arguments)")
            let plain = try run(arguments)
            #expect(plain.status == 2 && plain.output.hasPrefix("refused: verify.input.unreadable"))
        }
    }

    @Test("a file of another kind is called that, not sent to the security team")
    func otherKind() throws {
        let folder = try TemporaryFolder()
        let prose = try folder.write("README.md", Array("# Read me\n".utf8))
        let json = try folder.write("other.json", Array(#"{"product":"lamp"}"#.utf8))
        for file in ["/dev/null", prose, json] {
            for arguments in [["journal", file], ["journal", "--proof", file], ["closing", file]] {
                let (status, answer) = try answer(arguments)
                #expect(status == 1 && answer.code == "verify.input.wrong-kind", "\(arguments)")
                #expect(answer.reason.contains(file) && !answer.reason.contains("security team"))
            }
        }
    }

    @Test("no subcommand is wrong usage; the version is told")
    func noSubcommand() throws {
        let result = try run([])
        #expect(result.status == 2 && result.output.contains("USAGE: obis-verify"))
        let version = try run(["--version"])
        #expect(version.status == 0 && version.output == "obis-verify 1.0.0\n")
    }

    @Test("help is not an error")
    func help() throws {
        #expect(try run(["--help"]).status == 0)
        #expect(try run(["attestation", "--help"]).output.contains("--paa"))
    }

    @Test("files that are no certificate are refused, whatever they are")
    func rubbish() throws {
        let folder = try TemporaryFolder()
        let empty = try folder.write("empty.der", [])
        let huge = try folder.write("huge.der", [UInt8](repeating: 0x30, count: 100_000))
        let text = try folder.write("text.pem", Array("-----BEGIN CERTIFICATE-----\n%%%\n".utf8))
        for (file, code) in [
            (empty, "verify.input.pem"), (huge, "verify.input.too-large"), (text, "verify.input.pem"),
        ] {
            let (status, answer) = try answer(["attestation", "--paa", folder.path, "--pai", file, "--dac", file])
            #expect(status == 1)
            #expect(answer.code == code)
        }
    }

    @Test(
        "chains from DER and PEM files, with a declaration and a time",
        .enabled(if: Vectors.arePresent, "\(Vectors.absence)")
    )
    func attestation() throws {
        let store = try Vectors.path("credentials/test/attestation")
        let declarations = try Vectors.path("credentials/test/certification-declaration")
        func arguments(_ dac: String, _ more: [String]) -> [String] {
            [
                "attestation", "--paa", store, "--pai", store + "/Chip-Test-PAI-FFF2-8001-Cert.pem", "--dac",
                store + "/" + dac,
            ] + more
        }
        let dac = "Chip-Test-DAC-FFF2-8001-0008-Cert.der"
        let declaration = ["--cd", declarations + "/Chip-Test-CD-FFF2-8001.der", "--vid", "0xFFF2", "--pid"]
        let cases: [([String], Int32, String, String)] = [
            (arguments(dac, []), 0, "verify.accepted", "0"),
            (arguments("Chip-Test-DAC-FFF2-8001-0008-Cert.pem", []), 0, "verify.accepted", "0"),
            (arguments(dac, ["--at", "2026-11-22T00:00:00Z"]), 0, "verify.accepted", "0"),
            (arguments(dac, ["--at", "2026-11-22t01:30:00.25+01:30"]), 0, "verify.accepted", "0"),
            (arguments(dac, ["--at", "2020-11-22T00:00:00Z"]), 1, "matter.chain.dac-not-valid", "300"),
            (arguments(dac, declaration + ["8001"]), 0, "verify.accepted", "0"),
            (arguments(dac, declaration + ["0x8001"]), 0, "verify.accepted", "0"),
            (arguments(dac, declaration + ["32769"]), 0, "verify.accepted", "0"),
            (arguments(dac, declaration + ["32770"]), 1, "matter.declaration.product-id", "605"),
            (arguments(dac, declaration + ["8002"]), 1, "matter.declaration.product-id", "605"),
            (
                arguments(dac, declaration + ["8001", "--production"]), 1, "matter.declaration.signer-unknown",
                "601"
            ),
            (arguments("Chip-Test-DAC-FFF1-8000-0000-Cert.der", []), 1, "matter.chain.dac-vendor-id", "305"),
        ]
        for (arguments, status, code, number) in cases {
            let (found, answer) = try answer(arguments)
            #expect(found == status, "\(arguments)")
            #expect(answer.code == code)
            #expect(answer.fields["sdkNumber"] == number)
        }
    }
}
