public import Governance
import KeyCustody
import Matter
public import Statements
import TestSupport
public import Vocabulary

/// An EdgeHSM as far as a ceremony meets it: its token, its enrolment request, its request for product certificates.
public struct Appliance: Sendable {
    public let id: EdgeHSMID
    public let factory: FactoryID
    public let token: TokenReference
    public let enrolment: EdgeHSMEnrolment

    public static func make(_ name: String, factory: String, access: SoftHSMAccess) async throws -> Appliance {
        let taken = try SoftHSMFixture.shared().takeToken()
        let reference = TokenReference(
            module: SoftHSMFixture.modulePath,
            label: taken.label,
            pinFile: taken.userPINPath,
            officerPINFile: taken.officerPINPath
        )
        let (id, site) = (try EdgeHSMID(name), try FactoryID(factory))
        let enrolment = try await access.withToken(reference) { token in
            for role in [KeyRole.edgeIdentity, .edgeSeal, .edgeTransport] { try await token.generate(KeyName(role)) }
            return EdgeHSMEnrolment(
                edgeHSM: id,
                factory: site,
                identity: try await token.signingKey(KeyName(.edgeIdentity)).publicKey,
                seal: try await token.agreementKey(KeyName(.edgeSeal)).publicKey,
                transport: Octets(try await token.transportPublicKey(KeyName(.edgeTransport))),
                tokenSerial: token.information.serial,
                assurance: token.information.assurance.rawValue,
                issuedAt: try Instant("2026-11-22T08:00:00Z")
            )
        }
        return Appliance(id: id, factory: site, token: reference, enrolment: enrolment)
    }

    public func sign(_ envelope: Envelope, access: SoftHSMAccess) async throws -> Envelope {
        try await access.withToken(token) { token in
            let key = try await token.signingKey(KeyName(.edgeIdentity))
            return envelope.adding(
                Envelope.Signature(
                    keyID: key.publicKey.keyID,
                    value: try await key.sign(envelope.signedBytes)
                )
            )
        }
    }

    public func request(access: SoftHSMAccess) async throws -> Envelope {
        try await sign(enrolment.unsigned(), access: access)
    }

    /// Makes PAI and debug key for a product and asks for their certificates.
    public func preparation(_ product: String, productID: UInt16, access: SoftHSMAccess) async throws -> Envelope {
        let name = try ProductName(product)
        let content = try await access.withToken(token) { token in
            for role in [KeyRole.pai, .debugIntermediate] { try await token.generate(KeyName(role, product)) }
            let pai = try await token.signingKey(KeyName(.pai, product))
            let request = ToBeSignedRequest(
                subject: try MatterName(
                    commonName: "PAI request",
                    vendorID: VendorID(0xFFF1),
                    productID: ProductID(productID)
                ),
                publicKey: pai.publicKey
            )
            return ProductPreparation(
                edgeHSM: id,
                product: name,
                vendorID: VendorID(0xFFF1),
                productID: ProductID(productID),
                paiRequest: Octets(try request.assembled(with: await pai.sign(request.bytes)).der),
                debugKey: try await token.signingKey(KeyName(.debugIntermediate, product)).publicKey,
                preparedAt: try Instant("2026-11-22T09:00:00Z")
            )
        }
        return try await sign(content.unsigned(), access: access)
    }
}
