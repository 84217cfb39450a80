import Crypto
public import LineProtocol
import Matter
import Programmers
import Silicon
import Statements
import SwiftASN1
public import Vocabulary
import X509

/// The steps of a rotation, in their order.
public enum RotationStep: String, Sendable, Codable, CaseIterable {
    case identify
    case begin
    case request
    case rotate
    case stage
    case `switch`
    case attest
    case report
}

/// Gives a finished device another credential, within the rotation allowance and without its debug port: the device's
/// application makes the next key, the present key vouches for it, the EdgeHSM certifies it, the next key proves itself,
/// and one write in the chip puts it in place of the old one.
///
/// Resumable at any bench: an interrupted run is started again and goes on with the next key that the chip has. The
/// allowance counts once, with the EdgeHSM's `rotated`. Nothing here gives a unit up: whatever fails, the device keeps
/// one valid credential in use.
public struct RotationFlow: Sendable {
    private let site: Site
    private let batch: GetStatus.Batch
    private let shift: String
    /// Where tests cut the power.
    private let seam: @Sendable (RotationStep, StepMoment) async throws -> Void

    public init(
        site: Site,
        batch: GetStatus.Batch,
        shift: String,
        seam: @escaping @Sendable (RotationStep, StepMoment) async throws -> Void = { _, _ in }
    ) {
        self.site = site
        self.batch = batch
        self.shift = shift
        self.seam = seam
    }

    /// How it went, and the credential that is in use now.
    public struct Result: Sendable, Codable {
        public let chipUID: ChipUID
        public let unit: Digest256
        public let serial: DeviceSerial?
        /// Key id of the credential in use.
        public let deviceKey: Digest256
        /// An earlier run had switched already; this one finished its report.
        public let isFinished: Bool
    }

    /// Throws refusals of the EdgeHSM, of the chip and `station.*`; what the seam throws; `CancellationError`.
    public func run() async throws -> Result {
        let start = ContinuousClock.now
        var pass = RotationPass(site: site, batch: batch)
        try await step(.identify) { try await pass.identify() }
        if pass.switched == nil {
            try await step(.begin) { try await pass.begin() }
            try await step(.request) { try await pass.makeRequest() }
            try await step(.rotate) { try await pass.rotate() }
            try await step(.stage) { try await pass.stage() }
            try await step(.switch) { try await pass.switchOver() }
            try await step(.attest) { try await pass.attest() }
        }
        let result = try pass.result()
        try await step(.report) {
            try await site.reports.add(
                ReportUnit.Request(
                    shift: shift,
                    authorization: batch.authorization,
                    chipUID: result.chipUID,
                    unit: result.unit,
                    serial: result.serial,
                    result: .rotated,
                    code: nil,
                    site: site.number,
                    milliseconds: UnitFlow.milliseconds(since: start),
                    labelRecord: nil
                )
            )
            try await pass.remember { $0.rotatingTo = nil }
        }
        return result
    }

    private func step(_ step: RotationStep, _ body: () async throws -> Void) async throws {
        try await seam(step, .before)
        try await body()
        try await seam(step, .after)
    }
}

/// What one run of a rotation knows.
struct RotationPass: Sendable {
    let site: Site
    let batch: GetStatus.Batch

    private var uid: ChipUID?
    private var hasVendorIdentity = false
    private var status = ChipStatus(lifecycle: .blank)
    private var record: UnitRecord?
    private var begun: BeginUnit.Reply?
    private var rotation: RotationRequest?
    private var vendorProof: VendorProof?
    private var credential: RotateCredential.Reply?
    private var newKey: P256Point?
    /// Key id of a credential that an earlier run switched to without reporting it.
    private(set) var switched: Digest256?

    init(site: Site, batch: GetStatus.Batch) {
        self.site = site
        self.batch = batch
    }

    mutating func identify() async throws {
        let identity = try await site.chip { try await $0.identify() }
        guard identity.family.rawValue == batch.family else {
            throw Refusal(StationError.familyMismatch, identity.family.rawValue)
        }
        uid = identity.uid
        hasVendorIdentity = identity.family.hasVendorIdentity
        status = try await site.chip { try await $0.status() }
        record = try await site.progress.record(authorization: batch.authorization, chipUID: identity.uid)
        guard status.debugLocked, !status.debugOpen, let key = status.signingKey else {
            throw Refusal(StationError.rotationUnready, status.debugLocked ? "the port is open" : "not locked")
        }
        if let target = record?.rotatingTo, key.keyID == target { switched = target }
    }

    mutating func begin() async throws {
        let uid = try known(uid)
        let reply = try await site.edge.ask(
            BeginUnit.self,
            .init(
                authorization: batch.authorization,
                chipUID: uid,
                forRotation: true,
                nextKey: status.nextKey?.keyID
            )
        )
        begun = reply
        if record?.unit != reply.unit {
            record = UnitRecord(
                authorization: batch.authorization,
                chipUID: uid,
                unit: reply.unit,
                phase: .passed
            )
        }
    }

    /// The next key's request over this run's nonce. The chip keeps a next key that it has.
    mutating func makeRequest() async throws {
        let nonce = try known(begun).nonce
        rotation = try await site.chip { try await $0.prepareRotation(nonce: nonce) }
        guard hasVendorIdentity else { return }
        let proof = try await site.chip { try await $0.vendorAttest() }
        vendorProof = VendorProof(certificates: [Octets(proof.certificate.bytes)], signature: proof.signature)
    }

    mutating func rotate() async throws {
        let rotation = try known(rotation)
        let reply = try await site.edge.ask(
            RotateCredential.self,
            .init(
                authorization: batch.authorization,
                unit: try known(begun).unit,
                request: Octets(rotation.request.bytes),
                vendorProof: vendorProof,
                proof: rotation.proof
            )
        )
        guard let dac = try? Certificate(derEncoded: reply.dac.bytes),
            let key = P256.Signing.PublicKey(dac.publicKey),
            let point = try? P256Point(Array(key.x963Representation)), point != rotation.proof.replacedKey
        else { throw Refusal(StationError.credentialMismatch, "serial \(reply.serial)") }
        credential = reply
        newKey = point
    }

    /// The next key proves itself while the old credential is still in use.
    mutating func stage() async throws {
        let (credential, key) = (try known(credential), try known(newKey))
        let certificates = RotatedCertificates(
            dac: try Blob(credential.dac.bytes),
            pai: try Blob(credential.pai.bytes)
        )
        let question = Question(at: site.now())
        let answer = try await site.chip {
            try await $0.stageRotation(
                certificates,
                nonce: question.nonce,
                challenge: question.challenge,
                timestamp: question.timestamp
            )
        }
        guard question.isAnswered(by: answer, key) else { throw Refusal(StationError.rotationUnproven, "staged") }
    }

    /// Written down before it happens: after a power cut this station knows that it was this rotation.
    mutating func switchOver() async throws {
        let key = try known(newKey).keyID
        let serial = credential?.serial
        try await remember { record in
            record.rotatingTo = key
            record.serial = serial ?? record.serial
        }
        try await site.chip { try await $0.switchCredential(to: key) }
        switched = key
    }

    /// The device as its commissioner will meet it.
    mutating func attest() async throws {
        let (credential, key) = (try known(credential), try known(newKey))
        status = try await site.chip { try await $0.status() }
        guard status.signingKey == key, status.nextKey == nil,
            status[.dac]?.digest == Digest256.of(credential.dac.bytes),
            status[.pai]?.digest == Digest256.of(credential.pai.bytes)
        else { throw Refusal(StationError.rotationUnproven, "the chip did not switch") }
        let question = Question(at: site.now())
        let answer = try await site.chip {
            try await $0.attestationSignature(
                nonce: question.nonce,
                challenge: question.challenge,
                timestamp: question.timestamp
            )
        }
        guard question.isAnswered(by: answer, key) else { throw Refusal(StationError.attestationInvalid, "signature") }
    }

    func result() throws -> RotationFlow.Result {
        RotationFlow.Result(
            chipUID: try known(uid),
            unit: try known(record).unit,
            serial: credential?.serial ?? record?.serial,
            deviceKey: try known(switched),
            isFinished: credential == nil
        )
    }

    mutating func remember(_ change: (inout UnitRecord) -> Void) async throws {
        var new = try known(record)
        change(&new)
        try await site.progress.save(new)
        record = new
    }

    private func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Refusal(StationError.internalFault, "rotation: a value is missing") }
        return value
    }

    /// A Matter AttestationRequest of this station.
    private struct Question: Sendable {
        let nonce: Nonce
        let challenge: AttestationChallenge
        let timestamp: UInt32

        init(at now: Instant) {
            func random(_ count: Int) -> [UInt8] {
                var generator = SystemRandomNumberGenerator()
                return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            }
            nonce = Nonce(validated: random(Nonce.size))
            challenge = AttestationChallenge(validated: random(AttestationChallenge.size))
            timestamp = UInt32(clamping: now - Instant(seconds: 946_684_800))
        }

        func isAnswered(by answer: AttestationAnswer, _ key: P256Point) -> Bool {
            guard let elements = try? AttestationElements(decoding: answer.elements.bytes), elements.nonce == nonce
            else { return false }
            return key.verifies(answer.signature, over: answer.elements.bytes + challenge.bytes)
        }
    }
}
