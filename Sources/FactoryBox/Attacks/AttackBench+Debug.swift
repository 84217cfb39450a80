import ChipPort
import LineProtocol
import Programmers
import Silicon
import Statements
import Vocabulary

/// Debug ports of real chips: locked, fused with the OEM's debug root, each of a batch of its own.
extension AttackBench {
    func attackDebugPorts() async throws {
        let chips = try await rack.add(3, family: Self.product.family, notBefore: oem.start + -3_600)
        let (mine, other, moved) = (chips[0], chips[1], chips[2])
        try await lock(mine, "delta")
        chipOfDelta = mine
        try await lock(other, "epsilon")
        try await attack(.unlockOtherBatch) {
            _ = try await answer(other, as: other.uid, "delta")
        } mended: {
            try await unlock(other, as: other.uid, "epsilon")
        }
        try await giveUp(moved, "epsilon")
        try await lock(moved, "delta")
        try await attack(.unlockGivenUp) {
            _ = try await answer(moved, as: moved.uid, "epsilon")
        } mended: {
            try await unlock(moved, as: moved.uid, "delta")
        }
        // The answer for a false UID is given and counted: it names a chip, and no other takes it.
        try await attack(.unlockFalseUID) {
            try await unlock(other, as: mine.uid, "delta")
        } mended: {
            try await unlock(mine, as: mine.uid, "delta")
        }
        try await attack(.beyondUnlocks) {
            _ = try await answer(other, as: other.uid, "epsilon")
        } mended: {
            try await unlock(mine, as: mine.uid, "delta")
        }
    }

    /// A unit that failed before its chip was locked: the chip is blank again.
    private func giveUp(_ chip: ChipRack.Chip, _ batch: String) async throws {
        let begun = try await begin(batch, chip.uid)
        let programmer = try programmer(of: chip)
        try await issue(batch, begun.unit, Octets(programmer.generateKeys(nonce: begun.nonce)))
        _ = try await client("station").ask(
            FailUnit.self,
            .init(authorization: loaded(batch), unit: begun.unit, reason: "bent pin")
        )
        try await programmer.wipe(.keys)
    }

    /// The chip's first life: keys and DAC of the batch, then the fuses.
    private func lock(_ chip: ChipRack.Chip, _ batch: String) async throws {
        let begun = try await begin(batch, chip.uid)
        let programmer = try programmer(of: chip)
        try await issue(batch, begun.unit, Octets(programmer.generateKeys(nonce: begun.nonce)))
        let manifest = try Manifest(parsing: Files.read(site.office.productFile(Self.product, "manifest.json")))
        try await programmer.setSecurityFeatures(
            SecurityFeatures(
                secureBootKey: manifest.firmware.verificationKey,
                debugRootKeyHash: manifest.chipSecurity.debugRoot,
                socClass: manifest.chipSecurity.socClass
            )
        )
        try await programmer.lockDebug()
    }

    private func answer(
        _ chip: ChipRack.Chip,
        as uid: ChipUID,
        _ batch: String
    ) async throws -> AnswerDebugChallenge.Reply {
        try await answer(programmer(of: chip).startDebugSession(), as: uid, batch)
    }

    func answer(
        _ challenge: ADACChallenge,
        as uid: ChipUID,
        _ batch: String
    ) async throws -> AnswerDebugChallenge.Reply {
        try await client("station").ask(
            AnswerDebugChallenge.self,
            .init(
                authorization: loaded(batch),
                chipUID: uid,
                challenge: Octets(challenge.encoded),
                permissions: ADACPermissions.rework.hex
            )
        )
    }

    /// Challenge, answer, open port; the chip is reset afterwards.
    private func unlock(_ chip: ChipRack.Chip, as uid: ChipUID, _ batch: String) async throws {
        let reply = try await answer(chip, as: uid, batch)
        let programmer = try programmer(of: chip)
        try await programmer.openDebugPort(
            ADACChain(
                certificates: reply.certificates.map { try ADACCertificate(parsing: $0.bytes) },
                token: ADACToken(parsing: reply.token.bytes)
            )
        )
        try await programmer.reset()
    }
}
