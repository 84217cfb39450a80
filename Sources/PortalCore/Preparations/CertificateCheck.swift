import Matter
public import PortalProtocol
import Silicon
public import Statements
import Vocabulary

/// Whether certificates that somebody brings are the OEM's answer to what an EdgeHSM prepared.
public enum CertificateCheck {
    /// The EdgeHSM judges them again; this keeps what it would refuse from being sent, and another PAA from being used.
    ///
    /// Throws `portal.certificates.mismatch`.
    ///
    /// - Parameter preparation: verified to be signed by the identity that the officers registered.
    public static func check(
        _ certificates: ProductCertificates,
        for preparation: ProductPreparation,
        of foundation: ProductFoundation
    ) throws {
        guard certificates.edgeHSM == preparation.edgeHSM, certificates.product == preparation.product else {
            throw mismatch("for \(certificates.product) at \(certificates.edgeHSM)")
        }
        do {
            try checkAttestation(certificates, preparation, foundation)
            try checkDebug(certificates, preparation, foundation)
        } catch let refusal as Refusal where !refusal.has(PreparationError.mismatch) {
            throw mismatch("\(refusal.code) \(refusal.detail)")
        }
    }

    private static func checkAttestation(
        _ certificates: ProductCertificates,
        _ preparation: ProductPreparation,
        _ foundation: ProductFoundation
    ) throws {
        try require(certificates.paa == foundation.paa, "another PAA than the product's")
        let paa = try AttestationCertificate(der: certificates.paa.bytes)
        let pai = try AttestationCertificate(der: certificates.pai.bytes)
        try paa.check(as: .paa)
        try pai.check(as: .pai)
        try require(pai.isSigned(by: paa.publicKey) && pai.issuer == paa.subject, "PAI signature")
        try require(pai.authorityKeyIdentifier == paa.subjectKeyIdentifier, "PAI authority key identifier")
        try require(pai.vendorID == foundation.vendorID && paa.vendorID == foundation.vendorID, "vendor id")
        try require(pai.productID == foundation.productID, "product id")
        let request = try CertificateRequest(der: preparation.paiRequest.bytes)
        try require(pai.publicKey == request.publicKey, "PAI of another key")
    }

    private static func checkDebug(
        _ certificates: ProductCertificates,
        _ preparation: ProductPreparation,
        _ foundation: ProductFoundation
    ) throws {
        try require(certificates.debugRoot == foundation.debugRoot, "another debug root than the product's")
        let debug = try ADACAuthentication(
            root: ADACCertificate(parsing: certificates.debugRoot.bytes),
            intermediate: ADACCertificate(parsing: certificates.debugIntermediate.bytes)
        )
        let fields = debug.intermediate.fields
        try require(fields.key == preparation.debugKey, "debug intermediate of another key")
        try require(fields.socClass == foundation.socClass, "soc_class \(fields.socClass)")
        try require(
            debug.largestMask.contains(ADACPermissions(hex: foundation.debugPermissions.text)),
            "debug permissions \(debug.largestMask)"
        )
    }

    private static func require(_ condition: Bool, _ detail: String) throws {
        guard condition else { throw mismatch(detail) }
    }

    private static func mismatch(_ detail: String) -> Refusal { Refusal(PreparationError.mismatch, detail) }
}
