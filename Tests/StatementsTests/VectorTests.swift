import Crypto
import Foundation
import Statements
import TestSupport
import Testing
import Vocabulary

/// Checked-in envelopes of every kind. They are what other implementations test against: our reader accepts them, and
/// OpenSSL alone, with the recipe of docs/formats/statements.md, verifies them.
@Suite(.serialized) struct VectorTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Vectors/statements")
    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("docs/formats/statements.md")

    private struct Entry: Codable {
        let file: String
        let payloadType: String
        let id: String
        let pae: String
        /// Key files in the order of the signatures.
        let keys: [String]
    }

    private static func entries() throws -> [Entry] {
        if ProcessInfo.processInfo.environment["OBIS_WRITE_VECTORS"] != nil { try write() }
        return try JSONDecoder().decode(
            [Entry].self,
            from: Data(contentsOf: folder.appendingPathComponent("index.json"))
        )
    }

    /// Signatures are random, so writing anew changes every file: only for a new kind or version.
    private static func write() throws {
        var entries: [Entry] = []
        for kind in StatementKind.all {
            let sample = try kind.sample()
            let signers = try kind.signers.map { try TestSigner($0) }
            let envelope = try signers.reduce(sample) { $0.adding(try $1.signature(over: sample)) }
            try Data(envelope.serialized()).write(to: folder.appendingPathComponent("\(kind.name).json"))
            for signer in signers {
                try Data((signer.key.publicKey.pemRepresentation + "\n").utf8)
                    .write(to: folder.appendingPathComponent("\(signer.name).pem"))
            }
            entries.append(
                Entry(
                    file: "\(kind.name).json",
                    payloadType: envelope.payloadType,
                    id: envelope.statementID.hex,
                    pae: Digest256.of(envelope.signedBytes).hex,
                    keys: signers.map { "\($0.name).pem" }
                )
            )
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(entries).write(to: folder.appendingPathComponent("index.json"))
    }

    @Test func everyKindHasItsVectorAndReads() throws {
        let entries = try Self.entries()
        #expect(Set(entries.map(\.file)) == Set(StatementKind.all.map { "\($0.name).json" }))
        for entry in entries {
            let kind = try #require(StatementKind.all.first { "\($0.name).json" == entry.file })
            let bytes = Array(try Data(contentsOf: Self.folder.appendingPathComponent(entry.file)))
            let envelope = try Envelope(parsing: bytes)
            #expect(envelope.statementID.hex == entry.id && envelope.payloadType == entry.payloadType)
            #expect(try envelope.serialized() == bytes, "the wire form is one form")
            #expect(try envelope.payload == kind.sample().payload, "\(entry.file): the sample has changed")
            for name in kind.signers {
                #expect(try kind.verify(envelope, TestSigner(name).point) == envelope.payload)
            }
        }
    }

    @Test func openSSLAloneVerifiesThem() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let start = try #require(text.range(of: "```sh\n"))
        let end = try #require(text.range(of: "```", range: start.upperBound..<text.endIndex))
        let recipe = FileManager.default.temporaryDirectory.appendingPathComponent("obis-recipe-\(UUID()).sh")
        defer { try? FileManager.default.removeItem(at: recipe) }
        try Data(text[start.upperBound..<end.lowerBound].utf8).write(to: recipe)
        func verify(_ file: String, _ number: Int, _ key: String) throws -> Subprocess.Result {
            try Subprocess.run(
                "/bin/sh",
                [
                    recipe.path, Self.folder.appendingPathComponent(file).path, "\(number)",
                    Self.folder.appendingPathComponent(key).path,
                ]
            )
        }
        for entry in try Self.entries() {
            for (index, key) in entry.keys.enumerated() {
                let result = try verify(entry.file, index + 1, key)
                #expect(result.status == 0 && result.output.contains("Verified OK"), "\(entry.file): \(result.output)")
                #expect(result.output.contains(entry.id), "the recipe prints the statement's id")
            }
            let wrong = try verify(entry.file, 1, entry.keys[0] == "root.pem" ? "edge.pem" : "root.pem")
            #expect(wrong.status != 0, "\(entry.file) under another key")
        }
    }
}
