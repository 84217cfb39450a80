internal import ArgumentParser
internal import Foundation
internal import Statements
internal import Verify
internal import Vocabulary

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Judge a portal's log of acts as it was exported: entries, root and signature.",
        discussion: """
            FILE as GET /v1/audit/export gives it: a head line that the portal's key signed, then one entry a line. Whose key \
            it is must be proven by --root-key, under which the RoleKeys in the file count, or by --portal-key.

            --earlier FILE: a checkpoint or an export that was kept. The log must continue it: entries changed or left out \
            since are refused as verify.audit.inconsistent.
            """
    )

    @Argument(help: ArgumentHelp("The exported log.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("Public key of the OEM's root authority, PEM or DER.", valueName: "file"))
    var rootKey: String?

    @Option(help: ArgumentHelp("The portal's key: 65-octet point in hexadecimal.", valueName: "hex"))
    var portalKey: String?

    @Option(help: ArgumentHelp("A checkpoint or export of before, which this log must continue.", valueName: "file"))
    var earlier: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let verdict: Verdict
        do {
            verdict = try judge()
        } catch let refusal as Refusal where !refusal.has(VerifyError.inputUnreadable) {
            verdict = Verdict(refused: refusal)
        }
        try output.finish(verdict)
    }

    private func judge() throws -> Verdict {
        let trust = PortalLogVerification.Trust(
            root: try rootKey.map { try TrustOptions.publicKey($0) },
            portal: try portalKey.map { try TrustOptions.point($0, "--portal-key") }
        )
        let lines = try LineReader(file, limit: AuditExportHead.largest)
        guard let first = try lines.next() else { throw Refusal(VerifyError.inputWrongKind, "\(file) is empty") }
        var verification = try PortalLogVerification(
            head: try Self.head(first, file),
            trust: trust,
            earlier: try earlier.map { try Self.checkpoint($0) }
        )
        while let line = try lines.next() { try verification.take(line) }
        return verification.finish()
    }

    private static func head(_ line: [UInt8], _ path: String) throws -> AuditExportHead {
        do { return try AuditExportHead(parsing: line) } catch let refusal as Refusal {
            throw Refusal(VerifyError.inputWrongKind, "\(path) is no exported log: \(refusal.code) \(refusal.detail)")
        }
    }

    /// As the portal answers it beside the envelope.
    private struct Told: Decodable { let checkpoint: Envelope }

    /// Of an export, of what the portal tells of its log, or the signed statement alone.
    private static func checkpoint(_ path: String) throws -> Envelope {
        guard let line = try LineReader(path, limit: AuditExportHead.largest).next() else {
            throw Refusal(VerifyError.inputWrongKind, "\(path) is empty")
        }
        if let head = try? AuditExportHead(parsing: line) { return head.checkpoint }
        let limit = AuditExportHead.largest
        if let told = try? StatementCoding.decode(Told.self, checking: line, limit: limit) { return told.checkpoint }
        return try Input.statement(path)
    }
}

/// The lines of a file, one at a time: no file is too long for it. The last may lack its end.
final class LineReader {
    private static let piece = 65_536

    private let path: String
    private let limit: Int
    private let handle: FileHandle
    private var rest: [UInt8] = []
    /// Where the next line begins in it.
    private var place = 0
    private var isOver = false

    /// - Parameter limit: octets of a line. Throws `verify.input.unreadable`.
    init(_ path: String, limit: Int) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw Refusal(VerifyError.inputUnreadable, path) }
        (self.path, self.limit, self.handle) = (path, limit, handle)
    }

    deinit { try? handle.close() }

    /// Without its LF; nil at the end. Throws `verify.input.*`.
    func next() throws -> [UInt8]? {
        var looked = place
        while true {
            if let end = rest[looked...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { place = end + 1 }
                return Array(rest[place..<end])
            }
            guard rest.count - place <= limit else {
                throw Refusal(VerifyError.inputTooLarge, "\(path): a line over \(limit) octets")
            }
            guard !isOver else {
                defer { place = rest.count }
                return place == rest.count ? nil : Array(rest[place...])
            }
            rest.removeSubrange(..<place)
            (place, looked) = (0, rest.count)
            do {
                let more = try handle.read(upToCount: Self.piece) ?? Data()
                isOver = more.isEmpty
                rest += more
            } catch { throw Refusal(VerifyError.inputUnreadable, path) }
        }
    }
}
