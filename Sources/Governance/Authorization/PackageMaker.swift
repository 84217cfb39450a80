public import KeyCustody
public import Statements
public import Vocabulary

/// Makes the signed authorization and the sealed package of one batch, with the portal token.
///
/// Who may have how many is not decided here: `BatchGround.payload` says what the officers' rules permit, somebody keeps
/// the totals durably, and only then is the authorization signed here.
public struct PackageMaker: Sendable {
    public struct Result: Sendable {
        public let file: PackageFile
        public let authorization: Verified<ProductionAuthorization>
    }

    /// What goes inside the seal beside the authorization, and to whom it is sealed.
    private struct Inside {
        let approval: Envelope
        let manifest: [UInt8]
        let box: EdgeHSMEnrolment
    }

    private let ground: BatchGround
    private let token: any Token
    private let now: Instant
    private let signed: @Sendable () throws -> Void

    /// - Parameter signed: called when the authorization is signed and not yet sealed.
    public init(
        _ ground: BatchGround,
        token: any Token,
        now: Instant,
        signed: @escaping @Sendable () throws -> Void = {}
    ) {
        self.ground = ground
        self.token = token
        self.now = now
        self.signed = signed
    }

    /// Signs, wraps and seals an authorization that is durably accounted for. Calling it again makes the same
    /// authorization, signed and sealed anew.
    ///
    /// Throws `authorize.ground.revoked`: no key is wrapped to what the officers took out of force;
    /// `authorize.manifest.differs` and `authorize.edgehsm.differs` for an authorization of another ground,
    /// `authorize.token.wrong-key`, `authorize.product-key.*`, `key.*`, a `StatementError`.
    public func make(from authorization: ProductionAuthorization) async throws -> Result {
        try ground.requireOwn(authorization)
        return try await make(
            authorization,
            Inside(
                approval: ground.approval.envelope,
                manifest: ground.manifestBytes,
                box: ground.enrolment.content
            )
        )
    }

    #if DEBUG
    /// What a thief of the portal token would make, for tests that show it is not enough: `approval` and `manifest` go
    /// inside in place of the true ones, and the package is sealed to `box` in place of the authorization's EdgeHSM.
    public func forge(
        _ authorization: ProductionAuthorization,
        approval: Envelope?,
        manifest: [UInt8]?,
        box: EdgeHSMEnrolment?
    ) async throws -> Result {
        try await make(
            authorization,
            Inside(
                approval: approval ?? ground.approval.envelope,
                manifest: manifest ?? ground.manifestBytes,
                box: box ?? ground.enrolment.content
            )
        )
    }
    #endif

    private func make(_ authorization: ProductionAuthorization, _ inside: Inside) async throws -> Result {
        let authorizer = try await token.signingKey(.authorizer, equal: ground.roleKeys.content.authorizer)
        let keys = try await wrappedKeys(for: inside.box)
        let envelope = try await authorization.unsigned().signed(by: authorizer)
        let verified = try Verified<ProductionAuthorization>(envelope, signedBy: authorizer.publicKey)
        try signed()
        let contents = PackageContents(
            authorization: envelope,
            approval: inside.approval,
            manifest: Octets(inside.manifest),
            keys: keys,
            certificationDeclaration: Octets(ground.certificationDeclaration)
        )
        let sealed = try seal(contents, authorization: verified.id, to: inside.box)
        let package = ProductionPackage(
            edgeHSM: inside.box.edgeHSM,
            authorization: verified.id,
            sealed: Digest256.of(sealed.ciphertext),
            encapsulated: sealed.encapsulated,
            roleKeysVersion: authorization.roleKeysVersion,
            issuedAt: now
        )
        let outside = try await package.unsigned().signed(by: authorizer)
        return Result(file: PackageFile(package: outside, sealed: Octets(sealed.ciphertext)), authorization: verified)
    }

    /// Each key of the manifest, wrapped token to token under the EdgeHSM's trusted transport key.
    private func wrappedKeys(for box: EdgeHSMEnrolment) async throws -> [PackageContents.WrappedKey] {
        let manifest = ground.manifest
        var keys: [PackageContents.WrappedKey] = []
        for key in manifest.keys {
            let name = KeyName.product(manifest.product, version: manifest.version, slot: key.slot, kind: key.kind)
            guard Hex.encode(try await token.checkValue(name)) == key.checkValue else {
                throw Refusal(GovernanceError.productKeyDiffers, name.label)
            }
            if ground.profile == .production, try await token.isImportedInClear(name) {
                throw Refusal(GovernanceError.productKeyInClear, name.label)
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
