import Crypto
import Foundation
import Matter
import SwiftASN1
import TestSupport
import Testing
import Vocabulary
import X509

struct ServiceCertificateTests {
    private let caKey = P256.Signing.PrivateKey()
    private let leafKey = P256.Signing.PrivateKey()

    private func authority() throws -> [UInt8] {
        let profile = try ServiceCertificateProfile(
            usage: .authority,
            subject: ServiceName(commonName: "site-1 CA", organization: "Acme"),
            issuer: nil,
            publicKey: caKey.point,
            serial: .fresh(),
            notBefore: Laboratory.start,
            notAfter: Laboratory.start + 86_400
        )
        let tbs = ToBeSignedCertificate(profile)
        return try tbs.assembled(with: caKey.signNow(tbs.bytes))
    }

    private func leaf(_ usage: ServiceCertificateProfile.Usage, issuer: [UInt8]) throws -> [UInt8] {
        let profile = try ServiceCertificateProfile(
            usage: usage,
            subject: ServiceName(commonName: "station-07", organizationalUnit: "station"),
            issuer: ServiceIssuer(certificate: issuer),
            publicKey: leafKey.point,
            serial: .fresh(),
            notBefore: Laboratory.start,
            notAfter: Laboratory.start + 3600,
            dnsNames: ["edge.site-1.example"],
            addresses: [[10, 0, 0, 7]]
        )
        let tbs = ToBeSignedCertificate(profile)
        return try tbs.assembled(with: caKey.signNow(tbs.bytes))
    }

    @Test(
        "openssl accepts a site CA's leaves for their purpose and for no other",
        arguments: [
            (ServiceCertificateProfile.Usage.server, true, false), (.client, false, true),
            (.serverAndClient, true, true),
        ]
    )
    func purposes(_ usage: ServiceCertificateProfile.Usage, server: Bool, client: Bool) throws {
        let ca = try authority()
        let folder = try TemporaryFolder()
        func pem(_ name: String, _ der: [UInt8]) throws -> String {
            let source = try folder.write(name, der)
            _ = try Subprocess.run(
                "/usr/bin/openssl",
                ["x509", "-inform", "DER", "-in", source, "-out", source + ".pem"]
            )
            return source + ".pem"
        }
        let (root, end) = try (pem("ca", ca), pem("leaf", leaf(usage, issuer: ca)))
        func verifies(_ options: [String]) throws -> Bool {
            let time = ["-attime", String((Laboratory.start + 60).seconds)]
            return try Subprocess.run(
                "/usr/bin/openssl",
                ["verify", "-x509_strict", "-CAfile", root] + time + options + [end]
            ).status == 0
        }
        #expect(try verifies(["-purpose", "sslserver"]) == server)
        #expect(try verifies(["-purpose", "sslclient"]) == client)
        #expect(try verifies(["-verify_hostname", "edge.site-1.example", "-verify_ip", "10.0.0.7"]))
        #expect(try !verifies(["-verify_hostname", "other.example"]))
    }

    @Test("role and name come back out of the certificate")
    func names() throws {
        let certificate = try Certificate(derEncoded: leaf(.client, issuer: authority()))
        #expect(certificate.subject.description == "CN=station-07,OU=station")
        let name = try ServiceName(commonName: "a", organizationalUnit: "b", organization: "c")
        #expect(try ServiceName(der: name.der) == name)
        let twice = DERTree(parsing: name.der)
        let doubled = DERTree(0x30, children: (twice.children ?? []) + [twice[0]])
        #expect(try refusalCode { _ = try ServiceName(der: doubled.encoded) } == MatterError.serviceName.rawValue)
    }

    @Test("a leaf is no issuer, and malformed contents are refused")
    func refusals() throws {
        let ca = try authority()
        let end = try leaf(.client, issuer: ca)
        #expect(try refusalCode { _ = try ServiceIssuer(certificate: end) } == MatterError.serviceIssuer.rawValue)
        func profile(names: [String] = [], addresses: [[UInt8]] = [], notAfter: Instant = .noExpiry) throws {
            _ = try ServiceCertificateProfile(
                usage: .server,
                subject: ServiceName(commonName: "x"),
                issuer: ServiceIssuer(certificate: ca),
                publicKey: leafKey.point,
                serial: .fresh(),
                notBefore: Laboratory.start,
                notAfter: notAfter,
                dnsNames: names,
                addresses: addresses
            )
        }
        let code = MatterError.serviceProfile.rawValue
        #expect(try refusalCode { try profile(names: ["bad name"]) } == code)
        #expect(try refusalCode { try profile(names: [""]) } == code)
        #expect(try refusalCode { try profile(addresses: [[1, 2, 3]]) } == code)
        #expect(try refusalCode { try profile(notAfter: Laboratory.start + -1) } == code)
        let long = String(repeating: "x", count: 65)
        #expect(try refusalCode { _ = try ServiceName(commonName: long) } == MatterError.serviceName.rawValue)
    }
}
