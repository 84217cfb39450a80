import Crypto
import Matter
import Programmers
import Silicon
import Statements
import Synchronization
import Vocabulary

/// A chip in memory that obeys the rules of `Programmer`: its keys survive a cut, its open request does not matter.
final class FakeChip: Programmer {
    struct State {
        var signing: P256.Signing.PrivateKey?
        var agreement: P256.KeyAgreement.PrivateKey?
        /// The second slot: key and staged certificates.
        var next: P256.Signing.PrivateKey?
        var staged: RotatedCertificates?
        /// What the second slot's key proves itself with instead of the truth.
        var falseNext: P256.Signing.PrivateKey?
        var nonce: Nonce?
        var regions: [ChipRegion: [UInt8]] = [:]
        var firmwareTotal: UInt32 = 0
        var slots: Set<KeySlot> = []
        var features: SecurityFeatures?
        var locked = false
        var opened = false
        var wipes = 0
        var locks = 0
        /// Commands to refuse or break, by name: how often, with what, and whether the effect takes place first.
        var faults: [String: [Fault]] = [:]
        var commands: [String] = []
    }

    struct Fault {
        var refusal: Refusal
        var takesEffect = false
    }

    let uid: ChipUID
    let family: ChipFamily
    let state = Mutex(State())
    /// What firmware answers with instead of the truth.
    let attestationKey: P256.Signing.PrivateKey?

    init(uid: UInt8 = 7, family: ChipFamily = .virtualN, attestationKey: P256.Signing.PrivateKey? = nil) {
        self.uid = ChipUID(validated: [UInt8](repeating: uid, count: 16))
        self.family = family
        self.attestationKey = attestationKey
    }

    func fail(_ command: String, _ refusals: Refusal..., takesEffect: Bool = false) {
        state.withLock {
            $0.faults[command, default: []] += refusals.map { Fault(refusal: $0, takesEffect: takesEffect) }
        }
    }

    private func run<Value>(
        _ command: String,
        debug: Bool,
        _ body: (inout sending State) throws -> sending Value
    ) throws
        -> Value
    {
        try state.withLock { state in
            state.commands.append(command)
            var fault: Fault?
            if let first = state.faults[command]?.first {
                fault = first
                state.faults[command]?.removeFirst()
            }
            if let fault, !fault.takesEffect { throw fault.refusal }
            if debug && state.locked && !state.opened { throw Refusal(FakeChipError.locked) }
            let value = try body(&state)
            if let fault { throw fault.refusal }
            return value
        }
    }

    func identify() throws -> ChipIdentity {
        let lifecycle: ChipLifecycle = state.withLock { $0.locked ? .secured : $0.signing == nil ? .blank : .keyed }
        let certificate = family.hasVendorIdentity ? try Blob([1, 2, 3]) : nil
        let identity = ChipIdentity(uid: uid, family: family, lifecycle: lifecycle, vendorCertificate: certificate)
        return try run("identify", debug: false) { _ in identity }
    }

    func status() throws -> ChipStatus {
        try run("status", debug: false) { state in
            var status = ChipStatus(lifecycle: state.locked ? .secured : .blank)
            status.debugLocked = state.locked
            status.debugOpen = !state.locked || state.opened
            status.signingKey = state.signing.map { P256Point(validated: Array($0.publicKey.x963Representation)) }
            status.agreementKey = state.agreement.map { P256Point(validated: Array($0.publicKey.x963Representation)) }
            status.nextKey = state.next.map { P256Point(validated: Array($0.publicKey.x963Representation)) }
            status.slots = state.slots.sorted()
            for (region, bytes) in state.regions {
                status[region] = RegionDigest(length: UInt32(bytes.count), digest: Digest256.of(bytes))
            }
            status.secureBootKeyHash = state.features?.secureBootKey.keyID
            status.debugRootKeyHash = state.features?.debugRootKeyHash
            status.socClass = state.features?.socClass
            return status
        }
    }

    func generateKeys(nonce: Nonce) throws -> [UInt8] {
        try run("generateKeys", debug: true) { state in
            if state.signing == nil {
                state.signing = P256.Signing.PrivateKey()
                state.agreement = P256.KeyAgreement.PrivateKey()
            }
            state.nonce = nonce
            return FakeRequest.make(state.signing, uid, nonce)
        }
    }

    func attest(nonce: Nonce) throws -> [UInt8] {
        try run("attest", debug: false) { state in
            guard state.signing != nil else { throw Refusal(FakeChipError.keysAbsent) }
            state.nonce = nonce
            return FakeRequest.make(state.signing, uid, nonce)
        }
    }

    func vendorAttest() throws -> VendorAttestation {
        guard family.hasVendorIdentity else { throw Refusal(FakeChipError.keysAbsent) }
        return try run("vendorAttest", debug: false) { _ in
            VendorAttestation(
                certificate: try Blob([1, 2, 3]),
                signature: RawSignature(validated: [UInt8](repeating: 1, count: 64))
            )
        }
    }

    func writeFactoryData(_ encoded: [UInt8]) throws {
        try run("writeFactoryData", debug: true) { $0.regions[.factoryData] = encoded }
    }

    func writeCredentials(_ credentials: ChipCredentials) throws {
        try run("writeCredentials", debug: true) { state in
            state.regions[.dac] = credentials.dac.bytes
            state.regions[.pai] = credentials.pai.bytes
            state.regions[.certificationDeclaration] = credentials.certificationDeclaration.bytes
        }
    }

    func installSealedKey(_ delivery: SealedKeyDelivery) throws -> ProductKeyReceipt {
        try run("installSealedKey", debug: true) { state in
            guard let nonce = state.nonce, let key = state.signing else { throw Refusal(FakeChipError.keysAbsent) }
            // The fake seal is the nonce: a chip opens only what was sealed to its newest request.
            guard delivery.wrapped.bytes == nonce.bytes else { throw Refusal(FakeChipError.sealStale) }
            state.slots.insert(delivery.slot)
            let check = KeyCheckValue(validated: [UInt8](repeating: 9, count: 16))
            let message = ProductKeyReceipt.message(slot: delivery.slot, uid: uid, nonce: nonce, checkValue: check)
            let signature = try RawSignature(key.signature(for: message).rawRepresentation)
            return ProductKeyReceipt(slot: delivery.slot, nonce: nonce, checkValue: check, signature: signature)
        }
    }

    func writeFirmware(offset: UInt32, total: UInt32, chunk: [UInt8]) throws {
        try run("writeFirmware", debug: true) { state in
            if state.firmwareTotal != total { state.regions[.firmware] = [UInt8](repeating: 0xFF, count: Int(total)) }
            state.firmwareTotal = total
            state.regions[.firmware]?.replaceSubrange(Int(offset)..<Int(offset) + chunk.count, with: chunk)
        }
    }

    func readBack(_ region: ChipRegion, offset: UInt32, length: UInt32) throws -> [UInt8] {
        try run("readBack", debug: true) { state in
            Array((state.regions[region] ?? [])[Int(offset)..<Int(offset + length)])
        }
    }

    func digest(_ region: ChipRegion) throws -> RegionDigest {
        try run("digest", debug: true) { state in
            let bytes = state.regions[region] ?? []
            return RegionDigest(length: UInt32(bytes.count), digest: Digest256.of(bytes))
        }
    }

    func setSecurityFeatures(_ features: SecurityFeatures) throws {
        try run("setSecurityFeatures", debug: true) { $0.features = features }
    }

    func lockDebug() throws {
        try run("lockDebug", debug: true) { state in
            state.locked = true
            state.opened = false
            state.locks += 1
        }
    }

    func wipe(_ scope: WipeScope) throws {
        try run("wipe", debug: true) { state in
            state.signing = nil
            state.agreement = nil
            state.next = nil
            state.staged = nil
            state.nonce = nil
            state.slots = []
            let kept = scope == .keys ? state.regions[.firmware] : nil
            state.regions = [:]
            state.regions[.firmware] = kept
            state.wipes += 1
        }
    }

    /// Opens for any chain: whether an answer fits is not the station's to judge.
    func adac(_ packet: [UInt8]) throws -> [UInt8] {
        let request = try ADACRequest(parsing: packet)
        return try run("adac", debug: false) { state in
            guard request.command == .authResponse else {
                let challenge = ADACChallenge(vector: Nonce(validated: [UInt8](repeating: 3, count: Nonce.size)))
                return ADACResponse(.success, data: challenge.encoded).encoded
            }
            let isToken = try ADACRecord.parse(request.data).contains { $0.kind == .token }
            if isToken { state.opened = true }
            return ADACResponse(isToken ? .success : .needMoreData).encoded
        }
    }

    func attestationSignature(
        nonce: Nonce,
        challenge: AttestationChallenge,
        timestamp: UInt32
    ) throws
        -> AttestationAnswer
    {
        try run("attestationSignature", debug: false) { state in
            guard let key = attestationKey ?? state.signing, let declaration = state.regions[.certificationDeclaration]
            else { throw Refusal(FakeChipError.keysAbsent) }
            return try Self.answer(by: key, declaration, nonce, challenge, timestamp)
        }
    }

    func prepareRotation(nonce: Nonce) throws -> RotationRequest {
        try run("prepareRotation", debug: false) { state in
            guard let old = state.signing, state.locked else { throw Refusal(FakeChipError.keysAbsent) }
            let next = state.next ?? P256.Signing.PrivateKey()
            state.next = next
            state.nonce = nonce
            let request = FakeRequest.make(next, uid, nonce)
            let message = RotationProof.message(
                chipUID: uid,
                newKey: P256Point(validated: Array(next.publicKey.x963Representation)),
                request: Digest256.of(request)
            )
            return RotationRequest(
                request: try Blob(request),
                proof: RotationProof(
                    replacedKey: P256Point(validated: Array(old.publicKey.x963Representation)),
                    signature: try RawSignature(old.signature(for: message).rawRepresentation)
                )
            )
        }
    }

    func stageRotation(
        _ certificates: RotatedCertificates,
        nonce: Nonce,
        challenge: AttestationChallenge,
        timestamp: UInt32
    ) throws
        -> AttestationAnswer
    {
        try run("stageRotation", debug: false) { state in
            guard let key = state.falseNext ?? state.next, let declaration = state.regions[.certificationDeclaration]
            else { throw Refusal(FakeChipError.keysAbsent) }
            state.staged = certificates
            return try Self.answer(by: key, declaration, nonce, challenge, timestamp)
        }
    }

    func switchCredential(to key: Digest256) throws {
        try run("switchCredential", debug: false) { state in
            if state.next == nil, Self.keyID(state.signing) == key { return }
            guard let next = state.next, let staged = state.staged, Self.keyID(next) == key else {
                throw Refusal(FakeChipError.keysAbsent)
            }
            state.signing = next
            state.regions[.dac] = staged.dac.bytes
            state.regions[.pai] = staged.pai.bytes
            state.next = nil
            state.staged = nil
        }
    }

    private static func keyID(_ key: P256.Signing.PrivateKey?) -> Digest256? {
        key.map { P256Point(validated: Array($0.publicKey.x963Representation)).keyID }
    }

    private static func answer(
        by key: P256.Signing.PrivateKey,
        _ declaration: [UInt8],
        _ nonce: Nonce,
        _ challenge: AttestationChallenge,
        _ timestamp: UInt32
    ) throws -> AttestationAnswer {
        let elements = try AttestationElements(declaration: declaration, nonce: nonce, timestamp: timestamp).encoded
        let signature = try key.signature(for: elements + challenge.bytes)
        return AttestationAnswer(
            elements: try Blob(elements),
            signature: try RawSignature(signature.rawRepresentation)
        )
    }

    func reset() throws { try run("reset", debug: false) { $0.opened = false } }
}

/// What the fake EdgeHSM reads in place of a PKCS#10 request: key ‖ UID ‖ nonce.
enum FakeRequest {
    static func make(_ key: P256.Signing.PrivateKey?, _ uid: ChipUID, _ nonce: Nonce) -> [UInt8] {
        (key.map { Array($0.publicKey.x963Representation) } ?? []) + uid.bytes + nonce.bytes
    }
}

enum FakeChipError: String, ErrorCatalogue {
    case locked = "chip.debug.locked"
    case keysAbsent = "chip.keys.absent"
    case sealStale = "chip.seal.stale"
    case flashFailed = "chip.flash.failed"
    var meaning: String { rawValue }
    var remedy: String { "" }
}
