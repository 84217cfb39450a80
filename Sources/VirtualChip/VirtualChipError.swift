public import Vocabulary

/// Why a virtual chip refuses.
public enum VirtualChipError: String, ErrorCatalogue {
    case debugLocked = "chip.debug.locked"
    case permissionMissing = "chip.debug.permission-missing"
    case keysAbsent = "chip.keys.absent"
    case requestAbsent = "chip.request.absent"
    case vendorIdentityAbsent = "chip.vendor-identity.absent"
    case credentialForeign = "chip.credential.foreign"
    case credentialMalformed = "chip.credential.malformed"
    case credentialAbsent = "chip.credential.absent"
    case fuseBurnt = "chip.fuse.burnt"
    case fuseInvalid = "chip.fuse.invalid"
    case lockUnprepared = "chip.lock.unprepared"
    case regionEmpty = "chip.region.empty"
    case rangeInvalid = "chip.region.range"
    case slotsFull = "chip.slots.full"
    case applicationStopped = "chip.application.stopped"
    case stateAbsent = "chip.state.absent"
    case stateMalformed = "chip.state.malformed"
    case stateInUse = "chip.state.in-use"
    case rotationUnready = "chip.rotation.unready"
    case rotationAbsent = "chip.rotation.absent"
    case storageFailed = "chip.storage.failed"
    case cutMalformed = "chip.power-cut.malformed"

    public var meaning: String {
        switch self {
        case .debugLocked: "The chip's debug port is locked."
        case .permissionMissing: "The debug port is open, but not for this."
        case .keysAbsent: "The chip has no device keys yet."
        case .requestAbsent: "The chip has made no certificate request yet."
        case .vendorIdentityAbsent: "Chips of this family carry no certificate of their vendor."
        case .credentialForeign: "The certificate is for a key that this chip does not hold."
        case .credentialMalformed: "A certificate or declaration can't be read, or is too large for this chip."
        case .credentialAbsent: "The chip holds no device certificate yet."
        case .fuseBurnt: "A one-time fuse is already burnt to another value."
        case .fuseInvalid: "A value for a one-time fuse is not allowed."
        case .lockUnprepared: "The chip can't be locked before its security features are fused."
        case .regionEmpty: "This part of the chip holds nothing."
        case .rangeInvalid: "The address range lies outside this part of the chip."
        case .slotsFull: "The chip has no room for another product key."
        case .applicationStopped: "The chip's firmware does not run: it is missing or failed secure boot."
        case .stateAbsent: "There is no chip in this folder."
        case .stateMalformed: "The chip's stored state can't be read."
        case .stateInUse: "Another process is this chip already."
        case .rotationUnready: "The device can't replace its credential in this condition."
        case .rotationAbsent: "The chip holds no next key and certificate of this name to switch to."
        case .storageFailed: "The chip's storage failed."
        case .cutMalformed: "The place of a planned power cut is not written as STEP[:MOMENT][@COUNT]."
        }
    }

    public var remedy: String {
        switch self {
        case .debugLocked, .permissionMissing: "Use the rework procedure; it opens the port within the allowance."
        case .keysAbsent, .requestAbsent, .credentialAbsent, .lockUnprepared, .regionEmpty:
            "Do the earlier step first; the station resumes a unit in the right order."
        case .vendorIdentityAbsent: "Choose the chip identity `none` for products with this family."
        case .credentialForeign: "Have the chip make a new request, and issue for that."
        case .credentialMalformed, .rangeInvalid, .fuseInvalid, .slotsFull: "Correct the product version."
        case .fuseBurnt: "Scrap the device: it was fused for another product."
        case .rotationUnready: "Finish the device first; one whose open port could read its keys is re-provisioned."
        case .rotationAbsent: "Start the rotation again: it goes on with what the chip has."
        case .applicationStopped: "Write the signed firmware, then reset the chip."
        case .stateAbsent: "Manufacture the chip first."
        case .stateMalformed, .storageFailed: "Throw this virtual chip away and manufacture another."
        case .stateInUse: "End the other process, or use another folder."
        case .cutMalformed: "Name one of the listed steps."
        }
    }
}
