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

private struct ClaimedHardware: ForwardingToken {
    let real: any Token

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
}
