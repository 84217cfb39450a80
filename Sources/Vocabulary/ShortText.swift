/// Words of a peer, at most `limit` octets of UTF-8.
///
/// Octets and not characters: one `Character` may be as long as the whole message, a letter under a hundred thousand
/// accents. What a peer may put into a journal, a log or a reply has this type, so that the decoder refuses what is
/// longer before anybody decides on it.
public struct ShortText<let limit: Int>: Codable, Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// Throws `value.text.too-long`; the text itself never stands in the refusal.
    public init(_ text: String) throws {
        let octets = text.utf8.count
        guard octets <= limit else {
            throw Refusal(VocabularyError.textTooLong, "\(octets) octets, limit \(limit)")
        }
        self.text = text
    }

    /// As much of our own words as fits, cut between two scalars.
    public init(keeping text: String) { self.text = text.kept(octets: limit) }

    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public var description: String { text }
}

extension String {
    /// The longest beginning of at most this many octets of UTF-8 that ends between two scalars.
    public func kept(octets limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: Swift.max(0, limit))
        // An octet 10xxxxxx goes on with a scalar that has begun before.
        while end > utf8.startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
