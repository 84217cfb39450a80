/// Everything that the demo tries and that must be refused. Each is made by a real client with everything valid but the
/// attacked thing; then the same request with only that mended must succeed. `docs/attacks.md` is this list.
public enum Attack: String, CaseIterable, Sendable {
    // Roles and registration.
    case serviceCall = "service operation by a station"
    case unregisteredIdentity = "PAI request of an unregistered identity"
    // Packages.
    case alteredPackage = "altered package"
    case resealedPackage = "re-sealed package"
    case reloadedPackage = "package loaded again"
    case otherBoxPackage = "package of another EdgeHSM"
    case otherBox = "authorization of another EdgeHSM inside"
    case otherVersion = "manifest of another version inside"
    case approvalTooFew = "approval of m−1 officers inside"
    case beyondAllotment = "batch beyond the allotment"
    case beyondAllotmentTogether = "two batches, together beyond the allotment"
    case beyondWindow = "window longer than approved"
    // Units.
    case beyondQuantity = "unit beyond the quantity"
    case otherUID = "CSR replayed for another chip"
    case staleNonce = "CSR over a stale nonce"
    case keySeenBefore = "CSR with a key seen before"
    case swappedAgreementKey = "station's key put into a chip's CSR"
    case stationsRequest = "station's own CSR for a chip's unit"
    case vendorProofMissing = "station's own key, no vendor's proof"
    case vendorProofBorrowed = "station's own key, a chip's proof"
    case sealUnattested = "sealKey without the chip's CSR"
    // Against everybody else at the site.
    case certificatesSwapped = "PAA and PAI swapped under an open batch"
    case endlessReason = "reason of one endless character"
    case holdTaken = "chip that another station works on"
    // Races.
    case raceLastUnit = "two stations, the last unit"
    case raceChip = "two keys, one chip"
    case raceKey = "two chips, one key"
    // Debug unlocks.
    case unlockOtherBatch = "unlock of another batch's chip"
    case unlockGivenUp = "unlock by a chip's former batch"
    case unlockFalseUID = "unlock under a false UID, at the chip"
    case beyondUnlocks = "unlock beyond the allowance"
    // Rotations.
    case rotationForeignKey = "rotation on another device's word"
    case rotationReplayed = "rotation with an old CSR and its proof"
    case beyondRotations = "rotation beyond the allowance"
    case rotationOpened = "rotation of a device whose port was opened"
    // Officers and revocation.
    case tooFewOfficers = "order of m−1 officers"
    case officerTwice = "order signed twice by one officer"
    case wrongType = "approval in place of an order"
    case relabelled = "approval relabelled as an order"
    case revokedByOfficers = "batch revoked by officers"
    case approvalRevoked = "approval revoked by officers"
    case versionRevoked = "version revoked by officers"
    case revokedByPortal = "batch revoked by the portal"
    // Time.
    case windowNotOpen = "window not yet open"
    case windowOver = "window over"
    case clockSteppedBack = "clock set back while running"
    case clockSetBack = "clock set back across a restart"
    // Restored state.
    case restoredUnits = "journal file restored, units"
    case restoredUnlocks = "journal file restored, unlocks"
    // RoleKeys.
    case roleKeysWithheld = "newer RoleKeys withheld"
    case retiredOfficer = "order with a retired officer"
    case retiredSigns = "signature of a retired officer"
    case roleKeysDowngraded = "old RoleKeys sent again"
    case roleKeysExpired = "expired RoleKeys"
    case signerCompromised = "approval signed with a stolen key"
    // People of the portal.
    case invitationTwice = "invitation link used twice"
    case joiningTwice = "joining code used twice"
    case tokenRevoked = "API token that was revoked"
    case tokenExpired = "API token that has expired"
    case engineerApproves = "engineer approving a version"
    case submitterSigns = "officer signing a version of their own"
    // The portal's quotas.
    case beyondAllotmentAsked = "batch beyond the allotment, asked for"
    case beyondAllotmentRacing = "64 batches at once, beyond the allotment"
    // Another ODM's workspace.
    case foreignProduct = "another ODM's product"
    case foreignVersion = "another ODM's version"
    case foreignBatch = "another ODM's batch"
    case foreignUnit = "another ODM's unit"
    case foreignFactory = "another ODM's factory"
    // Journals on their way to the portal.
    case foreignJournal = "journal of another factory's EdgeHSM"
    case foreignName = "upload in another factory's name"
    case journalEdited = "journal with an entry edited"
    case journalCut = "journal with its end cut off"
    case journalGap = "journal with an entry left out"
    case checkpointForged = "checkpoint under another key"
    case journalWithheld = "journal withheld"
    case grantForged = "batch that the portal never granted, loaded"
    // An EdgeHSM whose disk and token were copied.
    case checkpointTwice = "two checkpoints of one size"
    case journalForked = "journal of a copied EdgeHSM"
    case batchForked = "batch for an EdgeHSM that was copied"
    case packageForked = "its package that waits, fetched"

    /// Who can make it, the code that refuses it, and what alone was changed in the request that succeeds.
    public struct Facts: Sendable {
        public let maker: String
        public let code: String
        public let mended: String
        /// Nobody can refuse it: `code` is the kind of alarm that calls people.
        public let isAlarm: Bool
        init(_ maker: String, _ code: String, _ mended: String, isAlarm: Bool = false) {
            self.maker = maker
            self.code = code
            self.mended = mended
            self.isAlarm = isAlarm
        }
    }

    public var name: String { rawValue }
    public var code: String { facts.code }

    public var facts: Facts {
        switch self {
        case .serviceCall: Facts("station", "line.operation.not-permitted", "asked by the Factory Service")
        case .unregisteredIdentity:
            Facts("anybody who mails", "ceremony.edgehsm.unregistered", "signed by the registered EdgeHSM")
        case .alteredPackage: Facts("network, USB stick", "edge.package.mismatch", "octets as signed")
        case .resealedPackage: Facts("network, USB stick", "statement.signature.invalid", "seal as signed")
        case .reloadedPackage: Facts("Factory Service", "edge.authorization.already-loaded", "another batch")
        case .otherBoxPackage: Facts("Factory Service", "edge.box.mismatch", "a package of this EdgeHSM")
        case .otherBox: Facts("stolen portal", "package.parts.mismatch", "authorization of this EdgeHSM")
        case .otherVersion: Facts("stolen portal", "package.parts.mismatch", "the approved manifest")
        case .beyondAllotment: Facts("stolen portal", "edge.allotment.exceeded", "quantity within it")
        case .approvalTooFew: Facts("stolen portal", "statement.officers.too-few", "the approval as signed")
        case .beyondAllotmentTogether: Facts("stolen portal", "edge.allotment.exceeded", "quantity within what is left")
        case .beyondWindow: Facts("stolen portal", "edge.rules.window-too-long", "window as long as approved")
        case .beyondQuantity: Facts("station", "edge.quota.exhausted", "a batch with units left")
        case .otherUID: Facts("station", "edge.chip.mismatch", "the chip's own CSR")
        case .staleNonce: Facts("station", "edge.nonce.stale", "the nonce of now")
        case .keySeenBefore: Facts("cloned chip", "edge.key.seen-before", "a key of its own")
        case .swappedAgreementKey: Facts("station", "matter.request.signature", "the chip's CSR untouched")
        case .stationsRequest: Facts("station", "edge.unit.other-key", "the chip's CSR; the chip opens the seal")
        case .vendorProofMissing: Facts("station", "unit.vendor-proof.missing", "the chip's CSR and its vendor's proof")
        case .vendorProofBorrowed: Facts("station", "unit.vendor-proof.invalid", "the CSR that the chip signed")
        case .sealUnattested: Facts("station", "edge.unit.not-attested", "the chip's CSR first")
        case .certificatesSwapped:
            Facts("Factory Service", "edge.product.certificates-in-use", "the OEM's certificates again")
        case .endlessReason: Facts("station", "value.text.too-long", "a few words")
        case .holdTaken: Facts("station", "edge.hold.other-station", "the station that began it")
        case .raceLastUnit: Facts("two stations", "edge.quota.exhausted", "a batch with units left")
        case .raceChip: Facts("two stations", "edge.unit.other-key", "the key that came first")
        case .raceKey: Facts("two stations", "edge.key.seen-before", "a key of its own")
        case .unlockOtherBatch: Facts("station", "edge.chip.not-of-batch", "the chip's own batch")
        case .unlockGivenUp: Facts("station", "edge.chip.live-elsewhere", "the batch that its unit is of now")
        case .unlockFalseUID: Facts("station", "programmer.debug.refused", "the chip that the answer names")
        case .beyondUnlocks: Facts("station", "edge.allowance.exhausted", "a batch with unlocks left")
        case .rotationForeignKey: Facts("station", "edge.rotation.unproven", "the word of the device's present key")
        case .rotationReplayed: Facts("station", "edge.nonce.stale", "a CSR over the nonce of now")
        case .beyondRotations: Facts("station", "edge.allowance.exhausted", "a batch with rotations left")
        case .rotationOpened: Facts("station", "edge.unit.exposed", "a device whose port stayed shut")
        case .tooFewOfficers: Facts("one officer", "statement.officers.too-few", "a second officer signs")
        case .officerTwice: Facts("one officer", "statement.officers.too-few", "two different officers")
        case .wrongType: Facts("stolen portal", "statement.type.unexpected", "a signed order")
        case .relabelled: Facts("stolen portal", "statement.officers.too-few", "a signed order")
        case .revokedByOfficers: Facts("station", "edge.authorization.revoked", "a batch not revoked")
        case .approvalRevoked: Facts("station", "edge.authorization.revoked", "a batch of the next approval")
        case .versionRevoked: Facts("station", "edge.authorization.revoked", "a batch of a version not revoked")
        case .revokedByPortal: Facts("station", "edge.authorization.revoked", "a batch not revoked")
        case .windowNotOpen: Facts("station", "edge.window.not-open", "time inside the window")
        case .windowOver: Facts("station", "edge.window.over", "a batch whose window runs")
        case .clockSteppedBack: Facts("root on the host", "edge.window.over", "a batch whose window runs")
        case .clockSetBack: Facts("root on the host", "edge.clock.behind-floor", "clock set right")
        case .restoredUnits: Facts("whoever has the disk", "edge.anchor.rollback", "the right journal put back")
        case .restoredUnlocks: Facts("whoever has the disk", "edge.anchor.rollback", "the right journal put back")
        case .roleKeysWithheld: Facts("Factory Service", "edge.rolekeys.outdated", "RoleKeys 2 applied")
        case .retiredOfficer: Facts("retired officer", "statement.officers.too-few", "a present officer signs")
        case .retiredSigns: Facts("retired officer", "officer.key.not-listed", "a present officer signs")
        case .roleKeysDowngraded: Facts("retired officer", "statement.officers.too-few", "a present officer signs")
        case .roleKeysExpired: Facts("stolen portal", "edge.rolekeys.expired", "RoleKeys 3 applied")
        case .signerCompromised:
            Facts("stolen portal", "edge.signer.compromised", "one more officer signs the approval")
        default: portalFacts
        }
    }
}
