import LineProtocol
import Programmers
import Silicon
import Statements
import Vocabulary

/// One way through the steps of a unit, from `identify` on. What was done in an earlier pass is found by asking chip
/// and EdgeHSM, and is not done again where that would be wrong.
struct UnitPass: Sendable {
    let site: Site
    let batch: GetStatus.Batch
    let shift: String

    private(set) var current = UnitStep.identify
    var identity: ChipIdentity?
    var chipStatus = ChipStatus(lifecycle: .blank)
    var before: UnitRecord?
    var record: UnitRecord?
    var begun: BeginUnit.Reply?
    var passedBefore = false

    var request: [UInt8] = []
    var signingKey: P256Point?
    var vendorProof: VendorProof?
    var credential: IssueCredential.Reply?
    var data: GetFactoryData.Reply?
    var sealed: [SealKey.Reply] = []
    var permit: ProgrammingPermit?
    var readBack: (firmware: Digest256, factoryData: Digest256)?
    var scanned = ""
    var attestation: AttestationAnswer?

    init(site: Site, batch: GetStatus.Batch, shift: String) {
        self.site = site
        self.batch = batch
        self.shift = shift
    }

    /// True while the chip's debug port takes commands: before the lock, or opened again for a new provisioning.
    var portOpen: Bool { chipStatus.debugOpen }

    mutating func run() async throws {
        try await step(.identify) { try await $0.identify() }
        try await step(.begin) { try await $0.begin() }
        if passedBefore { return }
        try await step(.keys) { try await $0.makeRequest() }
        try await step(.vendorProof) { try await $0.proveVendor() }
        try await step(.issue) { try await $0.issue() }
        try await step(.factoryData) { try await $0.fetchFactoryData() }
        try await step(.seal) { try await $0.sealKeys() }
        try await step(.permit) { try await $0.fetchPermit() }
        if portOpen { try await program() }
        try await step(.readBack) { try await $0.checkContent() }
        try await step(.printLabel) { try await $0.printLabel() }
        try await step(.scanLabel) { try await $0.scanLabel() }
        try await step(.features) { try await $0.setFeatures() }
        try await step(.attest) { try await $0.attest() }
        try await step(.lock) { try await $0.lock() }
        try await step(.checkLock) { try await $0.checkLock() }
        try await step(.complete) { try await $0.complete() }
    }

    private mutating func program() async throws {
        try await step(.firmware) { try await $0.writeFirmware() }
        try await step(.writeFactoryData) { try await $0.writeFactoryData() }
        try await step(.credentials) { try await $0.writeCredentials() }
        try await step(.productKeys) { try await $0.installKeys() }
    }

    mutating func step(_ step: UnitStep, _ body: (inout UnitPass) async throws -> Void) async throws {
        current = step
        site.observer(step)
        try await site.seam(step, .before)
        try await body(&self)
        try await site.seam(step, .after)
    }

    /// A value that an earlier step has set; its absence is a fault of this program.
    func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Refusal(StationError.internalFault, "\(current.rawValue): a value is missing") }
        return value
    }

    /// What a locked chip's incomplete content means. A device in service is not given up for it: opened again it can
    /// be finished.
    var lockedFault: StationError {
        if record?.isReopened == true { return .reworkUnfinished }
        return record?.isReprovisioned == true ? .portClosed : .chipLockedUnfinished
    }

    func holds(_ signature: RawSignature, by key: P256Point, over message: [UInt8]) -> Bool {
        key.verifies(signature, over: message)
    }

    mutating func remember(_ change: (inout UnitRecord) -> Void) async throws {
        var new = try known(record)
        change(&new)
        if new != record { try await site.progress.save(new) }
        record = new
    }

    func report(_ result: ReportUnit.Request.Result, code: String?, milliseconds: Int) throws -> ReportUnit.Request {
        ReportUnit.Request(
            shift: shift,
            authorization: batch.authorization,
            chipUID: try known(identity).uid,
            unit: begun?.unit ?? record?.knownUnit,
            serial: credential?.serial ?? record?.serial,
            result: result,
            code: code,
            site: site.number,
            milliseconds: milliseconds,
            labelRecord: data?.labelRecord
        )
    }
}
