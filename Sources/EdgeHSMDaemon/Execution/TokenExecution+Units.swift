import EdgeHSMCore
import KeyCustody
public import LineProtocol
import Matter
import Silicon
import Statements
public import Vocabulary

extension Batch {
    /// The product's certificates, asked for at each use and not at the load alone: they were brought by a Factory
    /// Service, and only the approved manifest says which PAA is the OEM's.
    ///
    /// Throws `package.certificates.missing` and `edge.product.other-paa`.
    func installed() throws -> CertificatesInstalled {
        guard let certificates else {
            throw Refusal(ExecutionError.packageNoCertificates, manifest.product.text)
        }
        guard certificates.product == manifest.product, certificates.paa == manifest.paa else {
            throw Refusal(EdgeError.otherAuthority, manifest.product.text)
        }
        return certificates
    }
}

extension TokenExecution {
    public func verifyRequest(
        _ request: [UInt8],
        proof: VendorProof?,
        for batch: Batch,
        at now: Instant
    ) async throws -> DeviceFacts {
        let device = try DeviceRequest(der: request)
        if batch.manifest.chipIdentity == .vendorCertificate {
            guard let proof else { throw Refusal(ExecutionError.vendorProofMissing, device.chipUID.hex) }
            try await VendorProofCheck.verify(proof, request: device, roots: batch.manifest.vendorRoots, at: now)
        }
        return DeviceFacts(
            publicKey: device.publicKey,
            agreementKey: device.agreementKey,
            chipUID: device.chipUID,
            nonce: device.nonce,
            request: Digest256.of(request)
        )
    }

    public func issueCredential(
        _ facts: DeviceFacts,
        unit: Digest256,
        of batch: Batch
    ) async throws -> SignedCredential {
        let certificates = try installed(batch)
        let issuer = try await issuers.issuer(of: certificates, token: token)
        do {
            let dac = try await sign(facts, unit, batch, issuer)
            let secrets = try await UnitSecrets.derive(for: unit, of: batch.id, from: token)
            return SignedCredential(dac: dac.der, commitment: try secrets.commitment(of: batch.manifest))
        } catch {
            // The key may be another one by now: the next request looks it up anew.
            issuers.forget(certificates)
            throw error
        }
    }

    private func sign(
        _ facts: DeviceFacts,
        _ unit: Digest256,
        _ batch: Batch,
        _ issuer: ProductIssuer
    ) async throws -> AttestationCertificate {
        let authority = issuer.authority
        let serial = try CertificateSerial(random: Random.octets(CertificateSerial.size))
        let commonName = "\(batch.manifest.product) \(Hex.encode(unit.bytes.prefix(8)))"
        let notBefore = max(max(authority.pai.notBefore, authority.paa.notBefore), batch.authorization.notBefore)
        let profile = try CertificateProfile.dac(
            issuer: authority.issuer,
            commonName: String(commonName.suffix(MatterName.longestCommonName)),
            vendorID: batch.manifest.vendorID,
            productID: batch.manifest.productID,
            publicKey: facts.publicKey,
            serial: serial,
            notBefore: notBefore
        )
        return try await authority.issue(
            ToBeSignedCertificate(profile),
            expected: CertificateExpectation(
                publicKey: facts.publicKey,
                vendorID: batch.manifest.vendorID,
                productID: batch.manifest.productID,
                serial: serial,
                commonName: String(commonName.suffix(MatterName.longestCommonName)),
                notBefore: notBefore
            ),
            sign: { try await issuer.key.sign($0) }
        )
    }

    func installed(_ batch: Batch) throws -> CertificatesInstalled { try batch.installed() }

    public func unitData(
        _ unit: IssuedUnit,
        of batch: Batch,
        in context: ExecutionContext
    ) async throws -> UnitData {
        let secrets = try await UnitSecrets.derive(for: unit.id, of: batch.id, from: token)
        guard try secrets.commitment(of: batch.manifest) == unit.commitment else {
            throw Refusal(ExecutionError.commitmentMismatch, unit.serial.text)
        }
        let factoryData = try FactoryDataBuilder.encode(
            unit,
            secrets: secrets,
            batch: batch,
            pai: installed(batch).pai.bytes
        )
        let label = try secrets.label(of: unit.serial, manifest: batch.manifest)
        let record = UnitLabelRecord(
            authorization: batch.id,
            unit: unit.id,
            chipUID: unit.chipUID,
            serial: unit.serial,
            qr: label.qr,
            manualCode: label.manualCode,
            salt: secrets.salt,
            rotatingID: secrets.rotatingID,
            blind: secrets.blind
        )
        let sealed = try HPKESealer.seal(
            StatementCoding.encode(record),
            to: context.roleKeys.labelRecord,
            info: UnitLabelRecord.sealInfo,
            aad: unit.id.bytes
        )
        return UnitData(
            encoding: batch.manifest.factoryData.encoding,
            factoryData: factoryData,
            label: label,
            labelRecord: SealedRecord(encapsulated: sealed.encapsulated, ciphertext: Octets(sealed.ciphertext))
        )
    }

    public func sealKey(
        _ slot: KeySlot,
        fleet: Bool,
        to unit: IssuedUnit,
        nonce: Nonce,
        of batch: Batch
    ) async throws -> SealKey.Reply {
        guard let key = batch.manifest.keys.first(where: { $0.slot == slot }) else {
            throw Refusal(ExecutionError.slotUnknown, slot.text)
        }
        guard fleet == (key.kind == .fleet) else { throw Refusal(ExecutionError.slotUnknown, "\(slot) is \(key.kind)") }
        let name = BatchKeys.product(key, manifest: batch.authorization.manifest)
        let info = ProductKeySealInfo(slot: slot, uid: unit.chipUID, nonce: nonce).encoded
        let sealed = try await token.seal(
            name,
            fleet ? .fleet : .derived(context: DerivedSlotKey.context(slot: slot, uid: unit.chipUID)),
            to: unit.agreementKey,
            info: info
        )
        return SealKey.Reply(
            ephemeral: sealed.ephemeral,
            wrapped: Octets(try Hex.decode(sealed.wrapped)),
            info: Octets(info)
        )
    }
}

/// The context under which a slot's master derives the key of one chip: SHA-256(label ‖ slot ‖ UID), first 16 octets.
enum DerivedSlotKey {
    static func context(slot: KeySlot, uid: ChipUID) -> [UInt8] {
        Array(Digest256.of(Array("obis-slot-key-v1".utf8) + Array(slot.text.utf8) + uid.bytes).bytes.prefix(16))
    }
}
