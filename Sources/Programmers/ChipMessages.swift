public import Silicon
public import Vocabulary

/// One command to a chip.
public enum ChipRequest: Hashable, Sendable, Codable {
    case identify
    case status
    case generateKeys(nonce: Nonce)
    case attest(nonce: Nonce)
    case vendorAttest
    case writeFactoryData(blob: Blob)
    case writeCredentials(credentials: ChipCredentials)
    case installSealedKey(delivery: SealedKeyDelivery)
    case writeFirmware(offset: UInt32, total: UInt32, chunk: Blob)
    case readBack(region: ChipRegion, offset: UInt32, length: UInt32)
    case digest(region: ChipRegion)
    case setSecurityFeatures(features: SecurityFeatures)
    case lockDebug
    case wipe(scope: WipeScope)
    case adac(packet: Blob)
    case attestationSignature(nonce: Nonce, challenge: AttestationChallenge, timestamp: UInt32)
    case prepareRotation(nonce: Nonce)
    case stageRotation(
        certificates: RotatedCertificates,
        nonce: Nonce,
        challenge: AttestationChallenge,
        timestamp: UInt32
    )
    case switchCredential(key: Digest256)
    case reset
}

/// One answer of a chip.
public enum ChipReply: Hashable, Sendable, Codable {
    case done
    case identity(identity: ChipIdentity)
    case status(status: ChipStatus)
    case csr(der: Blob)
    case vendorAttestation(attestation: VendorAttestation)
    case receipt(receipt: ProductKeyReceipt)
    case content(bytes: Blob)
    case digest(digest: RegionDigest)
    case packet(packet: Blob)
    case attestation(answer: AttestationAnswer)
    case rotation(request: RotationRequest)
    case refused(refusal: Refusal)
}
