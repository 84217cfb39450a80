import Governance
import KeyCustody
import Matter
import Silicon
import Statements
import Vocabulary

// PAI and debug intermediate of one product at one EdgeHSM.
extension CeremonyRun {
    func certify(
        _ entry: CeremonyFile.Product,
        _ revoked: OfficersRevocations,
        _ token: (any Token)?
    ) async throws {
        let renewal = entry.renewal ?? 0
        let path = StateFolder.certificates(entry.edgeHSM, entry.product, renewal: renewal)
        let subject =
            "\(entry.product) (\(entry.vendorID.value.hex4)/\(entry.productID.value.hex4)) at \(entry.edgeHSM)"
            + (renewal == 0 ? "" : ", renewal \(renewal)")
        let (preparation, request) = try preparation(entry, revoked)
        if let bytes = try state.read(path) {
            try requireSame(ProductCertificates(parsing: bytes), entry, preparation, request, path)
            return unchanged("product-certificates", subject, keyID: request.publicKey.keyID)
        }
        // What was certified before stands in the state; nothing new goes to an EdgeHSM that is out of force.
        guard !revoked.isOutOfForce(entry.edgeHSM) else {
            throw Refusal(CeremonyError.outOfForce, entry.edgeHSM.text)
        }
        let earlier = try renewal == 0 ? nil : self.earlier(entry, renewal, preparation, request)
        if earlier == nil { try requireNewKeys([request.publicKey, preparation.debugKey]) }
        let vendor = VendorID(entry.vendorID.value)
        guard let paaBytes = try state.read(StateFolder.paa(vendor)),
            let rootBytes = try state.read(StateFolder.debugRoot)
        else {
            guard conditions.dryRun else { throw Refusal(GovernanceError.prerequisite, "PAA \(vendor) and debug root") }
            return planned("product-certificates", subject, files: [path])
        }
        guard !conditions.dryRun, let token else {
            return planned("product-certificates", subject, files: [path])
        }
        let pai = try await issuePAI(entry, request, paa: AttestationCertificate(der: paaBytes), token)
        let root = try ADACCertificate(parsing: rootBytes)
        // A renewal is of the PAI: chips go on with the debug intermediate that they met.
        let intermediate =
            if let earlier { earlier.debugIntermediate } else {
                Octets(try await issueIntermediate(entry, preparation.debugKey, root: root, token).encoded)
            }
        let certificates = ProductCertificates(
            edgeHSM: entry.edgeHSM,
            product: entry.product,
            paa: Octets(paaBytes),
            pai: Octets(pai.der),
            debugRoot: Octets(rootBytes),
            debugIntermediate: intermediate
        )
        try made(
            "product-certificates",
            subject,
            keyID: request.publicKey.keyID,
            files: [(path, StatementCoding.encode(certificates))]
        )
    }

    /// The EdgeHSM's request, under an identity that the officers registered.
    private func preparation(
        _ entry: CeremonyFile.Product,
        _ revoked: OfficersRevocations
    ) throws -> (ProductPreparation, CertificateRequest) {
        let history = try state.roleKeysHistory()
        guard !history.isEmpty,
            let bytes = try state.read(StateFolder.enrolment(entry.edgeHSM))
        else { throw Refusal(CeremonyError.unregistered, "no enrolment of \(entry.edgeHSM)") }
        let enrolment: Verified<EdgeHSMEnrolment>
        do {
            enrolment = try EnrolmentCheck.verify(
                Envelope(parsing: bytes),
                history: history,
                compromised: revoked.compromisedKeys
            )
        } catch let refusal as Refusal where refusal.has(StatementError.tooFewOfficers) {
            throw Refusal(CeremonyError.unregistered, "\(entry.edgeHSM): \(refusal.detail)")
        }
        let envelope = try Envelope(parsing: StateFile.read(entry.preparation, limit: Envelope.largest))
        let verified: Verified<ProductPreparation>
        do {
            verified = try Verified(envelope, signedBy: enrolment.content.identity)
        } catch let refusal as Refusal
            where refusal.has(StatementError.notSigned) || refusal.has(StatementError.badSignature)
        {
            throw Refusal(CeremonyError.unregistered, "\(entry.preparation) is not signed by \(entry.edgeHSM)")
        }
        let content = verified.content
        guard content.edgeHSM == entry.edgeHSM, enrolment.content.edgeHSM == entry.edgeHSM,
            content.product == entry.product, content.vendorID.value == entry.vendorID.value,
            content.productID.value == entry.productID.value
        else { throw Refusal(CeremonyError.preparationDiffers, entry.preparation) }
        let request = try CertificateRequest(der: content.paiRequest.bytes)
        let keys = [request.publicKey, content.debugKey, enrolment.content.identity, enrolment.content.seal]
        guard Set(keys).count == keys.count else { throw Refusal(CeremonyError.keyReused, entry.preparation) }
        return (content, request)
    }

    /// No key of this request may stand in a certificate that another product or EdgeHSM got.
    private func requireNewKeys(_ keys: [P256Point]) throws {
        for edge in StateFile.names(in: state.full("products")) {
            for name in StateFile.names(in: state.full("products/\(edge)")) where name.hasSuffix(".json") {
                let place = "products/\(edge)/\(name)"
                guard let bytes = try state.read(place) else { continue }
                let existing = try ProductCertificates(parsing: bytes)
                let used = [
                    try AttestationCertificate(der: existing.pai.bytes).publicKey,
                    try ADACCertificate(parsing: existing.debugIntermediate.bytes).fields.key,
                ]
                guard used.allSatisfy({ !keys.contains($0) }) else { throw Refusal(CeremonyError.keyReused, place) }
            }
        }
        guard keys.allSatisfy({ !points.values.contains($0) }) else {
            throw Refusal(CeremonyError.keyReused, "a key of the OEM")
        }
    }

    /// What is renewed: the certificates made last for this preparation, which begin earlier.
    private func earlier(
        _ entry: CeremonyFile.Product,
        _ renewal: Int,
        _ preparation: ProductPreparation,
        _ request: CertificateRequest
    ) throws -> ProductCertificates {
        let path = StateFolder.certificates(entry.edgeHSM, entry.product, renewal: renewal - 1)
        guard let bytes = try state.read(path) else {
            throw Refusal(GovernanceError.prerequisite, "\(path), which renewal \(renewal) is to follow")
        }
        let existing = try ProductCertificates(parsing: bytes)
        let pai = try AttestationCertificate(der: existing.pai.bytes)
        let debug = try ADACCertificate(parsing: existing.debugIntermediate.bytes).fields
        guard pai.publicKey == request.publicKey, debug.key == preparation.debugKey,
            debug.socClass == entry.socClass, debug.permissions == entry.permissions
        else { throw Refusal(CeremonyError.differs, "\(path): keys or debug permissions of another preparation") }
        guard pai.notBefore < entry.notBefore else {
            throw Refusal(CeremonyError.differs, "\(path): it does not begin before renewal \(renewal)")
        }
        return existing
    }

    private func requireSame(
        _ existing: ProductCertificates,
        _ entry: CeremonyFile.Product,
        _ preparation: ProductPreparation,
        _ request: CertificateRequest,
        _ path: String
    ) throws {
        let pai = try AttestationCertificate(der: existing.pai.bytes)
        let debug = try ADACCertificate(parsing: existing.debugIntermediate.bytes).fields
        let name = try MatterName(
            commonName: entry.commonName,
            vendorID: VendorID(entry.vendorID.value),
            productID: ProductID(entry.productID.value)
        )
        guard pai.publicKey == request.publicKey, pai.subject == name, pai.notBefore == entry.notBefore,
            debug.key == preparation.debugKey, debug.socClass == entry.socClass,
            debug.permissions == entry.permissions
        else { throw Refusal(CeremonyError.differs, path) }
    }

    private func issuePAI(
        _ entry: CeremonyFile.Product,
        _ request: CertificateRequest,
        paa: AttestationCertificate,
        _ token: any Token
    ) async throws -> AttestationCertificate {
        let (vendor, product) = (VendorID(entry.vendorID.value), ProductID(entry.productID.value))
        let issuer = try CertificateIssuer(paa)
        let key = try await token.signingKey(.paa(vendor))
        guard key.publicKey == issuer.publicKey else { throw Refusal(CeremonyError.keyLost, "PAA \(vendor)") }
        let profile = try CertificateProfile.pai(
            issuer: issuer,
            commonName: entry.commonName,
            vendorID: vendor,
            productID: product,
            publicKey: request.publicKey,
            serial: CertificateSerial(random: FreshBytes.make(CertificateSerial.size)),
            notBefore: entry.notBefore
        )
        return try await CertificateIssuing.issue(
            ToBeSignedCertificate(profile),
            as: .pai,
            issuer: issuer,
            expected: CertificateExpectation(
                publicKey: request.publicKey,
                vendorID: vendor,
                productID: product,
                serial: profile.serial,
                commonName: entry.commonName,
                notBefore: entry.notBefore
            ),
            sign: { try await key.sign($0) }
        )
    }

    /// soc_class = product and the reviewed maximum mask; bound to no chip, since leaves are.
    private func issueIntermediate(
        _ entry: CeremonyFile.Product,
        _ debugKey: P256Point,
        root: ADACCertificate,
        _ token: any Token
    ) async throws -> ADACCertificate {
        guard entry.socClass != 0, !entry.permissions.isEmpty, root.fields.permissions.contains(entry.permissions)
        else {
            throw Refusal(
                CeremonyError.differs,
                "\(entry.product): soc_class 0, or permissions beyond the debug root's"
            )
        }
        let key = try await token.signingKey(KeyName(.debugRoot))
        guard key.publicKey == root.fields.key else { throw Refusal(CeremonyError.keyLost, "debug root") }
        let fields = ADACCertificateFields(
            role: .intermediate,
            key: debugKey,
            permissions: entry.permissions,
            socClass: entry.socClass
        )
        let certificate = ADACCertificate(fields: fields, signature: try await key.sign(fields.toBeSigned))
        guard certificate.isSigned(by: key.publicKey) else {
            throw Refusal(StatementError.badSignature, "debug intermediate")
        }
        return certificate
    }
}

extension UInt16 {
    fileprivate var hex4: String { VendorID(self).description }
}
