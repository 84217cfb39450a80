public import Verify
public import Vocabulary

/// Units of one batch by serial number, all generations. The serials of a batch are one range of its product's, so this
/// reads a stretch of the index of serials.
///
/// What stands there and is of another batch, product or stage is looked at and passed over. One question looks at so many
/// rows and no more, however few answer to it: whoever asks goes on from there.
public struct BatchUnits {
    /// Rows that one question looks at.
    public static let mostLooked = 2_000

    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// Where a unit stands in the order.
    public struct Place: Sendable, Hashable {
        public let serial: String
        public let product: String
        public let log: Int64
        public let sequence: Int

        public init(serial: String, product: String, log: Int64, sequence: Int) {
            (self.serial, self.product, self.log, self.sequence) = (serial, product, log, sequence)
        }

        fileprivate init(_ row: SQLRow) throws {
            self.init(
                serial: try row.text("serial"),
                product: try row.text("product"),
                log: try row.integer("log"),
                sequence: try row.number("sequence")
            )
        }
    }

    /// What was found, and after what to go on; nil at the end.
    public struct Found<Unit: Sendable>: Sendable {
        public let units: [Unit]
        public let next: Place?
    }

    static let stretch: SQLText = """
        SELECT \(JournalUnit.columns) FROM journal_units
        WHERE (serial, product, log, sequence) > (?, ?, ?, ?) AND serial <= ?
        ORDER BY serial, product, log, sequence LIMIT ?
        """

    /// - Parameters:
    ///   - serials: first and last serial of the batch.
    ///   - after: what the page before ended with.
    ///   - most: rows that are looked at.
    public func find(
        _ batch: Digest256,
        serials: (first: DeviceSerial, last: DeviceSerial),
        stage: JudgedUnit.Stage?,
        after: Place?,
        limit: Int,
        looking most: Int = BatchUnits.mostLooked
    ) throws -> Found<JournalUnit> {
        var place = after ?? Place(serial: serials.first.text, product: "", log: -1, sequence: -1)
        var (found, last): ([JournalUnit], Place?) = ([], nil)
        var (looked, chunk) = (0, min(limit + 1, most))
        while looked < most {
            let rows = try transaction.rows(
                Self.stretch,
                [
                    .text(place.serial), .text(place.product), .integer(place.log), .number(place.sequence),
                    .text(serials.last.text), .number(chunk),
                ]
            )
            for row in rows {
                place = try Place(row)
                guard try row.fixed("batch", as: Digest256.self) == batch,
                    try stage == nil || row.text("stage") == stage?.rawValue
                else { continue }
                guard found.count < limit else { return Found(units: found, next: last) }
                found.append(try JournalUnit(row))
                last = place
            }
            guard rows.count == chunk else { return Found(units: found, next: nil) }
            looked += rows.count
            chunk = min(500, most - looked)
        }
        return Found(units: found, next: place)
    }
}
