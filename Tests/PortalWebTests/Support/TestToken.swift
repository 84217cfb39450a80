import Crypto
import KeyCustody
import Synchronization
import Vocabulary

/// A token in memory with signing keys, records and the secret of accounts, and nothing else.
final class TestToken: Token {
    struct Absent: Error {}
    struct Key: SigningKey {
        let key: P256.Signing.PrivateKey
        var publicKey: P256Point { P256Point(validated: Array(key.publicKey.x963Representation)) }
        func sign(_ message: [UInt8]) async throws -> RawSignature {
            RawSignature(validated: Array(try key.signature(for: message).rawRepresentation))
        }
    }

    let information = TokenDescription(label: "test", manufacturer: "", model: "", serial: "", assurance: .software)
    private let keys: [KeyName: Key]
    private let kept = Mutex<[String: [[UInt8]]]>([:])
    /// Keys of the role `account-secret`, made when they are asked for.
    private let secrets = Mutex<[KeyName: SymmetricKey]>([:])

    /// A real token, where keys that agree are asked for.
    private let agreeing: (any Token)?

    init(_ names: [KeyName], agreeing: (any Token)? = nil) {
        self.agreeing = agreeing
        keys = Dictionary(uniqueKeysWithValues: names.map { ($0, Key(key: P256.Signing.PrivateKey())) })
    }

    func has(_ name: KeyName) async throws -> Bool {
        if name.role == .labelRecord { return try await agreeing?.has(name) ?? false }
        return keys[name] != nil || secrets.withLock { $0[name] != nil }
    }
    func names(of roles: Set<KeyRole>) async throws -> Set<KeyName> {
        Set(keys.keys).union(secrets.withLock { $0.keys }).filter { roles.contains($0.role) }
    }
    func signingKey(_ name: KeyName) async throws -> any SigningKey {
        guard let key = keys[name] else { throw Refusal(KeyCustodyError.nameUnknown) }
        return key
    }
    func records(_ label: String) async throws -> [[UInt8]] { kept.withLock { $0[label] ?? [] } }
    func createRecord(_ label: String, _ value: [UInt8]) async throws {
        kept.withLock { $0[label, default: []].append(value) }
    }

    func generate(_ name: KeyName) async throws {
        guard name.role == .accountSecret else { throw Absent() }
        try secrets.withLock { secrets in
            guard secrets[name] == nil else { throw Refusal(KeyCustodyError.nameTaken) }
            secrets[name] = SymmetricKey(size: .bits256)
        }
    }
    func destroy(_ name: KeyName) async throws { throw Absent() }
    func agreementKey(_ name: KeyName) async throws -> any AgreementKey {
        guard let agreeing else { throw Absent() }
        return try await agreeing.agreementKey(name)
    }
    func transportPublicKey(_ name: KeyName) async throws -> [UInt8] { throw Absent() }
    func wrap(_ product: KeyName, under transport: KeyName) async throws -> [UInt8] { throw Absent() }
    func unwrap(_ wrapped: [UInt8], with transport: KeyName, as name: KeyName) async throws { throw Absent() }
    func checkValue(_ product: KeyName) async throws -> [UInt8] { throw Absent() }
    func verifyCheckValue(_ expected: [UInt8], of product: KeyName) async throws { throw Absent() }
    func isImportedInClear(_ product: KeyName) async throws -> Bool { throw Absent() }
    func seal(
        _ product: KeyName,
        _ release: ProductKeyRelease,
        to chip: P256Point,
        info: [UInt8]
    ) async throws
        -> SealedProductKey
    { throw Absent() }
    func derive(_ name: KeyName, context: [UInt8]) async throws -> Secret {
        guard let key = secrets.withLock({ $0[name] }) else { throw Refusal(KeyCustodyError.nameUnknown) }
        return Secret(Array(HMAC<SHA256>.authenticationCode(for: context, using: key)))
    }
    func pruneRecords(_ label: String, keeping keep: @escaping @Sendable ([UInt8]) -> Bool) async throws {}
}
