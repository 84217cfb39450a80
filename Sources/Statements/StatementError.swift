public import Vocabulary

/// What can be wrong with a signed statement before anybody asks what it permits.
public enum StatementError: String, ErrorCatalogue {
    case tooLarge = "statement.size.too-large"
    case malformedJSON = "statement.json.malformed"
    case duplicateKey = "statement.json.duplicate-key"
    case tooDeep = "statement.json.too-deep"
    case forbiddenNumber = "statement.json.forbidden-number"
    case malformedEnvelope = "statement.envelope.malformed"
    case malformedBase64 = "statement.base64.malformed"
    case wrongType = "statement.type.unexpected"
    case missingField = "statement.field.missing"
    case inconsistent = "statement.content.inconsistent"
    case notUnderstood = "statement.content.not-understood"
    case badSignature = "statement.signature.invalid"
    case notSigned = "statement.signature.missing"
    case tooFewOfficers = "statement.officers.too-few"

    public var meaning: String {
        switch self {
        case .tooLarge: "A signed statement is larger than its limit."
        case .malformedJSON: "A statement is not JSON in the strict form that this system reads."
        case .duplicateKey: "A statement names the same field twice."
        case .tooDeep: "A statement is nested more deeply than allowed."
        case .forbiddenNumber: "A statement holds a number that is not a whole number below 2^53."
        case .malformedEnvelope: "The envelope around a statement is not a DSSE envelope in the expected form."
        case .malformedBase64: "A field that must be canonical base64 is not."
        case .wrongType: "The envelope carries another type of statement than the one needed here."
        case .missingField: "A statement lacks a field or has one of the wrong type."
        case .inconsistent: "A statement contradicts itself."
        case .notUnderstood:
            "A statement says that it must not be used by software that does not know one of its fields."
        case .badSignature: "A signature on the statement does not verify."
        case .notSigned: "The statement has no signature by the key that must sign it."
        case .tooFewOfficers: "Fewer different officers have signed than the rule demands."
        }
    }

    public var remedy: String {
        switch self {
        case .tooLarge, .malformedJSON, .duplicateKey, .tooDeep, .forbiddenNumber, .malformedEnvelope,
            .malformedBase64, .missingField:
            """
            Check that this is the file you meant, and correct it where you wrote it yourself; else fetch it again from \
            where it came, and send it to the OEM's security team if it stays so.
            """
        case .wrongType: "Use the file that belongs to this step."
        case .inconsistent: "Ask the OEM's security team for a corrected statement."
        case .notUnderstood: "Update this software, then try again."
        case .badSignature, .notSigned:
            "Do not use the file. Fetch it again from the portal and report it to the OEM's security team."
        case .tooFewOfficers: "Have the missing officers sign with `obis approve`, then try again."
        }
    }

    /// True where the octets were not a statement or another of this system's JSON forms at all: another file was named,
    /// or a damaged one. False where a form was understood and found wrong.
    public static func isAnotherForm(_ refusal: Refusal) -> Bool {
        [Self.malformedJSON, .malformedEnvelope, .missingField, .tooDeep, .forbiddenNumber]
            .contains { refusal.has($0) }
    }
}
