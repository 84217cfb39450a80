public import Vocabulary

/// What can go wrong around the core of an EdgeHSM: its queue, disk, token, anchor and callers.
public enum EdgeDaemonError: String, ErrorCatalogue {
    case queueFull = "edge.queue.full"
    case stopping = "edge.service.stopping"
    case tokenUnavailable = "edge.token.unavailable"
    case journalCorrupt = "edge.journal.corrupt"
    case anchorNotWritten = "edge.anchor.not-written"
    case anchorForeign = "edge.anchor.foreign"
    case anchorWornOut = "edge.anchor.too-many-writes"
    case softwareToken = "edge.token.software"
    case notEnrolled = "edge.enrolment.missing"
    case enrolmentMismatch = "edge.enrolment.mismatch"
    case alreadyEnrolled = "edge.enrolment.exists"
    case noServerCertificate = "edge.tls.missing"
    case stationFingerprint = "edge.station.fingerprint"
    case noStationRequest = "edge.station.no-request"
    case tooManyStationRequests = "edge.station.too-many-requests"
    case documentMissing = "edge.batch.incomplete"
    case invalidSetting = "edge.setting.invalid"
    case badRange = "edge.journal.range"
    case fileUnreadable = "edge.file.unreadable"
    case fileUnwritable = "edge.file.unwritable"
    case fileMalformed = "edge.file.malformed"

    public var meaning: String {
        switch self {
        case .queueFull: "The EdgeHSM has more requests waiting than it takes."
        case .stopping: "The EdgeHSM is stopping and takes no new work."
        case .tokenUnavailable: "The EdgeHSM's token does not answer, so nothing is issued until it does."
        case .journalCorrupt: "The EdgeHSM's journal on disk contradicts itself."
        case .anchorNotWritten: "The anchor in the token could not be moved."
        case .anchorForeign: "Another process writes anchor records into this EdgeHSM's token."
        case .anchorWornOut: "The anchor in the token was written more often today than the configured limit."
        case .softwareToken: "The production profile refuses a token that is only software."
        case .notEnrolled: "This EdgeHSM is not enrolled: no root authority and RoleKeys are pinned in its token."
        case .enrolmentMismatch: "The enrolment files do not belong to this EdgeHSM or to each other."
        case .alreadyEnrolled: "This EdgeHSM is enrolled already."
        case .noServerCertificate: "The EdgeHSM has no TLS server certificate."
        case .stationFingerprint: "The fingerprint does not belong to the request."
        case .noStationRequest: "No request of this name and fingerprint waits here."
        case .tooManyStationRequests: "Too many station requests wait for the local operator."
        case .documentMissing: "A document of the batch is missing on this EdgeHSM."
        case .invalidSetting: "A setting of the EdgeHSM's configuration can not be used."
        case .badRange: "The journal range asked for is malformed."
        case .fileUnreadable: "A file named on the command line can not be read."
        case .fileUnwritable: "A file named on the command line can not be written."
        case .fileMalformed: "A file named on the command line does not hold what it should."
        }
    }

    public var remedy: String {
        switch self {
        case .queueFull: "Wait a moment and send the request again."
        case .stopping: "Wait until the EdgeHSM runs again, then send the request again."
        case .tokenUnavailable: "Check the token; the EdgeHSM takes up work by itself once it answers."
        case .journalCorrupt:
            "Stop using this appliance and send its data folder and log to the OEM's security team."
        case .anchorNotWritten: "Check the token; the EdgeHSM goes on by itself once it answers."
        case .anchorForeign: "Stop the other process and find out who copied this EdgeHSM; then start it again."
        case .anchorWornOut:
            "Raise the limit if the secure element allows it; find out why leases are renewed so often."
        case .softwareToken: "Use a hardware token, or the lab profile for tests."
        case .notEnrolled: "Run `edgehsmd enrol` with the files from the OEM."
        case .enrolmentMismatch: "Fetch the files for this appliance from the OEM again."
        case .alreadyEnrolled: "Nothing is to be done; run `edgehsmd run`."
        case .noServerCertificate: "Run `edgehsmd init`."
        case .stationFingerprint: "Compare the fingerprint on the station's screen with the request again."
        case .noStationRequest: "Compare with `edgehsmd operator requests`, or name the request's file."
        case .tooManyStationRequests: "Decide on the waiting requests with `edgehsmd operator requests`."
        case .documentMissing: "Load the batch's package again."
        case .invalidSetting: "Correct the setting named in the detail."
        case .fileUnreadable: "Check the path and that your user may read it."
        case .fileUnwritable: "Check the path and that your user may write there."
        case .fileMalformed: "Name the file that belongs to this option."
        case .badRange: "Ask for a position from 0 up to the journal's size, and at least one entry."
        }
    }

    public var isRetryable: Bool {
        switch self {
        case .queueFull, .stopping, .tokenUnavailable, .anchorNotWritten: true
        default: false
        }
    }
}
