public import Silicon
public import Vocabulary

/// What a station does to one chip through a debug probe and the chip's application port.
///
/// Every step is idempotent: repeating it after a power cut of either side gives the same result, so a station resumes
/// by asking `status()` and doing again whatever is not there. Steps marked *debug* need an open debug port; a locked
/// chip refuses them with `chip.debug.locked` until ADAC opens the port, which the next reset closes again.
public protocol Programmer: Sendable {
    func identify() async throws -> ChipIdentity
    func status() async throws -> ChipStatus

    /// *Debug.* Makes the P-256 signing and key-agreement keys inside the chip where there are none, then answers as
    /// `attest` does. Returns a DER PKCS#10 request (`DeviceCSR` says what it holds).
    func generateKeys(nonce: Nonce) async throws -> [UInt8]
    /// A new request over a new nonce with the keys that exist; works on a locked chip too.
    func attest(nonce: Nonce) async throws -> [UInt8]
    /// The vendor's certificate and a signature over the request made last. Families without a vendor identity refuse
    /// with `chip.vendor-identity.absent`.
    func vendorAttest() async throws -> VendorAttestation

    /// *Debug.* Writes the factory data in the family's encoding.
    func writeFactoryData(_ encoded: [UInt8]) async throws
    /// *Debug.* The chip refuses a DAC that is not for its own signing key.
    func writeCredentials(_ credentials: ChipCredentials) async throws
    /// *Debug.* The chip opens the key over the nonce of its last request and proves it with a receipt.
    func installSealedKey(_ delivery: SealedKeyDelivery) async throws -> ProductKeyReceipt
    /// *Debug.* `offset` and `total` in octets; a `total` other than before erases the firmware region first.
    func writeFirmware(offset: UInt32, total: UInt32, chunk: [UInt8]) async throws
    /// *Debug.* At most 64 KiB at once.
    func readBack(_ region: ChipRegion, offset: UInt32, length: UInt32) async throws -> [UInt8]
    /// *Debug.* Computed by the chip over what it holds.
    func digest(_ region: ChipRegion) async throws -> RegionDigest
    /// *Debug.* One-time fuses; repeating the same values is fine, other values are refused.
    func setSecurityFeatures(_ features: SecurityFeatures) async throws
    /// *Debug.* Burns the lock fuse: the last step. Closes the port at once.
    func lockDebug() async throws
    /// *Debug.* Erases keys before a device gets new ones.
    func wipe(_ scope: WipeScope) async throws

    /// One ADAC request packet in, one response packet out (`ADACRequest`, `ADACResponse`).
    func adac(_ packet: [UInt8]) async throws -> [UInt8]
    /// Application port: what a commissioned device answers to a Matter AttestationRequest. `timestamp` in seconds
    /// since 2000-01-01 as Matter counts. Only firmware that passes secure boot answers.
    func attestationSignature(
        nonce: Nonce,
        challenge: AttestationChallenge,
        timestamp: UInt32
    ) async throws
        -> AttestationAnswer

    // MARK: Rotation, offered by the running application

    // A locked, unexposed device whose port is shut and whose firmware passed secure boot gives itself another
    // credential. The debug port has no part in it. The credential in use works on until `switchCredential`.

    /// Makes the next signing key in the second slot where there is none, and a request for it over `nonce` that the key
    /// in use vouches for. The newest request replaces the one before; the next key stays the same.
    func prepareRotation(nonce: Nonce) async throws -> RotationRequest
    /// Puts certificates into the second slot. Taken only with a DAC for the next key, signed by the key of the PAI that
    /// the chip has. Answers an attestation request with the next key, which thereby proves itself before it counts.
    func stageRotation(
        _ certificates: RotatedCertificates,
        nonce: Nonce,
        challenge: AttestationChallenge,
        timestamp: UInt32
    ) async throws
        -> AttestationAnswer
    /// Key and certificates of the second slot take the place of those in use, in one write; the old key is destroyed.
    /// `key`: key id of the next key. Asked again after the switch it changes nothing.
    func switchCredential(to key: Digest256) async throws

    /// Power cycle: closes a port that ADAC opened and forgets its challenge.
    func reset() async throws
}

extension Programmer {
    /// Writes a whole image in pieces of 64 KiB, then compares length and digest as the chip computes them.
    public func writeFirmware(_ image: [UInt8], digest expected: Digest256) async throws {
        guard let total = UInt32(exactly: image.count) else {
            throw Refusal(ProgrammerError.tooLarge, "\(image.count) octets of firmware")
        }
        for start in stride(from: 0, to: image.count, by: Blob.largest) {
            let chunk = Array(image[start..<min(start + Blob.largest, image.count)])
            try await writeFirmware(offset: UInt32(start), total: total, chunk: chunk)
        }
        guard try await digest(.firmware) == RegionDigest(length: total, digest: expected) else {
            throw Refusal(ProgrammerError.readBackDiffers, "firmware")
        }
    }

    /// All that a region holds, read in pieces of 64 KiB.
    public func readBack(_ region: ChipRegion) async throws -> [UInt8] {
        let length = try await digest(region).length
        var content: [UInt8] = []
        while content.count < length {
            let piece = min(UInt32(Blob.largest), length - UInt32(content.count))
            let part = try await readBack(region, offset: UInt32(content.count), length: piece)
            guard !part.isEmpty, part.count == piece else {
                throw Refusal(ProgrammerError.unexpectedReply, "read-back")
            }
            content += part
        }
        return content
    }
}
