import ChipPort
import LineProtocol
import Programmers
import Silicon
import Statements
import Vocabulary

/// The clock and the disk of the box in hostile hands.
extension AttackBench {
    func attackTime() async throws {
        let day = Self.day
        let theta = try await package("theta", BatchTerms(quantity: 2, opens: 2 * day, closes: 3 * day))
        try await load(theta, as: "theta")
        let (early, late, later) = (SoftChip(), SoftChip(), SoftChip())
        try await attack(.windowNotOpen) {
            try await make("theta", early)
        } mended: {
            try clock.set(2 * day + 3_600)
            try await make("theta", early)
        }
        try clock.set(4 * day)
        try await make("gamma", SoftChip())
        try await attack(.windowOver) {
            try await make("theta", late)
        } mended: {
            try await make("gamma", late)
        }
        try clock.set(2 * day + 3_600)
        try await attack(.clockSteppedBack) {
            try await make("theta", later)
        } mended: {
            try await make("gamma", later)
        }
        await halt()
        try await start()
        let last = SoftChip()
        try await attack(.clockSetBack) {
            try await make("theta", last)
        } mended: {
            try clock.set(4 * day)
            try await make("gamma", last)
        }
    }

    /// An older copy of the journal's file would give units and unlocks back; the secure element remembers.
    func attackStorage() async throws {
        await halt()
        let bare = try JournalCopy(of: edge, as: "bare")
        try await start()
        try await make("beta", SoftChip())
        await halt()
        let issued = try JournalCopy(of: edge, as: "issued")
        try await start()
        let chip = try lockedChip()
        _ = try await answer(programmer(of: chip).startDebugSession(), as: chip.uid, "delta")
        await halt()
        let right = try JournalCopy(of: edge, as: "right")

        let next = SoftChip()
        try bare.restore()
        try await start()
        try await attack(.restoredUnits) {
            try await make("beta", next)
        } mended: {
            await halt()
            try right.restore()
            try await start()
            try await make("beta", next)
        }
        await halt()
        let newest = try JournalCopy(of: edge, as: "newest")
        try issued.restore()
        try await start()
        let challenge = try await programmer(of: chip).startDebugSession()
        try await attack(.restoredUnlocks) {
            _ = try await answer(challenge, as: chip.uid, "delta")
        } mended: {
            await halt()
            try newest.restore()
            try await start()
            _ = try await answer(challenge, as: chip.uid, "delta")
        }
    }

    /// The chip of batch delta that `attackDebugPorts` locked.
    private func lockedChip() throws -> ChipRack.Chip {
        guard let chip = chipOfDelta else { throw Refusal(FactoryBoxError.unexpected, "no chip") }
        return chip
    }
}
