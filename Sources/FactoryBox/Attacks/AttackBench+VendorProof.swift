import ChipPort
import LineProtocol
import Programmers
import Silicon
import Statements
import Vocabulary

/// A product whose chips prove themselves by a certificate of their vendor: a station's own key is not enough there.
extension AttackBench {
    static let proven = ProductPlan.all[0]

    func attackVendorProof() async throws {
        try await certify(Self.proven)
        try await load(await package("proven", BatchTerms(quantity: 3, product: Self.proven)), as: "proven")
        let chips = try await rack.add(2, family: Self.proven.family, notBefore: oem.start + -3_600)
        let (first, second) = (chips[0], chips[1])
        let begun = try await begin("proven", first.uid)
        try await attack(.vendorProofMissing) {
            try await issue("proven", begun.unit, SoftChip(uid: first.uid).request(begun.nonce))
        } mended: {
            let (request, proof) = try await proven(first, begun.nonce)
            try await issue("proven", begun.unit, request, proof: proof)
        }
        let held = try await begin("proven", second.uid)
        let (request, proof) = try await proven(second, held.nonce)
        try await attack(.vendorProofBorrowed, because: "signature over the request") {
            try await issue("proven", held.unit, SoftChip(uid: second.uid).request(held.nonce), proof: proof)
        } mended: {
            try await issue("proven", held.unit, request, proof: proof)
        }
    }

    /// The chip's CSR and its vendor's certificate with a signature over that CSR.
    private func proven(_ chip: ChipRack.Chip, _ nonce: Nonce) async throws -> (Octets, VendorProof) {
        let programmer = try programmer(of: chip)
        let request = Octets(try await programmer.generateKeys(nonce: nonce))
        let attestation = try await programmer.vendorAttest()
        return (
            request,
            VendorProof(certificates: [Octets(attestation.certificate.bytes)], signature: attestation.signature)
        )
    }
}
