import KeyCustody
import Statements
import Vocabulary

/// What an EdgeHSM obeys, pinned in its token as a data object: the root authority and the RoleKeys it started from.
/// A journal that begins with another genesis is not this EdgeHSM's.
struct EnrolmentPin: Codable, Sendable, Hashable {
    static let label = "obis-enrolment"
    static let format = "obis-enrolment-v1"

    let format: String
    let edgeHSM: EdgeHSMID
    let root: P256Point
    /// Statement id of the RoleKeys that the journal begins with.
    let roleKeys: Digest256
    /// Statement id of the `EdgeHSMEnrolment`.
    let enrolment: Digest256

    init(edgeHSM: EdgeHSMID, root: P256Point, roleKeys: Digest256, enrolment: Digest256) {
        self.format = Self.format
        self.edgeHSM = edgeHSM
        self.root = root
        self.roleKeys = roleKeys
        self.enrolment = enrolment
    }

    /// Nil where nothing is pinned. Throws `edge.enrolment.mismatch` where two different pins exist.
    static func read(from token: any Token) async throws -> EnrolmentPin? {
        let pins = try await Set(
            token.records(label).compactMap { value -> EnrolmentPin? in
                guard (try? StrictJSON.check(value, limit: 4_096)) != nil,
                    let pin = try? StatementCoding.decode(EnrolmentPin.self, from: value), pin.format == format
                else { return nil }
                return pin
            }
        )
        guard pins.count <= 1 else {
            throw Refusal(EdgeDaemonError.enrolmentMismatch, "\(pins.count) pins in the token")
        }
        return pins.first
    }

    /// Pins for good; the same pin again changes nothing. Throws `edge.enrolment.exists` where another is pinned.
    func write(to token: any Token) async throws {
        if let existing = try await Self.read(from: token) {
            guard existing == self else { throw Refusal(EdgeDaemonError.alreadyEnrolled, existing.edgeHSM.text) }
            return
        }
        try await token.createRecord(Self.label, StatementCoding.encode(self))
        guard try await Self.read(from: token) == self else {
            throw Refusal(EdgeDaemonError.tokenUnavailable, "the enrolment can not be read back")
        }
    }

    /// The journal's first entry must be the one of this enrolment.
    func check(_ genesis: Genesis, identity: P256Point) throws {
        func require(_ condition: Bool, _ what: String) throws {
            guard condition else { throw Refusal(EdgeDaemonError.enrolmentMismatch, what) }
        }
        try require(genesis.edgeHSM == edgeHSM, "the journal is of \(genesis.edgeHSM)")
        try require(genesis.identity == identity, "the journal is of another token")
        try require(genesis.enrolment == enrolment, "the journal begins with another enrolment")
        try require(genesis.roleKeys.statementID == roleKeys, "the journal begins with other RoleKeys")
        _ = try Verified<RoleKeys>(genesis.roleKeys, signedBy: root)
    }
}
