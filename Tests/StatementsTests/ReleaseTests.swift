import Statements
import Testing
import Vocabulary

/// `releases` came after the first readers of approvals: it is demanded by the payload that has it.
@Suite struct ReleaseTests {
    private func payload(_ change: (inout String) -> Void) throws -> [UInt8] {
        var text = String(decoding: try Samples.moved().payload(), as: UTF8.self)
        change(&text)
        return Array(text.utf8)
    }

    @Test func anApprovalThatCitesReleasesDemandsToBeUnderstood() throws {
        let approval = try VersionApproval.read(payload: payload { _ in })
        #expect(approval == (try Samples.moved()))
        let plain = String(decoding: try Samples.approval().payload(), as: UTF8.self)
        #expect(!plain.contains("mustUnderstand") && !plain.contains("releases"))
        #expect(try payload { _ in }.count > plain.utf8.count)
        func code(_ change: (inout String) -> Void) -> String? {
            do {
                _ = try VersionApproval.read(payload: payload(change))
                return nil
            } catch { return (error as? Refusal)?.code }
        }
        let demand = "\"mustUnderstand\":[\"releases\"],"
        #expect(code { $0 = $0.replacing(demand, with: "") } == "statement.content.inconsistent")
        #expect(
            code { $0 = $0.replacing(demand, with: "\"mustUnderstand\":[\"other\"],") }
                == "statement.content.not-understood"
        )
        #expect(
            code { $0 = $0.replacing("\"sequence\":2", with: "\"sequence\":1") } == "statement.content.inconsistent"
        )
    }
}
