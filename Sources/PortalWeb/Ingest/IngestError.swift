public import Vocabulary

/// Why a chunk of a journal is not taken in. Entries that are wrong in themselves are taken in, into quarantine.
public enum IngestError: String, ErrorCatalogue {
    case edgeUnknown = "portal.journal.edge-unknown"
    case tooLarge = "portal.journal.too-large"
    case checkpoint = "portal.journal.checkpoint"
    case incomplete = "portal.journal.incomplete"
    case gap = "portal.journal.gap"
    case altered = "portal.journal.altered"
    case forked = "portal.journal.forked"
    case truncated = "portal.journal.truncated"
    case restoring = "portal.journal.restoring"
    case stateTooLarge = "portal.journal.state-too-large"
    case duplicateChip = "portal.journal.duplicate-chip"
    case duplicateKey = "portal.journal.duplicate-key"
    case duplicateSerial = "portal.journal.duplicate-serial"

    public var meaning: String {
        switch self {
        case .edgeUnknown: "No EdgeHSM of this name is enrolled for this factory."
        case .tooLarge: "The chunk holds more entries or octets than are taken at once."
        case .checkpoint: "The checkpoint is not signed by the EdgeHSM that it must be from."
        case .incomplete: "The checkpoint covers other entries than those of the chunk and before it."
        case .gap: "Entries before those of the chunk are not stored."
        case .altered: "The entries are not those that the checkpoint was signed for."
        case .forked: "The EdgeHSM signed another version of entries that are stored."
        case .truncated: "A newer checkpoint covers less than what is stored."
        case .restoring: "The EdgeHSM went on from an older disk; its journal is being judged again from the start."
        case .stateTooLarge: "What must be remembered of this journal is larger than any honest EdgeHSM needs."
        case .duplicateChip: "The chip has a DAC in force from another EdgeHSM or from a lost tail."
        case .duplicateKey: "The device key was certified by another EdgeHSM or in a lost tail."
        case .duplicateSerial: "Another EdgeHSM or a lost tail has a unit with this serial."
        }
    }

    public var remedy: String {
        switch self {
        case .edgeUnknown: "Check the name, the factory and whether the enrolment was handed in."
        case .tooLarge: "Send fewer entries at a time."
        case .checkpoint: "Ask the EdgeHSM for a checkpoint and send the chunk again."
        case .incomplete: "Send a checkpoint of exactly the last entry of the chunk."
        case .gap: "Go on from the stored size that the answer names."
        case .altered:
            "Read the entries from the EdgeHSM again and send them from an earlier one on; if it stays so, call the OEM."
        case .forked, .truncated:
            "Stop the line and call the OEM's security team: both versions are kept as evidence."
        case .restoring: "Wait a moment, then go on from the stored size that the portal names."
        case .stateTooLarge: "Call the OEM's security team."
        case .duplicateChip, .duplicateKey, .duplicateSerial:
            "Find both devices; one of the EdgeHSMs or a station shows what it must not."
        }
    }

    public var isRetryable: Bool { self == .restoring }
}
