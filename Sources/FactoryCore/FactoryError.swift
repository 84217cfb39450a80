public import Vocabulary

/// What a Factory Service itself refuses, or finds wrong with what it was brought.
public enum FactoryError: String, ErrorCatalogue {
    case firmwareUnknown = "factory.firmware.unknown"
    case firmwareUnwanted = "factory.firmware.unwanted"
    case firmwareRange = "factory.firmware.range"
    case firmwareDamaged = "factory.firmware.damaged"
    case notSignedIn = "factory.shift.unknown"
    case operatorName = "factory.shift.name"
    case reportMalformed = "factory.report.malformed"
    case reportUnknownBatch = "factory.report.unknown-batch"
    case fileKind = "factory.inbox.kind"
    case fileTooLarge = "factory.inbox.too-large"
    case fileUnreadable = "factory.inbox.unreadable"
    case fileEmpty = "factory.inbox.empty"
    case wrongBox = "factory.inbox.other-edge-hsm"
    case storeFailed = "factory.store.failed"
    case journalGap = "factory.journal.gap"
    case journalChanged = "factory.journal.changed"
    case checkpointInvalid = "factory.journal.checkpoint"
    case exportFailed = "factory.export.failed"
    case statusUnknown = "factory.edge-hsm.status-unknown"
    case roleNotAllowed = "factory.peer.role"

    public var meaning: String {
        switch self {
        case .firmwareUnknown: "This Factory Service has no firmware file of that digest."
        case .firmwareUnwanted: "No batch of this site is made with that firmware."
        case .firmwareRange: "A piece of firmware was asked for that lies outside the file."
        case .firmwareDamaged: "A stored firmware file no longer has the content that its name says."
        case .notSignedIn: "The shift of this report is not one that somebody signed in to at this station."
        case .operatorName: "The operator's name is empty, too long or has control characters."
        case .reportMalformed: "A station's report has a value that is out of range."
        case .reportUnknownBatch: "A station's report names a batch that is not of this site."
        case .fileKind: "The file in the inbox is of no kind that is taken in here."
        case .fileTooLarge: "The file is larger than its kind may be."
        case .fileUnreadable: "The file in the inbox can not be read."
        case .fileEmpty: "The file in the inbox is empty."
        case .wrongBox: "The file is for another EdgeHSM."
        case .storeFailed: "The Factory Service could not write to its own storage."
        case .journalGap: "The EdgeHSM returned journal entries that do not follow those stored here."
        case .journalChanged: "The EdgeHSM's journal is shorter than, or differs from, what is stored here."
        case .checkpointInvalid: "The EdgeHSM's checkpoint is not signed by it or does not fit the entries stored here."
        case .exportFailed: "The export could not be written."
        case .statusUnknown: "The EdgeHSM has not told its state yet."
        case .roleNotAllowed: "The certificate's role may not use this port."
        }
    }

    public var remedy: String {
        switch self {
        case .firmwareUnknown: "Put the firmware file of the batch into the inbox."
        case .firmwareUnwanted: "Load the package of the batch first, then put the firmware into the inbox again."
        case .firmwareRange, .reportMalformed: "Bring station and Factory Service to the same release."
        case .firmwareDamaged: "Check the disk, then put the firmware file into the inbox again."
        case .notSignedIn: "Sign in at the station again."
        case .operatorName: "Sign in with a name of 1 to 64 characters."
        case .reportUnknownBatch: "Check which EdgeHSM and which Factory Service the station is configured for."
        case .fileKind: "Put package, firmware, downlink or certificate files there, as the portal gives them."
        case .fileTooLarge, .fileEmpty: "Fetch the file again from the portal."
        case .fileUnreadable: "Check the file's owner and mode, and that its copying was finished."
        case .wrongBox: "Take the file to the site that it is for."
        case .storeFailed: "Check disk space, then start the Factory Service again."
        case .journalGap: "Start the Factory Service again; if it repeats, keep both databases and call the OEM."
        case .journalChanged: "Stop the line, keep both databases as they are and call the OEM's security team."
        case .checkpointInvalid: "Check the configured identity key; if it is right, call the OEM's security team."
        case .exportFailed: "Check that the folder exists, is writable and has space."
        case .statusUnknown: "Wait a moment; if it stays so, check the connection to the EdgeHSM."
        case .roleNotAllowed: "Use the certificate of a station."
        }
    }

    public var isRetryable: Bool { self == .statusUnknown }
}
