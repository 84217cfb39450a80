internal import Statements
internal import Vocabulary

extension JournalJudge {
    /// After the last entry: was the identity of the first one ever registered? Without a proof nothing is accepted.
    mutating func judgeIdentity(of genesis: Genesis) {
        if let pinned = trust.identity { isIdentityProven = pinned == genesis.identity }
        if let enrolment = trust.enrolment { judge(enrolment, of: genesis) }
        let isGiven = trust.identity != nil || (trust.enrolment != nil && trust.root != nil)
        demand(isGiven, .identityUnproven, "\(genesis.identity.hex)")
    }

    /// m officers of RoleKeys that hang on the pinned root, those of the first entry or of a later one: whoever stays
    /// may sign again for an officer who left. Other signatures don't change the statement's id.
    private mutating func judge(_ envelope: Envelope, of genesis: Genesis) {
        guard let root = trust.root, root == firstRoot else {
            isIdentityProven = false
            return
        }
        var last: any Error = Refusal(JournalError.statementUnverified)
        for keys in acceptedRoleKeys {
            do {
                let enrolment = try Verified<EdgeHSMEnrolment>(envelope, signedByOfficersOf: keys)
                guard sound(enrolment.signers).count >= keys.threshold else { continue }
                return compare(enrolment, genesis)
            } catch { last = error }
        }
        isIdentityProven = false
        note(.statementUnverified, "enrolment: " + describe(last))
    }

    private mutating func compare(_ enrolment: Verified<EdgeHSMEnrolment>, _ genesis: Genesis) {
        let content = enrolment.content
        let isSame =
            enrolment.id == genesis.enrolment && content.identity == genesis.identity && content.seal == genesis.seal
            && content.edgeHSM == genesis.edgeHSM && content.factory == genesis.factory
        demand(isSame, .identity, "the enrolment is of \(content.edgeHSM), identity \(content.identity.hex)")
        isIdentityProven = isSame && (trust.identity == nil || isIdentityProven)
    }
}
