/// The body of every refusal, `application/problem+json` (RFC 9457).
public struct Problem: Codable, Sendable, Hashable {
    /// `https://obis.dev/errors#CODE` — a name, not a page to fetch.
    public let type: String
    /// What happened, in one sentence.
    public let title: String
    public let status: Int
    /// `portal.object.unknown`; the list stands in `docs/errors.md`.
    public let code: String
    /// Which one: an id, a field, two values that differ.
    public let detail: String?
    /// What to do next, in one sentence.
    public let remedy: String
    public let requestID: String
    /// With `portal.journal.gap`: where to go on.
    public let storedSize: Int?

    public init(
        type: String,
        title: String,
        status: Int,
        code: String,
        detail: String?,
        remedy: String,
        requestID: String,
        storedSize: Int? = nil
    ) {
        self.type = type
        self.title = title
        self.status = status
        self.code = code
        self.detail = detail
        self.remedy = remedy
        self.requestID = requestID
        self.storedSize = storedSize
    }
}
