import Governance
import PortalCore
public import Statements
import Vocabulary

/// The authorizer's running totals: every authorization it ever made, in a file. What is in it was granted, whether or
/// not the package reached its factory; so it is written before an authorization is signed.
public struct AuthorizationLedger: Codable, Sendable, Hashable {
    public static let format = "obis-authorizations-v1"
    public static let largest = 64 * 1024 * 1024

    public struct Entry: Codable, Sendable, Hashable {
        /// The authorization's payload octets, so that a repeated call signs the same statement.
        public let authorization: Octets
        /// Sequence of the approval that it stands under.
        public let approvalSequence: Int
    }

    public private(set) var entries: [Entry] = []
    private let format: String

    public init() { format = Self.format }

    /// Throws `authorize.ledger.malformed`.
    public init(reading path: String) throws {
        let bytes = try StateFile.read(path, limit: Self.largest)
        do {
            try StrictJSON.check(bytes, limit: Self.largest)
            self = try StatementCoding.decode(Self.self, from: bytes)
            _ = try authorizations()
        } catch let refusal as Refusal {
            throw Refusal(CeremonyError.ledgerMalformed, refusal.description)
        }
        guard format == Self.format else { throw Refusal(CeremonyError.ledgerMalformed, "format") }
    }

    func write(to path: String) throws {
        try StateFile.write(path, StatementCoding.encode(self), mode: 0o600)
    }

    public func authorizations() throws -> [ProductionAuthorization] {
        try entries.map { try ProductionAuthorization.read(payload: $0.authorization.bytes) }
    }

    /// The authorization of this batch as it was made before; nil where there is none.
    func existing(_ request: BatchRequest) throws -> ProductionAuthorization? {
        try authorizations().first { $0.product == request.product && $0.batch == request.batch }
    }

    /// Adds an authorization, or refuses: `authorize.approval.superseded`, `authorize.quota.exhausted`,
    /// `authorize.serials.taken`.
    mutating func add(_ new: ProductionAuthorization, under approval: VersionApproval) throws {
        let ofProduct = try zip(entries, authorizations()).filter { $0.1.product == new.product }
        if let later = ofProduct.first(where: {
            $0.0.approvalSequence > approval.sequence
                || $0.0.approvalSequence == approval.sequence && $0.1.approval != new.approval
        }) {
            throw Refusal(
                GovernanceError.approvalSuperseded,
                "sequence \(approval.sequence), used was \(later.0.approvalSequence)"
            )
        }
        // The portal's own rule.
        do {
            try BatchQuota(
                lifetimeTotal: approval.lifetimeTotal,
                allotment: approval.allotment(of: new.edgeHSM),
                granted: ofProduct.reduce(0) { $0 + $1.1.quantity },
                grantedAtEdge: ofProduct.filter { $0.1.edgeHSM == new.edgeHSM }.reduce(0) { $0 + $1.1.quantity }
            ).admit(new.quantity)
        } catch let refusal as Refusal {
            throw Refusal(GovernanceError.quota, "\(new.edgeHSM): \(refusal.detail)")
        }
        for (_, other) in ofProduct
        where try other.serials.overlaps(new.serials, quantity: other.quantity, otherQuantity: new.quantity) {
            throw Refusal(
                GovernanceError.serialsTaken,
                "batch \(other.batch) ends with \(try other.serials.serial(other.quantity - 1))"
            )
        }
        entries.append(Entry(authorization: Octets(try new.payload()), approvalSequence: approval.sequence))
    }

    /// Units of the product granted so far.
    func units(of product: ProductName) throws -> Int {
        try authorizations().filter { $0.product == product }.reduce(0) { $0 + $1.quantity }
    }
}
