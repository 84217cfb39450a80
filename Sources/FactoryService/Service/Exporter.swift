import FactoryCore
import Glibc
import LineProtocol
import Statements
import Vocabulary

/// Writes what the OEM takes home on a stick: the journal up to the newest checkpoint, sealed label records, events.
struct Exporter: Sendable {
    private static let chunk = 500

    let store: FactoryStore

    /// Replaces files of an earlier export. Throws `factory.export.failed`.
    func export(to folder: String) async throws -> ExportRecords.Reply {
        guard folder.hasPrefix("/") else { throw Refusal(FactoryError.exportFailed, "path not absolute") }
        guard let newest = try await store.newestCheckpoint() else {
            throw Refusal(FactoryError.exportFailed, "no checkpoint yet")
        }
        let entries = try await store.entries(from: 0, to: newest.size)
        let export = JournalExport(
            checkpoint: try Envelope(parsing: newest.envelope),
            entries: entries.map { Octets($0) }
        )
        try await write(try StatementCoding.encode(export), "journal.json", folder)
        try await write(try await labels(), "labels.jsonl", folder)
        try await write(try await events(), "events.jsonl", folder)
        return ExportRecords.Reply(
            files: ["journal.json", "labels.jsonl", "events.jsonl"],
            journalSize: newest.size
        )
    }

    private func labels() async throws -> [UInt8] {
        var (bytes, last): ([UInt8], Int) = ([], 0)
        while true {
            let records = try await store.labels(after: last, limit: Self.chunk)
            guard !records.isEmpty else { return bytes }
            for record in records { bytes += try StatementCoding.encode(record) + Array("\n".utf8) }
            last += records.count
        }
    }

    private func events() async throws -> [UInt8] {
        var (bytes, last): ([UInt8], Int) = ([], 0)
        while true {
            let lines = try await store.eventLines(after: last, limit: Self.chunk)
            guard let end = lines.last else { return bytes }
            for line in lines { bytes += Array((line.text + "\n").utf8) }
            last = end.number
        }
    }

    private func write(_ bytes: [UInt8], _ name: String, _ folder: String) async throws {
        do {
            // Readable by others: everything in it is public or sealed.
            try await Blocking.run { try AtomicFile.write(bytes, to: folder + "/" + name, mode: 0o644) }
        } catch let refusal as Refusal { throw Refusal(FactoryError.exportFailed, refusal.detail) }
    }
}
