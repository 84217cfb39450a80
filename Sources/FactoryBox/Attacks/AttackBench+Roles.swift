import Crypto
import Foundation
import LineProtocol
import Silicon
import Statements
import Vocabulary

/// The second box comes up as the first did; what a station or a stranger may not ask is tried on the way.
extension AttackBench {
    func prepare() async throws {
        let entry = try await edge.prepare()
        try await site.hold("Enrol \(edge.id)") { $0.edgeHSMs.append(entry) }
        try await edge.enrol(by: Array(oem.officers.suffix(2)), of: oem)
        try await start()
        for (name, role) in [("service", "service"), ("station", "station"), ("rival", "station")] {
            _ = try await enrol(name + "-2", role)
        }
    }

    func attackRoles() async throws {
        try await attack(.serviceCall) {
            _ = try await client("station").ask(GetCheckpoint.self, Nothing())
        } mended: {
            _ = try await client("service").ask(GetCheckpoint.self, Nothing())
        }
        let product = Self.product
        let prepared = try await prepare(product)
        let (own, forged) = (edge.host.path("plug.preparation.json"), edge.host.path("plug.forged.json"))
        try Files.write(prepared.serialized(), to: own)
        try Files.write(forgery(of: prepared).serialized(), to: forged)
        try await attack(.unregisteredIdentity) {
            var plan = await site.plan
            plan.add(product, at: edge.id, preparation: forged, start: oem.start)
            try await attemptCeremony(plan)
        } mended: {
            try await hold("Certify the keys of \(edge.id)", product, own)
        }
        try await install(product)
    }

    /// Keys of one more product, made in this box and certified by the OEM.
    func certify(_ product: ProductPlan) async throws {
        let file = edge.host.path("\(product.name).preparation.json")
        try Files.write(try await prepare(product).serialized(), to: file)
        try await hold("Certify \(product.name) keys of \(edge.id)", product, file)
        try await install(product)
    }

    private func prepare(_ product: ProductPlan) async throws -> Envelope {
        try await client("service").ask(
            PrepareProduct.self,
            .init(
                product: ProductName(product.name),
                vendorID: VendorID(0xFFF1),
                productID: ProductID(product.productID)
            )
        ).preparation
    }

    private func install(_ product: ProductPlan) async throws {
        let certificates = try certificates(of: product)
        _ = try await client("service").ask(InstallCertificates.self, .init(certificates: certificates))
    }

    /// As the ceremony wrote them for this box.
    func certificates(of product: ProductPlan) throws -> ProductCertificates {
        try ProductCertificates(parsing: Files.read(oem.certificates(of: product.name, at: edge.id)))
    }

    /// The same request, signed by somebody who has a key and no appliance.
    private func forgery(of prepared: Envelope) throws -> Envelope {
        let key = P256.Signing.PrivateKey()
        let bare = Envelope(payloadType: prepared.payloadType, payload: prepared.payload, signatures: [])
        return bare.adding(
            Envelope.Signature(
                keyID: P256Point(validated: Array(key.publicKey.x963Representation)).keyID,
                value: try RawSignature(key.signature(for: bare.signedBytes).rawRepresentation)
            )
        )
    }

    private func hold(_ purpose: String, _ product: ProductPlan, _ preparation: String) async throws {
        let (box, start) = (edge.id, oem.start)
        try await site.hold(purpose) { $0.add(product, at: box, preparation: preparation, start: start) }
    }

    private func attemptCeremony(_ plan: CeremonyPlan) async throws {
        let path = oem.ceremonyRoom.path("ceremony.json")
        try Files.writeJSON(CeremonyPlan.File(plan, purpose: "Certify what came by mail", oem: oem), to: path)
        try await obis(["ceremony", path, "--state", oem.state], on: oem.ceremonyRoom)
    }
}
