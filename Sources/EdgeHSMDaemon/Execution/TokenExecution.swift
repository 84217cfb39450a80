public import KeyCustody
public import Matter
public import Statements
import Synchronization
import Vocabulary

/// Executes with the keys of one token. Remembers only what it would find again, so any call may be repeated.
public struct TokenExecution: Execution {
    let token: any Token
    /// Whose Certification Declarations are accepted: the alliance's signers, and in the lab its published test key.
    let declarationSigners: [DeclarationSigner]
    let issuers = IssuerCache()
    let identity = IdentityCache()

    public init(token: any Token, declarationSigners: [DeclarationSigner]) {
        self.token = token
        self.declarationSigners = declarationSigners
    }

    public func signByIdentity(_ envelope: Envelope) async throws -> Envelope {
        let key = try await identity.key(of: token)
        do {
            let signature = try await key.sign(envelope.signedBytes)
            // Instead of the proof that looking a key up gives: what leaves is signed by the key that it names.
            guard key.publicKey.verifies(signature, over: envelope.signedBytes) else {
                throw Refusal(KeyCustodyError.pairInconsistent, "edge identity")
            }
            return envelope.adding(Envelope.Signature(keyID: key.publicKey.keyID, value: signature))
        } catch {
            identity.forget()
            throw error
        }
    }
}

/// The identity's key, looked up once: looking it up costs a search of the token, a signature and its verification.
final class IdentityCache: Sendable {
    private let known = Mutex<(any SigningKey)?>(nil)

    func key(of token: any Token) async throws -> any SigningKey {
        if let key = known.withLock({ $0 }) { return key }
        let key = try await token.signingKey(KeyName(.edgeIdentity))
        known.withLock { $0 = key }
        return key
    }

    func forget() { known.withLock { $0 = nil } }
}

/// Names of the keys that belong to products and batches.
enum BatchKeys {
    /// Every role whose keys an EdgeHSM has.
    static let rolesOfEdgeHSM: Set<KeyRole> = [
        .edgeIdentity, .edgeTLS, .edgeTransport, .edgeSeal, .siteCA, .pai, .debugIntermediate, .unitSecret,
        .importedFleetKey, .importedMasterKey,
    ]

    static func unitSecret(_ authorization: Digest256) -> KeyName { KeyName(.unitSecret, authorization.hex) }
    static func pai(_ product: ProductName) -> KeyName { KeyName(.pai, product.text) }
    static func debugIntermediate(_ product: ProductName) -> KeyName { KeyName(.debugIntermediate, product.text) }

    /// One key for each slot of a version, shared by the batches of that version.
    static func product(_ key: Manifest.Key, manifest: Digest256) -> KeyName {
        let role: KeyRole = key.kind == .fleet ? .importedFleetKey : .importedMasterKey
        return KeyName(role, "\(manifest.hex.prefix(32)).\(key.slot)")
    }
}

/// Random octets of the operating system.
enum Random {
    static func octets(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        // Eight at a time: each number drawn is a call of the system.
        let numbers = (0..<(count + 7) / 8).map { _ in generator.next() as UInt64 }
        return numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
            .prefix(count).map { $0 }
    }
}
