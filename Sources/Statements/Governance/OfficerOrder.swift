public import Vocabulary

/// What a revocation takes power from. Revocations are a grow-only set of these.
public enum RevocationTarget: Hashable, Sendable, Codable, CustomStringConvertible {
    case authorization(Digest256)
    case approval(Digest256)
    /// A manifest: every approval and authorization of that version.
    case version(Digest256)
    /// A role key by key id, as compromised: what it signed stops.
    case roleKey(Digest256)
    case edgeHSM(EdgeHSMID)

    private struct Wire: Codable {
        let kind: String
        let target: String
    }

    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        switch wire.kind {
        case "authorization": self = .authorization(try Digest256(hex: wire.target))
        case "approval": self = .approval(try Digest256(hex: wire.target))
        case "version": self = .version(try Digest256(hex: wire.target))
        case "roleKey": self = .roleKey(try Digest256(hex: wire.target))
        case "edgeHSM": self = .edgeHSM(try EdgeHSMID(wire.target))
        default: throw Refusal(StatementError.missingField, "revocation of \(wire.kind.prefix(20))")
        }
    }

    public func encode(to encoder: any Encoder) throws { try Wire(kind: kind, target: target).encode(to: encoder) }

    public var kind: String {
        switch self {
        case .authorization: "authorization"
        case .approval: "approval"
        case .version: "version"
        case .roleKey: "roleKey"
        case .edgeHSM: "edgeHSM"
        }
    }

    public var target: String {
        switch self {
        case .authorization(let id), .approval(let id), .version(let id), .roleKey(let id): id.hex
        case .edgeHSM(let id): id.text
        }
    }

    public var description: String { "\(kind) \(target)" }
}

/// What only m officers together may order.
public struct OfficerOrder: Statement {
    public static let payloadType = "application/vnd.obis.officer-order.v1+json"

    public enum Order: Hashable, Sendable, Codable {
        case revoke(RevocationTarget)
        /// Lowers the clock floor of one EdgeHSM, once: the nonce is fresh from that EdgeHSM.
        case resetClock(edgeHSM: EdgeHSMID, nonce: Nonce, time: Instant)
        /// Makes an EdgeHSM give up allotment: it journals `allotmentReleased` and takes a figure only from a later
        /// approval.
        case releaseAllotment(edgeHSM: EdgeHSMID, product: ProductName, units: Int, sequence: Int)
        /// Declares an appliance dead, so that its remainder may be allotted elsewhere: once, by the approval that
        /// follows the one of this sequence.
        case retireEdgeHSM(edgeHSM: EdgeHSMID, product: ProductName, remainder: Int, sequence: Int)

        /// True for what takes power away and gives nothing (decision 0033): it also counts under the RoleKeys that an
        /// EdgeHSM holds before newer ones come with it.
        public var takesAway: Bool {
            switch self {
            case .revoke, .retireEdgeHSM: true
            case .resetClock, .releaseAllotment: false
            }
        }

        private struct Wire: Codable {
            var kind: String
            var revoke: RevocationTarget?
            var edgeHSM: EdgeHSMID?
            var nonce: Nonce?
            var time: Instant?
            var product: ProductName?
            var units: Int?
            var sequence: Int?
        }

        public init(from decoder: any Decoder) throws {
            let wire = try Wire(from: decoder)
            switch (wire.kind, wire.revoke, wire.edgeHSM) {
            case ("revoke", .some(let target), nil): self = .revoke(target)
            case ("resetClock", nil, .some(let edge)):
                guard let nonce = wire.nonce, let time = wire.time else {
                    throw Refusal(StatementError.missingField, "resetClock")
                }
                self = .resetClock(edgeHSM: edge, nonce: nonce, time: time)
            case ("releaseAllotment", nil, .some(let edge)):
                guard let product = wire.product, let units = wire.units, let sequence = wire.sequence else {
                    throw Refusal(StatementError.missingField, "releaseAllotment")
                }
                self = .releaseAllotment(edgeHSM: edge, product: product, units: units, sequence: sequence)
            case ("retireEdgeHSM", nil, .some(let edge)):
                guard let product = wire.product, let units = wire.units, let sequence = wire.sequence else {
                    throw Refusal(StatementError.missingField, "retireEdgeHSM")
                }
                self = .retireEdgeHSM(edgeHSM: edge, product: product, remainder: units, sequence: sequence)
            default: throw Refusal(StatementError.missingField, "order \(wire.kind.prefix(20))")
            }
        }

        public func encode(to encoder: any Encoder) throws {
            var wire = Wire(kind: "")
            switch self {
            case .revoke(let target):
                wire.kind = "revoke"
                wire.revoke = target
            case .resetClock(let edge, let nonce, let time):
                wire.kind = "resetClock"
                (wire.edgeHSM, wire.nonce, wire.time) = (edge, nonce, time)
            case .releaseAllotment(let edge, let product, let units, let sequence):
                wire.kind = "releaseAllotment"
                (wire.edgeHSM, wire.product, wire.units, wire.sequence) = (edge, product, units, sequence)
            case .retireEdgeHSM(let edge, let product, let remainder, let sequence):
                wire.kind = "retireEdgeHSM"
                (wire.edgeHSM, wire.product, wire.units, wire.sequence) = (edge, product, remainder, sequence)
            }
            try wire.encode(to: encoder)
        }
    }

    public let order: Order
    public let reason: String
    public let issuedAt: Instant
    public let expiresAt: Instant

    public init(order: Order, reason: String, issuedAt: Instant, expiresAt: Instant) {
        self.order = order
        self.reason = reason
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }

    public func validate() throws {
        try require((1...500).contains(reason.utf8.count), "reason length")
        try require(issuedAt < expiresAt, "expiry")
        if case .releaseAllotment(_, _, let units, let sequence) = order {
            try require((0...Limits.mostUnits).contains(units) && sequence >= 1, "release figures")
        }
        if case .retireEdgeHSM(_, _, let remainder, let sequence) = order {
            try require((0...Limits.mostUnits).contains(remainder) && sequence >= 1, "remainder")
        }
    }
}
