import Crypto
import Programmers
import Silicon
import Vocabulary

/// Flash, factory data, fuses: what a probe writes, and what it may read back.
extension VirtualChip {
    mutating func writeFactoryData(_ blob: Blob) throws -> ChipReply {
        // Firmware would stop at boot on data it can't read, so the chip refuses it here.
        _ = try NordicFactoryData(decoding: blob.bytes)
        try store(.writeFactoryData) { $0.factoryData = blob }
        return .done
    }

    mutating func writeFirmware(_ offset: UInt32, _ total: UInt32, _ chunk: [UInt8]) throws -> ChipReply {
        let end = UInt64(offset) + UInt64(chunk.count)
        guard total > 0, total <= UInt32(ChipStorage.flashSize), !chunk.isEmpty, end <= UInt64(total) else {
            throw Refusal(VirtualChipError.rangeInvalid, "\(offset)+\(chunk.count) of \(total)")
        }
        power.reach(.writeFirmware, .before)
        firmwareRuns = nil
        if total != state.firmwareLength {
            // Erased before the length changes: a cut between the two never shows old content under a new length.
            try storage.eraseFirmware(length: Int(total))
            var new = state
            new.firmwareLength = total
            try storage.save(new) {}
        }
        try storage.writeFirmware(chunk, at: Int(offset)) { power.reach(.writeFirmware, .midWrite) }
        power.reach(.writeFirmware, .afterWrite)
        return .done
    }

    mutating func setSecurityFeatures(_ features: SecurityFeatures) throws -> ChipReply {
        guard let key = try? P256.Signing.PublicKey(x963Representation: features.secureBootKey.bytes) else {
            throw Refusal(VirtualChipError.fuseInvalid, "secure-boot key")
        }
        firmwareRuns = nil
        let hash = Digest256(validated: Array(SHA256.hash(data: key.derRepresentation)))
        try store(.setSecurityFeatures) { state in
            try state.fuses.burn(
                secureBootKeyHash: hash,
                debugRootKeyHash: features.debugRootKeyHash,
                socClass: features.socClass
            )
            state.secureBootKey = features.secureBootKey
        }
        return .done
    }

    mutating func wipe(_ scope: WipeScope) throws -> ChipReply {
        firmwareRuns = nil
        try store(.wipe) { $0.wipe(scope) }
        if scope == .everything { try storage.eraseFirmware(length: 0) }
        return .done
    }

    /// Secure boot: with the fuse burnt only firmware signed by that key runs; before, any well-formed image.
    mutating func boots() throws -> Bool {
        if let firmwareRuns { return firmwareRuns }
        let runs = try verifyFirmware()
        firmwareRuns = runs
        return runs
    }

    private func verifyFirmware() throws -> Bool {
        guard state.firmwareLength > 0 else { return false }
        let image = try storage.readFirmware(at: 0, length: Int(state.firmwareLength))
        guard let parsed = try? MCUbootImage(parsing: image) else { return false }
        guard let fused = state.fuses.secureBootKeyHash else { return true }
        guard let point = state.secureBootKey,
            let key = try? P256.Signing.PublicKey(x963Representation: point.bytes),
            Array(SHA256.hash(data: key.derRepresentation)) == fused.bytes
        else { return false }
        return (try? parsed.verify(key: point)) != nil
    }

    func read(_ region: ChipRegion, offset: UInt32, length: UInt32) throws -> [UInt8] {
        guard let size = regionLength(region) else { throw Refusal(VirtualChipError.regionEmpty, region.rawValue) }
        let end = UInt64(offset) + UInt64(length)
        guard length > 0, length <= UInt32(Blob.largest), end <= UInt64(size) else {
            throw Refusal(VirtualChipError.rangeInvalid, "\(offset)+\(length) of \(size)")
        }
        if region == .firmware { return try storage.readFirmware(at: Int(offset), length: Int(length)) }
        return Array(content(of: region)[Int(offset)..<Int(end)])
    }

    func regionDigest(_ region: ChipRegion) throws -> RegionDigest {
        guard let size = regionLength(region) else { throw Refusal(VirtualChipError.regionEmpty, region.rawValue) }
        let bytes = region == .firmware ? try storage.readFirmware(at: 0, length: size) : content(of: region)
        return RegionDigest(
            length: UInt32(size),
            digest: Digest256(validated: Array(SHA256.hash(data: bytes)))
        )
    }

    private func regionLength(_ region: ChipRegion) -> Int? {
        let length = region == .firmware ? Int(state.firmwareLength) : content(of: region).count
        return length > 0 ? length : nil
    }

    private func content(of region: ChipRegion) -> [UInt8] {
        switch region {
        case .firmware: []
        case .factoryData: state.factoryData?.bytes ?? []
        case .dac: state.credentials?.dac.bytes ?? []
        case .pai: state.credentials?.pai.bytes ?? []
        case .certificationDeclaration: state.credentials?.certificationDeclaration.bytes ?? []
        }
    }
}

// What the chip says about itself.
extension VirtualChip {
    var identity: ChipReply {
        .identity(
            identity: ChipIdentity(
                uid: state.uid,
                family: state.family,
                lifecycle: state.lifecycle,
                vendorCertificate: state.vendor?.certificate
            )
        )
    }

    func status() throws -> ChipStatus {
        var status = ChipStatus(lifecycle: state.lifecycle)
        status.debugLocked = state.fuses.locked
        status.debugOpen = !state.fuses.locked || granted != nil
        status.granted = granted
        status.exposed = state.exposed
        if state.keys != nil {
            let keys = try deviceKeys()
            status.signingKey = try P256Point(keys.signing.publicKey.x963Representation)
            status.agreementKey = try P256Point(keys.agreement.publicKey.x963Representation)
        }
        if let next = try nextKey() { status.nextKey = try P256Point(next.publicKey.x963Representation) }
        status.slots = try state.productKeys.keys.sorted().map { try KeySlot($0) }
        for region in ChipRegion.allCases where regionLength(region) != nil {
            status[region] = try regionDigest(region)
        }
        status.secureBootKeyHash = state.fuses.secureBootKeyHash
        status.debugRootKeyHash = state.fuses.debugRootKeyHash
        status.socClass = state.fuses.socClass
        return status
    }
}
