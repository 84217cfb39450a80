import Crypto
import Matter
import Vocabulary

/// One planted fault: how a right TBSCertificate is altered, and the code that must refuse it.
struct LintFault: Sendable, CustomStringConvertible {
    let description: String
    let code: MatterError
    let kind: CertificateKind
    let plant: @Sendable (inout DERTree) -> Void

    init(
        _ description: String,
        _ code: MatterError,
        _ kind: CertificateKind = .dac,
        plant: @escaping @Sendable (inout DERTree) -> Void
    ) {
        self.description = description
        self.code = code
        self.kind = kind
        self.plant = plant
    }

    static let all: [LintFault] = fields + names + extensions

    /// Replaces the value of extension `index` (inside its OCTET STRING).
    private static func value(_ index: Int, _ bytes: [UInt8]) -> @Sendable (inout DERTree) -> Void {
        { tree in
            let last = (tree[7, 0, index].children?.count ?? 1) - 1
            tree[7, 0, index, last] = DERTree(0x04, bytes)
        }
    }

    private static func append(_ bytes: [UInt8]) -> @Sendable (inout DERTree) -> Void {
        { tree in tree.edit(at: [7, 0]) { $0.children?.append(DERTree(parsing: bytes)) } }
    }

    private static func repeatChild(_ index: Int, of path: [Int]) -> @Sendable (inout DERTree) -> Void {
        { tree in
            tree.edit(at: path) { parent in
                guard let child = parent.children?[index] else { return }
                parent.children?.append(child)
            }
        }
    }

    private static let crlDistributionPoint: [UInt8] = [
        0x30, 0x1D, 0x06, 0x03, 0x55, 0x1D, 0x1F, 0x04, 0x16, 0x30, 0x14, 0x30, 0x12, 0xA0, 0x10, 0xA0, 0x0E, 0x86,
        0x0C, 0x68, 0x74, 0x74, 0x70, 0x3A, 0x2F, 0x2F, 0x63, 0x2E, 0x64, 0x65, 0x2F,
    ]
    private static let serverAuthentication: [UInt8] = [
        0x30, 0x13, 0x06, 0x03, 0x55, 0x1D, 0x25, 0x04, 0x0C, 0x30, 0x0A, 0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05,
        0x07, 0x03, 0x01,
    ]

    private static let fields: [LintFault] = [
        .init("version 2", .lintVersion) { $0[0, 0] = DERTree(0x02, [1]) },
        .init("no version", .lintVersion) { $0.children?.remove(at: 0) },
        .init("a serial of 15 octets", .lintSerial) { $0[1].content.removeLast() },
        .init("a serial of 17 octets", .lintSerial) { $0[1].content.append(1) },
        .init("a negative serial", .lintSerial) { $0[1].content[0] |= 0x80 },
        .init("a serial without its fixed bits", .lintSerial) { $0[1].content[0] = 0x01 },
        .init("another serial", .lintSerial) { $0[1].content[15] ^= 1 },
        .init("ECDSA with SHA-1", .lintAlgorithm) { $0[2, 0] = DERTree(0x06, OID.ecdsaWithSHA1) },
        .init("NULL parameters", .lintAlgorithm) { tree in
            tree.edit(at: [2]) { $0.children?.append(DERTree(0x05, [])) }
        },
        .init("another issuer", .lintIssuer) { $0[3] = $0[5] },
        .init("the issuer's name as PrintableString", .lintIssuer) { $0[3, 0, 0, 1].tag = 0x13 },
        .init("another start", .lintValidity) { $0[4, 0].content[1] ^= 1 },
        .init("a start as GeneralizedTime before 2050", .lintValidity) { tree in
            tree[4, 0] = DERTree(0x18, Array("20".utf8) + tree[4, 0].content)
        },
        .init("a DAC that expires", .lintValidity) { $0[4, 1] = DERTree(0x17, Array("491231235959Z".utf8)) },
        .init("validity without an end", .lintValidity) { tree in tree.edit(at: [4]) { $0.children?.removeLast() } },
        .init("a PAI that ends when nobody asked", .lintValidity, .pai) {
            $0[4, 1] = DERTree(0x17, Array("301231235959Z".utf8))
        },
        .init("another key", .lintKey) { $0[6, 1] = DERTree(0x03, [0] + P256.Signing.PrivateKey().point.bytes) },
        .init("a compressed key", .lintKey) { tree in
            tree[6, 1] = DERTree(0x03, [0, 0x02] + tree[6, 1].content[2..<34])
        },
        .init("curve secp256k1", .lintKey) { $0[6, 0, 1] = DERTree(0x06, [0x2B, 0x81, 0x04, 0x00, 0x0A]) },
        .init("an issuerUniqueID", .lintMalformed) { $0.children?.insert(DERTree(0x81, [0, 1]), at: 7) },
        .init("no extensions", .lintMalformed) { $0.children?.removeLast() },
        .init("a field after the extensions", .lintMalformed) { $0.children?.append(DERTree(0x05, [])) },
    ]

    private static let names: [LintFault] = [
        .init("another vendor", .lintScope) { $0[5, 1, 0, 1].content = Array("FFF2".utf8) },
        .init("another product", .lintScope) { $0[5, 2, 0, 1].content = Array("8002".utf8) },
        .init("a vendor id in lower case", .lintScope) { $0[5, 1, 0, 1].content = Array("fff1".utf8) },
        .init("a vendor id as PrintableString", .lintSubject) { $0[5, 1, 0, 1].tag = 0x13 },
        .init("ids in the common name", .lintSubject) { tree in
            tree[5, 0, 0, 1].content = Array("d Mvid:FFF1 Mpid:8001".utf8)
            tree.edit(at: [5]) { $0.children?.removeLast(2) }
        },
        .init("no product id in a DAC", .lintSubject) { tree in tree.edit(at: [5]) { $0.children?.removeLast() } },
        .init("a second vendor id", .lintSubject, plant: repeatChild(1, of: [5])),
        .init("attributes in another order", .lintSubject) { tree in
            tree.edit(at: [5]) { $0.children?.swapAt(0, 1) }
        },
        .init("another common name", .lintSubject) { $0[5, 0, 0, 1].content = Array("obis 0".utf8) },
        .init("an RDN of two attributes", .lintSubject, plant: repeatChild(0, of: [5, 0])),
    ]

    private static let extensions: [LintFault] = [
        .init("a DAC that is a CA", .lintBasicConstraints, plant: value(0, [0x30, 3, 1, 1, 0xFF])),
        .init("cA FALSE written out", .lintBasicConstraints, plant: value(0, [0x30, 3, 1, 1, 0])),
        .init("a DAC with path length", .lintBasicConstraints, plant: value(0, [0x30, 3, 2, 1, 0])),
        .init("a PAI without path length", .lintBasicConstraints, .pai, plant: value(0, [0x30, 3, 1, 1, 0xFF])),
        .init(
            "a PAI with path length 1",
            .lintBasicConstraints,
            .pai,
            plant: value(0, [0x30, 6, 1, 1, 0xFF, 2, 1, 1])
        ),
        .init(
            "a PAA with path length 2",
            .lintBasicConstraints,
            .paa,
            plant: value(0, [0x30, 6, 1, 1, 0xFF, 2, 1, 2])
        ),
        .init("basic constraints not critical", .lintBasicConstraints) { tree in
            tree.edit(at: [7, 0, 0]) { $0.children?.remove(at: 1) }
        },
        .init("a DAC that signs certificates", .lintKeyUsage, plant: value(1, [0x03, 2, 2, 0x84])),
        .init("a PAI that signs data", .lintKeyUsage, .pai, plant: value(1, [0x03, 2, 1, 0x86])),
        .init("key usage not critical", .lintKeyUsage) { tree in
            tree.edit(at: [7, 0, 1]) { $0.children?.remove(at: 1) }
        },
        .init("no key usage", .lintKeyUsage) { tree in tree.edit(at: [7, 0]) { $0.children?.remove(at: 1) } },
        .init("another SKI", .lintSubjectKeyIdentifier) { $0[7, 0, 2, 1].content[5] ^= 1 },
        .init("a SKI of 19 octets", .lintSubjectKeyIdentifier) { tree in
            tree[7, 0, 2, 1].content[1] = 19
            tree[7, 0, 2, 1].content.removeLast()
        },
        .init("a critical SKI", .lintSubjectKeyIdentifier) { tree in
            tree.edit(at: [7, 0, 2]) { $0.children?.insert(DERTree(0x01, [0xFF]), at: 1) }
        },
        .init("another AKI", .lintAuthorityKeyIdentifier) { $0[7, 0, 3, 1].content[6] ^= 1 },
        .init("no AKI", .lintAuthorityKeyIdentifier) { tree in tree.edit(at: [7, 0]) { $0.children?.removeLast() } },
        .init("the AKI twice", .lintExtraExtension, plant: repeatChild(3, of: [7, 0])),
        .init("a CRL distribution point", .lintExtraExtension, plant: append(crlDistributionPoint)),
        .init("an extended key usage", .lintExtraExtension, plant: append(serverAuthentication)),
        .init("extensions in another order", .lintBasicConstraints) { tree in
            tree.edit(at: [7, 0]) { $0.children?.swapAt(0, 1) }
        },
        .init("too large", .lintTooLarge) { $0[5, 0, 0, 1].content += [UInt8](repeating: 0x61, count: 200) },
    ]
}
