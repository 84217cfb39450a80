/// How many items one page holds at most, 1 to 200.
public struct PageLimit: BoundedNumber {
    public static let bounds = 1...200
    public static let usual = PageLimit(validated: 50)
    public let value: Int
    public init(validated value: Int) { self.value = value }
}

/// Where the next page starts. Opaque: the portal gives it as `next` and takes it back unchanged.
public struct PageCursor: BoundedText {
    public static let lengths = 1...1_024
    public static let pattern = "^[A-Za-z0-9_-]+$"
    public let text: String
    public init(validated text: String) { self.text = text }
    public static func accepts(_ text: String) -> Bool { text.utf8.allSatisfy(Base64URL.isDigit) }
}

/// One page of a list.
public struct Page<Item: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
    public let items: [Item]
    /// Absent on the last page.
    public let next: PageCursor?

    public init(items: [Item], next: PageCursor?) {
        self.items = items
        self.next = next
    }
}

/// The query of a list without filters.
public struct PageQuery: Codable, Sendable, Hashable {
    public let limit: PageLimit?
    public let cursor: PageCursor?

    public init(limit: PageLimit?, cursor: PageCursor?) {
        self.limit = limit
        self.cursor = cursor
    }
}

/// No path parameters, or no query.
public struct Nothing: Codable, Sendable, Hashable { public init() {} }
