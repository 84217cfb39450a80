import LineProtocol
import Programmers
import Silicon
import Statements
import Vocabulary

/// Opens the debug port of a locked chip with an answer of the EdgeHSM, within the allowance of the batch.
struct DebugUnlock: Sendable {
    let site: Site
    let batch: GetStatus.Batch

    /// Notes that the device is no longer to be taken for finished: before the unlock is asked for, so that it holds
    /// wherever the power goes. Whether the EdgeHSM has counted one, it says at the next `begin`.
    func note(_ uid: ChipUID) async throws {
        let known = try await site.progress.record(authorization: batch.authorization, chipUID: uid)
        var record =
            known ?? UnitRecord(authorization: batch.authorization, chipUID: uid, unit: .zero, phase: .issued)
        let isFinished = record.phase == .passed || record.phase == .completing
        // A new generation in work is no finished unit, and its re-provisioning must not be asked for twice.
        if record.isReprovisioned, !isFinished, record.isReopened != true { return }
        if isFinished { record.phase = .issued }
        record.isReopened = true
        try await site.progress.save(record)
    }

    /// The port stays open until the next reset. Not repeated by itself: each answer counts.
    func open(_ permissions: ADACPermissions, of uid: ChipUID) async throws -> AnswerDebugChallenge.Reply {
        let challenge = try await site.chip { try await $0.startDebugSession() }
        let reply = try await site.edge.ask(
            AnswerDebugChallenge.self,
            .init(
                authorization: batch.authorization,
                chipUID: uid,
                challenge: Octets(challenge.encoded),
                permissions: permissions.hex
            )
        )
        let chain = ADACChain(
            certificates: try reply.certificates.map { try ADACCertificate(parsing: $0.bytes) },
            token: try ADACToken(parsing: reply.token.bytes)
        )
        try await site.chip.openDebugPort(chain)
        return reply
    }

    /// The chip in the fixture, which must be of the batch's family.
    func identify() async throws -> ChipIdentity {
        let identity = try await site.chip { try await $0.identify() }
        guard identity.family.rawValue == batch.family else {
            throw Refusal(StationError.familyMismatch, identity.family.rawValue)
        }
        return identity
    }
}
