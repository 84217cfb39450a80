import Crypto
import CryptoExtras
import Programmers
import Silicon
import SwiftASN1
import Vocabulary
import X509

/// Device keys, requests, certificates, product keys. Nothing here returns a private or symmetric key.
extension VirtualChip {
    mutating func generateKeys(_ nonce: Nonce) throws -> Blob {
        guard state.keys == nil else { return try attest(nonce, at: .generateKeys) }
        let signing = P256.Signing.PrivateKey()
        let agreement = P256.KeyAgreement.PrivateKey()
        let exposed = openPortReadsKeyStore
        let request = try Blob(
            DeviceCSR.make(uid: state.uid, nonce: nonce, signing: signing, agreement: agreement.publicKey)
        )
        try store(.generateKeys) { state in
            state.keys = .init(
                signing: Hex.encode(signing.rawRepresentation),
                agreement: Hex.encode(agreement.rawRepresentation)
            )
            state.request = .init(nonce: nonce, der: request)
            state.exposed = exposed
        }
        return request
    }

    mutating func attest(_ nonce: Nonce, at point: VirtualChipCutPoint) throws -> Blob {
        let keys = try deviceKeys()
        let request = try Blob(
            DeviceCSR.make(uid: state.uid, nonce: nonce, signing: keys.signing, agreement: keys.agreement.publicKey)
        )
        try store(point) { $0.request = .init(nonce: nonce, der: request) }
        return request
    }

    func vendorAttestation() throws -> VendorAttestation {
        guard let vendor = state.vendor else { throw Refusal(VirtualChipError.vendorIdentityAbsent) }
        guard let request = state.request else { throw Refusal(VirtualChipError.requestAbsent) }
        let key = try P256.Signing.PrivateKey(rawRepresentation: Hex.decode(vendor.scalar))
        let signature = try key.signature(for: request.der.bytes)
        return try VendorAttestation(
            certificate: vendor.certificate,
            signature: RawSignature(signature.rawRepresentation)
        )
    }

    mutating func writeCredentials(_ credentials: ChipCredentials) throws -> ChipReply {
        let keys = try deviceKeys()
        let limits = FactoryDataLimits.of(state.family.factoryDataFormat)
        let malformed = Refusal(VirtualChipError.credentialMalformed)
        guard [credentials.dac, credentials.pai].allSatisfy({ $0.bytes.count <= limits.certificate }),
            let certificate = try? Certificate(derEncoded: credentials.dac.bytes),
            (try? Certificate(derEncoded: credentials.pai.bytes)) != nil
        else { throw malformed }
        guard let key = P256.Signing.PublicKey(certificate.publicKey),
            key.x963Representation == keys.signing.publicKey.x963Representation
        else { throw Refusal(VirtualChipError.credentialForeign) }
        // Whatever is stored must fit into an attestation answer later.
        _ = try AttestationElements.encode(
            certificationDeclaration: credentials.certificationDeclaration.bytes,
            nonce: Nonce(validated: [UInt8](repeating: 0, count: Nonce.size)),
            timestamp: .max
        )
        try store(.writeCredentials) { $0.credentials = credentials }
        return .done
    }

    mutating func install(_ delivery: SealedKeyDelivery) throws -> ProductKeyReceipt {
        let keys = try deviceKeys()
        guard let request = state.request else { throw Refusal(VirtualChipError.requestAbsent) }
        guard state.productKeys[delivery.slot.text] != nil || state.productKeys.count < Self.mostSlots else {
            throw Refusal(VirtualChipError.slotsFull)
        }
        let info = ProductKeySealInfo(slot: delivery.slot, uid: state.uid, nonce: request.nonce)
        let key = try ProductKeySeal.open(
            ephemeral: delivery.ephemeral,
            wrapped: delivery.wrapped.bytes,
            info: info.encoded,
            with: keys.agreement
        )
        var authentication = try AES.CMAC(key: key)
        authentication.update(data: Array(ProductKeyReceipt.checkedText.utf8))
        let checkValue = try KeyCheckValue(authentication.finalize())
        let message = ProductKeyReceipt.message(
            slot: delivery.slot,
            uid: state.uid,
            nonce: request.nonce,
            checkValue: checkValue
        )
        let signature = try RawSignature(keys.signing.signature(for: message).rawRepresentation)
        try store(.installSealedKey) { state in
            state.productKeys[delivery.slot.text] = key.withUnsafeBytes { Hex.encode($0) }
        }
        return ProductKeyReceipt(
            slot: delivery.slot,
            nonce: request.nonce,
            checkValue: checkValue,
            signature: signature
        )
    }

    /// The application port of firmware that passed secure boot.
    mutating func attestation(
        _ nonce: Nonce,
        _ challenge: AttestationChallenge,
        _ timestamp: UInt32
    ) throws
        -> AttestationAnswer
    {
        power.reach(.attestation, .before)
        let keys = try deviceKeys()
        guard let credentials = state.credentials else { throw Refusal(VirtualChipError.credentialAbsent) }
        guard try boots() else { throw Refusal(VirtualChipError.applicationStopped) }
        let elements = try AttestationElements.encode(
            certificationDeclaration: credentials.certificationDeclaration.bytes,
            nonce: nonce,
            timestamp: timestamp
        )
        let signature = try keys.signing.signature(for: elements + challenge.bytes)
        let answer = try AttestationAnswer(
            elements: Blob(elements),
            signature: RawSignature(signature.rawRepresentation)
        )
        power.reach(.attestation, .afterWrite)
        return answer
    }

    func deviceKeys() throws -> (signing: P256.Signing.PrivateKey, agreement: P256.KeyAgreement.PrivateKey) {
        guard let keys = state.keys else { throw Refusal(VirtualChipError.keysAbsent) }
        return try (
            P256.Signing.PrivateKey(rawRepresentation: Hex.decode(keys.signing)),
            P256.KeyAgreement.PrivateKey(rawRepresentation: Hex.decode(keys.agreement))
        )
    }
}
