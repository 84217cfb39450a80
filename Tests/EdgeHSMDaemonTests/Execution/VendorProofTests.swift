import Crypto
import Foundation
import LineProtocol
import Statements
import SwiftASN1
import Testing
import Vocabulary
import X509

@testable import EdgeHSMDaemon

/// A silicon vendor of a test, whose chips' certificates can be wrong in one point.
private struct Vendor {
    let key = P256.Signing.PrivateKey()
    let name: DistinguishedName
    let certificate: Certificate

    init() throws {
        name = try DistinguishedName { CommonName("test silicon vendor") }
        certificate = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: .init(key.publicKey),
            notValidBefore: Self.date(-1_000_000),
            notValidAfter: Self.date(1_000_000),
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: .init(key)
        )
    }

    /// Seconds from the tests' present.
    static func date(_ offset: Int64) -> Date {
        Date(timeIntervalSince1970: Double((OEMWorld.now + offset).seconds))
    }

    func certify(
        _ chip: P256.Signing.PublicKey,
        serialNumbers: [String],
        from notBefore: Int64 = -1_000,
        to notAfter: Int64 = 1_000
    ) throws -> Octets {
        let serialNumber: ASN1ObjectIdentifier = [2, 5, 4, 5]
        let subject = DistinguishedName(
            serialNumbers.map { RelativeDistinguishedName(.init(type: serialNumber, utf8String: $0)) }
        )
        let leaf = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: .init(chip),
            notValidBefore: Self.date(notBefore),
            notValidAfter: Self.date(notAfter),
            issuer: name,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
            },
            issuerPrivateKey: .init(key)
        )
        return try Self.octets(leaf)
    }

    var root: Octets { get throws { try Self.octets(certificate) } }

    private static func octets(_ certificate: Certificate) throws -> Octets {
        var serializer = DER.Serializer()
        try certificate.serialize(into: &serializer)
        return Octets(serializer.serializedBytes)
    }
}

@Suite("A chip's proof by its silicon vendor")
struct VendorProofTests {
    private let vendor: Vendor
    private let chip = EngineChip()
    private let identity = P256.Signing.PrivateKey()
    private let request: [UInt8]

    init() throws {
        vendor = try Vendor()
        request = try chip.request(Nonce(validated: [UInt8](repeating: 7, count: 32)))
    }

    private func certificate(by other: Vendor? = nil, uid: ChipUID? = nil) throws -> Octets {
        try (other ?? vendor).certify(identity.publicKey, serialNumbers: [(uid ?? chip.uid).hex])
    }

    private func proof(
        _ certificates: [Octets],
        over message: [UInt8]? = nil,
        by key: P256.Signing.PrivateKey? = nil
    ) throws -> VendorProof {
        let signature = try (key ?? identity).signature(for: message ?? request).rawRepresentation
        return VendorProof(certificates: certificates, signature: try RawSignature(signature))
    }

    /// A batch whose version demands vendor certificates.
    private func batch(_ world: OEMWorld) throws -> Batch {
        let plain = world.manifest
        let manifest = Manifest(
            product: plain.product,
            version: plain.version,
            vendorID: plain.vendorID,
            productID: plain.productID,
            deviceType: plain.deviceType,
            family: "virtual-v",
            firmware: plain.firmware,
            certificationDeclaration: plain.certificationDeclaration,
            commissioning: plain.commissioning,
            factoryData: plain.factoryData,
            chipIdentity: .vendorCertificate,
            vendorRoots: [try vendor.root],
            keys: plain.keys,
            chipSecurity: plain.chipSecurity,
            paa: plain.paa
        )
        return Batch(
            id: .zero,
            authorization: world.authorization(.zero),
            approval: world.approval,
            manifest: manifest,
            certificationDeclaration: world.declaration,
            certificates: world.certificates
        )
    }

    @Test("the good proof is accepted; without one, and with one wrong in a single point, no unit begins")
    func judged() async throws {
        let world = try await OEMWorld.make()
        let batch = try batch(world)
        func judge(_ proof: VendorProof?) async -> Refusal? {
            do {
                let facts = try await world.execution.verifyRequest(request, proof: proof, for: batch, at: OEMWorld.now)
                #expect(facts.chipUID == chip.uid && facts.publicKey == chip.signing.publicKey)
                return nil
            } catch { return error as? Refusal }
        }
        #expect(await judge(try proof([certificate()])) == nil)
        #expect(await judge(nil)?.code == ExecutionError.vendorProofMissing.rawValue)
        let foreign = try Vendor()
        let second = P256.Signing.PrivateKey()
        let otherRequest = try chip.request(Nonce(validated: [UInt8](repeating: 8, count: 32)))
        let otherUID = EngineChip().uid
        let cases: [(why: String, proof: VendorProof)] = try [
            ("no valid chain", proof([certificate(by: foreign)])),
            ("no valid chain", proof([certificate(by: foreign), foreign.root])),
            ("certificate of another chip", proof([certificate(uid: otherUID)])),
            ("signature over the request", proof([certificate()], over: otherRequest)),
            ("signature over the request", proof([certificate()], by: second)),
            ("no valid chain", proof([vendor.certify(identity.publicKey, serialNumbers: [chip.uid.hex], to: -1)])),
            ("no valid chain", proof([vendor.certify(identity.publicKey, serialNumbers: [chip.uid.hex], from: 60)])),
            ("chip UID in", proof([vendor.certify(identity.publicKey, serialNumbers: [chip.uid.hex, otherUID.hex])])),
            ("chip UID in", proof([vendor.root], by: vendor.key)),
            ("number or size", proof([])),
            ("number or size", proof(Array(repeating: certificate(), count: 4))),
            ("number or size", proof([Octets([UInt8](repeating: 0x30, count: 2_049))])),
            ("malformed certificate", proof([Octets([0x30, 0x00])])),
        ]
        for (why, proof) in cases {
            let refusal = await judge(proof)
            #expect(refusal?.code == ExecutionError.vendorProofInvalid.rawValue)
            #expect(refusal?.detail.contains(why) == true, "\(why): \(refusal?.detail ?? "accepted")")
        }
    }
}
