/// A name for people, 1 to 128 octets of UTF-8 on one line.
public struct DisplayName: BoundedText {
    public static let lengths = 1...128
    public static let pattern = #"^\S(?:[^\x00-\x1f\x7f-\x9f\u2028\u2029]{0,126}\S)?$"#
    public let text: String
    public init(validated text: String) { self.text = text }

    public static func accepts(_ text: String) -> Bool {
        guard let first = text.first, let last = text.last, !first.isWhitespace, !last.isWhitespace else {
            return false
        }
        return text.unicodeScalars.allSatisfy(Self.isPrintable)
    }

    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value) && scalar.value != 0x2028
            && scalar.value != 0x2029
    }
}

/// A sentence or a few: a reason, a note. 1 to 2,000 octets of UTF-8; line feeds are allowed.
public struct Remark: BoundedText {
    public static let lengths = 1...2_000
    public static let pattern = #"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]+$"#
    public let text: String
    public init(validated text: String) { self.text = text }

    public static func accepts(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0 == "\n" || DisplayName.isPrintable($0) }
    }
}

/// An address for mail, for people to recognise somebody: the portal sends none.
public struct EmailAddress: BoundedText {
    public static let lengths = 3...254
    public static let pattern = #"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$"#
    public static var schemaExample: EmailAddress { EmailAddress(validated: "a@b") }
    public let text: String
    public init(validated text: String) { self.text = text }

    public static func accepts(_ text: String) -> Bool {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        guard halves.count == 2, !halves[0].isEmpty, !halves[1].isEmpty else { return false }
        func isPlain(_ byte: UInt8, _ more: String) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || more.utf8.contains(byte)
        }
        return halves[0].utf8.allSatisfy { isPlain($0, "._%+-") } && halves[1].utf8.allSatisfy { isPlain($0, ".-") }
    }
}

/// A code shown once (setup, invitation, joining): 43 characters of base64url, 256 random bits.
public struct OneTimeCode: BoundedText {
    public static let lengths = 43...43
    public static let pattern = "^[A-Za-z0-9_-]{43}$"
    public let text: String
    public init(validated text: String) { self.text = text }
    public static func accepts(_ text: String) -> Bool { text.utf8.allSatisfy(Base64URL.isDigit) }
}
