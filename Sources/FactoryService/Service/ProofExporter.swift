import FactoryCore
import LineProtocol
import Statements
import TransparencyLog
import Vocabulary

/// Finds an entry in the stored journal and writes it with its inclusion proof under the newest checkpoint. RoleKeys go
/// with it, as the journal has them; the enrolment is the OEM's to add.
struct ProofExporter: Sendable {
    private static let chunk = 500

    let store: FactoryStore

    private struct Found {
        let index: Int
        let entry: [UInt8]
        let id: Digest256
    }

    /// What one reading of the journal finds.
    private struct Search {
        let subject: ExportProof.Subject
        var batches: Set<Digest256> = []
        var found: Found?
        var roleKeys: [Envelope] = []

        mutating func look(at entry: JournalEntry, _ bytes: [UInt8], index: Int) throws {
            switch (entry.event.body, subject) {
            case (let body as Genesis, _): roleKeys = [body.roleKeys]
            case (let body as RoleKeysAccepted, _): roleKeys.append(body.roleKeys)
            case (let body as AuthorizationLoaded, .closing(let name)):
                let id = body.authorization.statementID
                let content = try ProductionAuthorization.read(payload: body.authorization.payload)
                if content.batch.text == name || id.hex == name { batches.insert(id) }
            case (let body as Closed, .closing(let name)):
                guard batches.contains(body.authorization) || body.authorization.hex == name else { return }
                found = Found(index: index, entry: bytes, id: body.authorization)
            case (let body as AllotmentReleased, .release(let product)) where body.product == product:
                found = Found(index: index, entry: bytes, id: body.order)
            default: break
            }
        }
    }

    /// Replaces an older file. Throws `factory.proof.absent`, `factory.export.failed`.
    func export(_ request: ExportProof.Request) async throws -> ExportProof.Reply {
        guard request.path.hasPrefix("/") else { throw Refusal(FactoryError.exportFailed, "path not absolute") }
        guard let newest = try await store.newestCheckpoint() else {
            throw Refusal(FactoryError.proofAbsent, "no checkpoint yet")
        }
        var search = Search(subject: request.subject)
        var leaves: [Digest256] = []
        while leaves.count < newest.size {
            let entries = try await store.entries(
                from: leaves.count,
                to: min(leaves.count + Self.chunk, newest.size)
            )
            guard !entries.isEmpty else { throw Refusal(FactoryError.journalGap, "\(leaves.count) of \(newest.size)") }
            for bytes in entries {
                try search.look(at: JournalEntry(parsing: bytes), bytes, index: leaves.count)
                leaves.append(MerkleHash.leaf(bytes))
            }
        }
        guard let found = search.found else { throw Refusal(FactoryError.proofAbsent, "\(request.subject)") }
        let known = leaves
        let proof = try ProofBuilder { known[$0] }.inclusion(of: found.index, size: newest.size)
        let file = InclusionFile(
            checkpoint: try Envelope(parsing: newest.envelope),
            entry: Octets(found.entry),
            index: found.index,
            hashes: proof.hashes,
            roleKeys: search.roleKeys
        )
        let bytes = try file.serialized()
        do {
            try await Blocking.run { try AtomicFile.write(bytes, to: request.path, mode: 0o644) }
        } catch let refusal as Refusal { throw Refusal(FactoryError.exportFailed, refusal.detail) }
        return ExportProof.Reply(index: found.index, size: newest.size, id: found.id)
    }
}
