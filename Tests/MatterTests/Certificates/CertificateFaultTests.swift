import Crypto
import Matter
import Testing
import Vocabulary

/// Directed faults below the signature (which is made valid again), one at least for each code of reading, profile and
/// chain.
struct CertificateFaultTests {
    typealias Plant = @Sendable (inout DERTree) -> Void

    struct Fault: Sendable, CustomStringConvertible {
        let description: String
        let code: MatterError
        let kind: CertificateKind
        let plant: Plant
    }

    private static func fault(
        _ description: String,
        _ code: MatterError,
        _ kind: CertificateKind = .dac,
        plant: @escaping Plant
    ) -> Fault { Fault(description: description, code: code, kind: kind, plant: plant) }

    private static func remove(_ index: Int, at path: [Int]) -> Plant {
        { tree in tree.edit(at: path) { $0.children?.remove(at: index) } }
    }

    private static func null(at path: [Int]) -> Plant {
        { tree in tree.edit(at: path) { $0.children?.append(DERTree(0x05, [])) } }
    }

    static let all: [Fault] = [
        fault("a field too many", .certificateMalformed) { $0.children?.append(DERTree(0x05, [])) },
        fault("version 1", .certificateVersion, plant: remove(0, at: [])),
        fault("version 2", .certificateVersion) { $0[0, 0].content = [1] },
        fault("SHA-1", .certificateAlgorithm) { $0[2, 0].content = OID.ecdsaWithSHA1 },
        fault("curve secp256k1", .certificateKeyType) { $0[6, 0, 1].content = [0x2B, 0x81, 0x04, 0x00, 0x0A] },
        fault("a point off the curve", .keyNotOnCurve) { $0[6, 1].content[40] ^= 1 },
        fault("a hybrid point", .keyNotOnCurve) { $0[6, 1].content[1] = 0x06 },
        fault("serial 0", .certificateSerial) { $0[1].content = [0] },
        fault("a negative serial", .certificateSerial) { $0[1].content[0] = 0x90 },
        fault("a serial of 21 octets", .certificateSerial) { $0[1].content = [UInt8](repeating: 1, count: 21) },
        fault("ends before it starts", .certificateValidity) {
            $0[4, 1] = DERTree(0x17, Array("200101000000Z".utf8))
        },
        fault("a month 13", .certificateValidity) { $0[4, 0].content[2...3] = [0x31, 0x33] },
        fault("a local time", .certificateValidity) { $0[4, 0].content[12] = 0x2B },
        // Without extensions, so that the size of the whole certificate stays within its own limit.
        fault("a subject of 201 octets", .certificateName, .paa) {
            $0[5, 0, 0, 1].content = [UInt8](repeating: 0x61, count: 162)
            $0.children?.removeLast()
        },
        fault("an empty RDN", .certificateName) { $0[5, 0] = DERTree(0x31, children: []) },
        fault("a vendor id in lower case", .certificateVendorProduct) {
            $0[5, 1, 0, 1].content = Array("fff1".utf8)
        },
        fault("a vendor id of three digits", .certificateVendorProduct) { $0[5, 1, 0, 1].content.removeLast() },
        fault("a vendor id as IA5String", .certificateVendorProduct) { $0[5, 1, 0, 1].tag = 0x16 },
        fault("two vendor ids", .certificateVendorProduct) { $0[5, 2] = $0[5, 1] },
        fault("the SKI twice", .certificateDuplicateExtension) { $0[7, 0, 3] = $0[7, 0, 2] },
        fault("cA FALSE written out", .certificateBasicConstraints) { $0[7, 0, 0, 2].content = [0x30, 3, 1, 1, 0] },
        fault("key usage with a zero bit at its end", .certificateKeyUsage) {
            $0[7, 0, 1, 2].content = [0x03, 2, 0, 0x80]
        },
        fault("a critical SKI", .certificateSubjectKeyIdentifier) { tree in
            tree.edit(at: [7, 0, 2]) { $0.children?.insert(DERTree(0x01, [0xFF]), at: 1) }
        },
        fault("a critical AKI", .certificateAuthorityKeyIdentifier) { tree in
            tree.edit(at: [7, 0, 3]) { $0.children?.insert(DERTree(0x01, [0xFF]), at: 1) }
        },
        fault("an AKI of 19 octets", .certificateAuthorityKeyIdentifier) {
            $0[7, 0, 3, 1].content = [0x30, 21, 0x80, 19] + [UInt8](repeating: 1, count: 19)
        },
        fault("basic constraints not critical", .profileBasicConstraints, plant: remove(1, at: [7, 0, 0])),
        fault("no basic constraints", .profileBasicConstraints, plant: remove(0, at: [7, 0])),
        fault("key usage not critical", .profileKeyUsage, plant: remove(1, at: [7, 0, 1])),
        fault("a DAC that signs certificates", .profileKeyUsage) { $0[7, 0, 1, 2].content = [0x03, 2, 2, 0x84] },
        fault("decipherOnly too", .profileKeyUsage) { $0[7, 0, 1, 2].content = [0x03, 3, 7, 0x80, 0x80] },
        fault("no SKI", .profileSubjectKeyIdentifier, plant: remove(2, at: [7, 0])),
        fault("no AKI", .profileAuthorityKeyIdentifier, plant: remove(3, at: [7, 0])),
        fault("a PAA with another's AKI", .profileAuthorityKeyIdentifier, .paa) { $0[7, 0, 3, 1].content[8] ^= 1 },
        fault("a DAC without vendor id", .profileVendorID, plant: remove(1, at: [5])),
        fault("a DAC without product id", .profileProductID, plant: remove(2, at: [5])),
        fault("a PAA with a product id", .profileProductID, .paa) { tree in
            for name in [3, 5] {
                var product = tree[name, 1]
                product[0, 0].content[9] = 2
                tree.edit(at: [name]) { $0.children?.append(product) }
            }
        },
        fault("a PAA that another issued", .profileNotSelfIssued, .paa) {
            $0[3, 0, 0, 1].content = Array("Other".utf8)
        },
        fault("another vendor", .chainDACVendor) { $0[5, 1, 0, 1].content = Array("FFF2".utf8) },
        fault("another product", .chainDACProduct) { $0[5, 2, 0, 1].content = Array("8002".utf8) },
        fault("a PAI under an unknown PAA", .chainPAANotFound, .pai) { $0[7, 0, 3, 1].content[8] ^= 1 },
        fault("another vendor's PAI", .chainDACVendor, .pai) { $0[5, 1, 0, 1].content = Array("FFF2".utf8) },
        fault("another vendor's PAA", .chainPAIVendor, .paa) { tree in
            for name in [3, 5] { tree[name, 1, 0, 1].content = Array("FFF2".utf8) }
        },
        fault("another issuer", .chainDACIssuer) { $0[3, 0, 0, 1].content = Array("Other".utf8) },
        fault("another AKI", .chainDACIssuer) { $0[7, 0, 3, 1].content[8] ^= 1 },
        fault("a PAI with another issuer", .chainPAIIssuer, .pai) { $0[3, 0, 0, 1].content = Array("Other".utf8) },
        fault("an unknown critical extension", .chainUnknownCritical) { tree in
            tree.edit(at: [7, 0]) { extensions in
                extensions.children?.append(
                    DERTree(
                        0x30,
                        children: [
                            DERTree(0x06, [0x2A, 0x03]), DERTree(0x01, [0xFF]), DERTree(0x04, [0x05, 0x00]),
                        ]
                    )
                )
            }
        },
        fault("a DAC before its PAI", .chainPAIExpired) { $0[4, 0] = DERTree(0x17, Array("250101000000Z".utf8)) },
        fault("a PAA that starts later", .chainPAAExpired, .paa) {
            $0[4, 0] = DERTree(0x17, Array("300101000000Z".utf8))
        },
    ]

    /// The chain's verdict. An authority that was judged once must say yes and no to the same certificates.
    private static func judge(
        _ der: [UInt8],
        as kind: CertificateKind,
        _ laboratory: Laboratory
    ) async throws -> String? {
        let dac = try await laboratory.dac()
        let once = try refusalCode {
            let authority = try AttestationAuthority(
                pai: kind == .pai ? der : laboratory.pai.der,
                paa: kind == .paa ? der : laboratory.paa.der
            )
            try authority.verify(kind == .dac ? AttestationCertificate(der: der) : dac)
        }
        let verdict = try refusalCode {
            let read = try AttestationCertificate(der: der)
            try AttestationChain.verify(
                dac: kind == .dac ? read : dac,
                pai: kind == .pai ? read : laboratory.pai,
                paas: [kind == .paa ? read : laboratory.paa]
            )
        }
        #expect((once == nil) == (verdict == nil))
        return verdict
    }

    /// The verdict on a certificate with this fault, and on the same one without it.
    private static func verdicts(
        _ fault: Fault,
        _ laboratory: Laboratory
    ) async throws -> (right: String?, wrong: String?) {
        let right =
            switch fault.kind {
            case .paa: laboratory.paa
            case .pai: laboratory.pai
            case .dac: try await laboratory.dac()
            }
        let signer = fault.kind == .dac ? laboratory.paiKey : laboratory.paaKey
        let resealed = try Laboratory.certificate(over: right.toBeSigned, signer)
        var tree = DERTree(parsing: right.toBeSigned)
        fault.plant(&tree)
        let der = try Laboratory.certificate(over: tree.encoded, signer)
        return (
            try await judge(resealed, as: fault.kind, laboratory), try await judge(der, as: fault.kind, laboratory)
        )
    }

    @Test("each altered certificate is refused with its code though its signature is right", arguments: all)
    func fault(_ fault: Fault) async throws {
        let verdicts = try await Self.verdicts(fault, Laboratory())
        #expect(verdicts.right == nil)
        #expect(verdicts.wrong == fault.code.rawValue)
    }

    /// Faults outside the signed part: the code wanted, and the verdict.
    private static func outer() async throws -> [(wanted: MatterError, code: String?)] {
        let laboratory = try await Laboratory()
        let dac = try await laboratory.dac()
        var signature = DERTree(parsing: dac.der)
        signature[2].content = [0, 0x30, 0x00]
        let octets: [(MatterError, [UInt8])] = [
            (.certificateTooLarge, dac.der + [UInt8](repeating: 0, count: 600)),
            (.certificateMalformed, dac.der + [0]), (.certificateMalformed, []),
            (.certificateSignatureEncoding, signature.encoded),
        ]
        var found: [(wanted: MatterError, code: String?)] = []
        for (wanted, der) in octets { found.append((wanted, try await judge(der, as: .dac, laboratory))) }
        let other = P256.Signing.PrivateKey()
        let foreign: [(MatterError, CertificateKind, AttestationCertificate)] = [
            (.chainDACSignature, .dac, dac), (.chainPAISignature, .pai, laboratory.pai),
            (.chainPAASignature, .paa, laboratory.paa),
        ]
        for (wanted, kind, certificate) in foreign {
            let resigned = try Laboratory.certificate(over: certificate.toBeSigned, other)
            found.append((wanted, try await judge(resigned, as: kind, laboratory)))
        }
        let early = try refusalCode {
            try AttestationChain.verify(
                dac: dac,
                pai: laboratory.pai,
                paas: [laboratory.paa],
                at: Laboratory.start + -1
            )
        }
        found.append((.chainDACExpired, early))
        let missing = AttestationChain.judge(dac: dac.der, pai: nil, paas: [laboratory.paa])
        #expect(missing.sdkNumber == 207)
        found.append((.chainPAIMissing, missing.refusal?.code))
        return found + [(.profileNullParameters, try await nullParameters(in: .pai))]
    }

    @Test("faults outside the signed part")
    func outerFaults() async throws {
        for (wanted, code) in try await Self.outer() { #expect(code == wanted.rawValue) }
    }

    /// The verdict on a PAA or PAI whose algorithm has NULL parameters, inside and outside.
    private static func nullParameters(in kind: CertificateKind) async throws -> String? {
        let laboratory = try await Laboratory()
        var tree = DERTree(parsing: kind == .paa ? laboratory.paa.toBeSigned : laboratory.pai.toBeSigned)
        null(at: [2])(&tree)
        var certificate = DERTree(parsing: try Laboratory.certificate(over: tree.encoded, laboratory.paaKey))
        null(at: [1])(&certificate)
        return try await judge(certificate.encoded, as: kind, laboratory)
    }

    @Test("NULL parameters are tolerated in a PAA and nowhere else")
    func nullParameters() async throws {
        #expect(try await Self.nullParameters(in: .paa) == nil)
        #expect(try await Self.nullParameters(in: .pai) == "matter.profile.null-parameters")
    }

    /// What judging all these faults answers.
    static func met() async throws -> Set<String> {
        let laboratory = try await Laboratory()
        var codes = Set(try await outer().compactMap(\.code))
        for fault in all { codes.formUnion([try await verdicts(fault, laboratory).wrong].compactMap { $0 }) }
        return codes
    }

    @Test("these faults reach every code of reading, profile and chain")
    func coverage() async throws {
        let areas = ["matter.certificate.", "matter.profile.", "matter.chain.", "matter.key."]
        let codes = MatterError.allCases.map(\.rawValue).filter { code in areas.contains { code.hasPrefix($0) } }
        #expect(try await Self.met() == Set(codes))
    }
}
