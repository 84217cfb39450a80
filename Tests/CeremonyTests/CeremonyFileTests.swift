import Ceremony
import Foundation
import Governance
import OEMWorld
import Statements
import Testing
import Vocabulary

@Suite struct CeremonyFileTests {
    private static var tokens: [String: Any] {
        [
            "ceremony": ["token": ["module": "/m", "label": "c", "pinFile": "/p"], "initialize": false],
            "portal": ["token": ["module": "/m", "label": "p", "pinFile": "/p"], "initialize": false],
        ]
    }

    private func code(_ changes: [String: Any]) async -> String? {
        var file: [String: Any] = [
            "format": "obis-ceremony-v1", "oem": "Example", "purpose": "test", "profile": "lab",
            "participants": [["name": "Ada", "role": "root"], ["name": "Ben", "role": "witness"]],
            "tokens": Self.tokens, "rootAuthority": ["generation": 1],
        ]
        for (key, value) in changes { file[key] = value is NSNull ? nil : value }
        return await refusal {
            _ = try CeremonyFile.read(Array(try JSONSerialization.data(withJSONObject: file)))
        }
    }

    @Test func acceptsTheSmallestFile() async { #expect(await code([:]) == nil) }

    @Test func refusesUnknownAndMissingFields() async {
        #expect(await code(["treshold": 2]) == "ceremony.file.unknown-field")
        #expect(await code(["rootAuthority": ["generation": 1, "algorithm": "rsa"]]) == "ceremony.file.unknown-field")
        #expect(
            await code(["participants": [["name": "Ada", "role": "x", "pin": "1"], ["name": "B", "role": "x"]]])
                == "ceremony.file.unknown-field"
        )
        #expect(await code(["oem": NSNull()]) == "ceremony.file.malformed")
        #expect(await code(["format": "obis-ceremony-v2"]) == "ceremony.file.malformed")
        #expect(await code(["profile": "secure"]) == "ceremony.file.malformed")
        #expect(await code(["rootAuthority": ["generation": 0]]) == "ceremony.file.malformed")
    }

    @Test func needsTwoPeople() async {
        #expect(await code(["participants": [["name": "Ada", "role": "all"]]]) == "ceremony.participants.too-few")
        let same = [["name": "Ada", "role": "one"], ["name": "Ada", "role": "two"]]
        #expect(await code(["participants": same]) == "ceremony.participants.too-few")
    }

    @Test func namesEachThingOnceAndPINFilesOneWay() async {
        #expect(await code(["firmwareKeys": [["name": "a"], ["name": "a"]]]) == "ceremony.file.malformed")
        var tokens = Self.tokens
        tokens["ceremony"] = [
            "token": ["module": "/m", "label": "c", "pinFile": "/p", "pinFiles": ["/q"]], "initialize": false,
        ]
        #expect(await code(["tokens": tokens]) == "ceremony.token.pin-files")
        tokens["ceremony"] = ["token": ["module": "/m", "label": "c", "pinFile": "/p"], "initialize": true]
        #expect(await code(["tokens": tokens]) == "ceremony.token.pin-files")
        tokens["ceremony"] = ["token": ["module": "/m", "label": "p", "pinFile": "/p"], "initialize": false]
        #expect(await code(["tokens": tokens]) == "ceremony.file.malformed")
        let paa = ["vendorID": "fff1", "commonName": "x", "notBefore": "2026-01-01T00:00:00Z"]
        #expect(await code(["paa": paa]) == "ceremony.file.malformed")
    }

    @Test func duplicateKeysAreRefusedBeforeDecoding() async {
        let text = #"{"format":"obis-ceremony-v1","format":"obis-ceremony-v1"}"#
        #expect(await refusal { _ = try CeremonyFile.read(Array(text.utf8)) } == "statement.json.duplicate-key")
    }
}
