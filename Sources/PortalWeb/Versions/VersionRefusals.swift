import Governance
import KeyCustody
import Matter
import PortalCore
import Silicon
import Statements

/// What the operations of products and versions may refuse, with the statuses that the codes get there.
enum VersionRefusals {
    /// What an OEM gives for a product contradicts itself.
    static let foundation: [RefusalGroup] = [
        .codes(422, VersionError.productFoundation, .productFigures),
        .codes(422, GovernanceError.familyUnknown, .scopeDiffers, .debugRootDiffers), .all(422, of: SiliconError.self),
    ]

    /// The portal's token does not answer, or not in time.
    static let token: [RefusalGroup] = [.all(503, of: KeyCustodyError.self)]

    /// The same, or it is another token than the one whose keys the RoleKeys name.
    static let signing: [RefusalGroup] = token + [.codes(503, GovernanceError.tokenNotAuthorizer)]

    static let files: [RefusalGroup] = [
        .codes(422, VersionError.fileDigest), .codes(409, VersionError.fileQuota),
        .codes(503, VersionError.fileStorage),
    ]

    /// A version's parts do not fit together.
    static let manifest: [RefusalGroup] =
        [
            .codes(
                422,
                VersionError.fileUnknown,
                VersionError.versionPermissions
            ),
            .codes(
                422,
                GovernanceError.firmwareDiffers,
                GovernanceError.declarationDiffers,
                GovernanceError.familyUnknown,
                GovernanceError.textTooLong,
                GovernanceError.identityMismatch,
                GovernanceError.scopeDiffers,
                GovernanceError.debugRootDiffers,
                GovernanceError.productKeyInClear
            ),
            // A key that no slot has yet is the caller's to mend; the rest is the token's trouble.
            .codes(422, KeyCustodyError.nameUnknown), .codes(422, StatementError.inconsistent, .tooLarge),
            .all(422, of: SiliconError.self), .all(422, of: MatterError.self),
            .codes(503, VersionError.fileStorage),
        ] + token

    static let draft: [RefusalGroup] = [
        .codes(
            409,
            VersionError.versionState,
            .approvalSigned,
            .approvalPending
        ),
        .codes(
            422,
            VersionError.approvalExpiry,
            .approvalLooser,
            .approvalEdge,
            .approvalBelowGranted
        ),
        .codes(409, GovernanceError.fork, .chainMissing), .codes(422, GovernanceError.allotmentFalls),
        .codes(422, StatementError.inconsistent), .web(IdentityError.noRoleKeys),
    ]

    static let signatures: [RefusalGroup] =
        [
            .codes(404, VersionError.approvalMissing),
            .codes(403, VersionError.signerConflicted),
            .codes(
                422,
                VersionError.approvalDiffers,
                .signerUnknown,
                .signatureInvalid
            ),
            .codes(409, GovernanceError.roleKeysExpired),
        ] + draft
}
