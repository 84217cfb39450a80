import Statements
import Testing
import Vocabulary

/// Two batches share a serial where their printed texts are equal, however the ranges are written.
@Suite struct SerialRangeTests {
    private typealias Range = ProductionAuthorization.SerialRange

    /// Every pair of these ranges, against the sets of texts themselves.
    @Test func overlapIsThatOfTheTexts() throws {
        var ranges: [(Range, Int)] = []
        for (prefix, digits) in [("BU", 3), ("BU0", 2), ("BU00", 1), ("BU1", 2), ("BUX", 2), ("BU-", 2), ("BV", 3)] {
            for (first, quantity) in [(0, 1), (0, 5), (4, 3), (5, 5), (9, 1)] {
                ranges.append((Range(prefix: prefix, first: first, digits: digits), quantity))
            }
        }
        ranges += [("BU", 95, 3, 10), ("BU", 100, 3, 1), ("BU", 5, 4, 5), ("", 12, 5, 9)].map {
            (Range(prefix: $0.0, first: $0.1, digits: $0.2), $0.3)
        }
        ranges = ranges.filter { (try? $0.0.serial($0.1 - 1)) != nil }
        var shared = 0
        for (left, count) in ranges {
            let texts = Set(try (0..<count).map { try left.serial($0) })
            for (right, other) in ranges {
                let isShared = try !texts.isDisjoint(with: (0..<other).map { try right.serial($0) })
                #expect(try left.overlaps(right, quantity: count, otherQuantity: other) == isShared, "\(left) \(right)")
                if isShared, left.prefix != right.prefix { shared += 1 }
            }
        }
        #expect(shared > 10, "the pairs held some of different prefixes")
    }

    @Test func prefixAndDigitsCanPrintTheSame() throws {
        let (eight, seven) = (Range(prefix: "BU", first: 1, digits: 8), Range(prefix: "BU0", first: 1, digits: 7))
        #expect(try eight.serial(0) == seven.serial(0))
        #expect(try eight.overlaps(seven, quantity: 50, otherQuantity: 50))
        #expect(try !eight.overlaps(Range(prefix: "BU1", first: 1, digits: 7), quantity: 50, otherQuantity: 50))
        #expect(throws: Refusal.self) { try seven.overlaps(eight, quantity: 10_000_000, otherQuantity: 1) }
    }
}
