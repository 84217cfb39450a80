import PortalProtocol
public import Vocabulary

/// What is known of every request, whoever sent it.
public struct RequestFacts: Sendable, Hashable {
    /// The client's X-Request-ID where it is well-formed, else 128 random bits.
    public let requestID: String
    /// The operation's id in the API document.
    public let operation: String
    /// The client's network address without port.
    public let address: String
    /// When the request came, by the portal's clock.
    public let time: Instant
    /// Present on every creation that wants one.
    public let idempotency: IdempotencyKey?
    /// Present on every change that wants one.
    public let ifMatch: EntityTag?
    /// What the client has already, where it said so with one strong tag.
    public let ifNoneMatch: EntityTag?
    public let range: ByteRange?
    /// Cookies and agent.
    public var browser = BrowserFacts()

    /// Throws `portal.precondition.failed` unless the object's tag is the one that the client has read.
    public func requireMatch(_ current: EntityTag) throws {
        guard ifMatch == current else { throw Refusal(PortalError.preconditionFailed, "now \(current)") }
    }
}

/// A creation's key with what it belongs to. The key itself is not kept, only its digest: the stored answer is sealed
/// under it, since an answer may hold a token or a code.
public struct IdempotencyKey: Sendable, Hashable {
    /// SHA-256 over caller, operation and the header's value: the row's key.
    public let digest: Digest256
    /// SHA-256 of the request: path, query and body. A replay must have the same.
    public let request: Digest256
    /// What the stored answer is sealed with. Only the caller who sends the same request again can make it.
    let secret: Secret

    public static func == (left: Self, right: Self) -> Bool {
        left.digest == right.digest && left.request == right.request
    }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(digest)
        hasher.combine(request)
    }
}

/// A strong entity tag (RFC 9110 section 8.8.3), with its quotes: `"3"`.
public struct EntityTag: Sendable, Hashable, CustomStringConvertible {
    public let text: String
    public var description: String { text }

    /// Of an object's version number.
    public init(version: Int) { text = "\"\(version)\"" }
    /// Of content that has a digest.
    public init(digest: Digest256) { text = "\"\(digest.hex)\"" }

    /// Nil unless it is one strong tag of at most 80 characters: no list, no `*`, no weak tag.
    init?(header: String) {
        let characters = Array(header.utf8)
        guard (3...80).contains(characters.count), characters.first == 0x22, characters.last == 0x22,
            characters.dropFirst().dropLast().allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x22 })
        else { return nil }
        text = header
    }
}

/// One `bytes=` range (RFC 9110 section 14.1.2).
public struct ByteRange: Sendable, Hashable {
    public let first: Int
    /// Inclusive; nil: to the end.
    public let last: Int?

    /// Nil for anything but `bytes=N-` and `bytes=N-M`, which a server may ignore.
    init?(header: String) {
        guard header.hasPrefix("bytes=") else { return nil }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends[0].count <= 15, ends[1].count <= 15, let first = Int(ends[0]), first >= 0 else {
            return nil
        }
        guard ends[1].isEmpty || Int(ends[1]).map({ $0 >= first }) == true else { return nil }
        self.first = first
        last = Int(ends[1])
    }

    /// The octets that are wanted of an object of `size`. Throws `portal.range.unsatisfiable`.
    public func within(_ size: Int) throws -> Range<Int> {
        guard first < size else { throw Refusal(PortalError.rangeUnsatisfiable, "\(size) octets") }
        return first..<min(size, (last ?? size - 1) + 1)
    }
}
