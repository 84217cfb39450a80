import KeyCustody
import TestSupport
import Testing
import Vocabulary

@testable import PKCS11Token

@Suite struct RecordTests {
    @Test func recordsAreCreatedReadAndPruned() async throws {
        let token = try await TestToken.open().token
        let values = (0..<5).map { [UInt8](repeating: UInt8($0 + 1), count: 6000) }
        for value in values { try await token.createRecord("anchor", value) }
        try await token.createRecord("anchor-2", [9])
        #expect(try await Set(token.records("anchor")) == Set(values))
        try await token.pruneRecords("anchor") { $0[0] >= 4 }
        #expect(try await Set(token.records("anchor")) == Set(values.suffix(2)))
        #expect(try await token.records("anchor-2") == [[9]], "labels are whole")
        #expect(try await token.records("anch").isEmpty)
    }

    @Test func recordsAreSeenByTheNextOpening() async throws {
        let opened = try await TestToken.open()
        try await opened.token.createRecord("anchor", [1, 2, 3])
        await opened.token.close()
        let again = try await PKCS11Token.open(opened.files.configuration())
        #expect(try await again.records("anchor") == [[1, 2, 3]])
    }

    @Test func recordsArePrivateAndCantBeChanged() async throws {
        let token = try await TestToken.open().token
        try await token.createRecord("anchor", [1, 2, 3])
        let results = try await token.pool.run { session in
            let found = try session.find(Session.named("anchor"), limit: 2)
            let object = try #require(found.first)
            var results = [try session.flag(object, .isPrivate) ? "private" : "public"]
            for (type, value) in [(UInt(0x11), [UInt8](arrayLiteral: 9)), (UInt(0x3), Array("other".utf8))] {
                do {
                    try session.setAttributes(object, [Attribute(type, .bytes(value))])
                    results.append("changed")
                } catch let failure as PKCS11Failure {
                    results.append(failure.text)
                }
            }
            return results
        }
        #expect(results.first == "private")
        #expect(results.dropFirst().allSatisfy { $0.hasPrefix("C_SetAttributeValue: CKR_A") }, "\(results)")
        #expect(try await token.records("anchor") == [[1, 2, 3]])
    }

    /// What a create that was killed half-way leaves behind: no label, or no value.
    @Test func halfMadeRecordsAreToleratedAndRemoved() async throws {
        let token = try await TestToken.open().token
        try await token.createRecord("anchor", [7])
        let count = { @Sendable (session: Session) throws -> Int in
            try session.find([Attribute(0, .number(0)), Attribute(KeyAttribute.token.number, .flag(true))], limit: 64)
                .count
        }
        let before = try await token.pool.run { session in
            let data = [
                Attribute(0, .number(0)), Attribute(KeyAttribute.token.number, .flag(true)),
                Attribute(KeyAttribute.isPrivate.number, .flag(true)),
            ]
            _ = try session.create(data)
            _ = try session.create(data + [Attribute(3, .bytes(Array("anchor".utf8)))])
            return try count(session)
        }
        #expect(before == 3)
        #expect(try await token.records("anchor") == [[7]])
        try await token.pruneRecords("anchor") { _ in true }
        #expect(try await token.pool.run { try count($0) } == 1)
        #expect(try await token.records("anchor") == [[7]])
    }

    @Test func sizesAndLabelsAreBounded() async throws {
        let token = try await SharedToken.portal()
        #expect(await refusalCode { try await token.createRecord("x", []) } == "key.input.out-of-range")
        let large = [UInt8](repeating: 1, count: 64 * 1024 + 1)
        #expect(await refusalCode { try await token.createRecord("x", large) } == "key.input.out-of-range")
        #expect(await refusalCode { try await token.createRecord("", [1]) } == "key.name.malformed")
        #expect(await refusalCode { _ = try await token.records("a b") } == "key.name.malformed")
    }
}
