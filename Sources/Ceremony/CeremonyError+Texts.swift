extension CeremonyError {
    /// Meaning and remedy.
    var texts: (String, String) {
        switch self {
        case .fileMissing, .fileUnreadable, .fileUnwritable, .fileTooLarge, .fileMalformed, .unknownField,
            .keyMalformed, .stateBusy, .pinFiles, .tokenMissing, .softwareToken:
            fileTexts
        case .participants, .differs, .keyLost, .versionGap, .prerequisite, .unregistered, .requestUnsigned,
            .preparationDiffers, .keyReused, .labOnly, .transcriptInvalid:
            ceremonyTexts
        case .notOfficer, .alreadySigned, .notForOfficers, .confirmation, .fork, .chainMissing, .allotmentFalls,
            .roleKeysOlder, .rootUnknown:
            officerTexts
        case .firmwareDiffers, .declarationDiffers, .familyUnknown, .textTooLong, .identityMismatch, .scopeDiffers,
            .debugRootDiffers:
            manifestTexts
        default: authorizerTexts
        }
    }

    private var fileTexts: (String, String) {
        switch self {
        case .fileMissing: ("A file that this step needs does not exist.", "Check the path in the detail.")
        case .fileUnreadable: ("A file can't be read.", "Check its permissions; it must be a plain file.")
        case .fileUnwritable: ("A file can't be written.", "Check the folder's permissions and the free space.")
        case .fileTooLarge: ("A file is larger than its limit.", "Check that it is the right file.")
        case .fileMalformed:
            ("A file lacks a field or has a value of the wrong kind.", "Correct the field named in the detail.")
        case .unknownField:
            (
                "A reviewed file has a field that this program does not know, so what the reviewers meant would not be done.",
                "Remove or correct the field named in the detail."
            )
        case .keyMalformed:
            (
                "A public key is not a P-256 key in hexadecimal or PEM.",
                "Fetch the key again from the token that made it."
            )
        case .stateBusy: ("Another run is working on the same state.", "Wait until it has ended.")
        case .pinFiles:
            (
                "A token must be given either one PIN file or a list of different ones.",
                "Correct the token's entry named in the detail."
            )
        case .tokenMissing:
            (
                "A token is not present and the ceremony file does not say that it is to be initialised.",
                "Insert the token, or set `initialize` for it after checking that it never existed."
            )
        default:
            (
                "The production profile needs a hardware token and this one is software.",
                "Use a hardware token, or the lab profile where nothing leaves the laboratory."
            )
        }
    }

    private var ceremonyTexts: (String, String) {
        switch self {
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
        case .prerequisite:
            ("A step needs something that does not exist yet.", "Do the step named in the detail first.")
        case .unregistered:
            (
                "The request was not signed by an EdgeHSM whose enrolment the officers have signed.",
                "Enrol the EdgeHSM while you hold it and have the officers sign; accept no request from elsewhere."
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
        default:
            (
                "A ceremony transcript, or a file that it names, is not what was signed.",
                "Do not use this state; compare it with the copies that the participants keep."
            )
        }
    }

    private var officerTexts: (String, String) {
        switch self {
        case .notOfficer:
            (
                "The token holds no approval key of an officer in these RoleKeys.",
                "Use your own token and the newest RoleKeys; new officers are added in a ceremony."
            )
        case .alreadySigned: ("You have signed this statement already.", "Pass the file on to the next officer.")
        case .notForOfficers:
            (
                "Statements of this type are not signed by officers.",
                "Check that it is the right file; do not sign it."
            )
        case .confirmation:
            (
                "The confirmation is not the first 8 digits of the statement's id. Nothing was signed.",
                "Read what is shown, then type the digits that stand beside `id`."
            )
        case .fork:
            (
                "This approval contradicts one that you have signed for the same product.",
                "Do not sign. Ask who made a second approval of this sequence, and report it."
            )
        case .chainMissing:
            (
                "The approvals between the last one you signed and this one are not at hand.",
                "Give the folder with the product's earlier approvals as --previous."
            )
        case .allotmentFalls:
            (
                "The approval takes allotment from an EdgeHSM without an order that releases it.",
                "Have the release ordered and journaled first, and put the signed order into the --previous folder."
            )
        case .roleKeysOlder:
            ("These RoleKeys are older than ones that you have used.", "Fetch the newest RoleKeys.")
        default:
            (
                "These RoleKeys stand under a root authority that you have not known and that the known one did not sign.",
                "Do not sign. Ask the ceremony's people about the root authority, by another way than mail."
            )
        }
    }

    private var authorizerTexts: (String, String) {
        switch self {
        case .roleKeysExpired: ("The RoleKeys have expired.", "Have a ceremony make the next version.")
        case .approvalExpired: ("The officers' approval has expired.", "Have the officers sign a new approval.")
        case .approvalSuperseded:
            ("A later approval of this product was used already.", "Use the product's newest approval.")
        case .manifestDiffers:
            (
                "Approval, manifest and Certification Declaration do not belong together.",
                "Use the files of the approved version."
            )
        case .batchOutsideRules:
            (
                "The batch is outside what the officers permitted in their approval.",
                "Make the batch smaller or shorter, or have the officers approve other rules."
            )
        case .quota:
            (
                "The batch would exceed the allotment of this EdgeHSM or the product's lifetime total.",
                "Make a smaller batch, or have the officers approve higher figures."
            )
        case .batchTaken:
            ("A batch of this name exists already with other content.", "Give the new batch a name of its own.")
        case .serialsTaken:
            ("The serial range overlaps one of another batch.", "Start after the last serial in the detail.")
        case .edgeHSMDiffers:
            (
                "The enrolment is of another EdgeHSM or factory than the batch names, or too weak for the profile.",
                "Use the enrolment of the EdgeHSM at that factory."
            )
        case .productKeyDiffers:
            (
                "A product key in the token is not the approved one.",
                "Use the token that the manifest was made with; do not go on with another key."
            )
        case .productKeyInClear:
            (
                "A product key was imported in clear, so its value is known outside the token.",
                "Make the key in the token and have a new version approved; the lab profile alone may go on."
            )
        case .fleetKeyWithoutException:
            (
                "A fleet key would go to chips that prove no identity, without the officers' exception.",
                "Use a key for each unit, or have the officers approve the exception with its number of units."
            )
        case .tokenNotAuthorizer:
            ("The token does not hold the key that the RoleKeys name.", "Use the portal's own token.")
        default:
            (
                "The authorizer's ledger is not in its form.",
                "Do not delete it: restore it, or rebuild it from the authorizations that were given out."
            )
        }
    }

    private var manifestTexts: (String, String) {
        switch self {
        case .firmwareDiffers:
            (
                "The firmware says another product than the description.",
                "Correct the description or upload the firmware of this product."
            )
        case .declarationDiffers:
            (
                "The Certification Declaration does not cover this product, or does not verify.",
                "Use the declaration for this vendor and product id."
            )
        case .familyUnknown: ("No chip family of this name is known.", "Use one of the names in the detail.")
        case .textTooLong:
            ("A text is longer than the chip family's factory data can hold.", "Shorten the field in the detail.")
        case .identityMismatch:
            (
                "The chip identity level does not fit the chip family.",
                "Ask for a level that chips of this family can prove."
            )
        case .debugRootDiffers:
            (
                "The debug root is not valid, or the product's debug permissions or class do not fit under it.",
                "Use the ceremony's debug root, a soc_class other than 0, and permissions within the root's."
            )
        default:
            ("The PAA is of another vendor than the product.", "Use the PAA of the product's vendor id.")
        }
    }
}
