import Crypto
import Programmers
import Silicon
import Vocabulary

/// One chip: what its ROM, provisioning code and firmware do with a command. Runs one command at a time.
struct VirtualChip {
    static let mostSlots = 8

    let storage: ChipStorage
    var power: PowerSupply
    // Lost with power:
    private var debugSession = ADACTargetSession()
    private(set) var granted: ADACPermissions?
    /// What secure boot said of the firmware; nil when that has to be asked again.
    var firmwareRuns: Bool?

    init(storage: ChipStorage, cut: VirtualChipCut?) {
        self.storage = storage
        power = PowerSupply(cut: cut)
    }

    var state: ChipState { storage.state }

    mutating func handle(_ request: ChipRequest) -> ChipReply {
        do {
            return try answer(request)
        } catch let refusal as Refusal {
            return .refused(refusal: refusal)
        } catch {
            return .refused(refusal: Refusal(VirtualChipError.storageFailed))
        }
    }

    private mutating func answer(_ request: ChipRequest) throws -> ChipReply {
        switch request {
        case .identify: return identity
        case .status: return try .status(status: status())
        case .attest(let nonce): return try .csr(der: attest(nonce, at: .attest))
        case .vendorAttest: return try .vendorAttestation(attestation: vendorAttestation())
        case .adac(let packet): return try .packet(packet: Blob(handleADAC(packet.bytes)))
        case .attestationSignature(let nonce, let challenge, let timestamp):
            return try .attestation(answer: attestation(nonce, challenge, timestamp))
        case .prepareRotation(let nonce): return try .rotation(request: prepareRotation(nonce))
        case .stageRotation(let certificates, let nonce, let challenge, let timestamp):
            return try .attestation(answer: stageRotation(certificates, nonce, challenge, timestamp))
        case .switchCredential(let key): return try switchCredential(to: key)
        case .reset: return reset()
        case .readBack(let region, let offset, let length):
            try requireDebug(.readFlash)
            return try .content(bytes: Blob(read(region, offset: offset, length: length)))
        case .digest(let region):
            try requireDebug(.readFlash)
            return try .digest(digest: regionDigest(region))
        case .wipe(let scope):
            try requireDebug(.wipe)
            return try wipe(scope)
        default:
            try requireDebug(.writeFlash)
            return try provision(request)
        }
    }

    private mutating func provision(_ request: ChipRequest) throws -> ChipReply {
        switch request {
        case .generateKeys(let nonce): return try .csr(der: generateKeys(nonce))
        case .writeFactoryData(let blob): return try writeFactoryData(blob)
        case .writeCredentials(let credentials): return try writeCredentials(credentials)
        case .installSealedKey(let delivery): return try .receipt(receipt: install(delivery))
        case .writeFirmware(let offset, let total, let chunk): return try writeFirmware(offset, total, chunk.bytes)
        case .setSecurityFeatures(let features): return try setSecurityFeatures(features)
        case .lockDebug: return try lockDebug()
        default: throw Refusal(ProgrammerError.commandUnknown)
        }
    }

    /// Does a step that changes the state: computed, made durable, then answered; power can go at each border.
    mutating func store(_ point: VirtualChipCutPoint, _ change: (inout ChipState) throws -> Void) throws {
        power.reach(point, .before)
        var new = state
        try change(&new)
        try storage.save(new) { power.reach(point, .midWrite) }
        power.reach(point, .afterWrite)
    }
}

// The debug port.
extension VirtualChip {
    /// A port that was never locked is open to all; a locked one to what ADAC granted since the last reset.
    private func requireDebug(_ needed: ADACPermissions) throws {
        guard state.fuses.locked else { return }
        guard let granted else { throw Refusal(VirtualChipError.debugLocked) }
        guard granted.contains(needed) else { throw Refusal(VirtualChipError.permissionMissing, "\(granted)") }
    }

    /// True when whoever holds the opened port could read keys that lie in the key store now.
    var openPortReadsKeyStore: Bool {
        state.family.keyStoreIsReadableThroughDebug && state.fuses.locked
            && (granted?.contains(.secureMemory) ?? false)
    }

    private mutating func lockDebug() throws -> ChipReply {
        try store(.lockDebug) { try $0.fuses.burnLock() }
        closePort()
        return .done
    }

    private mutating func reset() -> ChipReply {
        power.reach(.reset, .before)
        closePort()
        firmwareRuns = nil
        power.reach(.reset, .afterWrite)
        return .done
    }

    private mutating func closePort() {
        granted = nil
        debugSession.forget()
    }

    private mutating func handleADAC(_ packet: [UInt8]) throws -> [UInt8] {
        power.reach(.adac, .before)
        let lifecycle = state.fuses.locked ? ADACLifecycle.secured : ADACLifecycle.provisioning
        let socClass = state.fuses.socClass ?? 0
        let target = state.fuses.debugRootKeyHash.map {
            ADACTarget(rootKeyHash: $0, socClass: socClass, socID: state.uid, lifecycle: lifecycle)
        }
        let description = ADACTargetSession.Description(
            target: target,
            socID: state.uid,
            socClass: socClass,
            lifecycle: lifecycle,
            hardwarePermissions: .rework | .secureMemory | .wipe
        )
        let response: ADACResponse
        do {
            let effect: ADACTargetSession.Effect
            (response, effect) = try debugSession.handle(packet, chip: description, fresh: Self.freshNonce)
            try apply(effect)
        } catch let refusal as Refusal {
            // The wire has no room for a reason; a malformed packet and a refused answer differ in status only.
            return ADACResponse(refusal.has(SiliconError.adacMalformed) ? .invalidParameters : .unauthorized).encoded
        }
        power.reach(.adac, .afterWrite)
        return response.encoded
    }

    private mutating func apply(_ effect: ADACTargetSession.Effect) throws {
        switch effect {
        case .none: return
        case .closed: granted = nil
        case .granted(let permissions):
            granted = permissions
            guard openPortReadsKeyStore, state.keys != nil, !state.exposed else { return }
            var exposed = state
            exposed.exposed = true
            do {
                try storage.save(exposed) {}
            } catch {
                granted = nil
                throw error
            }
        }
    }

    private static func freshNonce() -> Nonce {
        var generator = SystemRandomNumberGenerator()
        return Nonce(validated: (0..<Nonce.size).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}
