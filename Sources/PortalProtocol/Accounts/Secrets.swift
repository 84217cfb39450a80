/// A password as somebody types it: 1 to 256 octets of UTF-8 without control characters. How good a new one must be is
/// for the portal to judge, so that the refusal says why.
///
/// Prints `<redacted>` everywhere: it stands in requests alone.
public struct Password: BoundedText {
    public static let lengths = 1...256
    public static let pattern = #"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"#
    public let text: String
    public init(validated text: String) { self.text = text }
    public static func accepts(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(DisplayName.isPrintable) }
    public var description: String { "<redacted>" }
}

/// The six digits that an authenticator shows (RFC 6238).
public struct AuthenticatorCode: BoundedText {
    public static let lengths = 6...6
    public static let pattern = "^[0-9]{6}$"
    public static var schemaExample: AuthenticatorCode { AuthenticatorCode(validated: "000000") }
    public let text: String
    public init(validated text: String) { self.text = text }
    public static func accepts(_ text: String) -> Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    public var description: String { "<redacted>" }
}

/// A recovery code, as it was shown: four groups of four characters. Case does not matter.
public struct RecoveryCode: BoundedText {
    public static let lengths = 19...19
    public static let pattern = "^(?:[A-Za-z2-7]{4}-){3}[A-Za-z2-7]{4}$"
    public static var schemaExample: RecoveryCode { RecoveryCode(validated: "AAAA-AAAA-AAAA-AAAA") }
    public let text: String
    public init(validated text: String) { self.text = text }

    public static func accepts(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.count == 4
            && groups.allSatisfy { group in
                group.utf8.count == 4
                    && group.utf8.allSatisfy { byte in
                        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (0x32...0x37).contains(byte)
                    }
            }
    }

    public var description: String { "<redacted>" }
}
