extension EdgeError {
    public var remedy: String {
        switch self {
        case .notStarted: "Wait for the start to finish; if it does not, read the EdgeHSM's log."
        case .stopping: "Wait until the EdgeHSM runs again, then repeat the request."
        case .zeroised: "Take the appliance out of service and ask the OEM for another one."
        case .internalFault: "Try again; if it repeats, send the EdgeHSM's log to the OEM."
        case .journalInconsistent:
            "Do not use this appliance. Keep its disk as it is and call the OEM's security team."
        case .entryTooLarge: "Send a smaller request; report it if the request was an ordinary one."
        case .edgeHSMRevoked: "Stop the line and call the OEM's security team."
        case .receiptNotContained:
            "Keep the disk as it is, export the journal, and call the OEM's security team: nothing is issued until "
                + "the portal and this journal agree."
        case .clockBehind:
            "Set the clock right (check NTP and the battery). If the clock is right, ask the officers for a clock-reset "
                + "order over the nonce in `status`."
        case .refusalsOverflow: "Look for a station that sends many bad requests and take it off the network."
        case .wrongEdgeHSM: "Send it to the EdgeHSM that it names."
        case .anchorMissing:
            "Check that the right secure element is connected and the right slot configured. If it is, call the OEM's "
                + "security team: nothing is issued."
        case .anchorMalformed:
            "Do not delete anything. Call the OEM's security team with the list of records; nothing is issued."
        case .anchorRollback:
            "Put the newest disk back. If it is lost, the OEM's officers decide on the recovery; nothing is issued."
        case .anchorTokenRolledBack:
            "Connect the secure element that belongs to this disk. If this is it, call the OEM's security team."
        case .leaseExhausted: "Try again in a few seconds; if it repeats, check the secure element's connection."
        case .peerUnknown: "Have the local operator enrol the station, comparing the fingerprint."
        case .peerRevoked: "Enrol the station again with a new key, if it is to work here."
        case .peerTaken: "Choose another name."
        case .roleKeysExpired, .roleKeysOutdated, .roleKeysGap:
            "Fetch the newest downlink from the portal (by network or file), apply it, then try again."
        case .roleKeysForked, .approvalForked, .signerCompromised:
            "Do not use the file. Report it to the OEM's security team at once."
        case .timeBeyondRoleKeys: "Ask the OEM's security team; the statement's clock or the RoleKeys are wrong."
        case .orderExpired, .clockNonceStale:
            "Read the present nonce with `status` and ask the officers for a new order."
        case .releaseBelowUse, .releaseStale: "Ask the officers for an order with the figures of the newest checkpoint."
        case .packageMismatch, .approvalMismatch, .manifestMismatch, .factoryMismatch:
            "Fetch the package again; if it stays so, report it to the OEM's security team."
        case .authorizationUnknown: "Load the batch's package first, or choose a loaded batch from `status`."
        case .alreadyLoaded: "Nothing to do: the batch is here. For more units ask for a new batch."
        case .tombstoned, .authorizationRevoked: "Stop work on this batch and ask the OEM; a new batch is needed."
        case .authorizationClosed, .windowOver, .quotaExhausted: "Ask for a new batch in the portal."
        case .tooManyOpen: "Close batches whose window is over, then load again."
        case .closeTooEarly: "Wait for its end, or have the batch closed in the portal and apply the downlink."
        case .serialsTaken:
            "Have the OEM make the batch anew with serials of its own, and find out why the portal gave them out twice."
        case .approvalExpired, .allotmentLowered, .releaseUncited, .allotmentExceeded, .batchTooLarge, .windowTooLong,
            .chipIdentityTooWeak, .allowanceBeyondApproval, .fleetKeyNotPermitted, .fleetKeyExhausted:
            "Ask the OEM for a batch within the officers' approval, or for a new approval."
        case .fleetKeyWithoutIdentity:
            "Ask the OEM for a version whose key of this slot is derived for each unit, or whose chips prove themselves."
        case .silenceTooLong: "Bring the link to the portal up, or apply a fresh downlink file."
        case .productNotPrepared: "Prepare the product and install its certificates, then load the package again."
        case .certificatesInUse:
            "Find out who sent them. A renewed PAI is installed when the product's batches are closed."
        case .otherAuthority:
            "Find out who installed it; close the product's batches, install the OEM's certificates, load a new batch."
        case .productMismatch: "Report it to the OEM: product and approval disagree."
        default: unitRemedy
        }
    }

    private var unitRemedy: String {
        switch self {
        case .windowNotOpen: "Wait until the window opens; if it should be open, check the EdgeHSM's clock."
        case .graceOver: "Fail the unit and set the chip aside."
        case .tooManyHolds: "Finish or fail begun units, or wait 15 minutes."
        case .heldElsewhere: "Go on at that station, or wait half a minute after it has stopped."
        case .holdMissing, .nonceStale, .unitNotAttested:
            "Call `begin` again and have the chip make a CSR over the new nonce."
        case .rotationUnproven: "Start the rotation again at the device itself; treat a repeat as an attack."
        case .chipMismatch: "Check the socket and the adapter: two chips may have been mixed up."
        case .chipLiveElsewhere: "Fail or re-provision the chip under its own batch first."
        case .chipNotOfBatch: "Choose the batch that this chip was made in."
        case .chipNotProven: "Set the chip aside as suspect; if it repeats, tell the OEM."
        case .keySeenBefore: "Have the chip make a new key; if it repeats, set it aside: its key may be a copy."
        case .unitOtherKey: "Fail the unit, or use the re-provisioning allowance, then begin again."
        case .unitUnknown, .unitNotIssued: "Begin the unit and issue its credential first."
        case .unitBusy: "Try again in a few seconds."
        case .unitCompleted: "Nothing to do, or use re-provisioning or rotation within the allowance."
        case .unitNotCompleted: "Finish the unit first."
        case .unitEnded: "Begin the chip again."
        case .unitExposed: "Re-provision the unit: the chip needs a new key."
        case .factoryDataNotGiven: "Fetch the factory data again, then the permit."
        case .notPermitted: "Fetch a permit, program the unit as it says, then complete it."
        case .slotUnknown: "Use a key slot of the manifest."
        case .reservationUnknown: "Begin the unit again, if its batch is still open."
        case .firmwareMismatch, .factoryDataMismatch:
            "Program the unit again; if it repeats, fail it and check the programmer."
        case .debugPortOpen: "Lock the debug port and try again; if it stays open, fail the unit."
        case .allowanceExhausted, .allowanceOver: "Ask the OEM for a new batch with the allowance that is needed."
        case .permissionsTooWide: "Ask for permissions within the approved mask."
        default: "Ask the OEM's support."
        }
    }
}
