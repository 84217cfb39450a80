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

    public init(site: Site, batch: GetStatus.Batch, shift: String) {
        self.site = site
        self.batch = batch
        self.shift = shift
    }

    /// Throws refusals of the EdgeHSM, of the chip (`programmer.debug.refused`) and `station.*`.
    public func run(permissions: ADACPermissions = .rework, rewrite: Bool = false) async throws -> Result {
        let unlock = DebugUnlock(site: site, batch: batch)
        let uid = try await unlock.identify().uid
        let status = try await site.chip { try await $0.status() }
        guard status.debugLocked else { throw Refusal(StationError.notLocked, uid.hex) }
        // Completed again it would have to show a key that it does not use yet.
        guard status.nextKey == nil else { throw Refusal(StationError.rotationPending, uid.hex) }
        let start = ContinuousClock.now
        let reply = try await unlock.open(permissions, of: uid)
        let work: (firmware: Digest256?, isRewritten: Bool)
        do {
            work = try await reworkFirmware(rewrite: rewrite)
        } catch {
            // Whatever happened, the port must not stay open on the bench.
            try? await site.chip { try await $0.reset() }
            throw error
        }
        try await site.chip { try await $0.reset() }
        try await reopenRecord(uid)
        let completion =
            reply.isExposed ? nil : try await UnitFlow(site: site, batch: batch, shift: shift).run()
        try await report(uid, completion, since: start)
        return Result(
            chipUID: uid,
            firmware: work.firmware,
            isRewritten: work.isRewritten,
            isExposed: reply.isExposed,
            remaining: reply.remaining,
            completion: completion
        )
    }

    private func reworkFirmware(rewrite: Bool) async throws -> (firmware: Digest256?, isRewritten: Bool) {
        let content = try await site.chip { try await $0.readBack(.firmware) }
        let found = content.isEmpty ? nil : Digest256.of(content)
        guard rewrite || found != batch.firmware else { return (found, false) }
        let file = try await site.firmware.firmware(batch.firmware, size: batch.firmwareSize)
        try await site.chip { try await $0.writeFirmware(file, digest: batch.firmware) }
        return (found, true)
    }

    /// The EdgeHSM wants an opened unit completed again, so this station must not take it for passed.
    private func reopenRecord(_ uid: ChipUID) async throws {
        guard var record = try await site.progress.record(authorization: batch.authorization, chipUID: uid) else {
            return
        }
        record.phase = .issued
        try await site.progress.save(record)
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
