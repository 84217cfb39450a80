import Crypto
import FoundationEssentials
import LineProtocol
import Matter
import Statements
import SwiftASN1
import Vocabulary
@_spi(FixedExpiryValidationTime) import X509

/// A chip's proof by its silicon vendor: a chain to a root that the manifest names, a leaf that carries this chip's UID
/// as its subject's serialNumber, and that leaf's signature over the CSR. So CSR, nonce, UID and agreement key hang
/// together.
enum VendorProofCheck {
    static let mostCertificates = 3
    static let largestCertificate = 2_048

    static func verify(_ proof: VendorProof, request: DeviceRequest, roots: [Octets], at now: Instant) async throws {
        guard (1...mostCertificates).contains(proof.certificates.count),
            proof.certificates.allSatisfy({ $0.bytes.count <= largestCertificate })
        else { throw invalid("number or size of certificates") }
        let chain = try proof.certificates.map(parse)
        let anchors = try roots.map(parse)
        guard let leaf = chain.first else { throw invalid("no certificate") }
        var verifier = Verifier(rootCertificates: CertificateStore(anchors)) {
            RFC5280Policy(fixedExpiryValidationTime: Date(timeIntervalSince1970: Double(now.seconds)))
        }
        let verdict = await verifier.validate(leaf: leaf, intermediates: CertificateStore(chain.dropFirst()))
        guard case .validCertificate = verdict else { throw invalid("no valid chain to the vendor's root") }
        guard try serialNumber(of: leaf) == request.chipUID.hex else { throw invalid("certificate of another chip") }
        guard let key = P256.Signing.PublicKey(leaf.publicKey) else { throw invalid("not a P-256 key") }
        guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: proof.signature.bytes),
            key.isValidSignature(signature, for: request.der)
        else { throw invalid("signature over the request") }
    }

    private static func parse(_ octets: Octets) throws -> Certificate {
        do {
            return try Certificate(derEncoded: octets.bytes)
        } catch {
            throw invalid("malformed certificate")
        }
    }

    /// The only serialNumber (2.5.4.5) attribute of the subject.
    private static func serialNumber(of certificate: Certificate) throws -> String? {
        let type: ASN1ObjectIdentifier = [2, 5, 4, 5]
        let values = certificate.subject.flatMap { $0 }.filter { $0.type == type }
        guard values.count == 1, let value = values.first else { throw invalid("chip UID in the certificate") }
        return String(value.value)
    }

    private static func invalid(_ why: String) -> Refusal { Refusal(ExecutionError.vendorProofInvalid, why) }
}
