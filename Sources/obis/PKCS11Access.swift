import Governance
import KeyCustody
import PKCS11Token
import Vocabulary

/// Joins the ceremony's work to PKCS#11 tokens.
struct PKCS11Access: TokenAccess {
    func withToken<Result: Sendable>(
        _ reference: TokenReference,
        _ body: @Sendable (any Token) async throws -> Result
    ) async throws -> Result {
        let token = try await PKCS11Token.open(
            PKCS11TokenConfiguration(
                modulePath: reference.module,
                label: reference.label,
                pinSource: Self.source(reference.userPINs()),
                sessions: 1,
                transportHash: reference.transportHash ?? .sha1,
                hardwareManufacturers: Set(reference.hardwareManufacturers ?? [])
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

    func officer(of reference: TokenReference) throws -> any TokenOfficer {
        PKCS11TokenOfficer(
            modulePath: reference.module,
            label: reference.label,
            pinSource: try Self.source(reference.officerPINs())
        )
    }

    func initialize(_ reference: TokenReference) async throws {
        try await PKCS11TokenInitializer(modulePath: reference.module).initialize(
            label: reference.label,
            officerPIN: Self.source(reference.officerPINs()),
            userPIN: Self.source(reference.userPINs())
        )
    }

    private static func source(_ paths: [String]) -> PINSource {
        if let only = paths.first, paths.count == 1 { return .file(path: only) }
        return .joined(paths: paths)
    }
}
