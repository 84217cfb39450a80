public import Vocabulary

/// Which alarms are listed: of one factory or all, those that are open or all.
public struct AlarmQuery: Codable, Sendable, Hashable {
    public let factory: FactoryID?
    /// True: without those that are acknowledged or whose cause is gone.
    public let open: Bool?
    public let limit: PageLimit?
    public let cursor: PageCursor?

    public init(
        factory: FactoryID? = nil,
        open: Bool? = nil,
        limit: PageLimit? = nil,
        cursor: PageCursor? = nil
    ) {
        (self.factory, self.open, self.limit, self.cursor) = (factory, open, limit, cursor)
    }
}

/// 1 to 50 digests with commas between.
public struct DigestList: BoundedText {
    public static let most = 50
    public static let lengths = 64...64 * most + most - 1
    public static let pattern = "^[0-9a-f]{64}(?:,[0-9a-f]{64}){0,49}$"
    public static var schemaExample: DigestList { DigestList([.zero]) }
    public let text: String
    public init(validated text: String) { self.text = text }

    /// The first 50 of these.
    public init(_ digests: [Digest256]) { text = digests.prefix(Self.most).map(\.hex).joined(separator: ",") }

    public static func accepts(_ text: String) -> Bool {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        return parts.count <= most && parts.allSatisfy { (try? Digest256(hex: String($0))) != nil }
    }

    public var digests: [Digest256] { text.split(separator: ",").compactMap { try? Digest256(hex: String($0)) } }
}
