public import Vocabulary

/// Why the portal shows no label of a device.
public enum LabelDisclosureError: String, ErrorCatalogue {
    case missing = "portal.label.missing"
    case unopenable = "portal.label.unopenable"
    case differs = "portal.label.differs"
    case unfinished = "portal.label.unfinished"
    case void = "portal.label.void"
    case batchOver = "portal.label.batch-over"
    case tooMany = "portal.label.too-many"

    public var meaning: String {
        switch self {
        case .missing: "The factory has sent no label record of this device."
        case .unopenable: "The device's label record does not open with the OEM's label keys."
        case .differs: "The device's label record says something else than its journal, so no code is shown."
        case .unfinished: "The device is not finished: until it is, its label is printed at the line."
        case .void: "The device was scrapped, re-provisioned or replaced: its code opens nothing any more."
        case .batchOver: "The device's batch is closed, so its label is for the OEM alone to show."
        case .tooMany: "As many labels were shown as may be within this time."
        }
    }

    public var remedy: String {
        switch self {
        case .missing: "Ask again after the factory's next upload, or bring its .upload file."
        case .unopenable:
            "Check that the portal's token holds the label key of every RoleKeys; else the record is damaged."
        case .differs: "Ship no label of this device; find out where its record was altered or mixed up."
        case .unfinished: "Have the station print it again, or finish the device first."
        case .void: "Look for the unit that took its place, by the chip's UID."
        case .batchOver: "Ask the OEM's administrator or security officer for the label."
        case .tooMany: "Wait for the seconds in the Retry-After header; labels in bulk are printed at the line."
        }
    }

    public var isRetryable: Bool { [.missing, .unfinished, .tooMany].contains(self) }
}
