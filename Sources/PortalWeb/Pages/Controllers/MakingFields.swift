import FoundationEssentials
import Governance
import KeyCustody
import PortalCore
import PortalPages
import PortalProtocol
import Silicon
import Vocabulary

/// Beside which field of the long forms a refusal belongs, where its code says so.
enum MakingFields {
    private static let byCode: [String: [String]] = [
        VersionError.productExists.rawValue: ["product"],
        VersionError.versionExists.rawValue: ["version"],
        // The administrator makes a key for each version first.
        KeyCustodyError.nameUnknown.rawValue: ["version"],
        VersionError.versionPermissions.rawValue: [DebugPermissionFields.ticks],
        GovernanceError.firmwareDiffers.rawValue: ["firmware"],
        GovernanceError.declarationDiffers.rawValue: ["declaration"],
        GovernanceError.identityMismatch.rawValue: ["chipIdentity"],
        GovernanceError.scopeDiffers.rawValue: ["vendorID", "paa"],
        // Any of the three may be what does not fit the others.
        GovernanceError.debugRootDiffers.rawValue: ["debugRoot", "socClass", DebugPermissionFields.ticks],
        VersionError.approvalExpiry.rawValue: ["expiresAt"],
    ]

    /// Parts of an address in the API's body that say nothing of a field.
    private static let general: Set<String> = ["body", "foundation", "rules", "product", "title", "version"]

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
        "debugPermissions": Form("32 hexadecimal digits, small letters") { text in
            text.isEmpty || (try? SixteenOctets(text)) != nil
        },
        "paa": Form("One certificate: PEM, or base64 of its DER") { certificates($0, 1...1) },
        "debugRoot": Form("One certificate: base64 of the ADAC certificate") { octets($0)?.count == 1 },
        "vendorRoots": Form("Up to four certificates: PEM, or base64 of their DER, one a line") {
            certificates($0, 0...4)
        },
        "keySlots": Form("Up to eight names of letters, digits, dots and dashes, each once, commas between") { text in
            let names = text.split(separator: ",").map { $0.filter { !$0.isWhitespace }.replacing("*", with: "") }
            return names.count <= 8 && Set(names).count == names.count && names.allSatisfy { (try? KeySlot($0)) != nil }
        },
        "secureBootKey": .digits("130 hexadecimal digits, the first two 04", 130...130, after: "04"),
        "firmware": .digits("64 hexadecimal digits, the SHA-256 of a file", 64...64),
        "declaration": .digits("64 hexadecimal digits, the SHA-256 of a file", 64...64),
        "deviceType": Form("A number: 0x0100, or 256") { deviceType($0).isNumber },
        "lifetimeTotal": .number("A number, 1 or more", 1),
        "largestBatch": .number("A number, 1 or more", 1),
        "longestSilence": .number("Whole minutes, 1 or more", 1),
        "longestWindow": .number("Whole days", 0),
        "socClass": .number("A number, 1 or more", 1),
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

    /// What PEM or base64 holds, certificate by certificate; nil for what is neither.
    private static func octets(_ text: String) -> [Data]? {
        let parts = MakingController.base64(text)
        let found = parts.compactMap { Data(base64Encoded: $0) }.filter { $0.count > 32 }
        return found.count == parts.count ? found : nil
    }

    /// So many, each DER by its first octet: a SEQUENCE.
    private static func certificates(_ text: String, _ count: ClosedRange<Int>) -> Bool {
        octets(text).map { count.contains($0.count) && $0.allSatisfy { $0.first == 0x30 } } ?? false
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

    /// Fields that a refusal is about, by its code.
    static func fields(of problem: Problem) -> [String] {
        if let fields = byCode[problem.code] { return fields }
        let detail = problem.detail ?? ""
        if problem.code.hasPrefix("firmware.") { return ["firmware"] }
        if problem.code.hasPrefix("matter.declaration.") { return ["declaration"] }
        switch problem.code {
        case VersionError.fileUnknown.rawValue: return [detail.hasPrefix("declaration") ? "declaration" : "firmware"]
        case GovernanceError.familyUnknown.rawValue: return [detail.hasPrefix("factory data") ? "encoding" : "family"]
        case GovernanceError.textTooLong.rawValue where detail.hasPrefix("Certification"): return ["declaration"]
        // Which one is too large, the API does not say.
        case VersionError.productFoundation.rawValue where detail.hasPrefix("a certificate"):
            return ["paa", "debugRoot", "vendorRoots"]
        default: return []
        }
    }

    /// Every field of a long form that is wrong, with what is wrong of it: what the refusal is about, and what is not in the
    /// form that its field takes. The API stops at the first; whoever fills the form in is told of all.
    /// - Parameter entered: ticks that are not set are not in it.
    static func errors(_ problem: Problem, entered: [String: String]) -> [String: String] {
        let isMalformed = problem.code == PortalProtocolError.malformedRequest.rawValue
        var errors = wrong(entered)
        for field in fields(of: problem) where errors[field] == nil {
            if entered[field] != nil || field == DebugPermissionFields.ticks { errors[field] = problem.title }
        }
        for (field, why) in named(problem.detail ?? "", among: entered) where errors[field] == nil {
            errors[field] = isMalformed ? wanted(field) : why ?? problem.title
        }
        // Figures of a product that are not named are those of its total.
        if errors.isEmpty, problem.code == VersionError.productFigures.rawValue {
            errors["lifetimeTotal"] = problem.title
        }
        return errors
    }

    /// `foundation.paa: a code` names `paa`; `flow 9, discovery 0` names both.
    private static func named(_ detail: String, among entered: [String: String]) -> [(field: String, why: String?)] {
        let halves = detail.split(separator: ":", maxSplits: 1)
        let path = (halves.first ?? "").split(separator: ".").map(String.init)
        // A bare word of the API's own is no address.
        if halves.count == 1, path.last.map({ general.contains($0) }) ?? true { return [] }
        if let field = path.reversed().first(where: { entered[$0] != nil }), path.allSatisfy({ !$0.contains(" ") }) {
            let why = halves.count > 1 ? halves[1].drop { $0 == " " } : ""
            let isCode = why.prefix { $0 != " " }.contains(".")
            let words = isCode ? "Can't be used here: \(why)" : FieldWords.sentence(String(why))
            return [(field, why.isEmpty ? nil : words)]
        }
        let words = Set(detail.split { !$0.isLetter && !$0.isNumber }.map(String.init)).subtracting(general)
        return words.filter { entered[$0] != nil }.sorted().map { ($0, nil) }
    }
}

extension JSONValue {
    fileprivate var isNumber: Bool { if case .integer = self { true } else { false } }
}
