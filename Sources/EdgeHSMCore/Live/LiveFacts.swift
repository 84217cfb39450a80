public import Statements
public import Vocabulary

/// A soft hold on one chip: memory only.
struct Hold: Sendable, Equatable {
    enum Purpose: Sendable, Equatable {
        case provision
        case rotate
    }

    let authorization: Digest256
    let unit: Digest256
    let chipUID: ChipUID
    let generation: UInt32
    let nonce: Nonce
    let station: StationName
    let purpose: Purpose
    /// Key and agreement key of the CSR that was shown over this hold's nonce.
    var attested: AttestedKeys?
    /// Uptime at which it ends.
    var expires: Int64
}

/// What a CSR over a hold's nonce proved.
public struct AttestedKeys: Sendable, Equatable {
    /// Key id.
    public let deviceKey: Digest256
    public let agreementKey: P256Point
}

/// A unit between decision and signature.
public struct Reservation: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// Counts a new unit.
        case new
        /// Fulfils a re-provisioning: no quota.
        case reissue(replaces: Digest256, index: Int, serial: DeviceSerial)
        case rotation(RotationProof)

        public var isRotation: Bool { if case .rotation = self { true } else { false } }
    }

    public let number: UInt64
    public let kind: Kind
    public let authorization: Digest256
    public let unit: Digest256
    public let chipUID: ChipUID
    public let generation: UInt32
    /// Key id.
    public let deviceKey: Digest256
    public let agreementKey: P256Point
    /// SHA-256 of the CSR.
    public let request: Digest256
    public let station: StationName
}

/// The lease of one authorization.
struct Lease: Sendable, Equatable {
    /// Anchored: consumed + in flight never exceed it.
    var ceiling: Int
    /// Units taken at the next renewal; doubles after an unclean start up to the rate's need.
    var size: Int
    var isWanted = false
}

/// Everything that dies with the process.
struct LiveFacts: Sendable, Equatable {
    var time: TrustedTime
    var holds = Holds()
    /// By number.
    var reservations: [UInt64: Reservation] = [:]
    var nextReservation: UInt64 = 1
    /// By authorization.
    var leases: [Digest256: Lease] = [:]
    var rates: [Digest256: IssueRate] = [:]
    var refusals = RefusalCounter()
    /// Newest record that is known to be in the secure element; nil until the start check passed.
    var anchor: AnchorRecord?
    /// Write number of the newest record handed out.
    var anchorWrites: UInt64 = 0
    /// Clock floor that the anchor had beyond the journal's, at start.
    var carriedFloor = Instant.epoch
    var isStartClean = false
    /// From the first anchored record of this epoch to the clean stop.
    var isServing = false
    var isStopping = false
    var clockResetNonce: Nonce?

    init(floor: Instant) {
        time = TrustedTime(floor: floor, startingAt: ClockReading(wall: floor, uptime: 0))
    }
}

/// Units of the last 60 seconds, by second.
struct IssueRate: Sendable, Equatable {
    private var seconds: [(second: Int64, units: Int)] = []

    mutating func count(at uptime: Int64) {
        seconds.removeAll { $0.second <= uptime - 60 }
        if let last = seconds.last, last.second == uptime {
            seconds[seconds.count - 1].units += 1
        } else {
            seconds.append((uptime, 1))
        }
    }

    func units(at uptime: Int64) -> Int { seconds.reduce(0) { $1.second > uptime - 60 ? $0 + $1.units : $0 } }

    static func == (left: Self, right: Self) -> Bool {
        left.seconds.elementsEqual(right.seconds) { $0.second == $1.second && $0.units == $1.units }
    }
}
