public import Governance
public import KeyCustody
import Vocabulary

/// The tokens of `SoftHSMAccess`, which say of themselves that they are hardware: what a production ceremony asks of its
/// own tokens is met, so that a test reaches what it asks of others.
public struct ClaimedHardwareAccess: TokenAccess {
    private let real = SoftHSMAccess()

    public init() {}

    public func withToken<Result: Sendable>(
        _ reference: TokenReference,
        _ body: @Sendable (any Token) async throws -> Result
    ) async throws -> Result {
        try await real.withToken(reference) { try await body(ClaimedHardware($0)) }
    }

    public func officer(of reference: TokenReference) throws -> any TokenOfficer { try real.officer(of: reference) }
    public func initialize(_ reference: TokenReference) async throws { try await real.initialize(reference) }
}

private struct ClaimedHardware: Token {
    private let real: any Token

    init(_ real: any Token) { self.real = real }

    var information: TokenDescription {
        let real = real.information
        return TokenDescription(
            label: real.label,
            manufacturer: real.manufacturer,
            model: real.model,
            serial: real.serial,
            assurance: .hardware
        )
    }

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
    ) async throws -> SealedProductKey {
        try await real.seal(product, release, to: chip, info: info)
    }
    func derive(_ unitSecret: KeyName, context: [UInt8]) async throws -> Secret {
        try await real.derive(unitSecret, context: context)
    }
    func records(_ label: String) async throws -> [[UInt8]] { try await real.records(label) }
    func createRecord(_ label: String, _ value: [UInt8]) async throws { try await real.createRecord(label, value) }
    func pruneRecords(_ label: String, keeping keep: @escaping @Sendable ([UInt8]) -> Bool) async throws {
        try await real.pruneRecords(label, keeping: keep)
    }
}
