import Governance
import KeyCustody
import PortalCore
import PortalProtocol
import Silicon
import Vocabulary

/// Beside which field of the long forms a refusal belongs, where its code says so.
enum MakingFields {
    private static let byCode: [String: String] = [
        VersionError.productExists.rawValue: "product",
        VersionError.productFigures.rawValue: "lifetimeTotal",
        VersionError.versionExists.rawValue: "version",
        // The administrator makes a key for each version first.
        KeyCustodyError.nameUnknown.rawValue: "version",
        VersionError.versionPermissions.rawValue: "debugPermissions",
        GovernanceError.firmwareDiffers.rawValue: "firmware",
        GovernanceError.declarationDiffers.rawValue: "declaration",
        GovernanceError.identityMismatch.rawValue: "chipIdentity",
        VersionError.approvalExpiry.rawValue: "expiresAt",
    ]

    /// The form that a field takes, in words, and whether what is entered has it.
    private struct Form: Sendable {
        let words: String
        let fits: @Sendable (String) -> Bool

        init(_ words: String, _ fits: @escaping @Sendable (String) -> Bool) { (self.words, self.fits) = (words, fits) }

        /// Empty where the field is optional.
        static func number(_ words: String, _ least: Int) -> Form {
            Form(words) { text in
                let digits = text.filter { !$0.isWhitespace }
                return digits.isEmpty || Int(digits).map { $0 >= least } ?? false
            }
        }

        static func digits(_ words: String, _ range: ClosedRange<Int>, after start: String = "") -> Form {
            Form(words) { text in
                let digits = text.filter { !$0.isWhitespace }
                return range.contains(digits.count) && digits.hasPrefix(start) && digits.allSatisfy(\.isHexDigit)
            }
        }
    }

    private static let forms: [String: Form] = [
        "product": Form("Letters, digits, dots and dashes, at most 64") { (try? ProductName($0)) != nil },
        "version": Form("Letters, digits, dots and dashes, at most 64") { (try? VersionName($0)) != nil },
        "title": Form("1 to 128 characters") { (try? DisplayName($0)) != nil },
        "vendorID": .digits("1 to 4 hexadecimal digits", 1...4),
        "productID": .digits("1 to 4 hexadecimal digits", 1...4),
        "serialPrefix": Form("1 to 8 capital letters, digits or dashes") { (try? SerialPrefix($0)) != nil },
        "debugPermissions": Form("32 hexadecimal digits, small letters") { (try? SixteenOctets($0)) != nil },
        "secureBootKey": .digits("130 hexadecimal digits, the first two 04", 130...130, after: "04"),
        "firmware": .digits("64 hexadecimal digits, the SHA-256 of a file", 64...64),
        "declaration": .digits("64 hexadecimal digits, the SHA-256 of a file", 64...64),
        "deviceType": Form("A number: 0x0100, or 256") { deviceType($0).isNumber },
        "lifetimeTotal": .number("A number, 1 or more", 1),
        "largestBatch": .number("A number, 1 or more", 1),
        "longestSilence": .number("Whole minutes, 1 or more", 1),
        "longestWindow": .number("Whole days", 0),
        "socClass": .number("A number", 0),
        "softwareVersion": .number("A number", 0),
        "discovery": .number("A number: the sum of its bits", 0),
        "iterations": .number("A number from 1,000 to 100,000", 1_000),
        "hardwareVersion": .number("A number", 0),
        "expiresAt": Form("A time, in UTC") { (try? Instant("\($0.prefix(16)):00Z")) != nil },
    ]

    static func wanted(_ field: String) -> String { forms[field]?.words ?? "Not in the form that this field takes" }

    /// Everything in a form that is not in the form that its field takes.
    static func wrong(_ entered: [String: String]) -> [String: String] {
        var errors: [String: String] = [:]
        for (field, form) in forms {
            if let entered = entered[field], !form.fits(entered) { errors[field] = form.words }
        }
        return errors
    }

    /// As Matter writes device types: `0x0100`.
    static func deviceType(_ number: UInt32) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return "0x" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// `0x0100` or `256`; what is neither goes on as the text that it is, for the API to refuse.
    static func deviceType(_ entered: String) -> JSONValue {
        let text = entered.filter { !$0.isWhitespace }
        let number = text.lowercased().hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16) : Int64(text)
        return number.map { .integer($0) } ?? .string(text)
    }

    static func field(of problem: Problem) -> String? {
        if let field = byCode[problem.code] { return field }
        if problem.code.hasPrefix("firmware.") { return "firmware" }
        guard problem.code == VersionError.fileUnknown.rawValue else { return nil }
        return problem.detail?.hasPrefix("declaration") == true ? "declaration" : "firmware"
    }
}

extension JSONValue {
    fileprivate var isNumber: Bool { if case .integer = self { true } else { false } }
}
