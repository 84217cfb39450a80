import KeyCustody
import Silicon
import Statements
public import Vocabulary

extension TokenExecution {
    public func answerDebug(
        _ challenge: [UInt8],
        permissions: String,
        chipUID: ChipUID,
        of batch: Batch
    ) async throws -> DebugAnswer {
        let certificates = try installed(batch)
        let authentication = try ADACAuthentication(
            root: ADACCertificate(parsing: certificates.debugRoot.bytes),
            intermediate: ADACCertificate(parsing: certificates.debugIntermediate.bytes)
        )
        let asked = try ADACPermissions(hex: permissions)
        let allowed = try ADACPermissions(hex: batch.manifest.chipSecurity.debugPermissions)
        guard allowed.contains(asked) else {
            throw Refusal(ExecutionError.permissionsExceeded, "\(asked) of \(allowed)")
        }
        guard authentication.intermediate.fields.socClass == batch.manifest.chipSecurity.socClass else {
            throw Refusal(ExecutionError.certificatesMismatch, "soc_class of the debug intermediate")
        }
        let key = try await token.signingKey(BatchKeys.debugIntermediate(batch.manifest.product))
        let parsed = try ADACChallenge(parsing: challenge)
        // The leaf carries the intermediate's own key: it never leaves the token, and every leaf names one chip.
        let chain = try await authentication.answer(
            parsed,
            of: chipUID,
            approved: asked,
            leafKey: key.publicKey,
            signLeaf: { try await key.sign($0) },
            signToken: { try await key.sign($0) }
        )
        return DebugAnswer(
            certificates: chain.certificates.map(\.encoded),
            token: chain.token.encoded,
            challenge: Digest256.of(challenge),
            permissions: asked.hex
        )
    }
}
