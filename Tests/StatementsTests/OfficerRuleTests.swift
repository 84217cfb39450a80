import Statements
import Testing
import Vocabulary

/// m different officers, of the RoleKeys held, over exactly this statement.
@Suite struct OfficerRuleTests {
    private func code(_ envelope: Envelope, _ roleKeys: RoleKeys) -> String? {
        refusal { _ = try Verified<VersionApproval>(envelope, signedByOfficersOf: roleKeys) }
    }

    @Test func countsDifferentListedOfficers() throws {
        let keys = try Samples.roleKeys()
        let approval = try Samples.approval().unsigned()
        let (ada, ben, stranger) = (try TestSigner("ada"), try TestSigner("ben"), try TestSigner("dan"))
        #expect(code(approval, keys) == "statement.officers.too-few")
        #expect(try code(approval.signed(by: ada), keys) == "statement.officers.too-few")
        #expect(try code(approval.signed(by: ada, ada), keys) == "statement.officers.too-few", "one officer twice")
        #expect(try code(approval.signed(by: ada, stranger), keys) == "statement.officers.too-few")
        #expect(try code(approval.signed(by: ada, TestSigner("authorizer")), keys) == "statement.officers.too-few")
        #expect(try code(approval.signed(by: ada, TestSigner("root")), keys) == "statement.officers.too-few")
        #expect(try code(approval.signed(by: ada, ben), keys) == nil)
        #expect(try code(approval.signed(by: stranger, ada, ben), keys) == nil)
        // Ben's key id on Ada's signature is no signature of Ben.
        let forged = Envelope.Signature(
            keyID: ben.point.keyID,
            value: try ada.signature(over: approval).value
        )
        #expect(try code(approval.signed(by: ada).adding(forged), keys) == "statement.officers.too-few")
    }

    @Test func aRetiredOfficerCountsNoLonger() throws {
        let approval = try Samples.approval().unsigned().signed(by: TestSigner("ada"), TestSigner("ben"))
        #expect(code(approval, try Samples.roleKeys()) == nil)
        let successor = try Samples.roleKeys(version: 2, previous: .zero, officers: ["ada", "cem", "dan"])
        #expect(code(approval, successor) == "statement.officers.too-few")
    }

    @Test func aSignatureOverAnotherTypeIsNone() throws {
        let (ada, ben) = (try TestSigner("ada"), try TestSigner("ben"))
        let approval = try Samples.approval().unsigned()
        let asOrder = Envelope(payloadType: OfficerOrder.payloadType, payload: approval.payload, signatures: [])
        let moved = Envelope(
            payloadType: approval.payloadType,
            payload: approval.payload,
            signatures: [try ada.signature(over: asOrder), try ben.signature(over: asOrder)]
        )
        #expect(code(moved, try Samples.roleKeys()) == "statement.officers.too-few")
        #expect(try code(asOrder.signed(by: ada, ben), Samples.roleKeys()) == "statement.type.unexpected")
    }

    @Test func quorumsAlwaysShareAnOfficer() throws {
        let names = ["ada", "ben", "cem", "dan", "eve"]
        for count in 1...5 {
            for threshold in 0...6 {
                let keys = try Samples.roleKeys(officers: Array(names.prefix(count)), threshold: threshold)
                let isAllowed = 2 * threshold > count && threshold <= count
                #expect((refusal { try keys.validate() } == nil) == isAllowed, "\(threshold) of \(count)")
            }
        }
        #expect(
            refusal { try Samples.roleKeys(officers: ["ada", "ada"], threshold: 2).validate() }
                == "statement.content.inconsistent"
        )
        #expect(
            refusal { try Samples.roleKeys(officers: ["ada", "portal"], threshold: 2).validate() }
                == "statement.content.inconsistent",
            "one key with two roles"
        )
    }

    @Test func successionIsSignedByTheOldRootAndTheNew() throws {
        let first = try Samples.roleKeys()
        let root = try TestSigner("root")
        let firstID = try first.unsigned().statementID
        func code(_ next: RoleKeys, _ signers: TestSigner...) throws -> String? {
            let envelope = try signers.reduce(next.unsigned()) { $0.adding(try $1.signature(over: next.unsigned())) }
            return refusal { _ = try first.successor(envelope, ownID: firstID) }
        }
        let next = try Samples.roleKeys(version: 2, previous: firstID)
        #expect(try code(next, root) == nil)
        #expect(try code(next) == "statement.signature.missing")
        #expect(try code(next, TestSigner("ada")) == "statement.signature.missing")
        let newRoot = try Samples.roleKeys(version: 2, previous: firstID, root: "root-2")
        #expect(try code(newRoot, root, TestSigner("root-2")) == nil)
        #expect(try code(newRoot, root) == "statement.signature.missing")
        #expect(try code(newRoot, TestSigner("root-2")) == "statement.signature.missing")
        #expect(try code(Samples.roleKeys(version: 3, previous: firstID), root) == "statement.content.inconsistent")
        #expect(try code(Samples.roleKeys(version: 2, previous: .zero), root) == "statement.content.inconsistent")
        #expect(try code(first, root) == "statement.content.inconsistent", "the same version again")
    }
}
