import Crypto
import KeyCustody
import PortalCore
import PortalProtocol
import Synchronization
import Vocabulary

/// What the portal's token adds to passwords and authenticators: its `account-secret` key never leaves it.
final class AccountKeys: Sendable {
    private static let name = KeyName(.accountSecret)

    private let token: any Token
    private let isThere = Mutex(false)

    init(token: any Token) { self.token = token }

    /// What is kept of a password: HMAC-SHA256 in the token over what scrypt made. Throws `key.*`.
    func tag(_ hash: [UInt8]) async throws -> [UInt8] {
        try await derive("obis password v1", hash).withBytes { Array($0) }
    }

    /// Seals the secret of an authenticator to its person.
    func seal(_ secret: Secret, of person: PersonID) async throws -> [UInt8] {
        let key = try await key(of: person)
        let box = try secret.withBytes { try AES.GCM.seal($0, using: key, authenticating: Array(person.text.utf8)) }
        guard let sealed = box.combined else { throw Refusal(PortalError.internalFailed, "sealing") }
        return Array(sealed)
    }

    /// Throws `portal.internal.failed` for what was sealed to another person, or under another token's key.
    func open(_ sealed: [UInt8], of person: PersonID) async throws -> Secret {
        let key = try await key(of: person)
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let secret = try? AES.GCM.open(box, using: key, authenticating: Array(person.text.utf8))
        else { throw Refusal(PortalError.internalFailed, "authenticator of \(person)") }
        return Secret(Array(secret))
    }

    private func key(of person: PersonID) async throws -> SymmetricKey {
        try await derive("obis authenticator v1", Array(person.text.utf8)).withBytes { SymmetricKey(data: Array($0)) }
    }

    private func derive(_ purpose: String, _ context: [UInt8]) async throws -> Secret {
        if !isThere.withLock({ $0 }) {
            if try await !token.has(Self.name) {
                do { try await token.generate(Self.name) } catch let refusal as Refusal {
                    guard refusal.has(KeyCustodyError.nameTaken) else { throw refusal }
                }
            }
            isThere.withLock { $0 = true }
        }
        return try await token.derive(Self.name, context: Array(purpose.utf8) + [0] + context)
    }
}
