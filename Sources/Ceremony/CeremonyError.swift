public import Vocabulary

/// What ceremonies, and the authorizer's ledger of `obis authorize`, refuse.
public enum CeremonyError: String, ErrorCatalogue {
    case tokenMissing = "ceremony.token.missing"
    case softwareToken = "ceremony.token.software"
    case participants = "ceremony.participants.too-few"
    case differs = "ceremony.state.differs"
    case keyLost = "ceremony.key.lost"
    case versionGap = "ceremony.role-keys.version"
    case unregistered = "ceremony.edgehsm.unregistered"
    case replaced = "ceremony.edgehsm.replaced"
    case outOfForce = "ceremony.edgehsm.out-of-force"
    case requestUnsigned = "ceremony.edgehsm.request-unsigned"
    case preparationDiffers = "ceremony.preparation.differs"
    case keyReused = "ceremony.key.reused"
    case labOnly = "ceremony.profile.lab-only"
    case transcriptInvalid = "ceremony.transcript.invalid"
    case transcriptHead = "ceremony.transcript.head"
    case unaccounted = "ceremony.state.unaccounted"
    case ledgerMalformed = "authorize.ledger.malformed"
    case ledgerMissing = "authorize.ledger.missing"
    case ledgerExists = "authorize.ledger.exists"
    case portalKeepsTotals = "authorize.ledger.portal"

    public var meaning: String { texts.0 }
    public var remedy: String { texts.1 }
}

extension CeremonyError {
    /// Meaning and remedy.
    var texts: (String, String) {
        switch self {
        case .tokenMissing:
            (
                "A token is not present and the ceremony file does not say that it is to be initialised.",
                "Insert the token, or set `initialize` for it after checking that it never existed."
            )
        case .softwareToken:
            (
                "The production profile needs a hardware token and this one is software.",
                "Use a hardware token, or the lab profile where nothing leaves the laboratory."
            )
        case .participants:
            ("A ceremony needs at least two different people.", "List everybody who is present, each once.")
        case .differs:
            (
                "Something that the ceremony file describes exists already and is different. Nothing was changed.",
                "Find out which of the two is right; give what is new a name or version of its own."
            )
        case .keyLost:
            (
                "The state names a key that the token does not hold, or holds as another key.",
                "Do not go on: use the right token, or restore it from its backup."
            )
        case .versionGap:
            (
                "The RoleKeys version in the ceremony file is neither the newest one nor the next.",
                "State the newest version to leave it, or the next one to make a successor."
            )
        case .replaced:
            (
                "An EdgeHSM of this name is enrolled with other keys: an appliance never takes another's name.",
                "Enrol the new appliance under a new name; retire the old one by order and move its allotment."
            )
        case .unregistered:
            (
                "The request was not signed by an EdgeHSM whose enrolment the officers have signed.",
                "Enrol the EdgeHSM while you hold it and have the officers sign; accept no request from elsewhere."
            )
        case .outOfForce:
            (
                "The officers revoked this EdgeHSM or declared it dead: it gets no enrolment and no certificate any more.",
                "Take the entry out of the ceremony file; enrol another appliance under a name of its own."
            )
        case .requestUnsigned:
            (
                "An enrolment request is not signed by the identity key inside it.",
                "Have the EdgeHSM make the request again and carry the file yourself."
            )
        case .preparationDiffers:
            (
                "An EdgeHSM's request for product certificates is not what the reviewed file says.",
                "Compare product, vendor id and product id; correct the file that is wrong."
            )
        case .keyReused:
            ("One key would get two certificates or two roles.", "Have a new key made for this purpose.")
        case .labOnly:
            (
                "The ceremony file asks for something that only the lab profile may do.",
                "Remove it; keys of a production ceremony are born in their tokens."
            )
        case .transcriptHead:
            (
                "The newest transcript is not the one that was expected: transcripts are missing, or there were more runs.",
                "Compare with the copies that the participants keep; do not use a state that lacks a transcript."
            )
        case .unaccounted:
            (
                "Files lie in the state that no transcript names.",
                "Find out where they come from: a transcript may be missing. Move what does not belong there away."
            )
        case .ledgerMissing:
            (
                "There is no ledger here: without it nobody knows what was granted and which serials are taken.",
                "Name the OEM's one ledger with --ledger. Only for the first batch ever: --new-ledger."
            )
        case .ledgerExists:
            (
                "A new ledger was asked for, and one is there.",
                "Leave --new-ledger out: it is for the first batch ever."
            )
        case .portalKeepsTotals:
            (
                "A portal works with this token and keeps the totals: a ledger beside it would grant them again.",
                "Make the batch in the portal. If the portal is lost, restore it from its backup: sites run on meanwhile."
            )
        case .ledgerMalformed:
            (
                "The authorizer's ledger is not in its form.",
                "Do not delete it: restore it, or rebuild it from the authorizations that were given out."
            )
        default:
            (
                "A ceremony transcript, or a file that it names, is not what was signed.",
                "Do not use this state; compare it with the copies that the participants keep."
            )
        }
    }
}
