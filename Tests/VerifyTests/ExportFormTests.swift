import Statements
import Testing
import Vocabulary

@testable import Verify

/// What stands in the files that a verifier is given, beside what it judges.
@Suite struct ExportFormTests {
    private let envelope = Envelope(payloadType: "t", payload: [1, 2, 3], signatures: [])

    /// The same JSON object with one more member.
    private func adding(_ member: String, to bytes: [UInt8]) -> [UInt8] {
        Array((String(decoding: bytes.dropLast(), as: UTF8.self) + ",\(member)}").utf8)
    }

    @Test(
        "a journal's export with a member that nobody judges is refused",
        arguments: [#""note":"approved""#, #""Entries":[]"#, #""accounts":{}"#, #""checkpoint2":null"#]
    )
    func export(_ member: String) throws {
        let good = try JournalExport(checkpoint: envelope, entries: [Octets([1])]).serialized()
        #expect(try JournalExport(parsing: good).entries == [Octets([1])])
        let refusal = #expect(throws: Refusal.self) { try JournalExport(parsing: adding(member, to: good)) }
        #expect(refusal?.has(StatementError.inconsistent) == true)
    }

    @Test("an inclusion file with a member that nobody judges is refused, one without the optional ones is read")
    func inclusion() throws {
        let file = InclusionFile(checkpoint: envelope, entry: Octets([1]), index: 0, hashes: [.zero])
        let good = try file.serialized()
        #expect(try InclusionFile(parsing: good) == file)
        let full = InclusionFile(
            checkpoint: envelope,
            entry: Octets([1]),
            index: 0,
            hashes: [.zero],
            enrolment: envelope,
            roleKeys: [envelope]
        )
        #expect(try InclusionFile(parsing: try full.serialized()) == full)
        let refusal = #expect(throws: Refusal.self) { try InclusionFile(parsing: adding(#""serial":"A1""#, to: good)) }
        #expect(refusal?.has(StatementError.inconsistent) == true)
    }
}
