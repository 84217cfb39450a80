import Governance
public import Statements
public import Vocabulary

/// The officers' signatures on one approval, brought one by one or several together, joined under the newest RoleKeys.
public struct ApprovalSignatures: Sendable {
    /// The approval with every signature that counts, each officer's once.
    public let envelope: Envelope
    public let signers: [OfficerName]
    /// The approval as everybody else will verify it, once m officers have signed.
    public let verified: Verified<VersionApproval>?

    /// - Parameters:
    ///   - kept: the approval as the portal drafted it, with the signatures so far. Signatures that no longer count
    ///     under the newest RoleKeys are left out.
    ///   - given: the same statement with one signature more, or several.
    ///   - conflicted: officers who made or submitted the version.
    /// - Throws: `portal.approval.*`, `authorize.role-keys.expired`.
    public init(
        kept: Envelope,
        given: Envelope,
        roleKeys: RoleKeys,
        conflicted: Set<OfficerName>,
        at now: Instant
    ) throws {
        guard given.payloadType == kept.payloadType, given.payload == kept.payload else {
            throw Refusal(VersionError.approvalDiffers, "statement \(given.statementID)")
        }
        guard now <= roleKeys.expiresAt else { throw Refusal(GovernanceError.roleKeysExpired) }
        guard now < (try VersionApproval.read(payload: kept.payload)).expiresAt else {
            throw Refusal(VersionError.approvalExpiry, "statement \(kept.statementID)")
        }
        let officers = roleKeys.officers
        let signed = kept.signedBytes
        var counted: [OfficerName: Envelope.Signature] = [:]
        for signature in kept.signatures {
            guard let officer = officers.first(where: { $0.key.keyID == signature.keyID }),
                !conflicted.contains(officer.name), officer.key.verifies(signature.value, over: signed)
            else { continue }
            counted[officer.name] = signature
        }
        for signature in given.signatures {
            guard let officer = officers.first(where: { $0.key.keyID == signature.keyID }) else {
                // One that was kept from older RoleKeys and comes back is left out like there.
                if kept.signatures.contains(signature) { continue }
                throw Refusal(VersionError.signerUnknown, "key \(signature.keyID)")
            }
            guard !conflicted.contains(officer.name) else {
                throw Refusal(VersionError.signerConflicted, officer.name.text)
            }
            guard officer.key.verifies(signature.value, over: signed) else {
                throw Refusal(VersionError.signatureInvalid, officer.name.text)
            }
            // An ECDSA signature may be made anew at will: the first one stays.
            if counted[officer.name] == nil { counted[officer.name] = signature }
        }
        let ordered = counted.sorted { $0.key < $1.key }
        self.signers = ordered.map(\.key)
        self.envelope = Envelope(
            payloadType: kept.payloadType,
            payload: kept.payload,
            signatures: ordered.map(\.value)
        )
        self.verified =
            ordered.count >= roleKeys.threshold
            ? try Verified(envelope, signedByOfficersOf: roleKeys) : nil
    }
}
