public import KeyCustody
public import Statements
public import Vocabulary

/// Makes one batch's authorization and sealed package, with the portal token, as the portal does.
public struct PackageMaker: Sendable {
    public struct Result: Sendable {
        public let file: PackageFile
        public let authorization: Verified<ProductionAuthorization>
    }

    /// What the running totals do.
    public enum Accounting: Sendable, Hashable {
        /// Totals of this ledger file are kept and obeyed.
        case ledger(path: String)
        #if DEBUG
        /// No totals: what a thief of the authorizer's token would do. For tests that show it is not enough.
        /// `approval` and `manifest` go inside in place of the true ones; the package is sealed to `box` in place of
        /// the EdgeHSM that the authorization names.
        case stolen(approval: Envelope? = nil, manifest: [UInt8]? = nil, box: EdgeHSMEnrolment? = nil)
        #endif
    }

    private let ground: BatchGround
    private let token: any Token
    private let now: Instant

    public init(_ ground: BatchGround, token: any Token, now: Instant) {
        self.ground = ground
        self.token = token
        self.now = now
    }

    /// Checks, accounts, signs, wraps and seals. Throws `authorize.*`, `key.*`, a `StatementError`.
    ///
    /// Calling it again for the same batch makes the same authorization, sealed and signed anew.
    public func make(_ batch: BatchRequest, _ accounting: Accounting) async throws -> Result {
        let authorizer = try await token.signingKey(.authorizer, equal: ground.roleKeys.content.authorizer)
        let authorization: ProductionAuthorization
        let (approval, manifest, box): (Envelope, [UInt8], EdgeHSMEnrolment)
        let proper = (ground.approval.envelope, ground.manifestBytes, ground.enrolment.content)
        switch accounting {
        case .ledger(let path):
            authorization = try accounted(batch, path)
            (approval, manifest, box) = proper
        #if DEBUG
        case .stolen(let otherApproval, let otherManifest, let otherBox):
            authorization = self.authorization(batch)
            approval = otherApproval ?? proper.0
            manifest = otherManifest ?? proper.1
            box = otherBox ?? proper.2
        #endif
        }
        let keys = try await wrappedKeys(for: box)
        let envelope = try await authorization.unsigned().signed(by: authorizer)
        let verified = try Verified<ProductionAuthorization>(envelope, signedBy: authorizer.publicKey)
        let contents = PackageContents(
            authorization: envelope,
            approval: approval,
            manifest: Octets(manifest),
            keys: keys,
            certificationDeclaration: Octets(ground.certificationDeclaration)
        )
        let sealed = try seal(contents, authorization: verified.id, to: box)
        let package = ProductionPackage(
            edgeHSM: box.edgeHSM,
            authorization: verified.id,
            sealed: Digest256.of(sealed.ciphertext),
            encapsulated: sealed.encapsulated,
            roleKeysVersion: authorization.roleKeysVersion,
            issuedAt: now
        )
        let outside = try await package.unsigned().signed(by: authorizer)
        return Result(file: PackageFile(package: outside, sealed: Octets(sealed.ciphertext)), authorization: verified)
    }

    /// The totals are written before anything is signed: a power cut in between loses quota, never exceeds it.
    private func accounted(_ batch: BatchRequest, _ path: String) throws -> ProductionAuthorization {
        let lock = try StateLock(path + ".lock")
        defer { withExtendedLifetime(lock) {} }
        var ledger = try AuthorizationLedger(reading: path)
        try ground.check(batch, now: now)
        if let existing = try ledger.existing(batch) {
            guard existing.matches(batch), existing.approval == ground.approval.id else {
                throw Refusal(CeremonyError.batchTaken, batch.batch.text)
            }
            return existing
        }
        try ground.checkFleetKeys(unitsOfProduct: ledger.units(of: batch.product) + batch.quantity)
        let authorization = authorization(batch)
        try authorization.validate()
        try ledger.add(authorization, under: ground.approval.content)
        try ledger.write(to: path)
        return authorization
    }

    private func authorization(_ batch: BatchRequest) -> ProductionAuthorization {
        ProductionAuthorization(
            product: batch.product,
            approval: ground.approval.id,
            manifest: ground.approval.content.manifest,
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
            roleKeysVersion: ground.roleKeys.content.version,
            issuedAt: now
        )
    }

    /// Each key of the manifest, wrapped token to token under the EdgeHSM's trusted transport key.
    private func wrappedKeys(for box: EdgeHSMEnrolment) async throws -> [PackageContents.WrappedKey] {
        let manifest = ground.manifest
        var keys: [PackageContents.WrappedKey] = []
        for key in manifest.keys {
            let name = KeyName.product(manifest.product, version: manifest.version, slot: key.slot, kind: key.kind)
            guard Hex.encode(try await token.checkValue(name)) == key.checkValue else {
                throw Refusal(CeremonyError.productKeyDiffers, name.label)
            }
            if ground.profile == .production, try await token.isImportedInClear(name) {
                throw Refusal(CeremonyError.productKeyInClear, name.label)
            }
            let wrapped = try await token.wrap(name, under: .transport(of: box))
            keys.append(PackageContents.WrappedKey(slot: key.slot, wrapped: Octets(wrapped)))
        }
        return keys
    }

    private func seal(
        _ contents: PackageContents,
        authorization: Digest256,
        to box: EdgeHSMEnrolment
    ) throws -> HPKEMessage {
        let plaintext = try StatementCoding.encode(contents)
        guard plaintext.count <= PackageContents.largest else {
            throw Refusal(StatementError.tooLarge, "package contents of \(plaintext.count) octets")
        }
        return try HPKESealer.seal(
            plaintext,
            to: box.seal,
            info: ProductionPackage.sealInfo,
            aad: ProductionPackage.sealContext(edgeHSM: box.edgeHSM, authorization: authorization)
        )
    }
}

extension ProductionAuthorization {
    fileprivate func matches(_ batch: BatchRequest) -> Bool {
        product == batch.product && self.batch == batch.batch && edgeHSM == batch.edgeHSM
            && factory == batch.factory && quantity == batch.quantity && serials == batch.serials
            && notBefore == batch.notBefore && notAfter == batch.notAfter
            && grace == batch.grace ?? Limits.defaultGrace && debugUnlocks == batch.debugUnlocks
            && reprovisions == batch.reprovisions && rotations == batch.rotations
    }
}
