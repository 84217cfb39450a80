public import Vocabulary

extension CertificationDeclaration {
    /// Checks that this declaration is the one of a device (Matter 6.3.4): what the device says about itself, and the
    /// certificates that it carries.
    ///
    /// Throws `matter.declaration.vendor-id`, `.product-id` and `.paa`.
    ///
    /// - Parameters:
    ///   - vendorID: BasicInformation.VendorID.
    ///   - productID: BasicInformation.ProductID.
    ///   - paa: the trust anchor of the chain.
    public func match(
        vendorID: VendorID,
        productID: ProductID,
        dac: AttestationCertificate,
        pai: AttestationCertificate,
        paa: AttestationCertificate
    ) throws {
        guard self.vendorID == vendorID else { throw vendorRefusal("device \(vendorID)") }
        guard productIDs.contains(productID) else { throw productRefusal("device \(productID)") }
        guard dac.vendorID == pai.vendorID else { throw vendorRefusal("DAC and PAI differ") }
        guard dac.vendorID == origin?.vendorID ?? self.vendorID else { throw vendorRefusal("DAC") }
        let allowed = origin.map { [$0.productID] } ?? productIDs
        guard let dacProduct = dac.productID, allowed.contains(dacProduct) else { throw productRefusal("DAC") }
        guard pai.productID.map(allowed.contains) ?? true else { throw productRefusal("PAI") }
        guard let authorizedPAAs else { return }
        guard let identifier = paa.subjectKeyIdentifier, authorizedPAAs.contains(identifier) else {
            throw Refusal(MatterError.declarationPAA)
        }
    }

    private func vendorRefusal(_ detail: String) -> Refusal {
        Refusal(MatterError.declarationVendor, "declaration \(vendorID), \(detail)")
    }

    private func productRefusal(_ detail: String) -> Refusal {
        Refusal(MatterError.declarationProduct, detail)
    }
}
