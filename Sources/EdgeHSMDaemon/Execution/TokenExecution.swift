public import KeyCustody
public import Matter
public import Statements
import Vocabulary

/// Executes with the keys of one token. Remembers only what it would find again, so any call may be repeated.
public struct TokenExecution: Execution {
    let token: any Token
    /// Whose Certification Declarations are accepted: the alliance's signers, and in the lab its published test key.
    let declarationSigners: [DeclarationSigner]
    let issuers = IssuerCache()

    public init(token: any Token, declarationSigners: [DeclarationSigner]) {
        self.token = token
        self.declarationSigners = declarationSigners
    }

    public func signByIdentity(_ envelope: Envelope) async throws -> Envelope {
        let key = try await token.signingKey(KeyName(.edgeIdentity))
        let signature = try await key.sign(envelope.signedBytes)
        return envelope.adding(Envelope.Signature(keyID: key.publicKey.keyID, value: signature))
    }
}

/// Names of the keys that belong to products and batches.
enum BatchKeys {
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
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
