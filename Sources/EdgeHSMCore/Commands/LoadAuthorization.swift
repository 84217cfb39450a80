public import Statements
public import Vocabulary

/// Loads one batch. The daemon opened the seal, unwrapped the product keys and checked their check values before.
public struct LoadAuthorization: EdgeCommand {
    public let requester: String
    /// The signed outside.
    public let package: Envelope
    /// SHA-256 of the HPKE ciphertext that was opened.
    public let sealed: Digest256
    public let contents: PackageContents

    public init(requester: String, package: Envelope, sealed: Digest256, contents: PackageContents) {
        self.requester = requester
        self.package = package
        self.sealed = sealed
        self.contents = contents
    }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> AuthorizationAccount {
        let judged = try state.judge(self, now: turn.now)
        try state.emit(judged, &turn)
        return try state.authorization(contents.authorization.statementID)
    }
}

extension EdgeHSMState {
    /// Whether a package may be opened here: signed by the authorizer, for this EdgeHSM, of RoleKeys that we have, not
    /// loaded before. To be asked before any decryption. Throws the refusal.
    public func checkPackage(_ envelope: Envelope, sealed: Digest256) throws -> Verified<ProductionPackage> {
        let package = try Verified<ProductionPackage>(envelope, signedBy: durable.roleKeys.authorizer)
        let content = package.content
        guard content.edgeHSM == durable.edgeHSM else {
            throw Refusal(EdgeError.wrongEdgeHSM, "for \(content.edgeHSM), this is \(durable.edgeHSM)")
        }
        guard content.sealed == sealed else { throw Refusal(EdgeError.packageMismatch, "sealed part") }
        guard content.roleKeysVersion <= durable.roleKeys.version else {
            throw Refusal(
                EdgeError.roleKeysOutdated,
                "needs version \(content.roleKeysVersion), here is \(durable.roleKeys.version)"
            )
        }
        try requireUncompromised(package.signers)
        try requireNotLoaded(content.authorization)
        return package
    }

    /// Everything that `LoadAuthorization` checks, without changing anything: ask it before product keys go into the
    /// token. Returns the entry's body.
    public func judge(_ load: LoadAuthorization, now: Instant) throws -> AuthorizationLoaded {
        try requireServing()
        guard now <= durable.roleKeys.expiresAt else {
            throw Refusal(EdgeError.roleKeysExpired, "version \(durable.roleKeys.version)")
        }
        let package = try checkPackage(load.package, sealed: load.sealed)
        let contents = load.contents
        let authorization = try Verified<ProductionAuthorization>(
            contents.authorization,
            signedBy: durable.roleKeys.authorizer
        )
        guard authorization.id == package.content.authorization else {
            throw Refusal(EdgeError.packageMismatch, "another authorization inside")
        }
        let approval = try verifiedByOfficers(contents.approval, as: VersionApproval.self)
        try checkAuthorization(authorization, now: now)
        try checkApproval(approval, authorization.content, now: now)
        try checkManifest(contents, approval.content, authorization.content)
        try checkAllotment(approval, authorization.content)
        try checkSerials(authorization.content)
        return AuthorizationLoaded(
            authorization: contents.authorization,
            approval: contents.approval,
            manifest: contents.manifest,
            package: package.id,
            officers: sound(approval.signers),
            authorizer: durable.roleKeys.authorizer.keyID
        )
    }

    func requireUncompromised(_ signers: [Digest256]) throws {
        if let signer = signers.first(where: { durable.revocations.contains(.roleKey($0)) }) {
            throw Refusal(EdgeError.signerCompromised, signer.hex)
        }
    }

    /// m officers of the newest RoleKeys, not counting compromised keys.
    func verifiedByOfficers<Content: Statement>(
        _ envelope: Envelope,
        as type: Content.Type
    ) throws -> Verified<
        Content
    > {
        let verified = try Verified<Content>(envelope, signedByOfficersOf: durable.roleKeys)
        if sound(verified.signers).count < durable.roleKeys.threshold { try requireUncompromised(verified.signers) }
        return verified
    }

    /// The signers whose keys are not compromised: a statement stands on them alone, so that the compromise of a key
    /// that was not needed stops nothing.
    private func sound(_ signers: [Digest256]) -> [Digest256] {
        signers.filter { !durable.revocations.contains(.roleKey($0)) }
    }

    private func requireNotLoaded(_ id: Digest256) throws {
        guard durable.authorizations[id] == nil else { throw Refusal(EdgeError.alreadyLoaded, id.hex) }
        guard !durable.tombstones.contains(id) else { throw Refusal(EdgeError.tombstoned, id.hex) }
    }

    private func checkAuthorization(_ verified: Verified<ProductionAuthorization>, now: Instant) throws {
        let content = verified.content
        try requireNotLoaded(verified.id)
        guard content.edgeHSM == durable.edgeHSM else { throw Refusal(EdgeError.wrongEdgeHSM, content.edgeHSM.text) }
        guard content.factory == durable.factory else {
            throw Refusal(EdgeError.factoryMismatch, "for \(content.factory), this is \(durable.factory)")
        }
        guard content.roleKeysVersion <= durable.roleKeys.version else {
            throw Refusal(EdgeError.roleKeysOutdated, "needs version \(content.roleKeysVersion)")
        }
        guard content.issuedAt <= durable.roleKeys.expiresAt else {
            throw Refusal(EdgeError.timeBeyondRoleKeys, "issued \(content.issuedAt)")
        }
        guard now <= content.notAfter else {
            throw Refusal(EdgeError.windowOver, "ended \(content.notAfter), now \(now)")
        }
        let open = durable.authorizations.values.count { !$0.isClosed }
        guard open < Self.mostOpenAuthorizations else { throw Refusal(EdgeError.tooManyOpen, "\(open)") }
    }

    private func checkApproval(
        _ verified: Verified<VersionApproval>,
        _ authorization: ProductionAuthorization,
        now: Instant
    ) throws {
        let approval = verified.content
        guard authorization.approval == verified.id else { throw Refusal(EdgeError.approvalMismatch, "other approval") }
        guard approval.product == authorization.product, approval.manifest == authorization.manifest else {
            throw Refusal(EdgeError.approvalMismatch, "product or version")
        }
        guard now <= approval.expiresAt, authorization.issuedAt <= approval.expiresAt else {
            throw Refusal(EdgeError.approvalExpired, "\(approval.expiresAt)")
        }
        guard approval.issuedAt <= durable.roleKeys.expiresAt else {
            throw Refusal(EdgeError.timeBeyondRoleKeys, "approval issued \(approval.issuedAt)")
        }
        let revoked = [RevocationTarget.approval(verified.id), .version(approval.manifest)]
        if let target = revoked.first(where: durable.revocations.contains) {
            throw Refusal(EdgeError.authorizationRevoked, target.description)
        }
        try checkRules(approval, authorization)
    }

    private func checkRules(_ approval: VersionApproval, _ authorization: ProductionAuthorization) throws {
        let rules = approval.rules
        if let largest = rules.largestBatch, authorization.quantity > largest {
            throw Refusal(EdgeError.batchTooLarge, "\(authorization.quantity), limit \(largest)")
        }
        let window = authorization.notAfter - authorization.notBefore
        if let longest = rules.longestWindow, window > longest {
            throw Refusal(EdgeError.windowTooLong, "\(window) s, limit \(longest) s")
        }
        let allowed = approval.allowances
        let asked = [
            ("debug unlocks", authorization.debugUnlocks.count, allowed.debugUnlocks),
            ("re-provisionings", authorization.reprovisions.count, allowed.reprovisions),
            ("rotations", authorization.rotations.count, allowed.rotations),
        ]
        if let (name, count, limit) = asked.first(where: { $0.1 > $0.2 }) {
            throw Refusal(EdgeError.allowanceBeyondApproval, "\(count) \(name), approved \(limit)")
        }
    }

    private func checkManifest(
        _ contents: PackageContents,
        _ approval: VersionApproval,
        _ authorization: ProductionAuthorization
    ) throws {
        let octets = contents.manifest.bytes
        guard Digest256.of(octets) == approval.manifest else { throw Refusal(EdgeError.manifestMismatch, "digest") }
        let manifest = try Manifest(parsing: octets)
        guard manifest.product == approval.product, manifest.vendorID == approval.vendorID,
            manifest.productID == approval.productID, manifest.version == approval.version
        else { throw Refusal(EdgeError.manifestMismatch, "product, VID, PID or version") }
        guard Digest256.of(contents.certificationDeclaration.bytes) == manifest.certificationDeclaration else {
            throw Refusal(EdgeError.manifestMismatch, "Certification Declaration")
        }
        guard contents.keys.map(\.slot).sorted() == manifest.keys.map(\.slot).sorted() else {
            throw Refusal(EdgeError.manifestMismatch, "product keys")
        }
        guard manifest.chipIdentity.strength >= approval.rules.chipIdentity.strength else {
            throw Refusal(EdgeError.chipIdentityTooWeak, manifest.chipIdentity.rawValue)
        }
        for key in manifest.keys where key.kind == .fleet && manifest.chipIdentity != .vendorCertificate {
            guard manifest.chipIdentity != .none else {
                throw Refusal(EdgeError.fleetKeyWithoutIdentity, key.slot.text)
            }
            guard approval.fleetKeyExceptions.contains(where: { $0.slot == key.slot }) else {
                throw Refusal(EdgeError.fleetKeyNotPermitted, key.slot.text)
            }
        }
        guard let product = durable.products[approval.product], product.certificates != nil,
            let prepared = try product.preparation.map({ try ProductPreparation.read(payload: $0.payload) })
        else { throw Refusal(EdgeError.productNotPrepared, approval.product.text) }
        guard prepared.vendorID == approval.vendorID, prepared.productID == approval.productID else {
            throw Refusal(EdgeError.productMismatch, "prepared for \(prepared.vendorID)/\(prepared.productID)")
        }
    }

    /// No serial twice on one EdgeHSM, whoever signed. What a closed batch did not use is free again. Across EdgeHSMs it is
    /// for the portal to see.
    private func checkSerials(_ authorization: ProductionAuthorization) throws {
        for account in durable.authorizations.values {
            let taken = account.isClosed ? account.consumed : account.granted
            guard taken > 0 else { continue }
            let overlaps = try authorization.serials.overlaps(
                account.content.serials,
                quantity: authorization.quantity,
                otherQuantity: taken
            )
            guard !overlaps else {
                throw Refusal(EdgeError.serialsTaken, "by batch \(account.content.batch) \(account.id)")
            }
        }
    }

    private func checkAllotment(_ approval: Verified<VersionApproval>, _ authorization: ProductionAuthorization) throws
    {
        var product = durable.products[authorization.product] ?? ProductAccount()
        let content = approval.content
        if let known = product.approvals[content.sequence] ?? product.predecessors[content.sequence],
            known != approval.id
        {
            throw Refusal(EdgeError.approvalForked, "sequence \(content.sequence)")
        }
        if let previous = content.previous,
            let known = product.approvals[content.sequence - 1] ?? product.predecessors[content.sequence - 1],
            known != previous
        {
            throw Refusal(EdgeError.approvalForked, "sequence \(content.sequence - 1)")
        }
        let figure = content.allotment(of: durable.edgeHSM)
        if content.sequence > product.sequence, figure < product.allotment {
            throw Refusal(EdgeError.allotmentLowered, "\(figure), here \(product.allotment)")
        }
        if let release = product.release, content.sequence == release.sequence + 1, figure < release.before,
            content.releases?.contains(release.order) != true
        {
            throw Refusal(EdgeError.releaseUncited, "\(figure) after \(release.before), order \(release.order)")
        }
        product.take(content, id: approval.id, at: durable.edgeHSM)
        guard product.granted + authorization.quantity <= product.allotment else {
            throw Refusal(
                EdgeError.allotmentExceeded,
                "\(product.granted) granted + \(authorization.quantity), allotment \(product.allotment)"
            )
        }
    }
}

extension ChipIdentityLevel {
    /// Orders the levels for the officers' rule.
    var strength: Int {
        switch self {
        case .none: 0
        case .applet: 1
        case .vendorCertificate: 2
        }
    }
}
