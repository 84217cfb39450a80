public import Vocabulary

/// What the routes of records refuse.
public enum RecordError: String, WebError, ErrorCatalogue {
    case oneKey = "portal.unit.one-key"
    case notProven = "portal.unit.not-proven"
    case otherEntry = "portal.unit.other-entry"
    case days = "portal.roll-up.days"
    case acknowledged = "portal.alarm.acknowledged"

    public var meaning: String {
        switch self {
        case .oneKey: "A unit is looked up by exactly one of serial, chip, dac and key."
        case .notProven: "No checkpoint that is stored covers the unit's entry yet."
        case .otherEntry: "The entry at this position of the journal is not about the unit."
        case .days: "The range of days ends before it begins or is longer than ten years."
        case .acknowledged: "The alarm is acknowledged already."
        }
    }

    public var remedy: String {
        switch self {
        case .oneKey: "Give one of them."
        case .notProven: "Ask again after the factory's next upload."
        case .otherEntry: "Give the sequence of one of the unit's steps, as the unit's own address lists them."
        case .days: "Give an earlier from or a later to, within ten years."
        case .acknowledged: "Nothing: it is open again when it comes again."
        }
    }

    public var status: Int {
        switch self {
        case .oneKey, .days: 400
        case .otherEntry: 404
        case .notProven, .acknowledged: 409
        }
    }

    public var isRetryable: Bool { self == .notProven }
}
