public import Vocabulary

/// What can go wrong where keys are used: opening packages, making units, answering debug challenges.
public enum ExecutionError: String, ErrorCatalogue {
    case packageForOther = "package.edgehsm.other"
    case packageAltered = "package.seal.altered"
    case packageMismatch = "package.parts.mismatch"
    case packageRoleKeysOld = "package.role-keys.too-old"
    case packageNoCertificates = "package.certificates.missing"
    case packageWrongKey = "package.key.wrong"
    case vendorProofMissing = "unit.vendor-proof.missing"
    case vendorProofInvalid = "unit.vendor-proof.invalid"
    case commitmentMismatch = "unit.secrets.mismatch"
    case factoryDataFormat = "unit.factory-data.format"
    case slotUnknown = "unit.key-slot.unknown"
    case evidenceFirmware = "unit.evidence.firmware"
    case evidenceFactoryData = "unit.evidence.factory-data"
    case evidenceLabel = "unit.evidence.label"
    case evidenceAttestation = "unit.evidence.attestation"
    case evidenceOpenPort = "unit.evidence.open-debug-port"
    case permissionsExceeded = "debug.permissions.exceeded"
    case certificatesMismatch = "product.certificates.mismatch"
    case stationRequest = "station.request.invalid"
    case keysRemain = "edge.zeroise.keys-remain"

    public var meaning: String {
        switch self {
        case .packageForOther: "The package is sealed to another EdgeHSM."
        case .packageAltered: "The sealed part of the package is not the one that the portal signed."
        case .packageMismatch: "Parts of the package do not belong to each other."
        case .packageRoleKeysOld: "The package needs newer RoleKeys than this EdgeHSM holds."
        case .packageNoCertificates: "This EdgeHSM has no certificates for the product of the package."
        case .packageWrongKey: "A product key in the package is not the one that the officers approved."
        case .vendorProofMissing:
            "The product's chips must prove themselves by their vendor's certificate, and this one did not."
        case .vendorProofInvalid: "The vendor's certificate or signature of this chip does not hold."
        case .commitmentMismatch:
            "The secrets of this unit are not those that were committed to when its DAC was issued."
        case .factoryDataFormat: "The version names a factory-data encoding that this EdgeHSM cannot write."
        case .slotUnknown: "The product version has no key slot of this name."
        case .evidenceFirmware: "The firmware read back from the unit is not the approved one."
        case .evidenceFactoryData: "The factory data read back from the unit is not what was given for it."
        case .evidenceLabel: "The scanned label is not the label of this unit."
        case .evidenceAttestation: "The finished unit's attestation does not hold."
        case .evidenceOpenPort: "The debug port of the finished unit is still open."
        case .permissionsExceeded: "The debug permissions asked for go beyond what the version allows."
        case .certificatesMismatch: "The certificates do not stand for the keys that this EdgeHSM made for the product."
        case .keysRemain: "Keys are left in the token of a zeroised EdgeHSM."
        case .stationRequest: "The certificate request of a station cannot be used."
        }
    }

    public var remedy: String {
        switch self {
        case .packageForOther: "Load the package made for this EdgeHSM."
        case .packageAltered: "Fetch the package again from the portal and report the altered one to the OEM."
        case .packageMismatch, .packageWrongKey: "Ask the OEM for a new package and report this one."
        case .packageRoleKeysOld: "Apply the newest downlink bundle first, then load the package again."
        case .packageNoCertificates:
            "Prepare the product, have the OEM certify its keys, install them, then load again."
        case .vendorProofMissing, .vendorProofInvalid: "Set the chip aside as suspicious and take another one."
        case .commitmentMismatch: "Fail the unit and report it: the EdgeHSM's token may have been changed."
        case .factoryDataFormat: "Update the EdgeHSM's software, or ask the OEM for a version in another encoding."
        case .slotUnknown: "Check the station's release against the product version."
        case .evidenceFirmware, .evidenceFactoryData: "Program the unit again; fail it when it happens twice."
        case .evidenceLabel: "Print the label again and check that it is stuck to its own unit."
        case .evidenceAttestation: "Program the unit again; fail it when it happens twice."
        case .evidenceOpenPort: "Lock the debug port, reset the unit and try again."
        case .permissionsExceeded: "Ask for fewer permissions, or have the officers approve more."
        case .certificatesMismatch: "Send the newest product preparation to the OEM and install the answer to it."
        case .keysRemain: "Start the EdgeHSM again: it destroys them at each start. If they stay, destroy the token."
        case .stationRequest: "Make a new request at the station with `obis-station request-certificate`."
        }
    }
}
