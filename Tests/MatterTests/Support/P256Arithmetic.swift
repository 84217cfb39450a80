/// A second, independent P-256 for tests: points and field in plain arithmetic (Montgomery form, Jacobian
/// coordinates). Neither constant-time nor fast; it never leaves the tests.
struct FieldElement: Equatable {
    /// Little-endian words, in Montgomery form.
    var words: [UInt64]

    static let prime: [UInt64] = [0xFFFF_FFFF_FFFF_FFFF, 0x0000_0000_FFFF_FFFF, 0, 0xFFFF_FFFF_0000_0001]
    static let zero = FieldElement(words: [0, 0, 0, 0])
    /// 2⁵¹² mod p, by doubling 1.
    private static let square: [UInt64] = (0..<512).reduce(FieldElement(words: [1, 0, 0, 0])) { sum, _ in
        sum + sum
    }.words
    static let one = FieldElement(words: square) * FieldElement(words: [1, 0, 0, 0])

    init(words: [UInt64]) { self.words = words }

    init(_ bytes: some Collection<UInt8>) {
        var words: [UInt64] = [0, 0, 0, 0]
        for (offset, byte) in bytes.reversed().enumerated() { words[offset / 8] |= UInt64(byte) << (offset % 8 * 8) }
        self = FieldElement(words: words) * FieldElement(words: Self.square)
    }

    var bytes: [UInt8] {
        let plain = (self * FieldElement(words: [1, 0, 0, 0])).words
        return plain.reversed().flatMap { word in (0..<8).reversed().map { UInt8(word >> ($0 * 8) & 0xFF) } }
    }

    var inverse: FieldElement {
        // p − 2 from the top bit down.
        let exponent: [UInt64] = [0xFFFF_FFFF_FFFF_FFFD] + Self.prime.dropFirst()
        return (0..<256).reversed().reduce(Self.one) { power, bit in
            let squared = power * power
            return exponent[bit / 64] >> (bit % 64) & 1 == 1 ? squared * self : squared
        }
    }

    static func + (left: Self, right: Self) -> Self {
        var sum = [UInt64](repeating: 0, count: 5)
        for index in 0..<4 {
            let (first, over) = left.words[index].addingReportingOverflow(right.words[index])
            let (second, overAgain) = first.addingReportingOverflow(sum[index])
            sum[index] = second
            sum[index + 1] = (over ? 1 : 0) + (overAgain ? 1 : 0)
        }
        return reduced(sum)
    }

    static func - (left: Self, right: Self) -> Self {
        left + FieldElement(words: Array(subtract(prime + [0], right.words + [0]).words.prefix(4)))
    }

    static func * (left: Self, right: Self) -> Self {
        var total = [UInt64](repeating: 0, count: 6)
        for factor in right.words {
            accumulate(left.words, factor, &total)
            // −p⁻¹ mod 2⁶⁴ is 1, so the multiple of p is the lowest word itself.
            accumulate(prime, total[0], &total)
            total.removeFirst()
            total.append(0)
        }
        return reduced(Array(total.prefix(5)))
    }

    private static func accumulate(_ words: [UInt64], _ factor: UInt64, _ total: inout [UInt64]) {
        var carry: UInt64 = 0
        for index in 0..<4 {
            let (high, low) = words[index].multipliedFullWidth(by: factor)
            let (first, over) = low.addingReportingOverflow(total[index])
            let (second, overAgain) = first.addingReportingOverflow(carry)
            total[index] = second
            carry = high &+ (over ? 1 : 0) &+ (overAgain ? 1 : 0)
        }
        let (sum, over) = total[4].addingReportingOverflow(carry)
        total[4] = sum
        total[5] &+= over ? 1 : 0
    }

    private static func reduced(_ sum: [UInt64]) -> FieldElement {
        let (difference, borrow) = subtract(sum, prime + [0])
        return FieldElement(words: Array((borrow ? sum : difference).prefix(4)))
    }

    private static func subtract(_ left: [UInt64], _ right: [UInt64]) -> (words: [UInt64], borrow: Bool) {
        var borrow: UInt64 = 0
        let words = zip(left, right).map { left, right in
            let (first, under) = left.subtractingReportingOverflow(right)
            let (second, underAgain) = first.subtractingReportingOverflow(borrow)
            borrow = under || underAgain ? 1 : 0
            return second
        }
        return (words, borrow == 1)
    }
}

struct CurvePoint {
    var x: FieldElement
    var y: FieldElement
    var z: FieldElement

    static let infinity = CurvePoint(x: .one, y: .one, z: .zero)

    private init(x: FieldElement, y: FieldElement, z: FieldElement) {
        self.x = x
        self.y = y
        self.z = z
    }

    /// 0x04 ‖ X ‖ Y.
    init(_ bytes: [UInt8]) { self.init(x: .init(bytes[1..<33]), y: .init(bytes[33..<65]), z: .one) }

    var bytes: [UInt8] {
        let inverse = z.inverse
        let square = inverse * inverse
        return [4] + (x * square).bytes + (y * square * inverse).bytes
    }

    var doubled: CurvePoint {
        let (delta, gamma) = (z * z, y * y)
        let beta = x * gamma
        let slope = (x - delta) * (x + delta)
        let alpha = slope + slope + slope
        let fourBeta = beta + beta + beta + beta
        let newX = alpha * alpha - (fourBeta + fourBeta)
        let sum = y + z
        let square = gamma * gamma
        let fourSquares = square + square + square + square
        return CurvePoint(
            x: newX,
            y: alpha * (fourBeta - newX) - (fourSquares + fourSquares),
            z: sum * sum - gamma - delta
        )
    }

    static func + (left: Self, right: Self) -> Self {
        guard left.z != .zero else { return right }
        guard right.z != .zero else { return left }
        let (leftSquare, rightSquare) = (left.z * left.z, right.z * right.z)
        let (u1, u2) = (left.x * rightSquare, right.x * leftSquare)
        let (s1, s2) = (left.y * rightSquare * right.z, right.y * leftSquare * left.z)
        let (height, rise) = (u2 - u1, s2 - s1)
        guard height != .zero else { return rise == .zero ? left.doubled : .infinity }
        let square = height * height
        let cube = square * height
        let middle = u1 * square
        let x = rise * rise - cube - (middle + middle)
        return CurvePoint(x: x, y: rise * (middle - x) - s1 * cube, z: height * left.z * right.z)
    }

    /// `scalar` is big-endian.
    static func * (scalar: [UInt8], point: Self) -> Self {
        var result = infinity
        for byte in scalar {
            for bit in (0..<8).reversed() {
                result = result.doubled
                if byte >> UInt8(bit) & 1 == 1 { result = result + point }
            }
        }
        return result
    }
}
