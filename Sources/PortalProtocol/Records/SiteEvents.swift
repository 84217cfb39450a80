import Statements
public import Vocabulary

/// What a site says of itself beside its EdgeHSM's journal: stations' reports, sign-ins, files taken and refused. No
/// signature stands behind it; whoever has the Factory Service's machine can write anything here.
public struct SiteEventView: Codable, Sendable, Hashable {
    /// The storage of the Factory Service that told it.
    public let source: RecordSource
    /// From 1, without gaps within the source.
    public let number: Int
    /// When the portal got it.
    public let receivedAt: Instant
    /// Word of the site; absent where its line has no such member.
    public let time: Instant?
    /// At most 64 octets of it.
    public let kind: String?
    /// The line as it came: JSON, 8 KiB at most.
    public let line: String
    /// Always false: attribution, no proof.
    public let isProven: Bool

    public init(source: RecordSource, number: Int, receivedAt: Instant, line: String) {
        let head = try? StatementCoding.decode(Head.self, from: Array(line.utf8))
        (self.source, self.number, self.receivedAt) = (source, number, receivedAt)
        (time, kind) = (head?.time.flatMap { try? Instant($0) }, head?.kind.map { $0.kept(octets: 64) })
        (self.line, isProven) = (line, false)
    }

    private struct Head: Decodable {
        let time: String?
        let kind: String?
    }
}
