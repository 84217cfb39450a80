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

    /// Resumable: an interrupted run is started again. The allowance counts once, the debug unlock each time that the
    /// port closed in between. Until it is completed the device passes nowhere for finished.
    public func run() async throws -> UnitOutcome {
        let unlock = DebugUnlock(site: site, batch: batch)
        let uid = try await unlock.identify().uid
        let status = try await site.chip { try await $0.status() }
        if status.debugLocked && !status.debugOpen {
            // A unit whose new generation is in work is no finished one; its record says so already.
            if try await !isInWork(uid) { try await step(.note) { try await unlock.note(uid) } }
            try await step(.unlock) { _ = try await unlock.open(.rework | .wipe, of: uid) }
        }
        // Only with the port open: a chip whose port stays shut keeps its unit.
        if try await !isInWork(uid) { try await step(.release) { try await releaseOldUnit(uid) } }
        return try await UnitFlow(site: site, batch: batch, shift: shift).run()
    }

    /// True where an earlier run has ended the old generation and not finished the new one.
    private func isInWork(_ uid: ChipUID) async throws -> Bool {
        let known = try await site.progress.record(authorization: batch.authorization, chipUID: uid)
        guard let known, known.isReprovisioned, known.isReopened != true else { return false }
        return known.phase != .passed && known.phase != .failed
    }

    private func step(_ step: ServiceStep, _ body: () async throws -> Void) async throws {
        try await seam(step, .before)
        try await body()
        try await seam(step, .after)
    }

    /// Ends the present generation; asked again before the new one has its DAC, it costs no second allowance.
    private func releaseOldUnit(_ uid: ChipUID) async throws {
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
