public import Governance
public import KeyCustody
import PKCS11Token

/// Tokens of this process, as the program joins them.
public struct SoftHSMAccess: TokenAccess {
    public init() {}

    public func withToken<Result: Sendable>(
        _ reference: TokenReference,
        _ body: @Sendable (any Token) async throws -> Result
    ) async throws -> Result {
        let token = try await PKCS11Token.open(
            PKCS11TokenConfiguration(
                modulePath: reference.module,
                label: reference.label,
                pinSource: .joined(paths: reference.userPINs()),
                sessions: 1
            )
        )
        do {
            let result = try await body(token)
            await token.close()
            return result
        } catch {
            await token.close()
            throw error
        }
    }

    public func officer(of reference: TokenReference) throws -> any TokenOfficer {
        PKCS11TokenOfficer(
            modulePath: reference.module,
            label: reference.label,
            pinSource: .joined(paths: try reference.officerPINs())
        )
    }

    public func initialize(_ reference: TokenReference) async throws {
        try await PKCS11TokenInitializer(modulePath: reference.module).initialize(
            label: reference.label,
            officerPIN: .joined(paths: reference.officerPINs()),
            userPIN: .joined(paths: reference.userPINs())
        )
    }
}
