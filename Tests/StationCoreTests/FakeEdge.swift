import Crypto
import FoundationEssentials
import LineProtocol
import Matter
import Silicon
import Statements
import StationCore
import SwiftASN1
import Synchronization
import Vocabulary
import X509

/// An EdgeHSM in memory with the rules that a station can notice: units, generations, one key a unit, counted once.
final class FakeEdge: Sendable {
    struct Unit {
        var generation: UInt32 = 0
        var key: [UInt8]?
        var dac: [UInt8] = []
        var serial: DeviceSerial?
        var attestedNonce: Nonce?
        var permit: ProgrammingPermit?
        var completed = false
        var completions = 0
        /// True once it was rotated.
        var isRotated = false
        var isExposed = false
    }

    struct State {
        var units: [ChipUID: Unit] = [:]
        /// Holds die with a restart.
        var holds: [Digest256: (uid: ChipUID, nonce: Nonce)] = [:]
        var issued = 0
        var failed: [String] = []
        var seenKeys: Set<[UInt8]> = []
        var quota = 100
        var rotations = 1
        var rotated = 0
        var unlocks = 0
        var mostUnlocks = 10
        /// Whether an unlock exposes the unit's keys.
        var exposes = false
        var reprovisions = 0
        var faults: [String: [(refusal: Refusal, takesEffect: Bool)]] = [:]
        var changePermit: (@Sendable (inout ProgrammingPermit) -> Void)?
        var wrongKeyDAC = false
    }

    static let id = EdgeHSMID(validated: "edge-1")
    let identity = P256.Signing.PrivateKey()
    let ca = P256.Signing.PrivateKey()
    let batch: GetStatus.Batch
    let secureBoot = P256.Signing.PrivateKey()
    let state = Mutex(State())

    init(batch: GetStatus.Batch) { self.batch = batch }

    var identityPoint: P256Point { P256Point(validated: Array(identity.publicKey.x963Representation)) }

    func fail(_ operation: String, _ refusals: Refusal..., takesEffect: Bool = false) {
        state.withLock { $0.faults[operation, default: []] += refusals.map { ($0, takesEffect) } }
    }

    /// What is only in memory is gone.
    func restart() { state.withLock { $0.holds = [:] } }

    func link(_ retry: RetryPolicy) -> StationLink {
        let router = router()
        let context = StationContext(station: StationName(validated: "station-1"), certificate: .zero)
        return StationLink(LineCaller(prefix: "s") { await router.answer(context, $0) }, retry: retry)
    }

    private func guarded<Value>(_ name: String, _ body: (inout sending State) throws -> sending Value) throws -> Value {
        try state.withLock { state in
            var fault: (refusal: Refusal, takesEffect: Bool)?
            if let first = state.faults[name]?.first {
                fault = first
                state.faults[name]?.removeFirst()
            }
            if let fault, !fault.takesEffect { throw fault.refusal }
            let value = try body(&state)
            if let fault { throw fault.refusal }
            return value
        }
    }

    private func router() -> OperationRouter<StationContext> {
        var router = OperationRouter<StationContext>()
        router.mount(BeginUnit.self) { _, request in try self.guarded("begin") { try self.begin(&$0, request) } }
        router.mount(IssueCredential.self) { _, request in try self.guarded("issue") { try self.issue(&$0, request) } }
        router.mount(GetFactoryData.self) { _, request in
            try self.guarded("factoryData") { try self.factoryData(&$0, request.unit) }
        }
        router.mount(SealKey.self) { _, request in
            try self.guarded("sealKey") { state in
                let unit = try self.attested(state, request.unit)
                return SealKey.Reply(
                    ephemeral: P256Point(validated: [4] + [UInt8](repeating: 1, count: 64)),
                    wrapped: Octets(unit.attestedNonce?.bytes ?? []),
                    info: Octets([UInt8]())
                )
            }
        }
        router.mount(GetPermit.self) { _, request in try self.guarded("permit") { try self.permit(&$0, request.unit) } }
        router.mount(CompleteUnit.self) { _, request in
            try self.guarded("complete") { try self.complete(&$0, request) }
        }
        router.mount(FailUnit.self) { _, request in
            try self.guarded("fail") { state in
                guard let uid = state.holds[request.unit]?.uid else { throw Refusal(FakeEdgeError.unitUnknown) }
                state.failed.append(request.reason.text)
                let generation = state.units[uid]?.generation ?? 0
                state.units[uid] = Unit(generation: generation + 1)
                state.holds[request.unit] = nil
                return Nothing()
            }
        }
        router.mount(RotateCredential.self) { _, request in
            try self.guarded("rotate") { try self.rotate(&$0, request) }
        }
        router.mount(ReprovisionUnit.self) { _, request in
            try self.guarded("reprovision") { state in
                let unit = state.units[request.chipUID] ?? Unit()
                // Asked again before the next generation has its DAC, it costs nothing.
                if unit.key != nil {
                    state.units[request.chipUID] = Unit(generation: unit.generation + 1)
                    state.reprovisions += 1
                }
                return try self.begin(&state, request)
            }
        }
        router.mount(AnswerDebugChallenge.self) { _, request in
            try self.guarded("unlock") { try self.unlock(&$0, request) }
        }
        return router
    }

    private func begin(_ state: inout State, _ request: BeginUnit.Request) throws -> BeginUnit.Reply {
        let unit = state.units[request.chipUID] ?? Unit()
        if request.forRotation == true {
            let key = unit.key.map { P256Point(validated: $0).keyID }
            let isFinishing = unit.isRotated && key == request.nextKey
            guard unit.completed else { throw Refusal(FakeEdgeError.notCompleted) }
            guard isFinishing || state.rotated < state.rotations else { throw Refusal(FakeEdgeError.exhausted) }
        } else if unit.completed {
            throw Refusal(FakeEdgeError.completed)
        }
        if unit.key == nil && state.issued >= state.quota { throw Refusal(FakeEdgeError.quota) }
        let id = unitID(authorization: request.authorization, chipUID: request.chipUID, generation: unit.generation)
        let nonce = Nonce(validated: (0..<32).map { _ in UInt8.random(in: 0...255) })
        state.units[request.chipUID] = unit
        state.units[request.chipUID]?.attestedNonce = nil
        state.holds[id] = (request.chipUID, nonce)
        return BeginUnit.Reply(
            unit: id,
            generation: unit.generation,
            nonce: nonce,
            isIssued: unit.key != nil,
            expiresAt: Instant(seconds: 10_000)
        )
    }

    private func issue(_ state: inout State, _ request: IssueCredential.Request) throws -> IssueCredential.Reply {
        guard let hold = state.holds[request.unit], var unit = state.units[hold.uid] else {
            throw Refusal(FakeEdgeError.holdMissing)
        }
        let bytes = request.request.bytes
        guard bytes.count == 113, Array(bytes[65..<81]) == hold.uid.bytes, Array(bytes[81...]) == hold.nonce.bytes
        else {
            throw Refusal(FakeEdgeError.nonceStale)
        }
        let key = Array(bytes[..<65])
        let isRepeat = unit.key != nil
        if let known = unit.key {
            guard known == key else { throw Refusal(FakeEdgeError.otherKey) }
        } else {
            guard !state.seenKeys.contains(key) else { throw Refusal(FakeEdgeError.keySeen) }
            let certified = state.wrongKeyDAC ? Array(ca.publicKey.x963Representation) : key
            unit.key = key
            unit.dac = try certificate(certified)
            unit.serial = try DeviceSerial("T\(state.issued + 1)")
            state.issued += 1
            state.seenKeys.insert(key)
        }
        unit.attestedNonce = hold.nonce
        state.units[hold.uid] = unit
        return IssueCredential.Reply(
            dac: Octets(unit.dac),
            pai: Octets([UInt8]("pai".utf8)),
            serial: try known(unit.serial),
            isRepeat: isRepeat
        )
    }

    private func rotate(_ state: inout State, _ request: RotateCredential.Request) throws -> RotateCredential.Reply {
        guard let hold = state.holds[request.unit], var unit = state.units[hold.uid] else {
            throw Refusal(FakeEdgeError.holdMissing)
        }
        let bytes = request.request.bytes
        let key = Array(bytes[..<65])
        guard Array(bytes[81...]) == hold.nonce.bytes else { throw Refusal(FakeEdgeError.nonceStale) }
        let isRepeat = unit.key == key && unit.isRotated
        if !isRepeat {
            guard state.rotated < state.rotations else { throw Refusal(FakeEdgeError.exhausted) }
            guard request.proof.replacedKey.bytes == unit.key,
                request.proof.holds(
                    chipUID: hold.uid,
                    newKey: P256Point(validated: key),
                    request: Digest256.of(bytes)
                )
            else { throw Refusal(FakeEdgeError.unproven) }
            unit.key = key
            unit.dac = try certificate(state.wrongKeyDAC ? request.proof.replacedKey.bytes : key)
            unit.isRotated = true
            state.rotated += 1
            state.units[hold.uid] = unit
        }
        return RotateCredential.Reply(
            dac: Octets(unit.dac),
            pai: Octets([UInt8]("pai".utf8)),
            serial: try known(unit.serial),
            isRepeat: isRepeat
        )
    }

    /// Counts, and answers with what parses.
    private func unlock(
        _ state: inout State,
        _ request: AnswerDebugChallenge.Request
    ) throws -> AnswerDebugChallenge.Reply {
        guard state.units[request.chipUID] != nil, state.unlocks < state.mostUnlocks else {
            throw Refusal(FakeEdgeError.exhausted)
        }
        state.unlocks += 1
        state.units[request.chipUID]?.completed = false
        state.units[request.chipUID]?.permit = nil
        if state.exposes { state.units[request.chipUID]?.isExposed = true }
        let fields = ADACCertificateFields(role: .root, key: identityPoint, permissions: .all)
        let signature = RawSignature(validated: [UInt8](repeating: 1, count: 64))
        let token = ADACToken(requested: try ADACPermissions(hex: request.permissions.text), signature: signature)
        return AnswerDebugChallenge.Reply(
            certificates: [Octets(ADACCertificate(fields: fields, signature: signature).encoded)],
            token: Octets(token.encoded),
            remaining: state.mostUnlocks - state.unlocks,
            isExposed: state.exposes
        )
    }

    private func factoryData(_ state: inout State, _ id: Digest256) throws -> GetFactoryData.Reply {
        let unit = try attested(state, id)
        let payload = try OnboardingPayload(
            vendorID: batch.vendorID,
            productID: batch.productID,
            flow: .standard,
            discovery: .ble,
            discriminator: try Discriminator(0xF00),
            passcode: try Passcode(20_202_021)
        )
        return GetFactoryData.Reply(
            encoding: "nordic-cbor",
            factoryData: Octets(Array("data of \(try known(unit.serial))".utf8)),
            certificationDeclaration: Octets([UInt8]("cd".utf8)),
            label: LabelContent(
                serial: try known(unit.serial),
                vendorID: batch.vendorID,
                productID: batch.productID,
                discriminator: 0xF00,
                qr: payload.qrText,
                manualCode: "34970112332"
            ),
            labelRecord: SealedRecord(
                encapsulated: identityPoint,
                ciphertext: Octets([UInt8](repeating: 5, count: 40))
            )
        )
    }

    private func permit(_ state: inout State, _ id: Digest256) throws -> GetPermit.Reply {
        let unit = try attested(state, id)
        guard let uid = state.holds[id]?.uid else { throw Refusal(FakeEdgeError.unitUnknown) }
        var permit = ProgrammingPermit(
            edgeHSM: Self.id,
            authorization: batch.authorization,
            unit: id,
            chipUID: uid,
            firmware: batch.firmware,
            factoryData: Digest256.of(Array("data of \(try known(unit.serial))".utf8)),
            secureBootKey: P256Point(validated: Array(secureBoot.publicKey.x963Representation)),
            debugRoot: Digest256.of([1]),
            socClass: 5,
            attestationNonce: Nonce(validated: (0..<32).map { _ in UInt8.random(in: 0...255) }),
            attestationChallenge: Hex.encode((0..<16).map { _ in UInt8.random(in: 0...255) }),
            expiresAt: Instant(seconds: 10_000)
        )
        state.changePermit?(&permit)
        state.units[uid]?.permit = permit
        let envelope = try permit.unsigned()
        let signature = try RawSignature(identity.signature(for: envelope.signedBytes).rawRepresentation)
        let signed = envelope.adding(.init(keyID: identityPoint.keyID, value: signature))
        return GetPermit.Reply(permit: signed)
    }

    private func complete(_ state: inout State, _ request: CompleteUnit.Request) throws -> CompleteUnit.Reply {
        guard let hold = state.holds[request.unit], var unit = state.units[hold.uid] else {
            throw Refusal(FakeEdgeError.unitUnknown)
        }
        if unit.completed { throw Refusal(FakeEdgeError.completed) }
        guard let permit = unit.permit, let key = unit.key else { throw Refusal(FakeEdgeError.notPermitted) }
        let signed = request.attestationElements.bytes + (try Hex.decode(permit.attestationChallenge))
        guard request.firmware == permit.firmware, request.factoryData == permit.factoryData,
            P256Point(validated: key).verifies(request.attestationSignature, over: signed), request.debugPortLocked
        else { throw Refusal(FakeEdgeError.incomplete) }
        unit.completed = true
        unit.completions += 1
        state.units[hold.uid] = unit
        return CompleteUnit.Reply(completedAt: Instant(seconds: 2_000), sequence: state.issued)
    }

    private func attested(_ state: State, _ id: Digest256) throws -> Unit {
        guard let hold = state.holds[id], let unit = state.units[hold.uid] else {
            throw Refusal(FakeEdgeError.unitUnknown)
        }
        guard unit.key != nil, unit.attestedNonce == hold.nonce else { throw Refusal(FakeEdgeError.notAttested) }
        guard !unit.isExposed else { throw Refusal(FakeEdgeError.exposed) }
        return unit
    }

    private func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Refusal(FakeEdgeError.unitUnknown) }
        return value
    }

    private func certificate(_ key: [UInt8]) throws -> [UInt8] {
        let name = try DistinguishedName { CommonName("device") }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: .init(try P256.Signing.PublicKey(x963Representation: key)),
            notValidBefore: Date(timeIntervalSince1970: 0),
            notValidAfter: Date(timeIntervalSince1970: 10_000_000),
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: .init(),
            issuerPrivateKey: .init(ca)
        )
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }
}

enum FakeEdgeError: String, ErrorCatalogue {
    case completed = "edge.unit.completed"
    case notCompleted = "edge.unit.not-completed"
    case exposed = "edge.unit.exposed"
    case exhausted = "edge.allowance.exhausted"
    case unproven = "edge.rotation.unproven"
    case quota = "edge.quota.exhausted"
    case unitUnknown = "edge.unit.unknown"
    case holdMissing = "edge.hold.missing"
    case nonceStale = "edge.nonce.stale"
    case otherKey = "edge.unit.other-key"
    case keySeen = "edge.key.seen-before"
    case notAttested = "edge.unit.not-attested"
    case notPermitted = "edge.unit.not-permitted"
    case incomplete = "edge.complete.firmware"
    case stopped = "edge.state.zeroised"
    case windowOver = "edge.window.over"
    case busy = "edge.unit.busy"
    case unreachable = "net.connect.failed"
    case lost = "net.connection.lost"
    var meaning: String { rawValue }
    var remedy: String { "" }
    var isRetryable: Bool { [.busy, .unreachable, .lost].contains(self) }
}
