public import Vocabulary

/// The first entry: who writes this journal and whom it obeys.
public struct Genesis: JournalBody {
    public static let kind = "genesis"
    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    public let identity: P256Point
    public let seal: P256Point
    /// RoleKeys pinned at enrolment.
    public let roleKeys: Envelope
    /// Statement id of the enrolment.
    public let enrolment: Digest256

    public init(
        edgeHSM: EdgeHSMID,
        factory: FactoryID,
        identity: P256Point,
        seal: P256Point,
        roleKeys: Envelope,
        enrolment: Digest256
    ) {
        self.edgeHSM = edgeHSM
        self.factory = factory
        self.identity = identity
        self.seal = seal
        self.roleKeys = roleKeys
        self.enrolment = enrolment
    }
}

/// A start of the daemon, and the anchored prefix that it found and continues.
public struct Restart: JournalBody {
    public static let kind = "restart"
    public let anchoredSize: Int
    public let anchoredRoot: Digest256
    /// True after a clean stop: nothing was burned.
    public let clean: Bool

    public init(anchoredSize: Int, anchoredRoot: Digest256, clean: Bool) {
        self.anchoredSize = anchoredSize
        self.anchoredRoot = anchoredRoot
        self.clean = clean
    }
}

/// Units that may have been signed before an unclean stop and are counted as used.
public struct Burned: JournalBody {
    public static let kind = "burned"
    public let authorization: Digest256
    public let units: Int

    public init(authorization: Digest256, units: Int) {
        self.authorization = authorization
        self.units = units
    }
}

/// A newer RoleKeys statement took effect.
public struct RoleKeysAccepted: JournalBody {
    public static let kind = "roleKeysAccepted"
    public let version: Int
    public let roleKeys: Envelope

    public init(version: Int, roleKeys: Envelope) {
        self.version = version
        self.roleKeys = roleKeys
    }
}

/// A PortalStatus was applied.
public struct StatusApplied: JournalBody {
    public static let kind = "statusApplied"
    public let statement: Digest256
    public let time: Instant
    public let nonce: Nonce
    /// Receipt: entries that the portal says it has.
    public let storedSize: Int
    public let storedRoot: Digest256
    /// False: this journal does not contain what the portal has stored, and issuing stops.
    public let isContained: Bool

    public init(
        statement: Digest256,
        time: Instant,
        nonce: Nonce,
        storedSize: Int,
        storedRoot: Digest256,
        isContained: Bool
    ) {
        self.statement = statement
        self.time = time
        self.nonce = nonce
        self.storedSize = storedSize
        self.storedRoot = storedRoot
        self.isContained = isContained
    }
}

/// An order of the officers was applied.
public struct OrderApplied: JournalBody {
    public static let kind = "orderApplied"
    public let order: Envelope

    public init(order: Envelope) {
        self.order = order
    }
}

/// Power was taken from a target.
public struct Revoked: JournalBody {
    public static let kind = "revoked"
    public let target: RevocationTarget
    /// Statement that revoked it.
    public let statement: Digest256

    public init(target: RevocationTarget, statement: Digest256) {
        self.target = target
        self.statement = statement
    }
}

/// This EdgeHSM gave up allotment: it takes a figure only from an approval with a higher sequence.
public struct AllotmentReleased: JournalBody {
    public static let kind = "allotmentReleased"
    public let product: ProductName
    /// Cumulative figure that remains.
    public let units: Int
    public let sequence: Int
    public let order: Digest256

    public init(product: ProductName, units: Int, sequence: Int, order: Digest256) {
        self.product = product
        self.units = units
        self.sequence = sequence
        self.order = order
    }
}

/// The officers lowered the clock floor.
public struct ClockReset: JournalBody {
    public static let kind = "clockReset"
    public let order: Digest256
    public let nonce: Nonce
    public let time: Instant

    public init(order: Digest256, nonce: Nonce, time: Instant) {
        self.order = order
        self.nonce = nonce
        self.time = time
    }
}

/// Keys for a product were made in this token.
public struct ProductPrepared: JournalBody {
    public static let kind = "productPrepared"
    public let preparation: Envelope

    public init(preparation: Envelope) {
        self.preparation = preparation
    }
}

/// The OEM certified the keys of a product.
public struct CertificatesInstalled: JournalBody {
    public static let kind = "certificatesInstalled"
    public let product: ProductName
    public let paa: Octets
    public let pai: Octets
    public let debugRoot: Octets
    public let debugIntermediate: Octets

    public init(product: ProductName, paa: Octets, pai: Octets, debugRoot: Octets, debugIntermediate: Octets) {
        self.product = product
        self.paa = paa
        self.pai = pai
        self.debugRoot = debugRoot
        self.debugIntermediate = debugIntermediate
    }
}

/// The local operator enrolled a station or a Factory Service.
public struct StationEnrolled: JournalBody {
    public static let kind = "stationEnrolled"
    public let name: StationName
    /// `station` or `service`.
    public let role: String
    public let certificate: Octets

    public init(name: StationName, role: String, certificate: Octets) {
        self.name = name
        self.role = role
        self.certificate = certificate
    }
}

/// A station certificate is refused from here on.
public struct StationRevoked: JournalBody {
    public static let kind = "stationRevoked"
    public let name: StationName
    /// SHA-256 of the certificate.
    public let fingerprint: Digest256

    public init(name: StationName, fingerprint: Digest256) {
        self.name = name
        self.fingerprint = fingerprint
    }
}

/// The local operator destroyed the keys of this EdgeHSM.
public struct Zeroised: JournalBody {
    public static let kind = "zeroised"
    public let reason: String

    public init(reason: String) {
        self.reason = reason
    }
}
