public import Statements
import Vocabulary

/// Serial numbers of a product, given out batch after batch, to each ODM in stretches of its own. What was given to a batch is never given again, also where
/// units of it were returned.
public enum SerialAssignment {
    /// A serial has 16 characters at most; ten digits number more units than a product may have.
    static let longestSerial = 16
    static let mostDigits = 10

    /// Stretches into which a product's numbers are divided.
    static let stretches = 100
    /// Stretches that are tried before the one after the other.
    private static let tries = 64

    /// The number at which an ODM's next batch begins: after its own last batch, where that is free; else at the start of a
    /// stretch that is drawn. Numbers that ran on over all ODMs would tell each what the others make. A product's very
    /// first serial is 0 all the same.
    ///
    /// - Parameters:
    ///   - own: the number after the ODM's last serial of the product; nil before its first batch.
    ///   - draw: a number of this range, by chance.
    ///   - isFree: whether no batch has a serial among these numbers.
    public static func start(
        prefix: String,
        own: Int?,
        quantity: Int,
        draw: (ClosedRange<Int>) -> Int,
        isFree: (Range<Int>) throws -> Bool
    ) throws -> Int {
        let digits = min(mostDigits, longestSerial - prefix.utf8.count)
        let end = (0..<max(digits, 0)).reduce(1) { power, _ in power * 10 }
        func isGood(_ first: Int) throws -> Bool {
            let (last, overflow) = first.addingReportingOverflow(max(quantity, 1))
            return try !overflow && last <= end && isFree(first..<last)
        }
        if let own {
            if try isGood(own) { return own }
        } else if try isFree(0..<end) {
            return 0
        }
        let length = max(end / stretches, 1)
        for _ in 0..<tries {
            let first = draw(1...stretches - 1) * length
            if try isGood(first) { return first }
        }
        for number in 0..<stretches where try isGood(number * length) { return number * length }
        // Nothing that long is free: refused as used up.
        return end
    }

    /// The next `quantity` serials.
    ///
    /// - Parameter used: the number that they begin with.
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
            throw Refusal(BatchError.serials, "\(quantity) asked, \(digits) digits after \(prefix)")
        }
        return range
    }
}
