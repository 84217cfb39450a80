import Foundation
import Matter
import TestSupport
import Testing
import Vocabulary

struct DeclarationTests {
    private static func declaration(
        kind: CertificationDeclaration.Kind = .development,
        origin: CertificationDeclaration.Origin? = nil,
        paas: [[UInt8]]? = nil,
        productIDs: [UInt16] = [0x8001]
    ) throws -> CertificationDeclaration {
        try CertificationDeclaration(
            vendorID: Laboratory.vendorID,
            productIDs: productIDs.map { ProductID($0) },
            deviceType: 0x100,
            certificateID: "ZIG20142ZB330001-24",
            versionNumber: 3,
            kind: kind,
            origin: origin,
            authorizedPAAs: paas
        )
    }

    private static func signed(_ declaration: CertificationDeclaration) async throws -> SignedDeclaration {
        try await SignedDeclaration.create(declaration, signer: TestDeclarationKey.publicKey()) {
            try TestDeclarationKey.sign($0)
        }
    }

    private static func code(_ der: [UInt8]) throws -> String? {
        let signer = DeclarationSigner(publicKey: try TestDeclarationKey.publicKey())
        return try refusalCode { try SignedDeclaration(der: der).verify(signers: [signer]) }
    }

    @Test("a declaration comes back as it was signed, with 1 and with 100 product ids")
    func roundTrip() async throws {
        #expect(try TestDeclarationKey.publicKey().keyIdentifier == TestDeclarationKey.keyIdentifier)
        for count in [1, 2, 100] {
            let declaration = try Self.declaration(
                origin: .init(vendorID: VendorID(1), productID: ProductID(2)),
                paas: [[UInt8](repeating: 9, count: 20)],
                productIDs: (0..<count).map { UInt16(0x8000 + $0) }
            )
            let signed = try await Self.signed(declaration)
            let read = try SignedDeclaration(der: signed.der)
            #expect(read.declaration == declaration)
            #expect(read.signerKeyIdentifier == TestDeclarationKey.keyIdentifier)
            #expect(try Self.code(signed.der) == nil)
        }
    }

    @Test("openssl verifies our envelope over exactly our content", .enabled(if: Vectors.arePresent))
    func openssl() async throws {
        let signed = try await Self.signed(Self.declaration())
        let folder = try TemporaryFolder()
        let file = try folder.write("cd.der", signed.der)
        let certificate = try Vectors.path("credentials/development/cd-certs/Chip-Test-CD-Cert.pem")
        let result = try Subprocess.run(
            "/usr/bin/openssl",
            [
                "cms", "-verify", "-inform", "DER", "-in", file, "-certfile", certificate, "-nointern", "-noverify",
                "-binary", "-out", folder.path("content"),
            ]
        )
        #expect(result.status == 0, "\(result.output)")
        #expect(Array(try Data(contentsOf: URL(fileURLWithPath: folder.path("content")))) == signed.content)
    }

    @Test("the test key never signs an official declaration, made or read")
    func testKey() async throws {
        await #expect {
            _ = try await Self.signed(Self.declaration(kind: .official))
        } throws: {
            ($0 as? Refusal)?.has(MatterError.declarationTestKey) == true
        }
        let tree = DERTree(parsing: try await Self.signed(Self.declaration(kind: .provisional)).der)
        let content = try Self.declaration(kind: .official).tlv
        #expect(try Self.code(DeclarationMutation.envelope(tree, content)) == "matter.declaration.test-key")
    }

    private typealias Plant = @Sendable (inout DERTree) -> Void

    /// What is altered in a right envelope, and the code.
    private static let faults: [(MatterError, Plant)] = [
        (.declarationEnvelope, { $0[0].content[8] = 1 }),
        (.declarationEnvelope, { $0[1, 0].children?.insert(DERTree(0xA0, children: []), at: 3) }),
        (.declarationEnvelope, { $0.children?.append(DERTree(0x05, [])) }),
        (.declarationVersion, { $0[1, 0, 0].content = [1] }),
        (.declarationVersion, { $0[1, 0, 3, 0, 0].content = [1] }),
        (.declarationAlgorithm, { $0[1, 0, 1, 0, 0].content[8] = 3 }),
        (.declarationAlgorithm, { $0[1, 0, 3, 0, 3, 0].content = OID.ecdsaWithSHA1 }),
        (.declarationContentType, { $0[1, 0, 2, 0].content[8] = 3 }),
        (.declarationKeyIdentifier, { $0[1, 0, 3, 0, 1] = DERTree(0x30, children: []) }),
        (.declarationKeyIdentifier, { $0[1, 0, 3, 0, 1].content.removeLast() }),
        (.declarationSignerUnknown, { $0[1, 0, 3, 0, 1].content[0] ^= 1 }),
        (.declarationSignature, { $0[1, 0, 3, 0, 4].content[10] ^= 1 }),
        (.declarationSignature, { $0[1, 0, 2, 1, 0].content[26] ^= 1 }),
        (.declarationTooLarge, { $0[1, 0, 2, 1, 0].content += [UInt8](repeating: 0, count: 1280) }),
    ]

    /// What the cases of this suite are refused with: those of the envelope, and what the other tests here name.
    static let reached = Set(faults.map(\.0)).union([
        .declarationContent, .declarationRange, .declarationTestKey, .declarationSignerCertificate,
        .declarationVendor, .declarationProduct, .declarationPAA,
    ])

    @Test("each altered envelope is refused with its code")
    func envelope() async throws {
        let der = try await Self.signed(Self.declaration()).der
        for (code, plant) in Self.faults {
            var tree = DERTree(parsing: der)
            plant(&tree)
            #expect(try Self.code(tree.encoded) == code.rawValue)
        }
        let all = MatterError.allCases.filter { $0.rawValue.hasPrefix("matter.declaration.") }
        #expect(Set(all) == Self.reached)
    }

    @Test("each altered content is refused with its code though its signature is right")
    func content() async throws {
        let tree = DERTree(parsing: try await Self.signed(Self.declaration()).der)
        guard case .structure(let right) = try TLVElement(decoding: Self.declaration().tlv).value else {
            Issue.record("no structure")
            return
        }
        func number(_ tag: UInt8, _ value: UInt64) -> TLVElement { TLVElement(.context(tag), .unsigned(value)) }
        func with(_ tag: Int, _ element: TLVElement) -> [TLVElement] {
            right.enumerated().map { $0.offset == tag ? element : $0.element }
        }
        let ids = { (count: Int) in
            TLVElement(.context(2), .array((0..<count).map { TLVElement(.anonymous, .unsigned(UInt64($0))) }))
        }
        let key = TLVElement(.anonymous, .octets([UInt8](repeating: 1, count: 20)))
        let short = TLVElement(.anonymous, .octets([1]))
        let cases: [([TLVElement], MatterError?)] = [
            (right, nil),
            (with(0, number(0, 2)), .declarationRange), (with(1, number(1, 0x1_0000)), .declarationRange),
            (with(2, ids(0)), .declarationRange), (with(2, ids(101)), .declarationRange),
            (with(2, TLVElement(.context(2), .array([TLVElement(.anonymous, .unsigned(65_536))]))), .declarationRange),
            (with(3, number(3, 1 << 32)), .declarationRange),
            (with(4, TLVElement(.context(4), .utf8("ZIG20142ZB330001-2"))), .declarationRange),
            (with(4, TLVElement(.context(4), .octets([1]))), .declarationContent),
            (with(5, number(5, 256)), .declarationRange), (with(8, number(8, 3)), .declarationRange),
            (with(7, TLVElement(.context(7), .signed(3))), .declarationContent),
            (Array(right.dropLast()), .declarationContent), (Array(right.dropFirst()), .declarationContent),
            (right.reversed(), .declarationContent),
            (right + [number(9, 1)], .declarationContent), (right + [number(10, 1)], .declarationContent),
            (right + [number(9, 1), number(10, 1)], nil),
            (right + [TLVElement(.context(11), .array([key]))], nil),
            (right + [TLVElement(.context(11), .array([short]))], .declarationRange),
            (right + [TLVElement(.context(11), .array([TLVElement](repeating: key, count: 11)))], .declarationRange),
            (right + [number(12, 5), TLVElement(.context(200), .null)], nil),
            (right + [number(200, 5), number(12, 5)], .declarationContent),
        ]
        for (members, code) in cases {
            let content = TLVElement(.anonymous, .structure(members)).encoded
            #expect(try Self.code(DeclarationMutation.envelope(tree, content)) == code?.rawValue, "\(members)")
        }
    }

    @Test("a declaration matches its own product's certificates only")
    func matching() async throws {
        let laboratory = try await Laboratory()
        let dac = try await laboratory.dac()
        func code(
            _ declaration: CertificationDeclaration,
            vendor: UInt16 = 0xFFF1,
            product: UInt16 = 0x8001
        ) throws
            -> String?
        {
            try refusalCode {
                try declaration.match(
                    vendorID: VendorID(vendor),
                    productID: ProductID(product),
                    dac: dac,
                    pai: laboratory.pai,
                    paa: laboratory.paa
                )
            }
        }
        let paa = try #require(laboratory.paa.subjectKeyIdentifier)
        let own = CertificationDeclaration.Origin(
            vendorID: Laboratory.vendorID,
            productID: Laboratory.productID
        )
        let other = CertificationDeclaration.Origin(
            vendorID: Laboratory.vendorID,
            productID: ProductID(0x8002)
        )
        let stranger = CertificationDeclaration.Origin(vendorID: VendorID(2), productID: Laboratory.productID)
        #expect(try code(Self.declaration()) == nil)
        #expect(try code(Self.declaration(paas: [paa])) == nil)
        #expect(try code(Self.declaration(paas: [])) == "matter.declaration.paa")
        #expect(try code(Self.declaration(), vendor: 0xFFF2) == "matter.declaration.vendor-id")
        #expect(try code(Self.declaration(), product: 0x8002) == "matter.declaration.product-id")
        #expect(try code(Self.declaration(productIDs: [0x8002]), product: 0x8002) == "matter.declaration.product-id")
        #expect(try code(Self.declaration(origin: own, productIDs: [0x9000]), product: 0x9000) == nil)
        #expect(try code(Self.declaration(origin: other)) == "matter.declaration.product-id")
        #expect(try code(Self.declaration(origin: stranger)) == "matter.declaration.vendor-id")
    }
}

@Suite(.enabled(if: Vectors.arePresent, "\(Vectors.absence)"))
struct DeclarationVectorTests {
    private static let codes: [String: MatterError] = [
        "cd-unit/gUntrustedCd.der": .declarationSignerUnknown,
        "cd-unit/sTestCMS_CDContent01_Err01.tlv": .declarationRange,
        "cd-unit/sTestCMS_CDContent01_Err02.tlv": .declarationContent,
    ]

    @Test("declarations", arguments: Vectors.entries("certification-declaration"))
    func declaration(_ entry: Vectors.Entry) throws {
        let bytes = try Vectors.bytes(entry.path)
        let signers = DeclarationSigner.alliance + [DeclarationSigner(publicKey: try TestDeclarationKey.publicKey())]
        var read: CertificationDeclaration?
        let code = try refusalCode {
            if entry.path.hasSuffix(".tlv") {
                read = try CertificationDeclaration(tlv: bytes)
                #expect(read?.tlv == bytes)
            } else {
                let signed = try SignedDeclaration(der: bytes)
                try signed.verify(signers: signers)
                read = signed.declaration
                #expect(read?.tlv == signed.content)
            }
        }
        guard entry.isValid else {
            #expect(code == (try #require(Self.codes[entry.path])).rawValue)
            return
        }
        #expect(code == nil)
        guard let vid = entry.vid else { return }
        #expect(read?.vendorID == VendorID(vid))
        #expect(read?.productIDs.map(\.value) == entry.pids)
        #expect(read?.certificateID == entry.certificateID)
        #expect(read?.origin.map { [$0.vendorID.value, $0.productID.value] } == entry.dacOrigin)
        #expect(read?.versionNumber == 0x9876 && read?.kind == .development)
    }

    private static func root() throws -> AttestationCertificate {
        let path = "credentials/development/cd-certs/CSA_Matter_Certificate_and_Testing_Root.cert.der"
        return try AttestationCertificate(der: Vectors.bytes(path))
    }

    @Test("signers", arguments: Vectors.entries("cd-signer-cert"))
    func signer(_ entry: Vectors.Entry) throws {
        let code = try refusalCode {
            let certificate = try AttestationCertificate(der: Vectors.bytes(entry.path))
            let signer = try DeclarationSigner(certificate: certificate, root: Self.root())
            #expect(signer.keyIdentifier == certificate.subjectKeyIdentifier)
        }
        #expect(code == (entry.isValid ? nil : MatterError.declarationSignerCertificate.rawValue))
    }

    @Test("the built-in signers are the published ones")
    func alliance() throws {
        let root = try Self.root()
        let published = try (1...5).map { number in
            let path = "credentials/development/cd-certs/CSA_Matter_CD_Signing_Key_00\(number).cert.der"
            return try DeclarationSigner(certificate: AttestationCertificate(der: Vectors.bytes(path)), root: root)
        }
        #expect(DeclarationSigner.alliance == published)
    }
}
