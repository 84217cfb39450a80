public import Vocabulary

/// What can be wrong with a proof or a tree that somebody else hands over.
public enum TransparencyLogError: String, ErrorCatalogue {
    case malformedProof = "log.proof.malformed"
    case inclusionWrong = "log.inclusion.wrong"
    case consistencyWrong = "log.consistency.wrong"
    case malformedRange = "log.range.malformed"
    case outOfRange = "log.size.out-of-range"

    public var meaning: String {
        switch self {
        case .malformedProof: "A log proof has impossible sizes or a wrong number of hashes."
        case .inclusionWrong: "The entry is not in the log that has this root."
        case .consistencyWrong: "The newer log does not contain the older one unchanged."
        case .malformedRange: "The stored frontier of a log does not fit its size."
        case .outOfRange: "The log has no such entry or never had this size."
        }
    }

    public var remedy: String {
        switch self {
        case .malformedProof: "Fetch the proof again for exactly these sizes."
        case .inclusionWrong: "Fetch entry, proof and checkpoint again; if they still differ, raise an alarm."
        case .consistencyWrong:
            "Raise an alarm: entries were removed, changed or forked; keep both versions as evidence."
        case .malformedRange: "Rebuild the frontier from the journal's entries."
        case .outOfRange: "Ask for an entry or a size that the log has."
        }
    }
}
