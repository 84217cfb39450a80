import Governance
import Matter
public import PortalProtocol
public import Statements
import Vocabulary

/// What the portal verified of a version, in words: beside what the manifest says, why it may be believed.
public enum ReviewEvidence {
    public static func lines(
        _ manifest: Manifest,
        firmwareProvesProduct: Bool,
        declaration: [UInt8]
    ) throws -> [ReviewCheck] {
        let firmware = manifest.firmware
        let proof =
            firmwareProvesProduct
            ? "names vendor \(manifest.vendorID), product \(manifest.productID) in its signed part"
            : "does not name its product: declared by the ODM, not proven"
        let signed = try SignedDeclaration(der: declaration)
        let content = signed.declaration
        let test = try [DeclarationSigner(publicKey: TestDeclarationKey.publicKey())]
        let signer: (words: String, verdict: ReviewCheck.Verdict)
        if (try? signed.verify(signers: DeclarationSigner.alliance)) != nil {
            signer = ("signed by a key of the Connectivity Standards Alliance", .passed)
        } else if (try? signed.verify(signers: test)) != nil {
            signer = ("signed by the published TEST key: laboratory only", .caution)
        } else {
            signer = ("NOT signed by a known key", .failed)
        }
        let paa = try AttestationCertificate(der: manifest.paa.bytes)
        let ids = content.productIDs.map(\.description).joined(separator: ", ")
        let products = content.productIDs.count == 1 ? "product \(ids)" : "products \(ids)"
        let lines: [(field: String, words: String, verdict: ReviewCheck.Verdict)] = [
            (
                "firmware signature", "\(firmware.format) image verified under key \(firmware.verificationKey.keyID)",
                .passed
            ),
            ("firmware product", proof, firmwareProvesProduct ? .passed : .caution),
            ("declaration signature", signer.words, signer.verdict),
            (
                "declaration", "\(content.kind), certificate \(content.certificateID)",
                content.kind == .official ? .passed : .caution
            ),
            ("declaration covers", "vendor \(content.vendorID), \(products)", .passed),
            ("PAA", "key \(paa.publicKey.keyID), vendor \(paa.vendorID?.description ?? "any")", .passed),
        ]
        return lines.map { ReviewCheck(field: $0.field, words: SafeText.shown($0.words), verdict: $0.verdict) }
    }
}
