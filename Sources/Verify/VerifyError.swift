public import Vocabulary

/// What the verifier itself refuses, beyond the refusals of the modules that it asks.
public enum VerifyError: String, ErrorCatalogue {
    case inputTooLarge = "verify.input.too-large"
    case inputNotPEM = "verify.input.pem"
    case inputUnreadable = "verify.input.unreadable"
    case inputWrongKind = "verify.input.wrong-kind"
    case deviceMismatch = "verify.device.mismatch"
    case noDevices = "verify.device.none"
    case deviceMalformed = "verify.device.malformed"
    case deviceDuplicate = "verify.device.duplicate"
    case deviceNotRecorded = "verify.device.not-recorded"
    case deviceOtherRecord = "verify.device.other-record"
    case attestationMalformed = "verify.attestation.malformed"
    case attestationMissing = "verify.attestation.missing"
    case attestationUnknown = "verify.attestation.unknown-device"
    case attestationDeclaration = "verify.attestation.declaration"
    case auditUnproven = "verify.audit.unproven"
    case auditDiffers = "verify.audit.differs"
    case auditEarlier = "verify.audit.inconsistent"
    case unexpected = "verify.internal.unexpected"

    public var meaning: String {
        switch self {
        case .inputTooLarge: "An input file is larger than anything that the command can accept."
        case .inputNotPEM: "An input file is neither DER nor exactly one PEM block."
        case .deviceMismatch: "A device's codes, certificates and record do not speak of the same device."
        case .inputUnreadable: "A file or folder that was named can't be read, so nothing was judged."
        case .inputWrongKind: "The file is not of the kind that this command judges, or it is damaged."
        case .noDevices: "The list has no device, so nothing was judged."
        case .deviceMalformed: "A line of devices.jsonl is not a device in the expected form."
        case .deviceDuplicate: "Two devices have something that only one device may have."
        case .deviceNotRecorded: "The journals given have no finished device of this product and serial."
        case .deviceOtherRecord: "The journal recorded something else of this device than the list and its files say."
        case .attestationMalformed: "A line of attestation.jsonl is not a device's answer in the expected form."
        case .attestationMissing: "A device of the list has no answer in attestation.jsonl."
        case .attestationUnknown: "attestation.jsonl has the answer of a device that the list does not name."
        case .attestationDeclaration: "A device attests another Certification Declaration than the list names for it."
        case .auditUnproven: "Nothing that is trusted says whose key signed the portal's log."
        case .auditDiffers: "The entries are not those that the portal's key signed."
        case .auditEarlier: "The portal's log does not continue what its key signed before."
        case .unexpected: "The verifier met an error that it has no code for."
        }
    }

    public var remedy: String {
        switch self {
        case .inputTooLarge, .inputNotPEM: "Give the file that the command asks for, as DER or PEM."
        case .deviceMismatch: "Do not ship the device; find out which of them was mixed up."
        case .inputUnreadable: "Check the path and that you may read what is there."
        case .inputWrongKind: "Check that this is the file you meant; if it is, fetch it again from where it was made."
        case .noDevices: "Give the folder that the line's evidence was written to, with its devices.jsonl."
        case .deviceMalformed, .attestationMalformed: "Write the evidence folder again; correct the line in the detail."
        case .deviceDuplicate, .deviceOtherRecord, .attestationDeclaration:
            "Do not ship these devices; find out which files or records were mixed up or cloned."
        case .deviceNotRecorded:
            "Give the journals of all EdgeHSMs that made devices of the list; do not ship a device that none recorded."
        case .attestationMissing: "Ask the device for its attestation, or find out why it does not answer."
        case .attestationUnknown: "Find out which device answered, and why it is not on the list."
        case .auditUnproven: "Give --root-key, under which the file's RoleKeys count, or --portal-key."
        case .auditDiffers:
            "Export the log again; if it stays so, somebody has changed it: keep both files and the database."
        case .auditEarlier: "Keep both files: one of them shows a log that was changed or cut."
        case .unexpected: "Report it together with the input."
        }
    }
}
