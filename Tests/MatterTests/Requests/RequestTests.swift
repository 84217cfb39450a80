import Crypto
import Foundation
import Matter
import TestSupport
import Testing
import Vocabulary

struct RequestTests {
    private let key = P256.Signing.PrivateKey()
    private let agreement = P256.Signing.PrivateKey()
    private let uid = ChipUID(validated: Array(0..<16))
    private let nonce = Nonce(validated: Array(32..<64))

    private func deviceRequest() throws -> CertificateRequest {
        let tbs = ToBeSignedRequest(
            publicKey: key.point,
            chipUID: uid,
            nonce: nonce,
            agreementKey: agreement.point
        )
        return try tbs.assembled(with: key.signNow(tbs.bytes))
    }

    @Test("a device's request says what was put into it, and openssl verifies it")
    func device() throws {
        let request = try DeviceRequest(der: deviceRequest().der)
        #expect(request.publicKey == key.point && request.agreementKey == agreement.point)
        #expect(request.chipUID == uid && request.nonce == nonce)
        let folder = try TemporaryFolder()
        let file = try folder.write("csr.der", request.der)
        let result = try Subprocess.run(
            "/usr/bin/openssl",
            ["req", "-inform", "DER", "-in", file, "-noout", "-verify", "-subject"]
        )
        #expect(result.status == 0 && result.output.contains("CN = obis-device"), "\(result.output)")
    }

    @Test("openssl's own request for a P-256 key is read, for another curve it is refused")
    func foreign() throws {
        let folder = try TemporaryFolder()
        func request(curve: String) throws -> [UInt8] {
            let file = folder.path(curve)
            let result = try Subprocess.run(
                "/usr/bin/openssl",
                [
                    "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + curve, "-nodes", "-keyout",
                    folder.path("key"), "-subj", "/CN=station-07/OU=station", "-outform", "DER", "-out", file,
                ]
            )
            try #require(result.status == 0, "\(result.output)")
            return Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        }
        let read = try CertificateRequest(der: request(curve: "prime256v1"))
        #expect(read.commonName == "station-07")
        #expect(try ServiceName(der: read.subjectDER).organizationalUnit == "station")
        #expect(try refusalCode { _ = try DeviceRequest(read) } == MatterError.requestSubject.rawValue)
        for curve in ["secp256k1", "secp384r1"] {
            let der = try request(curve: curve)
            #expect(try refusalCode { _ = try CertificateRequest(der: der) } == MatterError.requestKeyType.rawValue)
        }
    }

    @Test("requests for PAI and TLS keys carry their subject and no attribute")
    func plain() throws {
        let name = try MatterName(commonName: "PAI", vendorID: VendorID(0xFFF1), productID: ProductID(0x8001))
        let tbs = ToBeSignedRequest(subject: name, publicKey: key.point)
        #expect(try tbs.assembled(with: key.signNow(tbs.bytes)).subjectDER == name.der)
        let service = try ServiceName(commonName: "edge-1", organizationalUnit: "service")
        let other = ToBeSignedRequest(subject: service, publicKey: key.point)
        #expect(try ServiceName(der: other.assembled(with: key.signNow(other.bytes)).subjectDER) == service)
        let foreign = try P256.Signing.PrivateKey().signNow(other.bytes)
        let code = try refusalCode { _ = try other.assembled(with: foreign) }
        #expect(code == MatterError.requestSignature.rawValue)
    }

    /// What is altered in a right request before it is signed again, and the code.
    private static let faults: [(String, MatterError, @Sendable (inout DERTree) -> Void)] = [
        ("version 2", .requestVersion, { $0[0].content = [1] }),
        ("another subject", .requestSubject, { $0[1, 0, 0, 1].content = Array("other".utf8) }),
        ("a subject that is not UTF-8", .requestSubject, { $0[1, 0, 0, 1].content = [0xFF, 0xFE] }),
        ("a key on another curve", .requestKeyType, { $0[2, 0, 1].content = [0x2B, 0x81, 0x04, 0x00, 0x0A] }),
        ("a point off the curve", .keyNotOnCurve, { $0[2, 1].content[40] ^= 1 }),
        ("an agreement key off the curve", .keyNotOnCurve, { $0[3, 2, 1, 0].content[40] ^= 1 }),
        ("no attributes field", .requestMalformed, { $0.children?.removeLast() }),
        ("no nonce", .requestMissingAttribute, { tree in tree.edit(at: [3]) { $0.children?.remove(at: 1) } }),
        (
            "two nonces", .requestDuplicateAttribute,
            { tree in
                tree.edit(at: [3]) { set in
                    guard var second = set.children?[1] else { return }
                    second[1, 0].content[31] ^= 0x80
                    set.children?.insert(second, at: 2)
                }
            }
        ),
        (
            "attributes out of order", .requestMalformed,
            { tree in tree.edit(at: [3]) { $0.children?.swapAt(0, 1) } }
        ),
        (
            "an attribute with two values", .requestMalformed,
            { tree in tree.edit(at: [3, 0, 1]) { $0.children?.append(DERTree(0x05, [])) } }
        ),
        ("a UID of another type", .requestAttribute, { $0[3, 0, 1, 0].tag = 0x0C }),
        (
            "a nonce of 31 octets", .requestAttribute,
            { $0[3, 1, 1, 0].content.removeLast() }
        ),
        (
            "a fourth attribute", .requestUnknownAttribute,
            { tree in
                tree.edit(at: [3]) { set in
                    guard var fourth = set.children?[2] else { return }
                    fourth[0].content[9] = 4
                    set.children?.append(fourth)
                }
            }
        ),
    ]

    /// A right request with each fault, and each fault's own octets: name, code wanted, octets.
    private static func cases() throws -> [(name: String, wanted: MatterError, der: [UInt8])] {
        let test = RequestTests()
        let der = try test.deviceRequest().der
        let info = DERTree(parsing: der)[0]
        var algorithm = DERTree(parsing: der)
        algorithm[1, 0].content = OID.ecdsaWithSHA1
        var signature = DERTree(parsing: der)
        signature[2].content[20] ^= 1
        let inner = try faults.map { name, code, plant in
            var tree = info
            plant(&tree)
            return (name, code, try RequestMutation.request(over: tree.encoded, test.key))
        }
        return inner + [
            ("an octet more", .requestMalformed, der + [0]),
            ("an octet less", .requestMalformed, Array(der.dropLast())), ("nothing", .requestMalformed, []),
            ("SHA-1", .requestAlgorithm, algorithm.encoded),
            ("an altered signature", .requestSignature, signature.encoded),
            ("too large", .requestTooLarge, der + [UInt8](repeating: 0, count: 2048)),
        ]
    }

    private static func code(_ der: [UInt8]) throws -> String? {
        try refusalCode { _ = try DeviceRequest(der: der) }
    }

    @Test("each altered request is refused with its code, below the signature and around it")
    func faults() throws {
        for (name, wanted, der) in try Self.cases() {
            #expect(try Self.code(der) == wanted.rawValue, "\(name)")
        }
    }

    /// What judging the cases here answers.
    static func met() throws -> Set<String> { Set(try cases().compactMap { try code($0.der) }) }

    @Test("the faults above reach every code of the parser")
    func coverage() throws {
        let own = MatterError.allCases.map(\.rawValue).filter { $0.hasPrefix("matter.request.") }
        #expect(try Self.met() == Set(own + [MatterError.keyNotOnCurve.rawValue]))
    }
}

enum RequestMutation {
    /// A request over any CertificationRequestInfo, made without any check.
    static func request(over info: [UInt8], _ key: P256.Signing.PrivateKey) throws -> [UInt8] {
        let algorithm: [UInt8] = [0x30, 0x0A, 0x06, 0x08] + OID.ecdsaWithSHA256
        let signature = DERTree(0x03, [0] + (try key.signature(for: info).derRepresentation)).encoded
        return DERTree.sequence(info + algorithm + signature)
    }
}
