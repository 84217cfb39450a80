import Governance
import HTTPTypes
import HummingbirdCore
import NIOCore
import PortalProtocol
import PortalStore
import Statements
import Synchronization
import Vocabulary

/// What a stick brought, all of it.
public struct StickReceipt: Codable, Sendable, Hashable {
    public let uploads: Int
    public let entries: Int
    public let labels: Int
    public let events: Int
}

extension SyncRoutes {
    struct FactoryPath: Codable, Sendable { let factory: FactoryID }

    /// Lines of `SyncUpload`s.
    enum UploadFile: RawKind {
        static let contentType = "application/x-ndjson"
        /// A month of one factory.
        static let largest = 4 * 1024 * 1024 * 1024
    }
    enum Archive: RawKind {
        static let contentType = "application/x-tar"
        static let largest = 1024 * 1024 * 1024
    }

    /// Of the people's listener.
    public static func sticks(_ server: SyncServer, acts: Acts) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/v1/factories/{factory}/uploads",
                "uploadStick",
                .factories,
                "Takes in an .upload file that a stick brought: the octets and checks of sync.",
                refusals: uploadRefusals
            ) { (context: CourierContext, call: Call<FactoryPath, Nothing, Raw<UploadFile>>) in
                try await requireFactory(call.path.factory, context.limitedTo, server)
                return try await take(call.body, from: call.path.factory, context, server, acts)
            },
            try Route(
                .get,
                "/v1/factories/{factory}/downlink",
                "getStick",
                .factories,
                "All that a factory lacks, as a tar archive to be unpacked into its inbox.",
                refusals: [.web(SyncError.otherFactory, .downlinkTooLarge)] + VersionRefusals.signing
            ) { (context: MemberContext, call: ObjectCall<FactoryPath>) in
                let factory = call.path.factory
                try await requireFactory(factory, context.limitedTo, server)
                let files = try await server.stick(for: factory)
                let answer = try archive(files, at: context.facts.time)
                let detail = "\(files.count) files, \(answer.length) octets"
                _ = try await acts.perform(context) { _ in Act(Answer(Nothing()), object: factory.text, detail: detail)
                }
                return answer
            },
        ]
    }

    /// An ODM sees its own factories alone.
    private static func requireFactory(
        _ factory: FactoryID,
        _ odm: OrganisationID?,
        _ server: SyncServer
    ) async throws {
        let found = try await server.database.read { try FactoryTable($0).factory(factory) }
        guard let found, odm == nil || odm == found.organisation else { throw Refusal(PortalError.unknownObject) }
    }

    /// What was taken stands in the portal's log, also of a file of which lines were refused.
    private static func take(
        _ body: BodyStream,
        from factory: FactoryID,
        _ context: CourierContext,
        _ server: SyncServer,
        _ acts: Acts
    ) async throws -> Answer<StickReceipt> {
        let tally = Tally()
        func counted(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }
        func note(_ ending: String) async throws -> Answer<StickReceipt> {
            let receipt = tally.receipt
            let detail =
                counted(receipt.uploads, "upload", "uploads") + ", " + counted(receipt.entries, "entry", "entries")
                + ", "
                + counted(receipt.labels, "label", "labels") + ", " + counted(receipt.events, "event", "events")
                + ending
            return try await acts.perform(context) { _ in Act(Answer(receipt), object: factory.text, detail: detail) }
        }
        do { try await takeLines(body, from: factory, server, tally) } catch {
            if tally.receipt.uploads > 0 { _ = try await note(", then broken off") }
            throw error
        }
        guard let refused = tally.refusal else { return try await note("") }
        if tally.receipt.uploads > 0 { _ = try await note(", refused: \(tally.refusedLines)") }
        throw refused
    }

    /// What one file brought so far.
    private final class Tally: Sendable {
        private struct Refused {
            let line: Int
            let error: any Error
            let refusal: Refusal
        }

        /// Refused lines that are named one by one; of more, their number is told.
        private static let mostNamed = 5

        private let counts = Mutex(StickReceipt(uploads: 0, entries: 0, labels: 0, events: 0))
        private let refused = Mutex<(first: [Refused], count: Int)>(([], 0))
        var receipt: StickReceipt { counts.withLock { $0 } }

        func refuse(_ error: any Error, _ refusal: Refusal, line: Int) {
            refused.withLock { refused in
                refused.count += 1
                guard refused.first.count < Self.mostNamed else { return }
                refused.first.append(Refused(line: line, error: error, refusal: refusal))
            }
        }

        /// `line 3: portal.journal.gap; line 7: …; and 4 more`.
        var refusedLines: String {
            refused.withLock { refused in
                let named = refused.first.map { "line \($0.line): \($0.refusal.code)" }
                let more = refused.count - named.count
                return (named + (more > 0 ? ["and \(more) more"] : [])).joined(separator: "; ")
            }
        }

        /// The first line's refusal, with the numbers of all lines that were refused; nil where none was.
        var refusal: (any Error)? {
            guard let first = refused.withLock({ $0.first.first }) else { return nil }
            let detail = "\(refusedLines); \(receipt.uploads) lines taken. \(first.refusal.detail)"
            let told = first.refusal.saying(detail)
            guard let journal = first.error as? JournalRefusal else { return told }
            return JournalRefusal(told, storedSize: journal.storedSize)
        }

        func add(_ upload: SyncUpload) {
            counts.withLock { counts in
                counts = StickReceipt(
                    uploads: counts.uploads + 1,
                    entries: counts.entries + (upload.journal?.entries.count ?? 0),
                    labels: counts.labels + (upload.labels?.records.count ?? 0),
                    events: counts.events + (upload.events?.lines.count ?? 0)
                )
            }
        }
    }

    /// Line by line, each in its own transaction. A line that is refused keeps no other back: one that needs it is refused
    /// for itself, all else is taken, and the file may be brought again. A failure of the portal itself ends the file.
    private static func takeLines(
        _ body: BodyStream,
        from factory: FactoryID,
        _ server: SyncServer,
        _ tally: Tally
    ) async throws {
        var line: [UInt8] = []
        var (number, isTooLong) = (1, false)
        func add(_ octets: some Collection<UInt8>) {
            isTooLong = isTooLong || line.count + octets.count > SyncUpload.largest
            if isTooLong { line.removeAll(keepingCapacity: true) } else { line += octets }
        }
        func end() async throws {
            if isTooLong {
                let refusal = Refusal(SyncError.uploadMalformed, "longer than \(SyncUpload.largest) octets")
                tally.refuse(refusal, refusal, line: number)
            } else if !line.isEmpty {
                try await take(line, number, from: factory, server, tally)
            }
            line.removeAll(keepingCapacity: true)
            (number, isTooLong) = (number + 1, false)
        }
        try await body.forEach { buffer in
            var rest = buffer.readableBytesView
            while let place = rest.firstIndex(of: 0x0A) {
                add(rest[..<place])
                try await end()
                rest = rest[(place + 1)...]
            }
            add(rest)
        }
        try await end()
    }

    private static func take(
        _ line: [UInt8],
        _ number: Int,
        from factory: FactoryID,
        _ server: SyncServer,
        _ tally: Tally
    ) async throws {
        let upload: SyncUpload
        do { upload = try SyncUpload(parsing: line) } catch let refusal as Refusal {
            let told = Refusal(SyncError.uploadMalformed, refusal.code)
            return tally.refuse(told, told, line: number)
        }
        do {
            _ = try await server.take(upload, from: factory)
            tally.add(upload)
        } catch {
            let refusal = error as? Refusal ?? (error as? JournalRefusal)?.refusal
            // Of what may come right by itself nothing is known for the next line either.
            guard let refusal, !refusal.isRetryable, isJudged(refusal) else { throw error }
            tally.refuse(error, refusal, line: number)
        }
    }

    /// Whether the line was judged, and nothing else failed.
    private static func isJudged(_ refusal: Refusal) -> Bool {
        uploadRefusals.flatMap(\.entries).contains { $0.code == refusal.code && $0.status < 500 }
    }

    private static func archive(_ files: [StickFile], at time: Instant) throws -> RawAnswer<Archive> {
        let size = TapeArchive.size(of: files.map { ($0.name, $0.size) })
        guard size <= Archive.largest else { throw Refusal(SyncError.downlinkTooLarge, "\(size) octets") }
        let body = ResponseBody(contentLength: size) { writer in
            for file in files {
                let header = TapeArchive.header(name: file.name, size: file.size, time: time)
                try await writer.write(ByteBuffer(bytes: header))
                for start in stride(from: 0, to: file.size, by: OfferedAnswer.piece) {
                    let part = try await file.read(start..<min(start + OfferedAnswer.piece, file.size))
                    try await writer.write(ByteBuffer(bytes: part))
                }
                let padding = TapeArchive.padded(file.size) - file.size
                try await writer.write(ByteBuffer(repeating: 0, count: padding))
            }
            try await writer.write(ByteBuffer(repeating: 0, count: 2 * TapeArchive.block))
            try await writer.finish(nil)
        }
        return RawAnswer(body, length: size, tag: nil)
    }
}
