import Crypto
import Matter
import TestSupport
import Testing
import Vocabulary

/// Seeded mutations of a certificate, a request and a declaration: the outer octets, and the structure below the
/// signature with the signature made valid again. Nothing may crash, and whatever is still accepted must be in order.
struct MutationTests {
    private static let seed = Seed.take("MatterTests.MutationTests")
    private static let rounds = 600

    /// Runs `rounds` mutations of octets and as many of the signed structure; returns the codes that were met.
    private func run(
        _ whole: [UInt8],
        signedPart: [UInt8],
        seal: ([UInt8]) throws -> [UInt8],
        judge: ([UInt8]) throws -> Void
    ) throws -> Set<String> {
        var random = SeededGenerator(seed: Self.seed)
        var codes: Set<String> = []
        let tree = DERTree(parsing: signedPart)
        for round in 0..<Self.rounds {
            let outer = Mutator.octets(whole, &random)
            if outer != whole {
                let code = try refusalCode { try judge(outer) }
                #expect(code != nil, "seed \(Self.seed), outer round \(round)")
                codes.formUnion([code].compactMap { $0 })
            }
            let inner =
                round.isMultiple(of: 2)
                ? Mutator.structure(tree, &random).encoded : Mutator.octets(signedPart, &random)
            if inner != signedPart {
                codes.formUnion([try refusalCode { try judge(seal(inner)) }].compactMap { $0 })
            }
        }
        return codes
    }

    /// Mutations meet no code but the parser's own, and with the directed cases they meet all of them.
    private func expectAll(_ met: Set<String>, and directed: Set<String>, of areas: [String]) {
        let own = MatterError.allCases.map(\.rawValue).filter { code in areas.contains { code.hasPrefix($0) } }
        #expect(met.union(directed) == Set(own), "seed \(Self.seed)")
        #expect(!met.isDisjoint(with: own), "seed \(Self.seed): the mutations met none")
    }

    @Test("certificates", arguments: CertificateKind.allCases)
    func certificates(_ kind: CertificateKind) async throws {
        let laboratory = try await Laboratory()
        let dac = try await laboratory.dac()
        let certificate =
            switch kind {
            case .paa: laboratory.paa
            case .pai: laboratory.pai
            case .dac: dac
            }
        let signer = kind == .dac ? laboratory.paiKey : laboratory.paaKey
        let codes = try run(
            certificate.der,
            signedPart: certificate.toBeSigned,
            seal: { try Laboratory.certificate(over: $0, signer) },
            judge: { bytes in
                let read = try AttestationCertificate(der: bytes)
                #expect(read.der == bytes && bytes.count <= AttestationCertificate.sizeLimit)
                try read.check(as: kind)
                try AttestationChain.verify(
                    dac: kind == .dac ? read : dac,
                    pai: kind == .pai ? read : laboratory.pai,
                    paas: [kind == .paa ? read : laboratory.paa]
                )
                #expect(kind == .dac ? read.publicKey.bytes.count == 65 : read.subject == certificate.subject)
                #expect(read.issuer == certificate.issuer)
                #expect(read.isSigned(by: signer.point))
            }
        )
        let directed = try await CertificateFaultTests.met()
        expectAll(codes, and: directed, of: ["matter.certificate.", "matter.profile.", "matter.chain.", "matter.key."])
    }

    @Test("device requests")
    func requests() throws {
        let key = P256.Signing.PrivateKey()
        let tbs = ToBeSignedRequest(
            publicKey: key.point,
            chipUID: ChipUID(validated: [UInt8](repeating: 1, count: 16)),
            nonce: Nonce(validated: [UInt8](repeating: 2, count: 32)),
            agreementKey: P256.Signing.PrivateKey().point
        )
        let request = try tbs.assembled(with: key.signNow(tbs.bytes))
        let codes = try run(
            request.der,
            signedPart: tbs.bytes,
            seal: { try RequestMutation.request(over: $0, key) },
            judge: { bytes in
                let read = try DeviceRequest(der: bytes)
                #expect(read.publicKey == key.point && read.der == bytes)
            }
        )
        try expectAll(codes, and: RequestTests.met(), of: ["matter.request.", "matter.key."])
    }

    @Test("declarations")
    func declarations() async throws {
        let declaration = try CertificationDeclaration(
            vendorID: VendorID(0xFFF1),
            productIDs: [ProductID(0x8001), ProductID(0x8002)],
            deviceType: 0x100,
            certificateID: "ZIG20142ZB330001-24",
            versionNumber: 3,
            kind: .development,
            origin: .init(vendorID: VendorID(0xFFF2), productID: ProductID(0x9000)),
            authorizedPAAs: [[UInt8](repeating: 5, count: 20)]
        )
        let key = try TestDeclarationKey.publicKey()
        let signed = try await SignedDeclaration.create(declaration, signer: key) { try TestDeclarationKey.sign($0) }
        let signer = DeclarationSigner(publicKey: key)
        var random = SeededGenerator(seed: Self.seed)
        var codes: Set<String> = []
        let tree = DERTree(parsing: signed.der)
        for round in 0..<Self.rounds {
            let outer =
                round.isMultiple(of: 2)
                ? Mutator.octets(signed.der, &random) : Mutator.structure(tree, &random).encoded
            if outer != signed.der {
                let code = try refusalCode { try SignedDeclaration(der: outer).verify(signers: [signer]) }
                #expect(code != nil, "seed \(Self.seed), outer round \(round)")
                codes.formUnion([code].compactMap { $0 })
            }
            let content = Mutator.octets(signed.content, &random)
            if content != signed.content {
                let resealed = try DeclarationMutation.envelope(tree, content)
                let code = try refusalCode {
                    let read = try SignedDeclaration(der: resealed)
                    try read.verify(signers: [signer])
                    #expect(read.content == content)
                    #expect(try CertificationDeclaration(tlv: read.declaration.tlv) == read.declaration)
                }
                codes.formUnion([code].compactMap { $0 })
            }
        }
        try await expectAll(codes, and: DeclarationFaults.codes(), of: ["matter.declaration."])
    }
}

enum DeclarationMutation {
    /// The same envelope around another content, signed again by the test key.
    static func envelope(_ envelope: DERTree, _ content: [UInt8]) throws -> [UInt8] {
        var tree = envelope
        tree[1, 0, 2, 1, 0].content = content
        let raw = try TestDeclarationKey.sign(content)
        let signature = try P256.Signing.ECDSASignature(rawRepresentation: raw.bytes)
        tree[1, 0, 3, 0, 4].content = Array(signature.derRepresentation)
        return tree.encoded
    }

    /// A self-signed certificate of the test key over any to-be-signed bytes, made without any check.
    static func certificate(over tbs: [UInt8]) throws -> [UInt8] {
        let signature = try P256.Signing.ECDSASignature(rawRepresentation: TestDeclarationKey.sign(tbs).bytes)
        let algorithm: [UInt8] = [0x30, 0x0A, 0x06, 0x08] + OID.ecdsaWithSHA256
        return DERTree.sequence(tbs + algorithm + DERTree(0x03, [0] + signature.derRepresentation).encoded)
    }
}
