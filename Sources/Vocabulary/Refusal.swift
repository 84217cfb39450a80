/// A list of stable error codes of one area, each with what it means and what a person does next.
///
/// Codes are `area.subject.reason` (`edge.quota.exhausted`). `docs/errors.md` lists every case of every catalogue,
/// and a test compares the two in both directions.
public protocol ErrorCatalogue: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == String {
    /// One sentence for an operator: what happened.
    var meaning: String { get }
    /// One sentence for an operator: what to do next.
    var remedy: String { get }
    /// True when the same request may succeed later without anybody changing anything.
    var isRetryable: Bool { get }
}

extension ErrorCatalogue {
    public var isRetryable: Bool { false }
}

/// The one error value that crosses module, process and network borders.
///
/// `detail` says which one (an id, a field, two values that differ); it never holds a secret.
public struct Refusal: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    /// Longest detail that is kept, in octets of UTF-8: a hostile peer must not fill a log through an error text.
    public static let longestDetail = 400

    public let code: String
    public let meaning: String
    public let remedy: String
    public let detail: String
    public let isRetryable: Bool

    public init(_ code: some ErrorCatalogue, _ detail: String = "") {
        self.code = code.rawValue
        self.meaning = code.meaning
        self.remedy = code.remedy
        self.isRetryable = code.isRetryable
        self.detail = Self.bounded(detail)
    }

    /// The same with another detail: which of several things it was about.
    public func saying(_ detail: String) -> Refusal { Refusal(self, detail) }

    private init(_ other: Refusal, _ detail: String) {
        (code, meaning, remedy, isRetryable) = (other.code, other.meaning, other.remedy, other.isRetryable)
        self.detail = Self.bounded(detail)
    }

    private static func bounded(_ detail: String) -> String {
        detail.utf8.count <= longestDetail ? detail : detail.kept(octets: longestDetail) + "…"
    }

    /// True when this refusal carries exactly `code`.
    public func has(_ code: some ErrorCatalogue) -> Bool { self.code == code.rawValue }

    public var description: String {
        detail.isEmpty ? "\(code): \(meaning) \(remedy)" : "\(code): \(meaning) (\(detail)) \(remedy)"
    }
}
