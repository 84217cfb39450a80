import LineProtocol
import Programmers
import Silicon
import Statements
import Vocabulary

/// What is written to the chip and read back from it.
extension UnitPass {
    mutating func writeFirmware() async throws {
        let permit = try known(permit)
        let file = try await site.firmware.firmware(permit.firmware, size: batch.firmwareSize)
        guard chipStatus[.firmware]?.digest != permit.firmware else { return }
        try await site.chip { try await $0.writeFirmware(file, digest: permit.firmware) }
    }

    mutating func writeFactoryData() async throws {
        let encoded = try known(data).factoryData.bytes
        guard chipStatus[.factoryData]?.digest != Digest256.of(encoded) else { return }
        try await site.chip { try await $0.writeFactoryData(encoded) }
    }

    mutating func writeCredentials() async throws {
        let credential = try known(credential)
        let credentials = ChipCredentials(
            dac: try Blob(credential.dac.bytes),
            pai: try Blob(credential.pai.bytes),
            certificationDeclaration: try Blob(try known(data).certificationDeclaration.bytes)
        )
        try await site.chip { try await $0.writeCredentials(credentials) }
    }

    /// The chip's receipt proves that it opened the key which was sealed to it.
    mutating func installKeys() async throws {
        let (nonce, uid, key) = (try known(begun).nonce, try known(identity).uid, try known(signingKey))
        for (slot, reply) in zip(batch.keySlots, sealed) {
            let delivery = SealedKeyDelivery(
                slot: slot,
                ephemeral: reply.ephemeral,
                wrapped: try Blob(reply.wrapped.bytes)
            )
            let receipt = try await site.chip { try await $0.installSealedKey(delivery) }
            guard receipt.slot == slot else { throw Refusal(StationError.keyMissing, slot.text) }
            try receipt.verify(signingKey: key, uid: uid, nonce: nonce)
        }
    }

    /// While the port is open everything is read back octet by octet; of a locked chip its own digests must do.
    mutating func checkContent() async throws {
        let (permit, credential, data) = (try known(permit), try known(credential), try known(data))
        let expected: [(ChipRegion, Digest256)] = [
            (.firmware, permit.firmware), (.factoryData, permit.factoryData),
            (.dac, Digest256.of(credential.dac.bytes)), (.pai, Digest256.of(credential.pai.bytes)),
            (.certificationDeclaration, Digest256.of(data.certificationDeclaration.bytes)),
        ]
        chipStatus = try await site.chip { try await $0.status() }
        let difference: StationError = portOpen ? .readBackMismatch : lockedFault
        for (region, digest) in expected {
            guard try await content(region) == digest else { throw Refusal(difference, region.rawValue) }
        }
        if let slot = batch.keySlots.first(where: { !chipStatus.slots.contains($0) }) {
            throw Refusal(portOpen ? StationError.keyMissing : lockedFault, slot.text)
        }
        readBack = (permit.firmware, permit.factoryData)
    }

    /// Burns the fuses, after the content was read back and the label checked: a device with a fault in either is still
    /// as it came. Of a locked chip the fuses are only looked at.
    mutating func setFeatures() async throws {
        let permit = try known(permit)
        if portOpen {
            let features = SecurityFeatures(
                secureBootKey: permit.secureBootKey,
                debugRootKeyHash: permit.debugRoot,
                socClass: permit.socClass
            )
            try await site.chip { try await $0.setSecurityFeatures(features) }
            chipStatus = try await site.chip { try await $0.status() }
        }
        guard chipStatus.secureBootKeyHash == permit.secureBootKey.keyID,
            chipStatus.debugRootKeyHash == permit.debugRoot,
            chipStatus.socClass == permit.socClass
        else { throw Refusal(portOpen ? StationError.readBackMismatch : lockedFault, "security features") }
    }

    private func content(_ region: ChipRegion) async throws -> Digest256? {
        guard portOpen else { return chipStatus[region]?.digest }
        guard chipStatus[region] != nil else { return nil }
        return Digest256.of(try await site.chip { try await $0.readBack(region) })
    }
}
