import Statements
public import Vocabulary

/// What the secure element remembers of this EdgeHSM's journal, so that a restored disk shows and issues nothing more.
///
/// JSON with sorted keys, 64 KiB at most. In PKCS#11 a data object's value can't be changed, so records carry a
/// write number: create the new one, read it back, keep the last two.
public struct AnchorRecord: Codable, Sendable, Equatable {
    public static let largest = 64 * 1024
    public static let format = "obis-anchor-v1"

    public struct Ceiling: Codable, Sendable, Equatable {
        public let authorization: Digest256
        /// Units that may have been signed: consumed + in flight never exceed it.
        public let units: Int
        public init(authorization: Digest256, units: Int) {
            self.authorization = authorization
            self.units = units
        }
    }

    public let format: String
    public let writeNumber: UInt64
    public let epoch: UInt64
    /// True after a clean stop, when every ceiling is what was consumed.
    public let clean: Bool
    /// Journal entries covered, and their Merkle root.
    public let size: Int
    public let root: Digest256
    public let clockFloor: Instant
    public let roleKeysVersion: Int
    /// Statement id.
    public let roleKeysDigest: Digest256
    /// Of every authorization that is not closed, sorted.
    public let ceilings: [Ceiling]

    public init(
        writeNumber: UInt64,
        epoch: UInt64,
        clean: Bool,
        size: Int,
        root: Digest256,
        clockFloor: Instant,
        roleKeysVersion: Int,
        roleKeysDigest: Digest256,
        ceilings: [Ceiling]
    ) {
        self.format = Self.format
        self.writeNumber = writeNumber
        self.epoch = epoch
        self.clean = clean
        self.size = size
        self.root = root
        self.clockFloor = clockFloor
        self.roleKeysVersion = roleKeysVersion
        self.roleKeysDigest = roleKeysDigest
        self.ceilings = ceilings
    }

    public func serialized() throws -> [UInt8] { try StatementCoding.encode(self) }

    /// Throws `edge.anchor.malformed`.
    public init(parsing bytes: [UInt8]) throws {
        do {
            try StrictJSON.check(bytes, limit: Self.largest)
            self = try StatementCoding.decode(AnchorRecord.self, from: bytes)
        } catch let refusal as Refusal {
            throw Refusal(EdgeError.anchorMalformed, "\(refusal.code) \(refusal.detail)")
        }
        let ids = ceilings.map(\.authorization)
        guard format == Self.format, size >= 1, roleKeysVersion >= 1, writeNumber >= 1,
            ceilings.count <= EdgeHSMState.mostOpenAuthorizations, ids == Set(ids).sorted(),
            ceilings.allSatisfy({ (0...Limits.largestBatch).contains($0.units) }),
            try serialized() == bytes
        else { throw Refusal(EdgeError.anchorMalformed, "content of write \(writeNumber)") }
    }

    public func ceiling(of authorization: Digest256) -> Int? {
        ceilings.first { $0.authorization == authorization }?.units
    }

    /// The newest of the records found in the token; nil where there is none. Half-made ones are passed over; two of
    /// one write number, or nothing but unreadable ones, are malformed.
    public static func newest(of values: [[UInt8]]) throws -> AnchorRecord? {
        let records = values.compactMap { try? AnchorRecord(parsing: $0) }
        guard let newest = records.max(by: { $0.writeNumber < $1.writeNumber }) else {
            guard values.isEmpty else {
                throw Refusal(EdgeError.anchorMalformed, "\(values.count) records, none readable")
            }
            return nil
        }
        guard records.filter({ $0.writeNumber == newest.writeNumber }).count == 1 else {
            throw Refusal(EdgeError.anchorMalformed, "two records of write \(newest.writeNumber)")
        }
        return newest
    }

    /// The values that stay when records are pruned: the two newest readable ones.
    public static func newestTwo(of values: [[UInt8]]) -> Set<[UInt8]> {
        let readable = values.compactMap { value in (try? AnchorRecord(parsing: value)).map { ($0.writeNumber, value) }
        }
        return Set(readable.sorted { $0.0 > $1.0 }.prefix(2).map(\.1))
    }
}
