/// Attacks of the portal's world: its people, its quotas, its tenants, and what factories send it.
extension Attack {
    var portalFacts: Facts {
        switch self {
        case .invitationTwice: Facts("who saw the link", "portal.code.refused", "an invitation of one's own")
        case .joiningTwice: Facts("who saw the code", "portal.code.refused", "a joining code of one's own")
        case .tokenRevoked: Facts("who found the token", "portal.access.token", "a token in force")
        case .tokenExpired: Facts("who found the token", "portal.access.token", "a token in force")
        case .engineerApproves: Facts("ODM's engineer", "portal.access.role", "proposed by an officer")
        case .submitterSigns: Facts("one officer", "portal.approval.signer-submitted", "two other officers sign")
        case .beyondAllotmentAsked: Facts("ODM's manager", "portal.batch.allotment-exhausted", "quantity within it")
        case .beyondAllotmentRacing: Facts("ODM's manager", "portal.batch.allotment-exhausted", "what is left, exactly")
        case .foreignProduct, .foreignVersion, .foreignBatch, .foreignUnit, .foreignFactory:
            Facts("another ODM", "portal.object.unknown", "asked by its own ODM")
        case .foreignJournal: Facts("another factory", "portal.journal.edge-unknown", "sent by its own factory")
        case .foreignName: Facts("another factory", "portal.sync.other-factory", "sent by its own factory")
        case .journalEdited: Facts("Factory Service", "portal.journal.altered", "octets as the EdgeHSM wrote them")
        case .journalCut: Facts("Factory Service, stick", "portal.journal.altered", "all entries of the checkpoint")
        case .journalGap: Facts("Factory Service", "portal.journal.gap", "from the stored size on")
        case .checkpointForged: Facts("Factory Service", "portal.journal.checkpoint", "the EdgeHSM's own signature")
        case .journalWithheld: Facts("Factory Service", "silent", "sent again", isAlarm: true)
        case .grantForged:
            Facts("stolen authorizer key", "not-granted", "units of the portal's own batch", isAlarm: true)
        case .checkpointTwice: Facts("whoever has the box", "portal.journal.forked", "the first one's journal")
        case .journalForked: Facts("whoever has the box", "portal.journal.forked", "the first one's journal")
        case .batchForked: Facts("ODM's manager", "portal.batch.edgehsm-halted", "another EdgeHSM")
        case .packageForked: Facts("Factory Service", "portal.object.unknown", "another EdgeHSM's")
        // Any other stands beside the attacks of the line; one that stands nowhere has no code and fails the list's test.
        default: Facts("", "", "")
        }
    }
}
