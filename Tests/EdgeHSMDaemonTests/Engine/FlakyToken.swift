import KeyCustody
import Synchronization
import Vocabulary

/// A real token whose data objects can be made to fail, before or after the effect.
final class FlakyToken: Token {
    enum Fault: Sendable {
        case refuseCreate
        /// The record is there, but the caller is told it is not.
        case loseAnswer
        case refuseRead
    }

    struct Broken: Error {}

    private let real: any Token
    private let faults = Mutex<[Fault]>([])
    private let created = Mutex(0)
    /// Called before each create, so that a test can hold it.
    private let gate = Mutex<(@Sendable () async -> Void)?>(nil)

    init(_ real: any Token) { self.real = real }

    var recordsCreated: Int { created.withLock { $0 } }

    /// The next operations on records fail so, in order; each fault hits the first operation that it is about.
    func plan(_ next: [Fault]) { faults.withLock { $0 = next } }
    func hold(_ body: (@Sendable () async -> Void)?) { gate.withLock { $0 = body } }

    private func take(_ candidates: Set<Fault>) -> Fault? {
        faults.withLock { faults in
            guard let first = faults.first, candidates.contains(first) else { return nil }
            return faults.removeFirst()
        }
    }

    func records(_ label: String) async throws -> [[UInt8]] {
        if take([.refuseRead]) != nil { throw Broken() }
        return try await real.records(label)
    }

    func createRecord(_ label: String, _ value: [UInt8]) async throws {
        if let gate = gate.withLock({ $0 }) { await gate() }
        let fault = take([.refuseCreate, .loseAnswer])
        if fault == .refuseCreate { throw Broken() }
        try await real.createRecord(label, value)
        created.withLock { $0 += 1 }
        if fault == .loseAnswer { throw Broken() }
    }

    func pruneRecords(_ label: String, keeping keep: @escaping @Sendable ([UInt8]) -> Bool) async throws {
        try await real.pruneRecords(label, keeping: keep)
    }

    var information: TokenDescription { real.information }
    func has(_ name: KeyName) async throws -> Bool { try await real.has(name) }
    func names(of roles: Set<KeyRole>) async throws -> Set<KeyName> { try await real.names(of: roles) }
    func generate(_ name: KeyName) async throws { try await real.generate(name) }
    func destroy(_ name: KeyName) async throws { try await real.destroy(name) }
    func signingKey(_ name: KeyName) async throws -> any SigningKey { try await real.signingKey(name) }
    func agreementKey(_ name: KeyName) async throws -> any AgreementKey { try await real.agreementKey(name) }
    func transportPublicKey(_ name: KeyName) async throws -> [UInt8] { try await real.transportPublicKey(name) }
    func wrap(_ product: KeyName, under transport: KeyName) async throws -> [UInt8] {
        try await real.wrap(product, under: transport)
    }
    func unwrap(_ wrapped: [UInt8], with transport: KeyName, as name: KeyName) async throws {
        try await real.unwrap(wrapped, with: transport, as: name)
    }
    func checkValue(_ product: KeyName) async throws -> [UInt8] { try await real.checkValue(product) }
    func verifyCheckValue(_ expected: [UInt8], of product: KeyName) async throws {
        try await real.verifyCheckValue(expected, of: product)
    }
    func isImportedInClear(_ product: KeyName) async throws -> Bool { try await real.isImportedInClear(product) }
    func seal(
        _ product: KeyName,
        _ release: ProductKeyRelease,
        to chip: P256Point,
        info: [UInt8]
    ) async throws
        -> SealedProductKey
    { try await real.seal(product, release, to: chip, info: info) }
    func derive(_ unitSecret: KeyName, context: [UInt8]) async throws -> Secret {
        try await real.derive(unitSecret, context: context)
    }
}
