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
        /// Authorizations of batches of that name or id, in the order in which they were loaded.
        var batches: [Digest256] = []
        /// Of a closing: the newest of each.
        var closed: [Digest256: Found] = [:]
        var released: Found?
        var roleKeys: [Envelope] = []

        mutating func look(at entry: JournalEntry, _ bytes: [UInt8], index: Int) throws {
            switch (entry.event.body, subject) {
            case (let body as Genesis, _): roleKeys = [body.roleKeys]
            case (let body as RoleKeysAccepted, _): roleKeys.append(body.roleKeys)
            case (let body as AuthorizationLoaded, .closing(let name)):
                let id = body.authorization.statementID
                let content = try ProductionAuthorization.read(payload: body.authorization.payload)
                if content.batch.text == name || id.hex == name, !batches.contains(id) { batches.append(id) }
            case (let body as Closed, .closing(let name)):
                guard batches.contains(body.authorization) || body.authorization.hex == name else { return }
                closed[body.authorization] = Found(index: index, entry: bytes, id: body.authorization)
            case (let body as AllotmentReleased, .release(let product)) where body.product == product:
                released = Found(index: index, entry: bytes, id: body.order)
            default: break
            }
        }

        /// Throws `factory.proof.ambiguous` where a name is that of several batches: which one is meant decides what is
        /// proven, so none is taken.
        func found() throws -> Found? {
            guard case .closing(let name) = subject else { return released }
            if let named = try? Digest256(hex: name), let found = closed[named] { return found }
            guard batches.count < 2 else {
                let ids = batches.map { "\($0)" + (closed[$0] == nil ? " (not closed)" : "") }
                throw Refusal(FactoryError.proofAmbiguous, "\(name): \(ids.joined(separator: ", "))")
            }
            return batches.first.flatMap { closed[$0] }
        }
    }

    /// Replaces an older file. Throws `factory.proof.absent`, `factory.proof.ambiguous`,
    /// `factory.export.failed`.
    func export(_ request: ExportProof.Request) async throws -> ExportProof.Reply {
        guard request.path.text.hasPrefix("/") else { throw Refusal(FactoryError.exportFailed, "path not absolute") }
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
        guard let found = try search.found() else { throw Refusal(FactoryError.proofAbsent, "\(request.subject)") }
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
            try await Blocking.run { try AtomicFile.write(bytes, to: request.path.text, mode: 0o644) }
        } catch let refusal as Refusal { throw Refusal(FactoryError.exportFailed, refusal.detail) }
        return ExportProof.Reply(index: found.index, size: newest.size, id: found.id)
    }
}
