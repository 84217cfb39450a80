/// A moment in UTC with whole seconds. Text form: RFC 3339, `2026-11-22T15:04:05Z`.
public struct Instant: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
    public let seconds: Int64

    /// 9999-12-31T23:59:59Z, which RFC 5280 section 4.1.2.5 uses for "no well-defined expiry".
    public static let noExpiry = Instant(seconds: 253_402_300_799)
    public static let epoch = Instant(seconds: 0)

    public init(seconds: Int64) { self.seconds = seconds }

    /// Throws `VocabularyError.malformedTime` for anything but `YYYY-MM-DDTHH:MM:SSZ` in the years 1970 to 9999.
    public init(_ text: String) throws {
        let found = text.utf8.withContiguousStorageIfAvailable { Instant(octets: $0) }
        guard let found = found ?? Array(text.utf8).withUnsafeBufferPointer({ Instant(octets: $0) }) else {
            throw Refusal(VocabularyError.malformedTime, String(text.prefix(40)))
        }
        self = found
    }

    /// From the octets of its text form; nil for any other text.
    public init?(octets: UnsafeBufferPointer<UInt8>) {
        guard octets.count == 20, octets[4] == UInt8(ascii: "-"), octets[7] == UInt8(ascii: "-"),
            octets[10] == UInt8(ascii: "T"), octets[13] == UInt8(ascii: ":"), octets[16] == UInt8(ascii: ":"),
            octets[19] == UInt8(ascii: "Z")
        else { return nil }
        var isNumber = true
        func number(_ range: Range<Int>) -> Int64 {
            var value: Int64 = 0
            for index in range {
                let digit = octets[index] &- UInt8(ascii: "0")
                if digit > 9 { isNumber = false }
                value = value * 10 + Int64(digit)
            }
            return value
        }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard isNumber, year >= 1970, (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60 else {
            return nil
        }
        let days = Calendar.days(year: year, month: month, day: day)
        guard Calendar.civil(days: days) == (year, month, day) else { return nil }  // 31 February
        self.init(seconds: days * 86_400 + hour * 3_600 + minute * 60 + second)
    }

    /// Any time of RFC 3339, as people and other programs write it: with an offset, a fraction, lower-case letters or a
    /// space for the `T`. A fraction is cut off; second 60 is the last of its minute's leap second and becomes the next
    /// minute. What this system writes and signs has one form alone, which `init(_:)` reads.
    ///
    /// Throws `VocabularyError.malformedTime`, also outside the years 1970 to 9999.
    public init(rfc3339 text: String) throws {
        let malformed = Refusal(VocabularyError.malformedTime, String(text.prefix(40)))
        let characters = Array(text.utf8.prefix(64))
        guard characters.count >= 20, text.utf8.count < 64, [UInt8(ascii: "T"), 0x74, 0x20].contains(characters[10])
        else { throw malformed }
        let isLeap = characters[17..<19].elementsEqual("60".utf8)
        let second = isLeap ? Array("59".utf8) : Array(characters[17..<19])
        var rest = characters[19...]
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { throw malformed }
            rest = rest.dropFirst(digits.count + 1)
        }
        let plain = Array(characters[0..<10]) + [UInt8(ascii: "T")] + characters[11..<17] + second + [0x5A]
        let local = try Instant(String(decoding: plain, as: UTF8.self))
        let moment = local.seconds + (isLeap ? 1 : 0) - (try Self.offset(rest, malformed))
        guard (0...Instant.noExpiry.seconds).contains(moment) else { throw malformed }
        self.init(seconds: moment)
    }

    /// Seconds east of UTC of `Z`, `z` or `±HH:MM`.
    private static func offset(_ text: ArraySlice<UInt8>, _ malformed: Refusal) throws -> Int64 {
        let octets = Array(text)
        if octets == [0x5A] || octets == [0x7A] { return 0 }
        let sign: Int64 = octets.first == UInt8(ascii: "-") ? -1 : 1
        let digits = [1, 2, 4, 5].compactMap { place in
            octets.indices.contains(place) && (0x30...0x39).contains(octets[place]) ? Int64(octets[place] - 0x30) : nil
        }
        guard octets.count == 6, sign == -1 || octets[0] == UInt8(ascii: "+"), octets[3] == UInt8(ascii: ":"),
            digits.count == 4
        else { throw malformed }
        let (hours, minutes) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard hours < 24, minutes < 60 else { throw malformed }
        return sign * (hours * 3_600 + minutes * 60)
    }

    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public var description: String {
        let bounded = min(max(seconds, 0), Instant.noExpiry.seconds)
        let (year, month, day) = Calendar.civil(days: bounded / 86_400)
        let second = bounded % 86_400
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T" + padded(second / 3_600, 2) + ":"
            + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2) + "Z"
    }

    public static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }
    public static func + (left: Self, seconds: Int64) -> Self { Instant(seconds: left.seconds + seconds) }
    public static func - (left: Self, right: Self) -> Int64 { left.seconds - right.seconds }
}

/// Proleptic Gregorian dates and day numbers since 1970-01-01.
private enum Calendar {
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func civil(days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
