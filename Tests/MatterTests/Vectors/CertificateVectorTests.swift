import Matter
import TestSupport
import Testing
import Vocabulary

@Suite(.enabled(if: Vectors.arePresent, "\(Vectors.absence)"))
struct CertificateVectorTests {
    /// Which code each refused entry must have, by its reason in the manifest.
    static let codes: [String: MatterError] = [
        "PAI must carry pathLenConstraint 0": .profileBasicConstraints,
        "PAI pathLenConstraint must be 0, is 1": .profileBasicConstraints,
        "PAA pathLenConstraint must be absent or 1, is 2": .profileBasicConstraints,
        "pathLenConstraint has a wrong ASN.1 encoding": .certificateBasicConstraints,
        "SKI extension malformed": .certificateSubjectKeyIdentifier,
        // In this file every extension but the subject key identifier has another's OID: the first fault is that one.
        "explicit/kPaiMalformedSkid.der": .profileBasicConstraints,
        "AKI extension malformed": .certificateAuthorityKeyIdentifier,
        "a PAI presented as a DAC": .profileBasicConstraints,
        "a DAC presented as a PAA": .profileBasicConstraints,
        "empty root": .chainPAANotFound,
        "no intermediate and the leaf is not signed by the root": .chainPAIMissing,
        "wrong PAI": .chainDACVendor,
        "wrong PAA": .chainPAANotFound,
        "a PAA in the PAI place": .profileBasicConstraints,
        "DAC notBefore is 1 s before PAI/PAA notBefore": .chainPAIExpired,
        "PAI and DAC start 1 s before the PAA": .chainPAAExpired,
        "DAC starts 1 s before the PAI": .chainPAIExpired,
        "PAA/PAI expired before DAC notBefore": .chainPAIExpired,
        "DAC starts 1 s before PAA/PAI": .chainPAIExpired,
        "re-signed with another subject: NOT interchangeable (PAI replacement check, leaf DAC-FFF2-8001-0008-Cert)":
            .chainDACIssuer,
        "re-signed with another key/SKI: NOT interchangeable (PAI replacement check, leaf DAC-FFF2-8001-0008-Cert)":
            .chainDACIssuer,
    ]

    @Test("every kind of the manifest is known and none is empty")
    func kinds() {
        let judged: Set = [
            "chain", "cert-format", "certification-declaration", "cd-signer-cert", "issued-while-valid", "crl-dp",
            "dn-strings", "onboarding", "spake2p",
        ]
        let others: Set = ["factory-image", "operational-cert"]
        #expect(Vectors.kinds == judged.union(others))
    }

    @Test("certificate format", arguments: Vectors.entries("cert-format"))
    func format(_ entry: Vectors.Entry) throws {
        let kind = try #require(CertificateKind(rawValue: entry.checkAs?.lowercased() ?? ""))
        let bytes = try Vectors.bytes(entry.path)
        let code = try refusalCode { try AttestationCertificate(der: bytes).check(as: kind) }
        if entry.isValid {
            #expect(code == nil)
        } else {
            #expect(code == (try #require(Self.codes[entry.path] ?? Self.codes[entry.reason])).rawValue)
        }
    }

    @Test("chains", arguments: Vectors.entries("chain"))
    func chain(_ entry: Vectors.Entry) throws {
        let paas = try entry.root.map { [try AttestationCertificate(der: Vectors.bytes($0))] } ?? []
        let judgement = AttestationChain.judge(
            dac: try Vectors.bytes(try #require(entry.leaf)),
            pai: try entry.intermediate.map(Vectors.bytes),
            paas: paas
        )
        if entry.isValid {
            #expect(judgement.refusal == nil)
            #expect(judgement.sdkNumber == 0)
        } else {
            #expect(judgement.refusal?.code == (try #require(Self.codes[entry.reason])).rawValue)
            #expect(judgement.sdkNumber != 0)
        }
    }

    @Test("issued while valid", arguments: Vectors.entries("issued-while-valid"))
    func issuedWhileValid(_ entry: Vectors.Entry) throws {
        let reference = try AttestationCertificate(der: Vectors.bytes(try #require(entry.reference)))
        let evaluated = try AttestationCertificate(der: Vectors.bytes(try #require(entry.evaluated)))
        #expect(AttestationChain.wasValid(evaluated, whenIssuing: reference) == entry.isValid)
    }

    @Test("CRL distribution points", arguments: Vectors.entries("crl-dp"))
    func crlDistribution(_ entry: Vectors.Entry) throws {
        let certificate = try AttestationCertificate(der: Vectors.bytes(entry.path), sizeLimit: 800)
        #expect(certificate.crlDistribution?.uri == entry.uri)
        let issuer = try entry.crlIssuerSubjectOf.map { path in
            try AttestationCertificate(der: Vectors.bytes(path)).subject.der
        }
        #expect(certificate.crlDistribution?.issuer == issuer)
    }

    struct NameFile: Decodable {
        struct Vector: Decodable {
            let attribute: String
            let value: String
            let vid: String?
            let pid: String?
            let expected: String
        }
        let vectors: [Vector]
    }

    @Test("vendor and product id in names", arguments: Vectors.entries("dn-strings"))
    func names(_ entry: Vectors.Entry) throws {
        let vectors = try Vectors.json(NameFile.self, entry.path).vectors
        #expect(vectors.count >= 31)
        for vector in vectors {
            let oid: [UInt8] =
                switch vector.attribute {
                case "MatterVID": [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xA2, 0x7C, 0x02, 0x01]
                case "MatterPID": [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xA2, 0x7C, 0x02, 0x02]
                default: [0x55, 0x04, 0x03]
                }
            let attribute = DERTree(0x30, children: [DERTree(0x06, oid), DERTree(0x0C, Array(vector.value.utf8))])
            let der = DERTree(0x30, children: [DERTree(0x31, children: [attribute])]).encoded
            let name = try? MatterName(der: der)
            #expect(name?.vendorID?.description == vector.vid, "\(vector)")
            #expect(name?.productID?.description == vector.pid, "\(vector)")
            let isEmptyName = vector.attribute == "CommonName" && vector.value.isEmpty
            #expect((name != nil) == (vector.expected == "valid" || isEmptyName), "\(vector)")
        }
    }
}
