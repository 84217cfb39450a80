internal import SwiftASN1

/// One DER value inside octets whose encoding was checked as a whole: a place in them, no copy and no tree.
///
/// It takes exactly what `SwiftASN1.DER.parse` takes (X.690 sections 8.1 and 10.1): definite minimal lengths, tags of
/// the shortest form, nesting of at most 50, nothing left over.
struct DERNode {
    static let deepestNesting = 50

    let identifier: ASN1Identifier
    let isConstructed: Bool
    private let octets: ArraySlice<UInt8>
    /// Octets with those of tag and length.
    private let whole: Range<Int>
    private let inner: Range<Int>

    var encodedBytes: ArraySlice<UInt8> { octets[whole] }
    /// Octets without those of tag and length.
    var content: ArraySlice<UInt8> { octets[inner] }

    /// Checks that `octets` are one value, with everything that is nested in it; nil otherwise.
    init?(checking octets: ArraySlice<UInt8>) {
        let header = octets.withUnsafeBufferPointer { bytes -> Header? in
            guard let header = Header(bytes, at: 0, before: bytes.count), header.end == bytes.count,
                !header.isConstructed || Self.areValues(bytes, header.start..<header.end, depth: 2)
            else { return nil }
            return header
        }
        guard let header else { return nil }
        self.init(header, at: octets.startIndex, in: octets)
    }

    /// The value at `place` of checked octets, which ends before `end`.
    init?(in octets: ArraySlice<UInt8>, at place: Int, before end: Int) {
        let first = octets.startIndex
        let header = octets.withUnsafeBufferPointer { Header($0, at: place - first, before: end - first) }
        guard let header else { return nil }
        self.init(header, at: place, in: octets)
    }

    private init(_ header: Header, at place: Int, in octets: ArraySlice<UInt8>) {
        let first = octets.startIndex
        identifier = header.identifier
        isConstructed = header.isConstructed
        self.octets = octets
        whole = place..<first + header.end
        inner = first + header.start..<first + header.end
    }

    private static func areValues(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, depth: Int) -> Bool {
        var place = range.lowerBound
        while place < range.upperBound {
            guard depth <= deepestNesting, let header = Header(bytes, at: place, before: range.upperBound),
                !header.isConstructed || areValues(bytes, header.start..<header.end, depth: depth + 1)
            else { return false }
            place = header.end
        }
        return true
    }

    /// Tag and length of a value.
    private struct Header {
        private let tag: UInt8
        private let number: UInt
        /// Where the content starts and ends.
        let start: Int
        let end: Int

        var isConstructed: Bool { tag & 0x20 != 0 }

        var identifier: ASN1Identifier {
            let tagClass: ASN1Identifier.TagClass =
                switch tag >> 6 {
                case 0: .universal
                case 1: .application
                case 2: .contextSpecific
                default: .private
                }
            return ASN1Identifier(tagWithNumber: number, tagClass: tagClass)
        }

        init?(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int, before limit: Int) {
            guard place < limit else { return nil }
            tag = bytes[place]
            var next = place + 1
            if tag & 0x1F == 0x1F {
                guard let long = Self.longNumber(bytes, &next, limit) else { return nil }
                number = long
            } else {
                number = UInt(tag & 0x1F)
            }
            // Universal 0 is the end of an indefinite length, which DER does not have.
            guard let length = Self.length(bytes, &next, limit), length <= limit - next, tag & 0xDF != 0 else {
                return nil
            }
            start = next
            end = next + length
        }

        /// A tag of 31 or more: groups of seven bits, the first not zero (X.690 section 8.1.2.4).
        private static func longNumber(
            _ bytes: UnsafeBufferPointer<UInt8>,
            _ next: inout Int,
            _ limit: Int
        ) -> UInt? {
            guard next < limit, bytes[next] != 0x80 else { return nil }
            var (number, groups) = (UInt(0), 0)
            while next < limit {
                let octet = bytes[next]
                next += 1
                groups += 1
                guard groups <= 9 else { return nil }
                number = number << 7 | UInt(octet & 0x7F)
                if octet & 0x80 == 0 { return number >= 0x1F ? number : nil }
            }
            return nil
        }

        /// Definite, in as few octets as can be (X.690 section 10.1).
        private static func length(
            _ bytes: UnsafeBufferPointer<UInt8>,
            _ next: inout Int,
            _ limit: Int
        ) -> Int? {
            guard next < limit else { return nil }
            let first = bytes[next]
            next += 1
            guard first & 0x80 != 0 else { return Int(first) }
            let count = Int(first & 0x7F)
            guard (1...8).contains(count), count <= limit - next, bytes[next] != 0 else { return nil }
            var length = UInt(0)
            for _ in 0..<count {
                length = length << 8 | UInt(bytes[next])
                next += 1
            }
            return length < 0x80 ? nil : Int(exactly: length)
        }
    }
}
