import PortalCore
import PortalProtocol
import Testing
import Vocabulary

@Suite struct VersionLifeTests {
    private let engineer = PersonID(validated: "p-1")
    private let colleague = PersonID(validated: "p-2")

    @Test func goesForwardOnly() throws {
        let draft = VersionLife(state: .draft, author: engineer, submitter: nil)
        let submitted = try draft.submitted(by: colleague)
        #expect(submitted.state == .submitted && submitted.conflicted == [engineer, colleague])
        #expect(try submitted.locked().state == .locked)
        #expect(try submitted.rejected().state == .rejected)
        // Every other step, from every state, is refused.
        for state in VersionState.allCases {
            let life = VersionLife(state: state, author: engineer, submitter: colleague)
            #expect((refusal { _ = try life.submitted(by: engineer) } == nil) == (state == .draft), "\(state)")
            for step in [{ _ = try life.rejected() }, { _ = try life.locked() }, { try life.requireReviewable() }] {
                #expect(refusal(step) == (state == .submitted ? nil : "portal.version.state"), "\(state)")
            }
        }
    }
}
