extension VersionError {
    /// Meaning and remedy.
    var texts: (String, String) {
        switch self {
        case .productExists: ("There is a product of this name.", "Choose another name, or change that product.")
        case .productFoundation:
            (
                "What is to stay fixed for the product contradicts itself.",
                "Correct the part named in the detail; it can't be changed later."
            )
        case .productFigures:
            ("A figure or rule of the product is out of range.", "Correct the figure named in the detail.")
        case .keySlotUnknown: ("The product has no key slot of this name.", "Use one of the product's slots.")
        case .fileDigest:
            (
                "The octets that came do not have the SHA-256 in the address. Nothing was kept.",
                "Send the file again, and compute its digest from the very file that is sent."
            )
        case .fileUnknown:
            ("Your organisation has uploaded no file of this digest.", "Upload it, then send the request again.")
        case .fileStorage:
            ("The portal could not keep the file.", "Look at the disk of the portal, then send the file again.")
        case .fileQuota:
            (
                "Your organisation keeps more files than it may that no version is made from.",
                "Make versions from them; what no version is made from is forgotten after 30 days."
            )
        case .versionExists:
            ("There is a version of this name already.", "A version never changes: give the new one its own name.")
        case .versionPermissions:
            ("The version asks for debug permissions beyond the product's.", "Ask for fewer permissions.")
        case .versionState:
            (
                "A version in this state does not take this step.",
                "Look at the version's state; after a rejection, make a new version."
            )
        default: approvalTexts
        }
    }

    private var approvalTexts: (String, String) {
        switch self {
        case .approvalMissing:
            ("There is no approval to sign yet.", "Have a security officer propose the approval's figures first.")
        case .approvalSigned:
            (
                "An officer has signed this approval, so it can't be replaced by another of the same sequence.",
                "Collect the missing signatures, or reject the version."
            )
        case .approvalPending:
            (
                "Another version of the product has an approval that is being signed.",
                "Have that one locked or rejected first: approvals of a product are one chain."
            )
        case .approvalDiffers:
            (
                "The signed statement is not the approval that the portal keeps for this version.",
                "Fetch the approval again and sign that one."
            )
        case .approvalExpiry:
            ("The approval would be expired, or is.", "Propose an approval with a later expiry.")
        case .approvalLooser:
            (
                "The approval permits more than the product's own figures and rules.",
                "Keep within the product's, or have an administrator change them."
            )
        case .approvalEdge:
            (
                "An allotment goes to an EdgeHSM that is not enrolled, or whose factory the product's rules leave out.",
                "Enrol the EdgeHSM, or allot to another one."
            )
        case .approvalBelowGranted:
            (
                "The approval allows fewer units than authorizations have granted already.",
                "State at least the granted figure; close open batches to have units returned."
            )
        case .signerUnknown:
            (
                "A signature is by a key that is no officer's in the newest RoleKeys.",
                "Sign with your own token, under the newest RoleKeys."
            )
        case .signerConflicted:
            (
                "An officer who made or submitted this version has signed it.",
                "Have other officers sign: nobody approves their own version."
            )
        default:
            ("A signature does not verify over the approval.", "Sign the statement again with `obis approve`.")
        }
    }
}
