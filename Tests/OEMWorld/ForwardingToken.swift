public import KeyCustody
public import Vocabulary

/// A token in front of another, which does what that one does. A test's token writes out only what it does otherwise.
public protocol ForwardingToken: Token {
    var real: any Token { get }
}

extension ForwardingToken {
    public var information: TokenDescription { real.information }
    public func has(_ name: KeyName) async throws -> Bool { try await real.has(name) }
    public func names(of roles: Set<KeyRole>) async throws -> Set<KeyName> { try await real.names(of: roles) }
    public func generate(_ name: KeyName) async throws { try await real.generate(name) }
    public func destroy(_ name: KeyName) async throws { try await real.destroy(name) }
    public func signingKey(_ name: KeyName) async throws -> any SigningKey { try await real.signingKey(name) }
    public func agreementKey(_ name: KeyName) async throws -> any AgreementKey { try await real.agreementKey(name) }
    public func transportPublicKey(_ name: KeyName) async throws -> [UInt8] { try await real.transportPublicKey(name) }

    public func wrap(_ product: KeyName, under transport: KeyName) async throws -> [UInt8] {
        try await real.wrap(product, under: transport)
    }

    public func unwrap(_ wrapped: [UInt8], with transport: KeyName, as name: KeyName) async throws {
        try await real.unwrap(wrapped, with: transport, as: name)
    }

    public func checkValue(_ product: KeyName) async throws -> [UInt8] { try await real.checkValue(product) }

    public func verifyCheckValue(_ expected: [UInt8], of product: KeyName) async throws {
        try await real.verifyCheckValue(expected, of: product)
    }

    public func isImportedInClear(_ product: KeyName) async throws -> Bool {
        try await real.isImportedInClear(product)
    }

    public func seal(
        _ product: KeyName,
        _ release: ProductKeyRelease,
        to chip: P256Point,
        info: [UInt8]
    ) async throws -> SealedProductKey {
        try await real.seal(product, release, to: chip, info: info)
    }

    public func derive(_ unitSecret: KeyName, context: [UInt8]) async throws -> Secret {
        try await real.derive(unitSecret, context: context)
    }

    public func records(_ label: String) async throws -> [[UInt8]] { try await real.records(label) }

    public func createRecord(_ label: String, _ value: [UInt8]) async throws {
        try await real.createRecord(label, value)
    }

    public func pruneRecords(_ label: String, keeping keep: @escaping @Sendable ([UInt8]) -> Bool) async throws {
        try await real.pruneRecords(label, keeping: keep)
    }
}
