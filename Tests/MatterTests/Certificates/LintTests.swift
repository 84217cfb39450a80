import Crypto
import Matter
import Testing
import Vocabulary

struct LintTests {
    private func profile(_ kind: CertificateKind, _ laboratory: Laboratory) throws -> CertificateProfile {
        switch kind {
        case .dac: try laboratory.dacProfile()
        case .pai:
            try .pai(
                issuer: CertificateIssuer(laboratory.paa),
                commonName: "PAI",
                vendorID: Laboratory.vendorID,
                productID: Laboratory.productID,
                publicKey: laboratory.paiKey.point,
                serial: .fresh(),
                notBefore: Laboratory.start
            )
        case .paa:
            try .paa(
                commonName: "PAA",
                vendorID: Laboratory.vendorID,
                publicKey: laboratory.paaKey.point,
                serial: .fresh(),
                notBefore: Laboratory.start
            )
        }
    }

    @Test("each planted fault is refused with its code", arguments: LintFault.all)
    func fault(_ fault: LintFault) async throws {
        let laboratory = try await Laboratory()
        let profile = try profile(fault.kind, laboratory)
        let right = ToBeSignedCertificate(profile).bytes
        func lint(_ bytes: [UInt8]) throws {
            try CertificateLint.check(bytes, as: fault.kind, issuer: profile.issuer, expected: .init(profile))
        }
        try lint(right)
        var tree = DERTree(parsing: right)
        fault.plant(&tree)
        #expect(tree.encoded != right)
        #expect(try refusalCode { try lint(tree.encoded) } == fault.code.rawValue)
    }

    @Test("there are at least 25 faults, and they reach every code of the lint")
    func coverage() {
        #expect(LintFault.all.count >= 25)
        let codes = Set(LintFault.all.map(\.code.rawValue))
        let lint = Set(MatterError.allCases.map(\.rawValue).filter { $0.hasPrefix("matter.lint.") })
        #expect(codes == lint)
    }

    @Test("what the issuer may not issue is refused whatever the bytes say")
    func scope() async throws {
        let laboratory = try await Laboratory()
        let issuer = try CertificateIssuer(laboratory.pai)
        func code(vendor: UInt16, product: UInt16?) throws -> String? {
            let profile = try CertificateProfile.dac(
                issuer: issuer,
                commonName: "d",
                vendorID: VendorID(vendor),
                productID: ProductID(product ?? 0),
                publicKey: laboratory.deviceKey.point,
                serial: .fresh(),
                notBefore: Laboratory.start
            )
            let expected = CertificateExpectation(
                publicKey: profile.publicKey,
                vendorID: VendorID(vendor),
                productID: product.map { ProductID($0) },
                serial: profile.serial,
                commonName: "d",
                notBefore: profile.notBefore
            )
            return try refusalCode {
                try CertificateLint.check(
                    ToBeSignedCertificate(profile).bytes,
                    as: .dac,
                    issuer: issuer,
                    expected: expected
                )
            }
        }
        #expect(try code(vendor: 0xFFF1, product: 0x8001) == nil)
        #expect(try code(vendor: 0xFFF2, product: 0x8001) == "matter.lint.scope")
        #expect(try code(vendor: 0xFFF1, product: 0x8002) == "matter.lint.scope")
        #expect(try code(vendor: 0xFFF1, product: nil) == "matter.lint.scope")
    }

    @Test("a DAC that starts before its PAI is refused, and so is a PAI that outlives its PAA")
    func validity() async throws {
        let laboratory = try await Laboratory()
        let early = CertificateIssuer(
            name: laboratory.pai.subject,
            publicKey: laboratory.pai.publicKey,
            notBefore: .epoch,
            notAfter: .noExpiry
        )
        let dac = try CertificateProfile.dac(
            issuer: early,
            commonName: "d",
            vendorID: Laboratory.vendorID,
            productID: Laboratory.productID,
            publicKey: laboratory.deviceKey.point,
            serial: .fresh(),
            notBefore: laboratory.pai.notBefore + -1
        )
        let issuer = try CertificateIssuer(laboratory.pai)
        let code = try refusalCode {
            try CertificateLint.check(
                ToBeSignedCertificate(dac).bytes,
                as: .dac,
                issuer: issuer,
                expected: .init(dac)
            )
        }
        #expect(code == "matter.lint.validity")
        let short = CertificateIssuer(
            name: laboratory.paa.subject,
            publicKey: laboratory.paa.publicKey,
            notBefore: Laboratory.start,
            notAfter: Laboratory.start + 1000
        )
        let pai = try CertificateProfile.pai(
            issuer: short,
            commonName: "PAI",
            vendorID: Laboratory.vendorID,
            productID: nil,
            publicKey: laboratory.paiKey.point,
            serial: .fresh(),
            notBefore: Laboratory.start,
            notAfter: Laboratory.start + 1001
        )
        let outlives = try refusalCode {
            try CertificateLint.check(ToBeSignedCertificate(pai).bytes, as: .pai, issuer: short, expected: .init(pai))
        }
        #expect(outlives == "matter.lint.validity")
    }
}
