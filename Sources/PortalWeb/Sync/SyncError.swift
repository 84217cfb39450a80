public import Vocabulary

/// What the portal refuses a Factory Service, or a stick from it.
public enum SyncError: String, WebError, ErrorCatalogue {
    case otherFactory = "portal.sync.other-factory"
    case sourceTaken = "portal.sync.source-taken"
    case recordsDiffer = "portal.records.differ"
    case recordGap = "portal.records.gap"
    case recordsQuota = "portal.records.quota"
    case preparation = "portal.sync.preparation"
    case uploadMalformed = "portal.sync.malformed"
    case downlinkTooLarge = "portal.sync.downlink-too-large"

    public var status: Int {
        switch self {
        case .otherFactory: 404
        case .sourceTaken, .recordGap, .recordsDiffer, .recordsQuota: 409
        case .preparation, .uploadMalformed: 422
        case .downlinkTooLarge: 413
        }
    }

    public var meaning: String {
        switch self {
        case .otherFactory: "The upload is another factory's, or there is no such EdgeHSM at this factory."
        case .sourceTaken: "Records of this source were told by another Factory Service before."
        case .recordsDiffer:
            "Records under these numbers were told before and were others: the Factory Service's database was set back or copied."
        case .recordGap: "Records before those of the upload are not stored."
        case .recordsQuota: "The factory has told more label records, or more sources of them, than it can have."
        case .preparation: "The preparation is not signed by an EdgeHSM of this factory, or not about it."
        case .uploadMalformed: "The upload is not in its form."
        case .downlinkTooLarge: "All files for this factory together are too large for one archive."
        }
    }

    public var remedy: String {
        switch self {
        case .otherFactory: "Check to which factory the Factory Service and its EdgeHSM belong."
        case .sourceTaken: "Give the Factory Service storage of its own; never copy its database to another."
        case .recordsDiffer:
            "Let the Factory Service begin a new source, as it does over the link; then bring all of it."
        case .recordGap: "Go on from the numbers that the state names."
        case .recordsQuota:
            "Look at the alarm and find out what writes there; the journal goes on being taken in meanwhile."
        case .preparation: "Have the EdgeHSM prepare the product again."
        case .uploadMalformed: "Bring Factory Service and portal to the same release; copy the file again."
        case .downlinkTooLarge: "Load some of the files at the factory first, or use the link."
        }
    }
}
