public import HTTPTypes
import Statements
import Vocabulary

/// Pages for whoever sends an API token with each request: programs that look at pages, and tests. A browser sends no
/// such header by itself, so no page of somebody else can use it; forms carry a token all the same.
public struct BearerSessions: PageSessions {
    private let authenticator: Authenticator

    public init(authenticator: Authenticator) { self.authenticator = authenticator }

    public func session(_ headers: HTTPFields, address: String) async throws -> PageSession? {
        guard headers[.authorization] != nil else { return nil }
        let caller = try await authenticator.caller(
            for: .person,
            head: RequestHead(headers: headers, authority: nil, isSafe: true),
            address: address,
            peer: { nil }
        )
        let grant = try caller.grant(under: .person)
        return PageSession(
            caller: caller,
            person: grant.person,
            csrf: Digest256.of(Array("obis page form v1".utf8) + caller.secret).hex
        )
    }
}
