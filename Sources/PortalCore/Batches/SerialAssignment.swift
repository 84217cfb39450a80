public import Statements
import Vocabulary

/// Serial numbers of a product, given out batch after batch. What was given to a batch is never given again, also where
/// units of it were returned.
public enum SerialAssignment {
    /// A serial has 16 characters at most; ten digits number more units than a product may have.
    static let longestSerial = 16
    static let mostDigits = 10

    /// The next `quantity` serials.
    ///
    /// - Parameter used: the number after the last one given out, 0 for the product's first batch.
    /// - Throws: `portal.batch.serials-exhausted`.
    public static func next(
        prefix: String,
        used: Int,
        quantity: Int
    ) throws -> ProductionAuthorization.SerialRange {
        let digits = min(mostDigits, longestSerial - prefix.utf8.count)
        let range = ProductionAuthorization.SerialRange(prefix: prefix, first: used, digits: digits)
        let (end, overflow) = used.addingReportingOverflow(quantity)
        guard digits >= 1, used >= 0, quantity >= 1, !overflow, String(end - 1).utf8.count <= digits else {
            throw Refusal(BatchError.serials, "\(used) used, \(quantity) asked, \(digits) digits after \(prefix)")
        }
        return range
    }
}
