import KeyCustody
public import LineProtocol
import Matter
import Silicon
public import Statements
public import Vocabulary

extension TokenExecution {
    public func prepareProduct(
        _ request: PrepareProduct.Request,
        in context: ExecutionContext
    ) async throws -> Envelope {
        let names = (pai: BatchKeys.pai(request.product), debug: BatchKeys.debugIntermediate(request.product))
        for name in [names.pai, names.debug] where try await !token.has(name) { try await token.generate(name) }
        let pai = try await token.signingKey(names.pai)
        let debug = try await token.signingKey(names.debug)
        let subject = try MatterName(
            commonName: "\(request.product) PAI \(context.edgeHSM)".prefixed(MatterName.longestCommonName),
            vendorID: request.vendorID,
            productID: request.productID
        )
        let toBeSigned = ToBeSignedRequest(subject: subject, publicKey: pai.publicKey)
        let csr = try toBeSigned.assembled(with: await pai.sign(toBeSigned.bytes))
        let preparation = ProductPreparation(
            edgeHSM: context.edgeHSM,
            product: request.product,
            vendorID: request.vendorID,
            productID: request.productID,
            paiRequest: Octets(csr.der),
            debugKey: debug.publicKey,
            preparedAt: context.now
        )
        return try await signByIdentity(preparation.unsigned())
    }

    public func checkCertificates(
        _ certificates: ProductCertificates,
        preparation: ProductPreparation,
        in context: ExecutionContext
    ) async throws {
        func require(_ condition: Bool, _ what: String) throws {
            guard condition else { throw Refusal(ExecutionError.certificatesMismatch, what) }
        }
        try require(certificates.edgeHSM == context.edgeHSM, "for another EdgeHSM")
        try require(certificates.product == preparation.product, "for another product")
        let paa = try AttestationCertificate(der: certificates.paa.bytes)
        let pai = try AttestationCertificate(der: certificates.pai.bytes)
        try paa.check(as: .paa)
        try pai.check(as: .pai)
        try require(paa.isSigned(by: paa.publicKey), "PAA signature")
        try require(pai.isSigned(by: paa.publicKey) && pai.issuer == paa.subject, "PAI signature")
        try require(pai.authorityKeyIdentifier == paa.subjectKeyIdentifier, "PAI issuer key")
        try require(pai.vendorID == preparation.vendorID, "PAI vendor id")
        try require(paa.vendorID == nil || paa.vendorID == pai.vendorID, "PAA vendor id")
        try require(pai.productID == preparation.productID, "PAI product id")
        try require(
            pai.publicKey == CertificateRequest(der: preparation.paiRequest.bytes).publicKey,
            "PAI key"
        )
        let debug = try ADACAuthentication(
            root: ADACCertificate(parsing: certificates.debugRoot.bytes),
            intermediate: ADACCertificate(parsing: certificates.debugIntermediate.bytes)
        )
        try require(debug.intermediate.fields.key == preparation.debugKey, "debug key")
    }

    public func issueStationCertificate(
        _ request: [UInt8],
        name: StationName,
        role: EnrolStation.Request.Role,
        days: Int,
        at now: Instant
    ) async throws -> [[UInt8]] {
        guard (1...90).contains(days) else { throw Refusal(ExecutionError.stationRequest, "\(days) days") }
        let csr: CertificateRequest
        do {
            csr = try CertificateRequest(der: request)
        } catch let refusal as Refusal {
            throw Refusal(ExecutionError.stationRequest, "\(refusal.code) \(refusal.detail)")
        }
        let authority = try await siteAuthority(at: now)
        let profile = try ServiceCertificateProfile(
            // A Factory Service is the EdgeHSM's client and its stations' server.
            usage: role == .service ? .serverAndClient : .client,
            subject: ServiceName(commonName: name.text, organizationalUnit: role.rawValue),
            issuer: ServiceIssuer(certificate: authority.certificate),
            publicKey: csr.publicKey,
            serial: CertificateSerial(random: Random.octets(CertificateSerial.size)),
            notBefore: now + -300,
            notAfter: now + Int64(days) * 86_400
        )
        return [try await authority.sign(profile), authority.certificate]
    }

    public func issueServerCertificates(
        edgeHSM: EdgeHSMID,
        names: [String],
        at now: Instant
    ) async throws -> ServerCertificates {
        let authority = try await siteAuthority(at: now)
        let key = try await token.signingKey(KeyName(.edgeTLS))
        let addresses = names.compactMap(InternetAddress.octets)
        let profile = try ServiceCertificateProfile(
            usage: .server,
            subject: ServiceName(commonName: edgeHSM.text, organizationalUnit: "edgehsm"),
            issuer: ServiceIssuer(certificate: authority.certificate),
            publicKey: key.publicKey,
            serial: CertificateSerial(random: Random.octets(CertificateSerial.size)),
            notBefore: now + -300,
            notAfter: now + 397 * 86_400,
            dnsNames: names.filter { InternetAddress.octets($0) == nil },
            addresses: addresses
        )
        return ServerCertificates(
            siteCA: Octets(authority.certificate),
            server: Octets(try await authority.sign(profile))
        )
    }
}

extension String {
    fileprivate func prefixed(_ characters: Int) -> String { String(prefix(characters)) }
}
