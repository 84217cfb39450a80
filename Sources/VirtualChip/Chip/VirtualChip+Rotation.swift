import Crypto
import Programmers
import Silicon
import Statements
import SwiftASN1
import Vocabulary
import X509

/// The application port of a finished device that gives itself another credential. Two slots: what is in use stays in
/// use until one write puts the next key and its certificates in its place, so a power cut leaves one of the two.
extension VirtualChip {
    mutating func prepareRotation(_ nonce: Nonce) throws -> RotationRequest {
        try requireRotatable()
        let keys = try deviceKeys()
        let next = try nextKey() ?? P256.Signing.PrivateKey()
        let request = try Blob(
            DeviceCSR.make(uid: state.uid, nonce: nonce, signing: next, agreement: keys.agreement.publicKey)
        )
        let message = try RotationProof.message(
            chipUID: state.uid,
            newKey: P256Point(next.publicKey.x963Representation),
            request: Digest256(Array(SHA256.hash(data: request.bytes)))
        )
        let proof = try RotationProof(
            replacedKey: P256Point(keys.signing.publicKey.x963Representation),
            signature: RawSignature(keys.signing.signature(for: message).rawRepresentation)
        )
        try store(.prepareRotation) { state in
            if state.next == nil { state.next = .init(signing: Hex.encode(next.rawRepresentation)) }
            state.request = .init(nonce: nonce, der: request)
        }
        return RotationRequest(request: request, proof: proof)
    }

    mutating func stageRotation(
        _ certificates: RotatedCertificates,
        _ nonce: Nonce,
        _ challenge: AttestationChallenge,
        _ timestamp: UInt32
    ) throws
        -> AttestationAnswer
    {
        try requireRotatable()
        guard let next = try nextKey(), let present = state.credentials else {
            throw Refusal(VirtualChipError.rotationAbsent)
        }
        try requireSuccessor(certificates, of: present, for: next)
        let staged = ChipState.Staged(
            credentials: ChipCredentials(
                dac: certificates.dac,
                pai: certificates.pai,
                certificationDeclaration: present.certificationDeclaration
            ),
            factoryData: try state.factoryData.map { try renewed($0, certificates) }
        )
        let elements = try AttestationElements.encode(
            certificationDeclaration: present.certificationDeclaration.bytes,
            nonce: nonce,
            timestamp: timestamp
        )
        let signature = try next.signature(for: elements + challenge.bytes)
        try store(.stageRotation) { $0.next?.staged = staged }
        return try AttestationAnswer(
            elements: Blob(elements),
            signature: RawSignature(signature.rawRepresentation)
        )
    }

    mutating func switchCredential(to key: Digest256) throws -> ChipReply {
        let keys = try deviceKeys()
        guard let next = state.next else {
            // Done, and only the answer was lost.
            guard try keyID(keys.signing) == key else { throw Refusal(VirtualChipError.rotationAbsent) }
            return .done
        }
        guard let staged = next.staged, let nextKey = try nextKey(), try keyID(nextKey) == key else {
            throw Refusal(VirtualChipError.rotationAbsent)
        }
        try requireRotatable()
        try store(.switchCredential) { state in
            state.keys = .init(signing: next.signing, agreement: Hex.encode(keys.agreement.rawRepresentation))
            state.credentials = staged.credentials
            state.factoryData = staged.factoryData
            state.next = nil
        }
        return .done
    }

    func nextKey() throws -> P256.Signing.PrivateKey? {
        try state.next.map { try P256.Signing.PrivateKey(rawRepresentation: Hex.decode($0.signing)) }
    }

    private func keyID(_ key: P256.Signing.PrivateKey) throws -> Digest256 {
        try P256Point(key.publicKey.x963Representation).keyID
    }

    /// A finished device with its port shut, running approved firmware. A key that could be read through the port vouches
    /// for nothing.
    private mutating func requireRotatable() throws {
        guard state.fuses.locked, state.credentials != nil else {
            throw Refusal(VirtualChipError.rotationUnready, "not finished")
        }
        guard granted == nil else { throw Refusal(VirtualChipError.rotationUnready, "the debug port is open") }
        guard !state.exposed else { throw Refusal(VirtualChipError.rotationUnready, "exposed") }
        guard try boots() else { throw Refusal(VirtualChipError.applicationStopped) }
    }

    /// The new DAC is for the next key and by the issuer of the present one; whoever reaches the application port can't
    /// put a certificate of his own here.
    private func requireSuccessor(
        _ certificates: RotatedCertificates,
        of present: ChipCredentials,
        for next: P256.Signing.PrivateKey
    ) throws {
        let limits = FactoryDataLimits.of(state.family.factoryDataFormat)
        guard [certificates.dac, certificates.pai].allSatisfy({ $0.bytes.count <= limits.certificate }),
            let dac = try? Certificate(derEncoded: certificates.dac.bytes),
            let pai = try? Certificate(derEncoded: certificates.pai.bytes),
            let issuer = try? Certificate(derEncoded: present.pai.bytes)
        else { throw Refusal(VirtualChipError.credentialMalformed) }
        guard let key = P256.Signing.PublicKey(dac.publicKey),
            key.x963Representation == next.publicKey.x963Representation, pai.publicKey == issuer.publicKey,
            issuer.publicKey.isValidSignature(dac.signature, for: dac)
        else { throw Refusal(VirtualChipError.credentialForeign) }
    }

    /// Factory data hold both certificates: the same with the new ones in their places.
    private func renewed(_ blob: Blob, _ certificates: RotatedCertificates) throws -> Blob {
        var data = try NordicFactoryData(decoding: blob.bytes)
        data.dac = certificates.dac.bytes
        data.pai = certificates.pai.bytes
        return try Blob(data.encoded())
    }
}
