import Foundation
import Matter
import TestSupport
import Testing
import Vocabulary

struct DeclarationTests {
    @Test("a declaration comes back as it was signed, with 1 and with 100 product ids")
    func roundTrip() async throws {
        #expect(try TestDeclarationKey.publicKey().keyIdentifier == TestDeclarationKey.keyIdentifier)
        for count in [1, 2, 100] {
            let declaration = try DeclarationSample.declaration(
                origin: .init(vendorID: VendorID(1), productID: ProductID(2)),
                paas: [[UInt8](repeating: 9, count: 20)],
                productIDs: (0..<count).map { UInt16(0x8000 + $0) }
            )
            let signed = try await DeclarationSample.signed(declaration)
            let read = try SignedDeclaration(der: signed.der)
            #expect(read.declaration == declaration)
            #expect(read.signerKeyIdentifier == TestDeclarationKey.keyIdentifier)
            #expect(try DeclarationSample.code(signed.der) == nil)
        }
    }

    @Test(
        "openssl verifies our envelope over exactly our content",
        .enabled(if: Vectors.arePresent, "\(Vectors.absence)")
    )
    func openssl() async throws {
        let signed = try await DeclarationSample.signed(DeclarationSample.declaration())
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
            _ = try await DeclarationSample.signed(DeclarationSample.declaration(kind: .official))
        } throws: {
            ($0 as? Refusal)?.has(MatterError.declarationTestKey) == true
        }
        let tree = DERTree(
            parsing: try await DeclarationSample.signed(DeclarationSample.declaration(kind: .provisional)).der
        )
        let content = try DeclarationSample.declaration(kind: .official).tlv
        #expect(
            try DeclarationSample.code(DeclarationMutation.envelope(tree, content)) == "matter.declaration.test-key"
        )
    }

    @Test("each wrong declaration is refused with its code, and together they reach every code")
    func faults() async throws {
        let judged = try await DeclarationFaults.judged()
        for verdict in judged { #expect(verdict.code == verdict.wanted?.rawValue, "\(verdict.fault)") }
        let all = MatterError.allCases.map(\.rawValue).filter { $0.hasPrefix("matter.declaration.") }
        #expect(Set(judged.compactMap(\.code)) == Set(all))
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
