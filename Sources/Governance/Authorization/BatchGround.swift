import Silicon
public import Statements
public import Vocabulary

/// What belongs to one batch, verified: the ground on which the authorizer decides.
public struct BatchGround: Sendable {
    public let roleKeys: Verified<RoleKeys>
    public let approval: Verified<VersionApproval>
    public let enrolment: Verified<EdgeHSMEnrolment>
    public let manifest: Manifest
    public let manifestBytes: [UInt8]
    public let certificationDeclaration: [UInt8]
    public let profile: CustodyProfile
    /// What the officers took out of force.
    public let revoked: OfficersRevocations

    /// Verifies signatures and that the parts belong together. Throws a `StatementError`, `authorize.*`.
    ///
    /// - Parameters:
    ///   - history: RoleKeys in order up to `roleKeys`, for enrolments that were signed under an earlier version.
    ///   - revoked: what the officers took out of force. Signatures of compromised keys don't count; the rest stops each
    ///     batch and each package. There is no default, so that nobody forgets it.
    public init(
        roleKeys: Verified<RoleKeys>,
        history: [Verified<RoleKeys>] = [],
        revoked: OfficersRevocations,
        approval: Envelope,
        enrolment: Envelope,
        manifest: [UInt8],
        certificationDeclaration: [UInt8],
        profile: CustodyProfile
    ) throws {
        self.roleKeys = roleKeys
        self.revoked = revoked
        self.approval = try Self.verified(approval, roleKeys.content, compromised: revoked.compromisedKeys)
        self.enrolment = try EnrolmentCheck.verify(
            enrolment,
            history: history.isEmpty ? [roleKeys] : history,
            compromised: revoked.compromisedKeys
        )
        self.manifest = try Manifest(parsing: manifest)
        self.manifestBytes = manifest
        self.certificationDeclaration = certificationDeclaration
        self.profile = profile
        let approved = self.approval.content
        guard approved.manifest == Digest256.of(manifest) else {
            throw Refusal(GovernanceError.manifestDiffers, "manifest \(Digest256.of(manifest))")
        }
        guard approved.product == self.manifest.product, approved.version == self.manifest.version,
            approved.vendorID == self.manifest.vendorID, approved.productID == self.manifest.productID
        else { throw Refusal(GovernanceError.manifestDiffers, "product, version or ids of the approval") }
        guard self.manifest.certificationDeclaration == Digest256.of(certificationDeclaration) else {
            throw Refusal(GovernanceError.manifestDiffers, "Certification Declaration")
        }
        guard profile == .lab || self.enrolment.content.assurance == "hardware" else {
            throw Refusal(GovernanceError.edgeHSMDiffers, "software token in the production profile")
        }
    }

    /// The approval, if m officers signed it whose keys are not compromised.
    private static func verified(
        _ envelope: Envelope,
        _ roleKeys: RoleKeys,
        compromised: Set<Digest256>
    ) throws -> Verified<VersionApproval> {
        let verified = try Verified<VersionApproval>(envelope, signedByOfficersOf: roleKeys)
        let sound = verified.signers.count { !compromised.contains($0) }
        guard sound >= roleKeys.threshold else {
            throw Refusal(
                StatementError.tooFewOfficers,
                "\(sound) of \(roleKeys.threshold) needed, others are compromised"
            )
        }
        return verified
    }

    /// Throws `authorize.ground.revoked` where the officers took any of it out of force: the approval, the version, the
    /// EdgeHSM, the authorizer's key or, once it is made, the authorization.
    public func requireInForce(_ authorization: Digest256? = nil) throws {
        let authorizer = roleKeys.content.authorizer.keyID
        let target =
            revoked.compromisedKeys.contains(authorizer)
            ? .roleKey(authorizer)
            : revoked.target(
                approval: approval.id,
                manifest: approval.content.manifest,
                edgeHSM: enrolment.content.edgeHSM,
                authorization: authorization
            )
        if let target { throw Refusal(GovernanceError.groundRevoked, target.description) }
    }

    /// Throws `authorize.*` unless the officers' rules permit this batch now.
    public func check(_ batch: BatchRequest, now: Instant) throws {
        try requireInForce()
        let approved = approval.content
        guard now <= roleKeys.content.expiresAt else { throw Refusal(GovernanceError.roleKeysExpired) }
        guard now <= approved.expiresAt else { throw Refusal(GovernanceError.approvalExpired) }
        guard batch.product == approved.product else {
            throw Refusal(GovernanceError.manifestDiffers, "batch of \(batch.product)")
        }
        guard batch.edgeHSM == enrolment.content.edgeHSM, batch.factory == enrolment.content.factory else {
            throw Refusal(GovernanceError.edgeHSMDiffers, "\(batch.edgeHSM) at \(batch.factory)")
        }
        func require(_ condition: Bool, _ detail: String) throws {
            guard condition else { throw Refusal(GovernanceError.batchOutsideRules, detail) }
        }
        if let most = approved.rules.largestBatch {
            try require(batch.quantity <= most, "quantity \(batch.quantity), largest batch \(most)")
        }
        if let most = approved.rules.longestWindow {
            let window = batch.notAfter - batch.notBefore
            try require(window <= most, "window of \(window) s, longest window \(most) s")
        }
        let allowances = approved.allowances
        func allow(_ count: Int, _ most: Int, _ what: String) throws {
            try require(count <= most, "\(what) \(count), at most \(most)")
        }
        try allow(batch.debugUnlocks.count, allowances.debugUnlocks, "debug unlocks")
        try allow(batch.reprovisions.count, allowances.reprovisions, "re-provisionings")
        try allow(batch.rotations.count, allowances.rotations, "rotations")
        try require(
            manifest.chipIdentity.strength >= approved.rules.chipIdentity.strength,
            "chip identity \(manifest.chipIdentity.rawValue)"
        )
        if batch.debugUnlocks.count > 0 {
            try require(ChipFamily(rawValue: manifest.family)?.bindsDebugToChip == true, "debug unlocks of this family")
        }
    }

    /// The authorization of this batch, if the officers' rules permit it now. Totals, allotments and serials are not
    /// looked at: whoever accounts for the batch does that, durably, before it is signed.
    ///
    /// - Parameter unitsGranted: units of the product in all authorizations made before, for fleet-key exceptions.
    /// - Throws: `authorize.*`, `statement.content.inconsistent`.
    public func payload(
        for batch: BatchRequest,
        unitsGranted: Int,
        at now: Instant
    ) throws -> ProductionAuthorization {
        try check(batch, now: now)
        let (units, overflow) = unitsGranted.addingReportingOverflow(batch.quantity)
        guard !overflow else { throw Refusal(GovernanceError.batchOutsideRules, "quantity \(batch.quantity)") }
        try checkFleetKeys(unitsOfProduct: units)
        let authorization = authorization(of: batch, at: now)
        try authorization.validate()
        return authorization
    }

    /// The authorization as `batch` asks for it, unchecked.
    private func authorization(of batch: BatchRequest, at now: Instant) -> ProductionAuthorization {
        ProductionAuthorization(
            product: batch.product,
            approval: approval.id,
            manifest: approval.content.manifest,
            edgeHSM: batch.edgeHSM,
            factory: batch.factory,
            batch: batch.batch,
            quantity: batch.quantity,
            serials: batch.serials,
            notBefore: batch.notBefore,
            notAfter: batch.notAfter,
            grace: batch.grace ?? Limits.defaultGrace,
            debugUnlocks: batch.debugUnlocks,
            reprovisions: batch.reprovisions,
            rotations: batch.rotations,
            roleKeysVersion: roleKeys.content.version,
            issuedAt: now
        )
    }

    #if DEBUG
    /// What a thief of the portal token would sign, for tests: no rule is looked at.
    public func forgedPayload(for batch: BatchRequest, at now: Instant) -> ProductionAuthorization {
        authorization(of: batch, at: now)
    }
    #endif

    /// Throws unless `authorization` stands on this ground and all of it is in force.
    func requireOwn(_ authorization: ProductionAuthorization) throws {
        try requireInForce(Digest256.of(authorization.payload()))
        try authorization.validate()
        guard authorization.approval == approval.id, authorization.manifest == approval.content.manifest,
            authorization.product == approval.content.product
        else { throw Refusal(GovernanceError.manifestDiffers, "authorization of batch \(authorization.batch)") }
        guard authorization.edgeHSM == enrolment.content.edgeHSM, authorization.factory == enrolment.content.factory
        else {
            throw Refusal(GovernanceError.edgeHSMDiffers, "\(authorization.edgeHSM) at \(authorization.factory)")
        }
    }

    /// A fleet key below `vendorCertificate` needs the officers' exception for its slot and all units so far.
    func checkFleetKeys(unitsOfProduct units: Int) throws {
        guard manifest.chipIdentity != .vendorCertificate else { return }
        for key in manifest.keys where key.kind == .fleet {
            let exception = approval.content.fleetKeyExceptions.first { $0.slot == key.slot }
            guard manifest.chipIdentity == .applet, let exception, units <= exception.mostUnits else {
                throw Refusal(GovernanceError.fleetKeyWithoutException, "slot \(key.slot), \(units) units")
            }
        }
    }
}

extension ChipIdentityLevel {
    /// Larger proves more.
    public var strength: Int {
        switch self {
        case .none: 0
        case .applet: 1
        case .vendorCertificate: 2
        }
    }
}
