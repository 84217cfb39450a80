public import LineProtocol
import Programmers
public import Silicon
import Statements
public import Vocabulary

/// Rework of a finished unit: opens the debug port within the allowance, looks at the firmware and writes it again
/// where it differs, resets, and has the EdgeHSM judge the unit once more as after production.
public struct ReworkFlow: Sendable {
    public struct Result: Sendable, Codable {
        public let chipUID: ChipUID
        /// What the open port showed, before anything was written.
        public let firmware: Digest256?
        public let isRewritten: Bool
        /// The port could read the unit's keys: it must be re-provisioned before it leaves the factory.
        public let isExposed: Bool
        /// Unlocks left under the allowance.
        public let remaining: Int
        /// How the unit came through its completion; absent where it is exposed.
        public let completion: UnitOutcome?
    }

    private let site: Site
    private let batch: GetStatus.Batch
    private let shift: String
    private let seam: ServiceSeam

    public init(
        site: Site,
        batch: GetStatus.Batch,
        shift: String,
        seam: @escaping ServiceSeam = { _, _ in }
    ) {
        self.site = site
        self.batch = batch
        self.shift = shift
        self.seam = seam
    }

    /// Interrupted anywhere, it is started again: with the port still open, or closed over the right firmware, it goes
    /// on without another unlock. Until then the device passes nowhere for finished.
    ///
    /// Throws refusals of the EdgeHSM, of the chip (`programmer.debug.refused`) and `station.*`; what the seam throws.
    public func run(permissions: ADACPermissions = .rework, rewrite: Bool = false) async throws -> Result {
        let start = ContinuousClock.now
        let unlock = DebugUnlock(site: site, batch: batch)
        let (uid, status) = try await step(.identify) { try await identify(unlock) }
        if !rewrite, permissions == .rework, !status.debugOpen,
            let completion = try await finishClosed(uid, status)
        {
            return try await result(uid, (nil, false), nil, completion, since: start)
        }
        try await step(.note) { try await unlock.note(uid) }
        var reply: AnswerDebugChallenge.Reply?
        if !status.debugOpen {
            reply = try await step(.unlock) {
                try await closingOnFailure { try await unlock.open(permissions, of: uid) }
            }
        }
        let work = try await step(.firmware) {
            try await closingOnFailure { try await reworkFirmware(rewrite: rewrite) }
        }
        try await step(.reset) { try await site.chip { try await $0.reset() } }
        let completion =
            reply?.isExposed == true ? nil : try await UnitFlow(site: site, batch: batch, shift: shift).run()
        return try await result(uid, work, reply, completion, since: start)
    }

    private func identify(_ unlock: DebugUnlock) async throws -> (ChipUID, ChipStatus) {
        let uid = try await unlock.identify().uid
        let status = try await site.chip { try await $0.status() }
        guard status.debugLocked else { throw Refusal(StationError.notLocked, uid.hex) }
        // Completed again it would have to show a key that it does not use yet.
        guard status.nextKey == nil else { throw Refusal(StationError.rotationPending, uid.hex) }
        return (uid, status)
    }

    /// The end of a rework that was interrupted after its firmware was right; nil where there is none to finish, also
    /// because the EdgeHSM never counted its unlock.
    private func finishClosed(_ uid: ChipUID, _ status: ChipStatus) async throws -> UnitOutcome? {
        let record = try await site.progress.record(authorization: batch.authorization, chipUID: uid)
        guard record?.isReopened == true, status[.firmware]?.digest == batch.firmware else { return nil }
        let completion = try await UnitFlow(site: site, batch: batch, shift: shift).run()
        return completion.result == .passedBefore ? nil : completion
    }

    /// Whatever happened, the port must not stay open on the bench.
    private func closingOnFailure<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            try? await site.chip { try await $0.reset() }
            throw error
        }
    }

    private func result(
        _ uid: ChipUID,
        _ work: (firmware: Digest256?, isRewritten: Bool),
        _ reply: AnswerDebugChallenge.Reply?,
        _ completion: UnitOutcome?,
        since start: ContinuousClock.Instant
    ) async throws -> Result {
        // Where the unlock was of an earlier run, the EdgeHSM says at the completion that it exposed the unit.
        let isExposed = reply?.isExposed == true || completion?.refusal?.code == EdgeCodes.exposed
        let completion = isExposed ? nil : completion
        try await step(.report) { try await report(uid, completion, since: start) }
        return Result(
            chipUID: uid,
            firmware: work.firmware,
            isRewritten: work.isRewritten,
            isExposed: isExposed,
            remaining: reply?.remaining ?? batch.debugUnlocksLeft,
            completion: completion
        )
    }

    private func step<Value: Sendable>(
        _ step: ServiceStep,
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await seam(step, .before)
        let value = try await body()
        try await seam(step, .after)
        return value
    }

    private func reworkFirmware(rewrite: Bool) async throws -> (firmware: Digest256?, isRewritten: Bool) {
        let content = try await site.chip { try await $0.readBack(.firmware) }
        let found = content.isEmpty ? nil : Digest256.of(content)
        guard rewrite || found != batch.firmware else { return (found, false) }
        let file = try await site.firmware.firmware(batch.firmware, size: batch.firmwareSize)
        try await site.chip { try await $0.writeFirmware(file, digest: batch.firmware) }
        return (found, true)
    }

    private func report(_ uid: ChipUID, _ completion: UnitOutcome?, since start: ContinuousClock.Instant) async throws {
        try await site.reports.add(
            ReportUnit.Request(
                shift: shift,
                authorization: batch.authorization,
                chipUID: uid,
                unit: completion?.unit,
                serial: completion?.serial,
                result: .reworked,
                code: completion?.refusal?.code,
                site: site.number,
                milliseconds: UnitFlow.milliseconds(since: start),
                labelRecord: nil
            )
        )
    }
}
