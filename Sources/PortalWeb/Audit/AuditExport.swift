import Governance
import Hummingbird
import NIOCore
import PortalProtocol
import PortalStore
import Statements
import TransparencyLog
import Vocabulary

/// One JSON value a line.
enum LinesKind: RawKind {
    static let contentType = "application/x-ndjson"
    static let largest = 0
}

extension PortalServices {
    /// Entries that are read at a time.
    private static let exportChunk = 500

    /// The file for `obis-verify audit`: the head, then each entry's exact octets on a line. The checkpoint is signed first,
    /// and what is entered meanwhile is not in the file; that it was asked for is.
    func auditExport(_ context: OEMReaderContext, _ call: PlainCall) async throws -> StreamAnswer<LinesKind> {
        try await acts.handOut(context.actor, context.facts, "/v1/audit", detail: "all of it, under a checkpoint")
        let (size, root, keys) = try await database.read { transaction in
            let log = PortalLogTable(transaction)
            let size = try log.size()
            return (size, try log.tree.root(at: size), try GovernanceTable(transaction).roleKeys())
        }
        let statement = PortalCheckpoint(size: size, root: root, time: context.facts.time)
        let envelope = try await statement.unsigned().signed(by: portalKey())
        let head = try AuditExportHead(checkpoint: envelope, roleKeys: keys).serialized()
        let database = database
        return StreamAnswer(
            .init { writer in
                try await writer.write(ByteBuffer(bytes: head + [UInt8(ascii: "\n")]))
                var next = 0
                while next < size {
                    let (first, count) = (next, min(Self.exportChunk, size - next))
                    let entries = try await database.read {
                        try PortalLogTable($0).entries(from: first, limit: count)
                    }
                    guard entries.count == count else { throw Refusal(PortalError.internalFailed, "a gap in the log") }
                    var buffer = ByteBuffer()
                    for entry in entries {
                        buffer.writeBytes(entry.bytes)
                        buffer.writeInteger(UInt8(ascii: "\n"))
                    }
                    try await writer.write(buffer)
                    next += count
                }
                try await writer.finish(nil)
            }
        )
    }
}
