public import Statements
public import Vocabulary

/// Verifies a statement of any kind under the key that its kind demands.
public enum StatementCheck {
    /// - Parameters:
    ///   - roleKeys: needed for everything that the OEM's roles sign.
    ///   - key: an EdgeHSM's identity for its own statements; for RoleKeys and transcripts, the root authority.
    /// - Returns: key ids of the signers that count.
    /// - Throws: a `StatementError`; `ceremony.step.prerequisite` when the key or RoleKeys are missing.
    public static func verify(_ envelope: Envelope, roleKeys: RoleKeys?, key: P256Point?) throws -> [Digest256] {
        func roles() throws -> RoleKeys {
            guard let roleKeys else { throw Refusal(GovernanceError.prerequisite, "RoleKeys to verify with") }
            return roleKeys
        }
        func signer() throws -> P256Point {
            guard let key else { throw Refusal(GovernanceError.prerequisite, "a public key to verify with") }
            return key
        }
        switch envelope.payloadType {
        case RoleKeys.payloadType:
            return try Verified<RoleKeys>(envelope, signedBy: key ?? roles().root).signers
        case CeremonyTranscript.payloadType:
            return try Verified<CeremonyTranscript>(envelope, signedBy: key ?? roles().root).signers
        case EdgeHSMEnrolment.payloadType:
            return try Verified<EdgeHSMEnrolment>(envelope, signedByOfficersOf: roles()).signers
        case VersionApproval.payloadType:
            return try Verified<VersionApproval>(envelope, signedByOfficersOf: roles()).signers
        case OfficerOrder.payloadType:
            return try Verified<OfficerOrder>(envelope, signedByOfficersOf: roles()).signers
        case ProductionAuthorization.payloadType:
            return try Verified<ProductionAuthorization>(envelope, signedBy: roles().authorizer).signers
        case ProductionPackage.payloadType:
            return try Verified<ProductionPackage>(envelope, signedBy: roles().authorizer).signers
        case PortalStatus.payloadType:
            return try Verified<PortalStatus>(envelope, signedBy: roles().portal).signers
        case ProductPreparation.payloadType:
            return try Verified<ProductPreparation>(envelope, signedBy: signer()).signers
        case ProgrammingPermit.payloadType:
            return try Verified<ProgrammingPermit>(envelope, signedBy: signer()).signers
        case Checkpoint.payloadType:
            return try Verified<Checkpoint>(envelope, signedBy: signer()).signers
        default: throw Refusal(StatementError.wrongType, String(envelope.payloadType.prefix(80)))
        }
    }
}
