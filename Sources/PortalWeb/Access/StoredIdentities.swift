import PortalCore
import PortalProtocol
import PortalStore
import Synchronization
import Vocabulary

/// Tokens and factories' certificates as the database has them now.
final class StoredIdentities: IdentityStore {
    /// Seconds between two notes of a token's use: a look-up is no write.
    private static let resolution: Int64 = 900
    private static let largest = 4_096

    private let database: any PortalDatabase
    private let noted = Mutex<[TokenID: Instant]>([:])

    init(database: any PortalDatabase) { self.database = database }

    func token(digest: Digest256) async throws -> TokenIdentity? {
        try await database.read { transaction in
            try TokenTable(transaction).find(digest).map { token, person in
                TokenIdentity(
                    id: token.id,
                    person: PersonIdentity(person),
                    scopes: token.scopes,
                    expiresAt: token.expiresAt,
                    isRevoked: token.revokedAt != nil || !person.isActive
                )
            }
        }
    }

    func noteUse(of token: TokenID, at time: Instant) async {
        let isDue = noted.withLock { noted in
            if let last = noted[token], (0..<Self.resolution).contains(time - last) { return false }
            if noted.count >= Self.largest { noted.removeAll() }
            noted[token] = time
            return true
        }
        // A use that can't be noted is no reason to refuse it.
        if isDue { _ = try? await database.write("token-use") { try TokenTable($0).noteUse(token, at: time) } }
    }

    func session(digest: Digest256, at time: Instant, isUse: Bool) async throws -> SessionIdentity? {
        let found = try await database.read { try SessionTable($0).find(digest) }
        guard let (session, person) = found, session.revokedAt == nil, person.isActive,
            SessionRules.isAlive(seenAt: session.seenAt, expiresAt: session.expiresAt, at: time)
        else { return nil }
        if isUse, time - session.seenAt >= SessionRules.resolution {
            // A use that can't be noted is no reason to refuse it.
            _ = try? await database.write("session-use") { try SessionTable($0).noteUse(session.id, at: time) }
        }
        return SessionIdentity(
            id: session.id,
            person: PersonIdentity(person),
            isComplete: session.isComplete,
            verifiedAt: session.verifiedAt,
            expiresAt: session.expiresAt
        )
    }

    func owner(ofSession digest: Digest256) async throws -> PersonID? {
        try await database.read { try SessionTable($0).find(digest)?.person.id }
    }

    func site(publicKeyDigest: Digest256) async throws -> SiteIdentity? {
        try await database.read { transaction in
            let factories = FactoryTable(transaction)
            guard let certificate = try factories.certificate(publicKeyDigest), certificate.revokedAt == nil,
                let factory = try factories.factory(certificate.factory)
            else { return nil }
            return SiteIdentity(
                factory: factory.id,
                organisation: factory.organisation,
                service: certificate.service.text,
                publicKeyDigest: publicKeyDigest
            )
        }
    }
}

extension PersonIdentity {
    init(_ record: PersonRecord) {
        self.init(
            id: record.id,
            organisation: record.organisation,
            kind: record.kind,
            name: record.name,
            roles: record.roles,
            officer: record.officer
        )
    }
}
