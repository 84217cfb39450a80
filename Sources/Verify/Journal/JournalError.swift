public import Vocabulary

/// What a journal can be found guilty of.
public enum JournalError: String, ErrorCatalogue {
    case entryMalformed = "journal.entry.malformed"
    case sequenceGap = "journal.sequence.gap"
    case genesis = "journal.genesis.invalid"
    case identity = "journal.identity.mismatch"
    case identityUnproven = "journal.identity.unproven"
    case rootAuthority = "journal.root-authority.mismatch"
    case rootMismatch = "journal.root.mismatch"
    case checkpointMismatch = "journal.checkpoint.mismatch"
    case accountMismatch = "journal.account.mismatch"
    case epoch = "journal.epoch.undisciplined"
    case time = "journal.time.backwards"
    case statementUnverified = "journal.statement.unverified"
    case orderMissing = "journal.order.missing"
    case loadedTwice = "journal.load.twice"
    case loadOutsideScope = "journal.load.outside-scope"
    case allotmentExceeded = "journal.allotment.exceeded"
    case authorizationUnknown = "journal.authorization.unknown"
    case revokedUsed = "journal.revoked.used"
    case windowOutside = "journal.window.outside"
    case quotaExceeded = "journal.quota.exceeded"
    case unitMisnumbered = "journal.unit.misnumbered"
    case unitOutOfOrder = "journal.unit.out-of-order"
    case chipTwice = "journal.chip.twice"
    case serialTwice = "journal.serial.twice"
    case keyTwice = "journal.key.twice"
    case rotationUnproven = "journal.rotation.unproven"
    case dacWrong = "journal.dac.wrong"
    case evidenceWrong = "journal.evidence.wrong"
    case allowanceExceeded = "journal.allowance.exceeded"
    case fleetKey = "journal.fleet-key.exceeded"
    case peerUnknown = "journal.peer.unknown"
    case afterZeroise = "journal.entry.after-zeroise"
    case tooMany = "journal.findings.too-many"

    public var meaning: String {
        switch self {
        case .entryMalformed: "An entry of the journal can't be read."
        case .sequenceGap: "An entry does not stand at the place that it names: something was removed or inserted."
        case .genesis: "The journal does not begin with a valid first entry."
        case .identity: "The journal was written by another EdgeHSM than the one expected."
        case .identityUnproven: "Nothing given proves that the EdgeHSM that signed the journal was ever registered."
        case .rootAuthority: "The journal obeys another root authority than the one expected."
        case .rootMismatch: "The entries are not those that the checkpoint vouches for."
        case .checkpointMismatch: "The checkpoint does not belong to these entries."
        case .accountMismatch: "Counts in the journal and counts that are stated do not agree."
        case .epoch: "A start of the EdgeHSM is not where or what it must be."
        case .time: "Something was issued at a time before one that the EdgeHSM had seen."
        case .statementUnverified: "A statement in the journal lacks the signatures that it needs."
        case .orderMissing: "Something was done that takes an officers' order, and no such order stands before it."
        case .loadedTwice: "An authorization was loaded that was loaded or void before."
        case .loadOutsideScope: "An authorization was loaded that the approval or the RoleKeys don't cover."
        case .allotmentExceeded: "More units were granted than the officers allotted to this EdgeHSM."
        case .authorizationUnknown: "An entry names an authorization that is not loaded."
        case .revokedUsed: "Something was done under an authorization after its revocation."
        case .windowOutside: "Something was done outside its time window."
        case .quotaExceeded: "More units were issued or burned than were granted."
        case .unitMisnumbered: "A unit has another id, generation, position or serial than it must have."
        case .unitOutOfOrder: "A step was journaled that the unit's state did not allow."
        case .chipTwice: "A chip got a second DAC while one was valid."
        case .serialTwice: "Two units of a product have the same serial."
        case .keyTwice: "A key was certified twice."
        case .rotationUnproven: "A credential was replaced without the word of the key that attested the unit before."
        case .dacWrong: "A DAC is not what the approved version's profile and the installed PAI make of it."
        case .evidenceWrong: "The evidence of an entry contradicts the approved manifest."
        case .allowanceExceeded: "A service allowance was used beyond its number or its masks."
        case .fleetKey: "A fleet key went to chips beyond the officers' exception."
        case .peerUnknown: "A step was done by a station that was not enrolled."
        case .afterZeroise: "Something was done after the keys were destroyed."
        case .tooMany: "There are more findings than are listed."
        }
    }

    public var remedy: String {
        switch self {
        case .entryMalformed, .sequenceGap, .rootMismatch, .checkpointMismatch:
            "Export the journal again; if it stays so, treat it as tampered with."
        case .identityUnproven:
            "Give the registered identity key, or the enrolment together with the root authority's key."
        case .identity, .rootAuthority: "Check which appliance the file is from and which key was given."
        default: "Treat the EdgeHSM as suspect, keep its disk, and call the OEM's security team."
        }
    }
}
