extension GovernanceError {
    /// Meaning and remedy.
    var texts: (String, String) {
        switch self {
        case .fileMissing, .fileUnreadable, .fileUnwritable, .fileTooLarge, .fileMalformed, .fileOtherKind,
            .unknownField, .keyMalformed, .stateBusy, .pinFiles, .prerequisite:
            fileTexts
        case .notOfficer, .alreadySigned, .notForOfficers, .confirmation, .fork, .chainMissing, .allotmentFalls,
            .releaseIdle, .releaseInvalid, .roleKeysOlder, .rootUnknown:
            officerTexts
        case .firmwareDiffers, .declarationDiffers, .familyUnknown, .textTooLong, .identityMismatch, .scopeDiffers,
            .debugRootDiffers:
            manifestTexts
        case .enrolmentRequest, .enrolmentLifetime, .enrolmentCADiffers: enrolmentTexts
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
        case .fileOtherKind:
            (
                "The file is not of the kind that this command reads, or it is damaged.",
                "Check that you named the file you meant; if you did, get it again from who wrote it."
            )
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
        case .prerequisite:
            ("A step needs something that does not exist yet.", "Do the step named in the detail first.")
        default:
            (
                "A token must be given either one PIN file or a list of different ones.",
                "Correct the token's entry named in the detail."
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
                "The approval takes allotment from an EdgeHSM that is not proven to have given it up.",
                "Cite the release and put its evidence (`obis-factory release`), or the order for a dead box, into --previous."
            )
        case .releaseIdle:
            (
                "The approval cites a release that justifies no fall of it, or one that was used before.",
                "Draft the approval again with the releases of this very step alone."
            )
        case .releaseInvalid:
            (
                "The evidence that an EdgeHSM gave allotment up does not hold.",
                "Get it again from that EdgeHSM's Factory Service; put its enrolment into the --previous folder."
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
        case .groundRevoked:
            (
                "The officers took the approval, the version, the EdgeHSM, the authorization or the authorizer's key out of force.",
                "Name an approval and an EdgeHSM that are in force; a revocation can't be taken back."
            )
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
        default:
            ("The token does not hold the key that the RoleKeys name.", "Use the portal's own token.")
        }
    }

    private var enrolmentTexts: (String, String) {
        switch self {
        case .enrolmentRequest:
            (
                "A certificate request is malformed, too large, not for a P-256 key, or not signed by the key in it.",
                "Have the Factory Service make its key and request again."
            )
        case .enrolmentLifetime:
            ("A client certificate can't live as long, or as short, as was asked.", "Ask for 1 to 397 days.")
        default:
            (
                "The enrolment CA's certificate in the token is not of the CA key beside it.",
                "Remove the data object that does not belong there, with the token's own tool; the next start makes it anew."
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
