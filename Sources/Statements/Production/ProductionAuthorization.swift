public import Vocabulary

/// One batch at one EdgeHSM. Signed by the authorizer under one approval.
public struct ProductionAuthorization: Statement {
    public static let payloadType = "application/vnd.obis.production-authorization.v1+json"

    /// A number of service operations that ends on its own day.
    public struct Allowance: Codable, Sendable, Hashable {
        public let count: Int
        public let notAfter: Instant
        public init(count: Int, notAfter: Instant) {
            self.count = count
            self.notAfter = notAfter
        }
    }

    /// Device serials are `prefix` followed by `first + n` in decimal, padded with zeros to `digits`.
    public struct SerialRange: Codable, Sendable, Hashable {
        public let prefix: String
        public let first: Int
        public let digits: Int
        public init(prefix: String, first: Int, digits: Int) {
            self.prefix = prefix
            self.first = first
            self.digits = digits
        }

        /// The serial of the `index`-th unit of the batch, from 0. Throws where it would not fit.
        public func serial(_ index: Int) throws -> DeviceSerial {
            let number = String(first + index)
            guard index >= 0, number.utf8.count <= digits else {
                throw Refusal.inconsistent("serial \(index) does not fit")
            }
            return try DeviceSerial(prefix + String(repeating: "0", count: digits - number.utf8.count) + number)
        }

        /// Whether the first `quantity` serials of this range and the first `otherQuantity` of `other` have a text in
        /// common. Two prefixes can print the same text: `A` with 3 digits and `A0` with 2. Throws where a serial would
        /// not fit.
        public func overlaps(_ other: SerialRange, quantity: Int, otherQuantity: Int) throws -> Bool {
            let (first, last) = (try serial(0).text, try serial(quantity - 1).text)
            let (otherFirst, otherLast) = (try other.serial(0).text, try other.serial(otherQuantity - 1).text)
            guard first.utf8.count == otherFirst.utf8.count else { return false }
            let (short, long) =
                prefix.utf8.count <= other.prefix.utf8.count ? (prefix, other.prefix) : (other.prefix, prefix)
            let between = long.utf8.dropFirst(short.utf8.count)
            guard long.hasPrefix(short), between.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
            else {
                return false
            }
            // Same start and length, digits behind it: the order of the texts is the order of the numbers.
            return first <= otherLast && otherFirst <= last
        }
    }

    public let product: ProductName
    public let approval: Digest256
    public let manifest: Digest256
    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    public let batch: BatchName
    /// Units whose DAC may be issued.
    public let quantity: Int
    public let serials: SerialRange
    public let notBefore: Instant
    public let notAfter: Instant
    /// Seconds after notAfter in which a unit already counted may finish.
    public let grace: Int64
    public let debugUnlocks: Allowance
    public let reprovisions: Allowance
    public let rotations: Allowance
    /// The lowest RoleKeys version that may load this.
    public let roleKeysVersion: Int
    public let issuedAt: Instant

    public init(
        product: ProductName,
        approval: Digest256,
        manifest: Digest256,
        edgeHSM: EdgeHSMID,
        factory: FactoryID,
        batch: BatchName,
        quantity: Int,
        serials: SerialRange,
        notBefore: Instant,
        notAfter: Instant,
        grace: Int64 = Limits.defaultGrace,
        debugUnlocks: Allowance,
        reprovisions: Allowance,
        rotations: Allowance,
        roleKeysVersion: Int,
        issuedAt: Instant
    ) {
        self.product = product
        self.approval = approval
        self.manifest = manifest
        self.edgeHSM = edgeHSM
        self.factory = factory
        self.batch = batch
        self.quantity = quantity
        self.serials = serials
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.grace = grace
        self.debugUnlocks = debugUnlocks
        self.reprovisions = reprovisions
        self.rotations = rotations
        self.roleKeysVersion = roleKeysVersion
        self.issuedAt = issuedAt
    }

    public func validate() throws {
        try require((1...Limits.largestBatch).contains(quantity), "quantity \(quantity)")
        try require(notBefore < notAfter, "window")
        try require((0...Limits.longestGrace).contains(grace), "grace \(grace)")
        let allowances = [debugUnlocks, reprovisions, rotations]
        try require(
            allowances.allSatisfy { (0...Limits.largestBatch).contains($0.count) },
            "an allowance is out of range"
        )
        try require((0...Limits.mostUnits).contains(serials.first) && (1...16).contains(serials.digits), "serial range")
        _ = try serials.serial(0)
        _ = try serials.serial(quantity - 1)
        try require(roleKeysVersion >= 1, "RoleKeys version")
    }
}
