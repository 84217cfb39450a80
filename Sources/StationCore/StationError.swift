public import Vocabulary

/// What a station itself finds wrong with a unit, a chip, or what it was given for them.
public enum StationError: String, ErrorCatalogue {
    case internalFault = "station.software.internal"
    case familyMismatch = "station.chip.family"
    case chipChanged = "station.chip.changed"
    case chipLockedUnfinished = "station.chip.locked-unfinished"
    case chipLostKeys = "station.chip.keys-lost"
    case portClosed = "station.chip.port-closed"
    case lockIneffective = "station.chip.lock-ineffective"
    case credentialMismatch = "station.credential.mismatch"
    case permitMismatch = "station.permit.mismatch"
    case firmwareMismatch = "station.firmware.mismatch"
    case firmwareMissing = "station.firmware.missing"
    case readBackMismatch = "station.read-back.mismatch"
    case keyMissing = "station.product-key.missing"
    case labelMismatch = "station.label.mismatch"
    case labelUnwritable = "station.label.unwritable"
    case attestationInvalid = "station.attestation.invalid"
    case noSuchBatch = "station.work-order.unknown"
    case ambiguousBatch = "station.work-order.ambiguous"
    case progressUnreadable = "station.progress.unreadable"
    case progressUnwritable = "station.progress.unwritable"
    case notLocked = "station.chip.not-locked"
    case rotationUnready = "station.rotation.unready"
    case rotationPending = "station.rotation.pending"
    case rotationUnproven = "station.rotation.unproven"

    public var meaning: String {
        switch self {
        case .internalFault: "The station software met a fault of its own."
        case .familyMismatch: "The chip is of another family than this batch is for."
        case .chipChanged: "Another chip answers than the one that this unit began with."
        case .chipLockedUnfinished: "The chip's debug port is locked, but something is missing inside."
        case .chipLostKeys: "The chip no longer has the key that its certificate was issued for."
        case .portClosed: "The chip's debug port closed before its new provisioning was finished."
        case .lockIneffective: "The debug port still answers although it was locked."
        case .credentialMismatch: "The certificate that was issued is not for this chip's key."
        case .permitMismatch: "The programming permit does not say what this unit was given."
        case .firmwareMismatch: "The firmware is not the one that was approved for this batch."
        case .firmwareMissing: "The Factory Service has no firmware file for this batch."
        case .readBackMismatch: "What was read back from the chip is not what was written."
        case .keyMissing: "The chip does not hold a product key that it should hold."
        case .labelMismatch: "The label that was read is not the label of this unit."
        case .labelUnwritable: "The label could not be printed."
        case .attestationInvalid: "The finished unit does not prove that it holds its key."
        case .noSuchBatch: "The Factory Service has no work order of this name."
        case .ambiguousBatch: "The Factory Service has several work orders of this name."
        case .progressUnreadable: "The station's own record of a unit can not be read."
        case .progressUnwritable: "The station's own record of a unit can not be written."
        case .rotationUnready:
            "The chip is no finished device with a shut debug port, so its credential can't be replaced."
        case .rotationPending: "A rotation of this device was begun and is not finished."
        case .rotationUnproven: "The device does not prove its new key; the credential it had is still in use."
        case .notLocked: "The chip was never locked, so there is nothing to open."
        }
    }

    public var remedy: String {
        switch self {
        case .internalFault: "Start the unit again; if it repeats, send the station's log to the OEM."
        case .familyMismatch: "Check that the right devices lie at this line."
        case .chipChanged: "Put the device back that was in the fixture, or start the unit again."
        case .chipLockedUnfinished: "Scrap the device, or use the batch's re-provisioning allowance."
        case .chipLostKeys: "Scrap the device, or use the batch's re-provisioning allowance."
        case .portClosed: "Start `obis-station reprovision` for this chip again."
        case .lockIneffective: "Scrap the device; if it repeats, stop the line and call the silicon vendor."
        case .credentialMismatch, .permitMismatch: "Stop the line and report it to the OEM's security team."
        case .firmwareMismatch: "Bring the right firmware file to the Factory Service and start again."
        case .firmwareMissing: "Bring the firmware file to the Factory Service and start again."
        case .readBackMismatch: "Clean the contacts and start the unit again; scrap the device if it repeats."
        case .keyMissing: "Start the unit again; scrap the device if it repeats."
        case .labelMismatch: "Remove the wrong label and start the unit again; check the printer's queue."
        case .labelUnwritable: "Check the printer, then start the unit again."
        case .attestationInvalid: "Scrap the device; if it repeats, stop the line and call the OEM."
        case .noSuchBatch: "Check the batch's name with `obis-station status`."
        case .ambiguousBatch:
            "Give the authorization's id as --work-order in place of the name; `obis-station status` lists the ids."
        case .progressUnreadable: "Move the named file away; the EdgeHSM and the chip know where the unit stands."
        case .progressUnwritable: "Check disk space and rights of the station's folder."
        case .rotationUnready: "Finish the device with `obis-station run`, or reset it if its port is open."
        case .rotationPending: "Finish it first: start `obis-station rotate` for this device again."
        case .rotationUnproven: "Start `obis-station rotate` again; re-provision the device if it repeats."
        case .notLocked: "Use `obis-station run` for a chip that is not finished."
        }
    }
}
