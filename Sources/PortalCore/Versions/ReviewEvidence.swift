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
    ) throws -> [ReviewLine] {
        let firmware = manifest.firmware
        let proof =
            firmwareProvesProduct
            ? "names vendor \(manifest.vendorID), product \(manifest.productID) in its signed part"
            : "does not name its product: declared by the ODM, not proven"
        let signed = try SignedDeclaration(der: declaration)
        let content = signed.declaration
        let test = try [DeclarationSigner(publicKey: TestDeclarationKey.publicKey())]
        let signer: String
        if (try? signed.verify(signers: DeclarationSigner.alliance)) != nil {
            signer = "signed by a key of the Connectivity Standards Alliance"
        } else if (try? signed.verify(signers: test)) != nil {
            signer = "signed by the published TEST key: laboratory only"
        } else {
            signer = "NOT signed by a known key"
        }
        let paa = try AttestationCertificate(der: manifest.paa.bytes)
        let products = content.productIDs.map(\.description).joined(separator: ", ")
        return [
            ("firmware signature", "\(firmware.format) image verified under key \(firmware.verificationKey.keyID)"),
            ("firmware product", proof), ("declaration signature", signer),
            ("declaration", "\(content.kind), certificate \(content.certificateID)"),
            ("declaration covers", "vendor \(content.vendorID), products \(products)"),
            ("PAA", "key \(paa.publicKey.keyID), vendor \(paa.vendorID?.description ?? "any")"),
        ].map { ReviewLine(field: $0.0, words: SafeText.shown($0.1)) }
    }
}
