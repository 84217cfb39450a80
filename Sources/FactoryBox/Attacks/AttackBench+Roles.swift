import Crypto
import Foundation
import LineProtocol
import Silicon
import Statements
import Vocabulary

/// The second box comes up as the first did; what a station or a stranger may not ask is tried on the way.
extension AttackBench {
    func prepare() async throws {
        let request = try await edge.prepare()
        let identity = try EdgeHSMEnrolment.read(payload: Files.envelope(request).payload).identity
        let entry = CeremonyPlan.EdgeHSM(
            edgeHSM: edge.id,
            factory: edge.factory,
            request: request,
            identity: String(identity.keyID.hex.prefix(16))
        )
        try await site.hold("Enrol \(edge.id)") { $0.edgeHSMs.append(entry) }
        let enrolment = oem.state + "/enrolments/\(edge.id).json"
        try await oem.approve(enrolment, by: Array(oem.officers.suffix(2)))
        try await edge.enrol(
            roleKeys: oem.roleKeys + "/0001.json",
            rootKey: oem.state + "/public/root-authority.pem",
            enrolment: enrolment
        )
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
            plan.products.append(entry(forged))
            try await attemptCeremony(plan)
        } mended: {
            let entry = entry(own)
            try await site.hold("Certify the keys of \(edge.id)") { $0.products.append(entry) }
        }
        try await install(product)
    }

    /// Keys of one more product, made in this box and certified by the OEM.
    func certify(_ product: ProductPlan) async throws {
        let file = edge.host.path("\(product.name).preparation.json")
        try Files.write(try await prepare(product).serialized(), to: file)
        let entry = entry(file, product)
        try await site.hold("Certify \(product.name) keys of \(edge.id)") { $0.products.append(entry) }
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
        let certificates = try ProductCertificates(
            parsing: Files.read(oem.state + "/products/\(edge.id)/\(product.name).json")
        )
        _ = try await client("service").ask(InstallCertificates.self, .init(certificates: certificates))
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

    private func entry(
        _ preparation: String,
        _ product: ProductPlan = AttackBench.product
    ) -> CeremonyPlan.Product {
        CeremonyPlan.Product(
            product: product.name,
            edgeHSM: edge.id,
            vendorID: OEM.vendorID,
            productID: product.productIDText,
            preparation: preparation,
            commonName: "Example \(product.name) PAI 2",
            notBefore: oem.start + -3_600,
            socClass: product.socClass,
            permissions: ADACPermissions.all.hex
        )
    }

    private func attemptCeremony(_ plan: CeremonyPlan) async throws {
        let path = oem.ceremonyRoom.path("ceremony.json")
        try Files.writeJSON(CeremonyPlan.File(plan, purpose: "Certify what came by mail", oem: oem), to: path)
        try await obis(["ceremony", path, "--state", oem.state], on: oem.ceremonyRoom)
    }
}
