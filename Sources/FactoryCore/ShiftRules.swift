public import LineProtocol
import Statements
import Vocabulary

/// What a Factory Service demands of what stations tell it before it is written down.
public enum ShiftRules {
    static let longestCode = 80
    static let longestSealedRecord = 4 * 1_024
    static let longestUnit = 24 * 3_600 * 1_000

    /// Throws `factory.shift.name` unless the name has 1 to 64 characters without control characters.
    public static func check(operatorName name: String) throws {
        let isPrintable = name.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0.value != 0x2028 && $0.value != 0x2029
        }
        guard (1...64).contains(name.count), name.utf8.count <= 256, isPrintable,
            name.contains(where: { !$0.isWhitespace })
        else { throw Refusal(FactoryError.operatorName) }
    }

    /// Throws `factory.report.malformed`.
    public static func check(_ report: ReportUnit.Request) throws {
        func require(_ condition: Bool, _ what: String) throws {
            guard condition else { throw Refusal(FactoryError.reportMalformed, what) }
        }
        try require((1...64).contains(report.shift.utf8.count), "shift")
        try require((1...1_024).contains(report.site), "site")
        try require((0...longestUnit).contains(report.milliseconds), "milliseconds")
        if let code = report.code {
            let isCode = code.utf8.allSatisfy {
                ($0 >= 0x61 && $0 <= 0x7A) || [0x2D, 0x2E].contains($0) || ($0 >= 0x30 && $0 <= 0x39)
            }
            try require((1...longestCode).contains(code.utf8.count) && isCode, "code")
        }
        if let record = report.labelRecord {
            try require((16...longestSealedRecord).contains(record.ciphertext.bytes.count), "label record")
            try require(report.unit != nil, "a label record without its unit")
        }
    }
}
