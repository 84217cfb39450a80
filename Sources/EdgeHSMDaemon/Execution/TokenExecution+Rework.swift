import KeyCustody
import Silicon
import Statements
public import Vocabulary

extension TokenExecution {
    public func checkDebug(
        _ challenge: [UInt8],
        permissions: String,
        chipUID: ChipUID,
        of batch: Batch
    ) async throws {
        _ = try await debugTerms(challenge, permissions, chipUID, batch)
    }

    public func answerDebug(
        _ challenge: [UInt8],
        permissions: String,
        chipUID: ChipUID,
        of batch: Batch
    ) async throws -> DebugAnswer {
        let terms = try await debugTerms(challenge, permissions, chipUID, batch)
        let key = terms.key
        // The leaf carries the intermediate's own key: it never leaves the token, and every leaf names one chip.
        let chain = try await terms.authentication.answer(
            terms.challenge,
            of: chipUID,
            approved: terms.asked,
            leafKey: key.publicKey,
            signLeaf: { try await key.sign($0) },
            signToken: { try await key.sign($0) }
        )
        return DebugAnswer(
            certificates: chain.certificates.map(\.encoded),
            token: chain.token.encoded,
            challenge: Digest256.of(challenge),
            permissions: terms.asked.hex
        )
    }

    private struct DebugTerms {
        let challenge: ADACChallenge
        let asked: ADACPermissions
        let authentication: ADACAuthentication
        let key: any SigningKey
    }

    /// All that can be wrong with an answer before anything is signed.
    private func debugTerms(
        _ challenge: [UInt8],
        _ permissions: String,
        _ chipUID: ChipUID,
        _ batch: Batch
    ) async throws -> DebugTerms {
        let parsed = try ADACChallenge(parsing: challenge)
        let asked = try ADACPermissions(hex: permissions)
        let authentication = try Self.debugAuthentication(installed(batch), for: batch.manifest)
        let allowed = try ADACPermissions(hex: batch.manifest.chipSecurity.debugPermissions)
        guard !asked.isEmpty, allowed.contains(asked) else {
            throw Refusal(ExecutionError.permissionsExceeded, "\(asked) of \(allowed)")
        }
        guard chipUID.bytes.contains(where: { $0 != 0 }) else {
            throw Refusal(ExecutionError.permissionsExceeded, "a chip without UID")
        }
        let key = try await token.signingKey(BatchKeys.debugIntermediate(batch.manifest.product))
        guard key.publicKey == authentication.intermediate.fields.key else {
            throw Refusal(ExecutionError.certificatesMismatch, "key of the debug intermediate")
        }
        return DebugTerms(challenge: parsed, asked: asked, authentication: authentication, key: key)
    }

    /// The product's debug certificates, able to answer for the chips of this version: root, soc_class and mask agree.
    static func debugAuthentication(
        _ certificates: CertificatesInstalled,
        for manifest: Manifest
    ) throws -> ADACAuthentication {
        let authentication = try ADACAuthentication(
            root: ADACCertificate(parsing: certificates.debugRoot.bytes),
            intermediate: ADACCertificate(parsing: certificates.debugIntermediate.bytes)
        )
        let security = manifest.chipSecurity
        guard authentication.root.fields.keyHash == security.debugRoot else {
            throw Refusal(ExecutionError.certificatesMismatch, "debug root")
        }
        guard authentication.intermediate.fields.socClass == security.socClass else {
            throw Refusal(ExecutionError.certificatesMismatch, "soc_class of the debug intermediate")
        }
        let mask = try ADACPermissions(hex: security.debugPermissions)
        guard authentication.largestMask.contains(mask) else {
            throw Refusal(
                ExecutionError.certificatesMismatch,
                "debug mask \(mask), the intermediate's \(authentication.largestMask)"
            )
        }
        return authentication
    }
}
