internal import SwiftASN1
internal import Vocabulary

extension DERReader {
    /// A validity time with whole seconds in UTC: UTCTime to the end of 2049, GeneralizedTime from 2050 on
    /// (RFC 5280 section 4.1.2.5). The other form for the same year is not DER and is refused.
    mutating func time() throws -> Instant {
        let node = try any()
        let content = try DERReader.primitive(node, fault: fault)
        switch node.identifier {
        case .utcTime:
            guard content.count == 13 else { throw Refusal(fault, "UTCTime without seconds in UTC") }
            let isThisCentury = content.lexicographicallyPrecedes("50".utf8)
            return try instant(isThisCentury ? (0x32, 0x30) : (0x31, 0x39), content)
        case .generalizedTime:
            guard content.count == 15, let first = content.first, let second = content.dropFirst().first,
                !content.lexicographicallyPrecedes("2050".utf8)
            else {
                throw Refusal(fault, "GeneralizedTime for a year before 2050, or without seconds in UTC")
            }
            return try instant((first, second), content.dropFirst(2))
        default:
            throw Refusal(fault, "a time that is neither UTCTime nor GeneralizedTime")
        }
    }

    /// - Parameters:
    ///   - century: first two digits of the year.
    ///   - rest: YYMMDDHHMMSSZ.
    private func instant(_ century: (UInt8, UInt8), _ rest: ArraySlice<UInt8>) throws -> Instant {
        let found = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { text -> Instant? in
            text[0] = century.0
            text[1] = century.1
            var place = 2
            for octet in rest {
                switch place {
                case 4, 7: place = Self.put(UInt8(ascii: "-"), into: text, place)
                case 10: place = Self.put(UInt8(ascii: "T"), into: text, place)
                case 13, 16: place = Self.put(UInt8(ascii: ":"), into: text, place)
                default: break
                }
                place = Self.put(octet, into: text, place)
            }
            return Instant(octets: UnsafeBufferPointer(text))
        }
        guard let found else { throw Refusal(fault, "a malformed time, or one before 1970") }
        return found
    }

    private static func put(_ octet: UInt8, into text: UnsafeMutableBufferPointer<UInt8>, _ place: Int) -> Int {
        text[place] = octet
        return place + 1
    }
}
