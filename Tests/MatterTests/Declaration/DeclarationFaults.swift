import Crypto
import Matter
import Vocabulary

/// Wrong declarations, each made and judged: a test compares the verdict with what was wanted, and takes the codes that
/// were met from the verdicts.
enum DeclarationFaults {
    struct Verdict: Sendable {
        let fault: String
        let wanted: MatterError?
        let code: String?
    }

    static func judged() async throws -> [Verdict] {
        try await envelopes() + contents() + keys() + matches() + signers()
    }

    /// The codes of all that is judged here.
    static func codes() async throws -> Set<String> { Set(try await judged().compactMap(\.code)) }

    // MARK: The envelope

    private typealias Plant = @Sendable (inout DERTree) -> Void

    /// What is altered in a right envelope.
    private static let envelopeFaults: [(MatterError, Plant)] = [
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

    private static func envelopes() async throws -> [Verdict] {
        let der = try await DeclarationSample.signed(DeclarationSample.declaration()).der
        return try envelopeFaults.enumerated().map { number, fault in
            var tree = DERTree(parsing: der)
            fault.1(&tree)
            return Verdict(
                fault: "envelope \(number)",
                wanted: fault.0,
                code: try DeclarationSample.code(tree.encoded)
            )
        }
    }

    // MARK: The content, its signature made right again

    private static func contents() async throws -> [Verdict] {
        let tree = DERTree(parsing: try await DeclarationSample.signed(DeclarationSample.declaration()).der)
        return try contentCases().map { members, wanted in
            let content = TLVElement(.anonymous, .structure(members)).encoded
            let code = try DeclarationSample.code(DeclarationMutation.envelope(tree, content))
            return Verdict(fault: "\(members)", wanted: wanted, code: code)
        }
    }

    private static func contentCases() throws -> [([TLVElement], MatterError?)] {
        let whole = try TLVElement(decoding: DeclarationSample.declaration().tlv)
        guard case .structure(let right) = whole.value else { return [] }
        func number(_ tag: UInt8, _ value: UInt64) -> TLVElement { TLVElement(.context(tag), .unsigned(value)) }
        func with(_ tag: Int, _ element: TLVElement) -> [TLVElement] {
            right.enumerated().map { $0.offset == tag ? element : $0.element }
        }
        let ids = { (count: Int) in
            TLVElement(.context(2), .array((0..<count).map { TLVElement(.anonymous, .unsigned(UInt64($0))) }))
        }
        let key = TLVElement(.anonymous, .octets([UInt8](repeating: 1, count: 20)))
        let short = TLVElement(.anonymous, .octets([1]))
        return [
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
    }

    // MARK: Whose key, which device

    /// The published test key under a declaration that says it is official.
    private static func keys() async throws -> [Verdict] {
        let provisional = try await DeclarationSample.signed(DeclarationSample.declaration(kind: .provisional))
        let official = try DeclarationSample.declaration(kind: .official).tlv
        let der = try DeclarationMutation.envelope(DERTree(parsing: provisional.der), official)
        return [
            Verdict(fault: "provisional", wanted: nil, code: try DeclarationSample.code(provisional.der)),
            Verdict(fault: "official", wanted: .declarationTestKey, code: try DeclarationSample.code(der)),
        ]
    }

    private static func matches() async throws -> [Verdict] {
        let laboratory = try await Laboratory()
        let dac = try await laboratory.dac()
        func verdict(
            _ wanted: MatterError?,
            _ declaration: CertificationDeclaration,
            vendor: UInt16 = 0xFFF1,
            product: UInt16 = 0x8001
        ) throws -> Verdict {
            let code = try refusalCode {
                try declaration.match(
                    vendorID: VendorID(vendor),
                    productID: ProductID(product),
                    dac: dac,
                    pai: laboratory.pai,
                    paa: laboratory.paa
                )
            }
            return Verdict(fault: "\(declaration) at \(vendor)/\(product)", wanted: wanted, code: code)
        }
        func origin(_ vendor: UInt16, _ product: UInt16) -> CertificationDeclaration.Origin {
            .init(vendorID: VendorID(vendor), productID: ProductID(product))
        }
        let paa = laboratory.paa.subjectKeyIdentifier.map { [$0] } ?? []
        let sample = DeclarationSample.declaration
        let plain = try sample(.development, nil, nil, [0x8001])
        return [
            try verdict(nil, plain),
            try verdict(nil, sample(.development, nil, paa, [0x8001])),
            try verdict(.declarationPAA, sample(.development, nil, [], [0x8001])),
            try verdict(.declarationVendor, plain, vendor: 0xFFF2),
            try verdict(.declarationProduct, plain, product: 0x8002),
            try verdict(.declarationProduct, sample(.development, nil, nil, [0x8002]), product: 0x8002),
            try verdict(nil, sample(.development, origin(0xFFF1, 0x8001), nil, [0x9000]), product: 0x9000),
            try verdict(.declarationProduct, sample(.development, origin(0xFFF1, 0x8002), nil, [0x8001])),
            try verdict(.declarationVendor, sample(.development, origin(2, 0x8001), nil, [0x8001])),
        ]
    }

    // MARK: Signers

    /// Certificates that don't make their key a signer of declarations: the vectors have right ones beside these.
    private static func signers() async throws -> [Verdict] {
        let laboratory = try await Laboratory()
        func verdict(_ fault: String, _ wanted: MatterError?, _ der: [UInt8]) throws -> Verdict {
            let code = try refusalCode {
                let certificate = try AttestationCertificate(der: der)
                _ = try DeclarationSigner(certificate: certificate, root: laboratory.paa)
            }
            return Verdict(fault: fault, wanted: wanted, code: code)
        }
        var claimed = DERTree(parsing: laboratory.paa.toBeSigned)
        claimed[7, 0, 2, 1].content[2] ^= 1
        // The test key's own name and key in a certificate that it did not sign.
        var borrowed = DERTree(parsing: laboratory.paa.toBeSigned)
        borrowed[6, 1].content = [0] + (try TestDeclarationKey.publicKey().bytes)
        borrowed[7, 0, 2, 1].content = [0x04, 20] + TestDeclarationKey.keyIdentifier
        let tbs = borrowed.encoded
        let own = try DeclarationMutation.certificate(over: tbs)
        return [
            try verdict("another root", .declarationSignerCertificate, laboratory.pai.der),
            try verdict(
                "another key identifier",
                .declarationSignerCertificate,
                Laboratory.certificate(over: claimed.encoded, laboratory.paaKey)
            ),
            try verdict(
                "the test key's, signed by another",
                .declarationSignerCertificate,
                Laboratory.certificate(over: tbs, laboratory.paaKey)
            ),
            try verdict("the test key's, signed by itself", nil, own),
        ]
    }
}
