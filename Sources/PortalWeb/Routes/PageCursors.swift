import Crypto
public import PortalProtocol
import Statements
public import Vocabulary

/// Keyset cursors: the sort key of the last item, authenticated, so that a client can't make one up, and bound to the
/// operation and caller's organisation, so that none is carried elsewhere.
public struct PageCursors: Sendable {
    private let key: SymmetricKey

    /// - Parameter key: 32 octets that outlive the process, so that a listing survives a restart.
    public init(key: Secret) { self.key = key.withBytes { SymmetricKey(data: Array($0)) } }

    /// The keys of the item after which the page starts; nil for the first page. `scope`: what the cursor is bound to.
    /// Throws `portal.cursor.malformed`.
    public func start(_ cursor: PageCursor?, of scope: String, count: Int) throws -> [String]? {
        guard let cursor else { return nil }
        let malformed = Refusal(PortalError.malformedCursor)
        guard let bytes = Base64URL.decode(cursor.text), bytes.count > 16 else { throw malformed }
        let (content, tag) = (Array(bytes.dropLast(16)), bytes.suffix(16))
        guard constantTimeEqual(Array(tag), self.tag(content, scope)),
            let keys = try? StatementCoding.decode([String].self, from: content), keys.count == count
        else { throw malformed }
        return keys
    }

    /// The page made of at most `limit` items, of which one more was read to know whether there is a next page.
    public func page<Item: Codable & Sendable & Hashable>(
        _ items: [Item],
        limit: Int,
        of scope: String,
        keys: (Item) -> [String]
    ) throws -> Page<Item> {
        guard items.count > limit, limit > 0 else { return Page(items: items, next: nil) }
        return Page(items: Array(items[..<limit]), next: try cursor(keys(items[limit - 1]), of: scope))
    }

    /// A cursor that `start` reads again.
    func cursor(_ keys: [String], of scope: String) throws -> PageCursor {
        let content = try StatementCoding.encode(keys)
        return try PageCursor(Base64URL.encode(content + tag(content, scope)))
    }

    private func tag(_ content: [UInt8], _ scope: String) -> [UInt8] {
        let message = Array("\(scope.utf8.count):\(scope)".utf8) + content
        return Array(HMAC<SHA256>.authenticationCode(for: message, using: key).prefix(16))
    }
}
