public import LineProtocol
import Programmers
import Silicon
import Statements
import Vocabulary

/// Makes a finished device again: new keys, new DAC, new passcode, within the re-provisioning allowance.
public struct ReprovisionFlow: Sendable {
    private let site: Site
    private let batch: GetStatus.Batch
    private let shift: String

    public init(site: Site, batch: GetStatus.Batch, shift: String) {
        self.site = site
        self.batch = batch
        self.shift = shift
    }

    /// Resumable: an interrupted run is started again. The allowance counts once, the debug unlock each time.
    public func run() async throws -> UnitOutcome {
        let unlock = DebugUnlock(site: site, batch: batch)
        let uid = try await unlock.identify().uid
        let status = try await site.chip { try await $0.status() }
        if status.debugLocked && !status.debugOpen {
            _ = try await unlock.open(.rework | .wipe, of: uid)
        }
        // Only with the port open: a chip whose port stays shut keeps its unit.
        try await releaseOldUnit(uid)
        return try await UnitFlow(site: site, batch: batch, shift: shift).run()
    }

    /// Ends the present generation, unless an earlier run did: then the record says so.
    private func releaseOldUnit(_ uid: ChipUID) async throws {
        let known = try await site.progress.record(authorization: batch.authorization, chipUID: uid)
        if let known, known.isReprovisioned, known.phase != .passed, known.phase != .failed { return }
        let reply = try await site.edge.ask(
            ReprovisionUnit.self,
            .init(authorization: batch.authorization, chipUID: uid)
        )
        var record = UnitRecord(
            authorization: batch.authorization,
            chipUID: uid,
            unit: reply.unit,
            phase: .begun
        )
        record.isReprovisioned = true
        // The chip's present keys are of the old generation, which another unit id tells from the new one.
        record.keysAreOld = true
        try await site.progress.save(record)
    }
}
