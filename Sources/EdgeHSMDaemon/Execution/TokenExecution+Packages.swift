import KeyCustody
import Matter
public import Statements
import Vocabulary

extension TokenExecution {
    public func openPackage(
        _ file: [UInt8],
        certificates: CertificatesInstalled?,
        in context: ExecutionContext
    ) async throws -> OpenedPackage {
        let file = try PackageFile(parsing: file)
        let package = try Verified<ProductionPackage>(file.package, signedBy: context.roleKeys.authorizer)
        let outside = package.content
        guard outside.edgeHSM == context.edgeHSM else {
            throw Refusal(ExecutionError.packageForOther, outside.edgeHSM.text)
        }
        guard outside.roleKeysVersion <= context.roleKeys.version else {
            throw Refusal(ExecutionError.packageRoleKeysOld, "version \(outside.roleKeysVersion)")
        }
        guard Digest256.of(file.sealed.bytes) == outside.sealed else { throw Refusal(ExecutionError.packageAltered) }
        let plaintext = try await HPKEOpener.open(
            HPKEMessage(encapsulated: outside.encapsulated, ciphertext: file.sealed.bytes),
            with: token.agreementKey(KeyName(.edgeSeal)),
            info: ProductionPackage.sealInfo,
            aad: ProductionPackage.sealContext(edgeHSM: outside.edgeHSM, authorization: outside.authorization)
        )
        let contents = try plaintext.withBytes { try PackageContents(parsing: Array($0)) }
        return try judge(contents, of: package, certificates: certificates, in: context)
    }

    /// Every part proves itself and names the others.
    private func judge(
        _ contents: PackageContents,
        of package: Verified<ProductionPackage>,
        certificates: CertificatesInstalled?,
        in context: ExecutionContext
    ) throws -> OpenedPackage {
        let authorization = try Verified<ProductionAuthorization>(
            contents.authorization,
            signedBy: context.roleKeys.authorizer
        )
        let approval = try Verified<VersionApproval>(contents.approval, signedByOfficersOf: context.roleKeys)
        let manifest = try Manifest(parsing: contents.manifest.bytes)
        let digest = Digest256.of(contents.manifest.bytes)
        try require(authorization.id == package.content.authorization, "authorization and package")
        try require(authorization.content.edgeHSM == context.edgeHSM, "authorization and EdgeHSM")
        try require(authorization.content.factory == context.factory, "authorization and factory")
        try require(authorization.content.approval == approval.id, "authorization and approval")
        try require(authorization.content.product == approval.content.product, "product of authorization and approval")
        try require(authorization.content.manifest == digest, "authorization and manifest")
        try require(approval.content.manifest == digest, "approval and manifest")
        try require(manifest.product == approval.content.product, "product of manifest and approval")
        try require(manifest.version == approval.content.version, "version of manifest and approval")
        try require(manifest.vendorID == approval.content.vendorID, "VID of manifest and approval")
        try require(manifest.productID == approval.content.productID, "PID of manifest and approval")
        try require(Set(contents.keys.map(\.slot)) == Set(manifest.keys.map(\.slot)), "keys and slots")
        try require(contents.keys.count == manifest.keys.count, "keys and slots")
        try require(
            Digest256.of(contents.certificationDeclaration.bytes) == manifest.certificationDeclaration,
            "Certification Declaration and manifest"
        )
        guard let certificates, certificates.product == manifest.product else {
            throw Refusal(ExecutionError.packageNoCertificates, manifest.product.text)
        }
        try checkScope(of: certificates, for: manifest)
        // A version whose chips would refuse every answer must not spend unlocks to find that out.
        if authorization.content.debugUnlocks.count > 0 {
            _ = try Self.debugAuthentication(certificates, for: manifest)
        }
        try checkDeclaration(contents.certificationDeclaration.bytes, of: manifest, certificates: certificates)
        return OpenedPackage(
            package: package.id,
            authorization: authorization,
            approval: approval,
            manifest: manifest,
            manifestBytes: contents.manifest.bytes,
            certificationDeclaration: contents.certificationDeclaration.bytes,
            keys: contents.keys
        )
    }

    private func require(_ condition: Bool, _ parts: String) throws {
        guard condition else { throw Refusal(ExecutionError.packageMismatch, parts) }
    }

    private func checkScope(of certificates: CertificatesInstalled, for manifest: Manifest) throws {
        let pai = try AttestationCertificate(der: certificates.pai.bytes)
        try require(certificates.paa == manifest.paa, "installed PAA and manifest")
        try require(pai.vendorID == manifest.vendorID, "PAI and VID")
        try require(pai.productID == manifest.productID, "PAI and PID")
    }

    /// The CD's own signature, signer and content against the product, as a commissioner will judge it.
    private func checkDeclaration(
        _ declaration: [UInt8],
        of manifest: Manifest,
        certificates: CertificatesInstalled
    ) throws {
        let signed = try SignedDeclaration(der: declaration)
        try signed.verify(signers: declarationSigners)
        let pai = try AttestationCertificate(der: certificates.pai.bytes)
        // Every PAI here is scoped to one product, so it already carries what each DAC under it will.
        try signed.declaration.match(
            vendorID: manifest.vendorID,
            productID: manifest.productID,
            dac: pai,
            pai: pai,
            paa: AttestationCertificate(der: certificates.paa.bytes)
        )
    }

    public func installKeys(of package: OpenedPackage) async throws {
        let manifest = Digest256.of(package.manifestBytes)
        for key in package.manifest.keys {
            let name = BatchKeys.product(key, manifest: manifest)
            if try await !token.has(name) {
                guard let wrapped = package.keys.first(where: { $0.slot == key.slot }) else {
                    throw Refusal(ExecutionError.packageMismatch, "no key for slot \(key.slot)")
                }
                try await token.unwrap(wrapped.wrapped.bytes, with: KeyName(.edgeTransport), as: name)
            }
            do {
                try await token.verifyCheckValue(Hex.decode(key.checkValue), of: name)
            } catch let refusal as Refusal where refusal.has(KeyCustodyError.checkValueDiffers) {
                try await token.destroy(name)
                throw Refusal(ExecutionError.packageWrongKey, "slot \(key.slot)")
            }
        }
        let secret = BatchKeys.unitSecret(package.authorization.id)
        if try await !token.has(secret) { try await token.generate(secret) }
    }

    public func destroyKeys(of batch: Batch, stillOpen: [Batch]) async throws {
        let inUse = Set(stillOpen.map(\.authorization.manifest))
        var names = [BatchKeys.unitSecret(batch.id)]
        if !inUse.contains(batch.authorization.manifest) {
            names += batch.manifest.keys.map { BatchKeys.product($0, manifest: batch.authorization.manifest) }
        }
        for name in names where try await token.has(name) { try await token.destroy(name) }
    }

    public func destroyOrphans(loaded batches: [Batch]) async throws -> [String] {
        var known: Set<KeyName> = []
        for batch in batches {
            known.insert(BatchKeys.unitSecret(batch.id))
            known.formUnion(batch.manifest.keys.map { BatchKeys.product($0, manifest: batch.authorization.manifest) })
        }
        let held = try await token.names(of: [.unitSecret, .importedFleetKey, .importedMasterKey])
        let orphans = held.subtracting(known)
        for name in orphans { try await token.destroy(name) }
        return orphans.map(\.label).sorted()
    }

    public func zeroise() async throws {
        for name in try await token.names(of: BatchKeys.rolesOfEdgeHSM) {
            do {
                try await token.destroy(name)
            } catch let refusal as Refusal where refusal.has(KeyCustodyError.nameUnknown) { continue }
        }
        let left = try await token.names(of: BatchKeys.rolesOfEdgeHSM)
        guard left.isEmpty else {
            throw Refusal(ExecutionError.keysRemain, left.map(\.label).sorted().joined(separator: " "))
        }
        issuers.forgetAll()
        identity.forget()
    }
}
