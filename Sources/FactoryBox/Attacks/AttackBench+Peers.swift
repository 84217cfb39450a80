import Crypto
import LineProtocol
import Matter
import Statements
import Vocabulary

/// What a Factory Service and a station try against everybody else at the site.
extension AttackBench {
    func attackPeers() async throws {
        try await swapCertificates()
        try await stopEverybody()
        try await takeHold()
    }

    /// A PAA of the Factory Service's own making over the EdgeHSM's own PAI key: every certificate in it holds.
    private func swapCertificates() async throws {
        let own = try certificates(of: Self.product)
        let rogue = try rogue(own)
        let service = try client("service")
        try await attack(.certificatesSwapped) {
            _ = try await service.ask(InstallCertificates.self, .init(certificates: rogue))
        } mended: {
            _ = try await service.ask(InstallCertificates.self, .init(certificates: own))
        }
    }

    private func rogue(_ own: ProductCertificates) throws -> ProductCertificates {
        let key = P256.Signing.PrivateKey()
        let (paa, pai) = (
            try AttestationCertificate(der: own.paa.bytes), try AttestationCertificate(der: own.pai.bytes)
        )
        let vendor = VendorID(0xFFF1)
        let root = try sign(
            .paa(
                commonName: "Another PAA",
                vendorID: vendor,
                publicKey: P256Point(validated: Array(key.publicKey.x963Representation)),
                serial: CertificateSerial(random: randomOctets()),
                notBefore: paa.notBefore
            ),
            key
        )
        let intermediate = try sign(
            .pai(
                issuer: CertificateIssuer(AttestationCertificate(der: root)),
                commonName: "Another PAI",
                vendorID: vendor,
                productID: ProductID(Self.product.productID),
                publicKey: pai.publicKey,
                serial: CertificateSerial(random: randomOctets()),
                notBefore: pai.notBefore
            ),
            key
        )
        return ProductCertificates(
            edgeHSM: own.edgeHSM,
            product: own.product,
            paa: Octets(root),
            pai: Octets(intermediate),
            debugRoot: own.debugRoot,
            debugIntermediate: own.debugIntermediate
        )
    }

    private func sign(_ profile: CertificateProfile, _ key: P256.Signing.PrivateKey) throws -> [UInt8] {
        let toBeSigned = ToBeSignedCertificate(profile)
        let signature = try key.signature(for: toBeSigned.bytes).rawRepresentation
        return try toBeSigned.assembled(with: RawSignature(signature))
    }

    private func randomOctets() -> [UInt8] {
        (0..<CertificateSerial.size).map { _ in UInt8.random(in: 0...255) }
    }

    /// As long as a frame takes, and one Character.
    private func stopEverybody() async throws {
        let chip = SoftChip()
        let begun = try await begin("beta", chip.uid)
        let (station, batch) = (try client("station"), try loaded("beta"))
        try await attack(.endlessReason) {
            let reason = "e" + String(repeating: "\u{301}", count: 100_000)
            _ = try await station.ask(
                UnboundedFail.self,
                .init(authorization: batch, unit: begun.unit, reason: reason)
            )
        } mended: {
            _ = try await station.ask(
                FailUnit.self,
                .init(authorization: batch, unit: begun.unit, reason: "label torn")
            )
        }
    }

    private func takeHold() async throws {
        let chip = SoftChip()
        _ = try await begin("beta", chip.uid)
        try await attack(.holdTaken) {
            _ = try await begin("beta", chip.uid, by: "rival")
        } mended: {
            _ = try await begin("beta", chip.uid)
        }
    }
}

/// `fail` as a hostile station's own program writes it.
private enum UnboundedFail: StationOperation {
    static let name = FailUnit.name
    typealias Reply = Nothing

    struct Request: Codable, Sendable {
        let authorization: Digest256
        let unit: Digest256
        let reason: String
    }
}
