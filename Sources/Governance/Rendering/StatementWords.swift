import Statements
import Vocabulary

/// Summary and lines of one statement.
struct StatementWords {
    let summary: String
    let lines: [StatementRendering.Line]

    init(_ summary: String, _ lines: [(String, String)]) {
        self.summary = summary
        self.lines = lines.map { StatementRendering.Line(field: $0.0, words: $0.1) }
    }

    /// Every kind that this release knows, by its payload type; throws `statement.type.unexpected` for any other.
    static func of(_ envelope: Envelope) throws -> StatementWords {
        let payload = envelope.payload
        switch envelope.payloadType {
        case RoleKeys.payloadType: return words(try RoleKeys.read(payload: payload))
        case EdgeHSMEnrolment.payloadType: return words(try EdgeHSMEnrolment.read(payload: payload))
        case VersionApproval.payloadType: return words(try VersionApproval.read(payload: payload))
        case OfficerOrder.payloadType: return words(try OfficerOrder.read(payload: payload))
        case PortalStatus.payloadType: return words(try PortalStatus.read(payload: payload))
        case ProductPreparation.payloadType: return words(try ProductPreparation.read(payload: payload))
        case CeremonyTranscript.payloadType: return words(try CeremonyTranscript.read(payload: payload))
        case ProductionAuthorization.payloadType: return words(try ProductionAuthorization.read(payload: payload))
        case ProductionPackage.payloadType: return words(try ProductionPackage.read(payload: payload))
        case ProgrammingPermit.payloadType: return try words("A permit to program one unit.", payload)
        case Checkpoint.payloadType: return try words("An EdgeHSM's checkpoint of its journal.", payload)
        default: throw Refusal(StatementError.wrongType, String(envelope.payloadType.prefix(80)))
        }
    }

    /// Fields as they stand, for statements that machines sign.
    private static func words(_ summary: String, _ payload: [UInt8]) throws -> StatementWords {
        try StrictJSON.check(payload, limit: Envelope.largest)
        guard case .object(let fields) = try StatementCoding.decode(JSONValue.self, from: payload) else {
            throw Refusal(StatementError.malformedJSON, "not an object")
        }
        return StatementWords(
            summary,
            try fields.sorted { $0.key < $1.key }.map { key, value in
                if case .text(let text) = value { return (key, text) }
                return (key, String(decoding: try StatementCoding.encode(value), as: UTF8.self))
            }
        )
    }

    static func key(_ point: P256Point) -> String { "key \(point.keyID.hex)" }
    static func units(_ count: Int) -> String { count == 1 ? "1 unit" : "\(count) units" }

    static func duration(_ seconds: Int64) -> String {
        switch seconds {
        case 86_400... where seconds % 86_400 == 0: "\(seconds / 86_400) days"
        case 3_600... where seconds % 3_600 == 0: "\(seconds / 3_600) hours"
        default: "\(seconds) seconds"
        }
    }
}
