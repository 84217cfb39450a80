public import PortalProtocol
import Vocabulary

/// Where a version stands and which steps it takes. There is no way back: a version that was rejected or locked stays
/// so, and what comes after it is a new version.
public struct VersionLife: Sendable, Hashable {
    public let state: VersionState
    public let author: PersonID
    public let submitter: PersonID?

    public init(state: VersionState, author: PersonID, submitter: PersonID?) {
        self.state = state
        self.author = author
        self.submitter = submitter
    }

    /// People whose signature must not count: nobody approves what they made or submitted.
    public var conflicted: Set<PersonID> { Set([author] + (submitter.map { [$0] } ?? [])) }

    /// Throws `portal.version.state`.
    public func submitted(by person: PersonID) throws -> VersionLife {
        try require(.draft, to: "submit")
        return VersionLife(state: .submitted, author: author, submitter: person)
    }

    /// Throws `portal.version.state`.
    public func rejected() throws -> VersionLife {
        try require(.submitted, to: "reject")
        return VersionLife(state: .rejected, author: author, submitter: submitter)
    }

    /// The officers' m signatures are there. Throws `portal.version.state`.
    public func locked() throws -> VersionLife {
        try requireReviewable()
        return VersionLife(state: .locked, author: author, submitter: submitter)
    }

    /// Approvals are drafted and signed between submission and lock. Throws `portal.version.state`.
    public func requireReviewable() throws { try require(.submitted, to: "approve") }

    private func require(_ wanted: VersionState, to step: String) throws {
        guard state == wanted else {
            throw Refusal(VersionError.versionState, "\(step) a version that is \(state.rawValue)")
        }
    }
}
