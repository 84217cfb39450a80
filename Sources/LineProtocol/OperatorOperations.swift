public import Statements
public import Vocabulary

/// Requests that wait for the local operator.
public enum ListStationRequests: OperatorOperation {
    public static let name = "listStationRequests"
    public typealias Request = Nothing

    public struct Pending: Codable, Sendable {
        public let name: StationName
        public let fingerprint: Digest256
        public init(name: StationName, fingerprint: Digest256) {
            self.name = name
            self.fingerprint = fingerprint
        }
    }

    public struct Reply: Codable, Sendable {
        public let pending: [Pending]
        public init(pending: [Pending]) { self.pending = pending }
    }
}

/// Enrols a station or a Factory Service after the operator compared the fingerprint of its CSR.
public enum EnrolStation: OperatorOperation {
    public static let name = "enrolStation"

    public struct Request: Codable, Sendable {
        public enum Role: String, Codable, Sendable {
            case station
            case service
        }
        public let name: StationName
        public let role: Role
        /// The CSR; absent: the waiting one of this name with exactly this fingerprint.
        public let request: Octets?
        /// SHA-256 of the CSR as the operator compared it.
        public let fingerprint: Digest256
        /// Days until the certificate ends, 1 to 90.
        public let days: Int
        public init(name: StationName, role: Role, request: Octets? = nil, fingerprint: Digest256, days: Int) {
            self.name = name
            self.role = role
            self.request = request
            self.fingerprint = fingerprint
            self.days = days
        }
    }

    public struct Reply: Codable, Sendable {
        /// DER, leaf first, then the site CA.
        public let certificates: [Octets]
        public init(certificates: [Octets]) { self.certificates = certificates }
    }
}

/// Refuses the certificates of a station or Factory Service from here on.
public enum RevokeStation: OperatorOperation {
    public static let name = "revokeStation"
    public typealias Reply = Nothing

    public struct Request: Codable, Sendable {
        public let name: StationName
        /// SHA-256 of the only certificate meant; absent: every one of that name.
        public let fingerprint: Digest256?
        public init(name: StationName, fingerprint: Digest256? = nil) {
            self.name = name
            self.fingerprint = fingerprint
        }
    }
}

/// Ends the daemon with nothing burned.
public enum StopCleanly: OperatorOperation {
    public static let name = "stopCleanly"
    public typealias Request = Nothing
    public typealias Reply = Nothing
}

/// Destroys the keys of this EdgeHSM, for ever.
public enum Zeroise: OperatorOperation {
    public static let name = "zeroise"
    public typealias Reply = Nothing

    public struct Request: Codable, Sendable {
        /// Must be the EdgeHSM's id, so that nobody zeroises the wrong box.
        public let edgeHSM: EdgeHSMID
        public let reason: ShortText<200>
        public init(edgeHSM: EdgeHSMID, reason: String) {
            self.edgeHSM = edgeHSM
            self.reason = ShortText(keeping: reason)
        }
    }
}

/// A fresh nonce for an officers' order that resets this EdgeHSM's clock. It dies with the process and with its use.
public enum OfferClockNonce: OperatorOperation {
    public static let name = "offerClockNonce"
    public typealias Request = Nothing

    public struct Reply: Codable, Sendable {
        public let nonce: Nonce
        public init(nonce: Nonce) { self.nonce = nonce }
    }
}
