import Crypto
import Foundation
import Governance
import KeyCustody
import Matter
import OEMWorld
import TestSupport
import Testing
import Vocabulary

/// The CA of the Factory Services, on a portal token that a ceremony filled, read by OpenSSL.
@Suite(.serialized) struct EnrolmentAuthorityTests {
    private func request(_ key: P256.Signing.PrivateKey, name: String = "line-1") throws -> [UInt8] {
        let point = try P256Point(Array(key.publicKey.x963Representation))
        let body = try ToBeSignedRequest(subject: ServiceName(commonName: name), publicKey: point)
        let signature = try RawSignature(Array(key.signature(for: body.bytes).rawRepresentation))
        return try body.assembled(with: signature).der
    }

    private func openssl(_ arguments: String...) throws -> (status: Int32, text: String) {
        let result = try Subprocess.run("/usr/bin/openssl", arguments)
        return (result.status, result.output)
    }

    @Test func certifiesAFactoryServiceUnderTheTokensKey() async throws {
        let world = try await World()
        try await world.run(world.file())
        let key = P256.Signing.PrivateKey()
        let csr = try request(key)
        let (factory, service) = (try FactoryID("shenzhen"), try StationName("factory-service"))
        let (authority, chain, again) = try await world.access.withToken(world.portalToken) { token in
            let first = try await EnrolmentAuthority.open(in: token, oem: "Example OEM", at: World.now)
            let again = try await EnrolmentAuthority.open(in: token, oem: "Example OEM", at: World.now + 86_400)
            let chain = try await first.certify(csr, factory: factory, service: service, at: World.now)
            return (first.certificate, chain, again.certificate)
        }
        #expect(again == authority, "made once, then kept in the token")
        #expect(chain.count == 2 && chain.last == authority)
        let names = ["client", "ca"]
        for (name, der) in zip(names, chain) { try StateFile.write("\(world.folder)/\(name).der", der) }
        for name in names {
            _ = try openssl(
                "x509",
                "-inform",
                "DER",
                "-in",
                "\(world.folder)/\(name).der",
                "-out",
                "\(world.folder)/\(name).pem"
            )
        }
        let verdict = try openssl(
            "verify",
            "-x509_strict",
            "-check_ss_sig",
            "-purpose",
            "sslclient",
            "-attime",
            "\(World.now.seconds)",
            "-CAfile",
            "\(world.folder)/ca.pem",
            "\(world.folder)/client.pem"
        )
        #expect(verdict.status == 0, "\(verdict.text)")
        let ca = try openssl("x509", "-in", "\(world.folder)/ca.pem", "-noout", "-text").text
        for part in ["CN = OBIS enrolment Example OEM", "pathlen:0", "CA:TRUE", "prime256v1", "Nov 22 "] {
            #expect(ca.contains(part), "\(part)")
        }
        let client = try openssl("x509", "-in", "\(world.folder)/client.pem", "-noout", "-text").text
        for part in ["O = shenzhen, OU = factory, CN = factory-service", "TLS Web Client Authentication", "CA:FALSE"] {
            #expect(client.contains(part), "\(part)")
        }
        #expect(!client.contains("Server Authentication") && !client.contains("line-1"), "the request's wishes")
        let serial = try openssl("x509", "-in", "\(world.folder)/client.pem", "-noout", "-serial").text
        #expect(serial.trimmingCharacters(in: .whitespacesAndNewlines).count == "serial=".count + 32)
    }

    @Test func refusesWhatItShouldNotCertify() async throws {
        let world = try await World()
        try await world.run(world.file())
        let good = try request(P256.Signing.PrivateKey())
        // The same request with another key's signature: nobody proved to hold the key in it.
        let (factory, service) = (try FactoryID("shenzhen"), try StationName("service"))
        var foreign = good
        foreign[foreign.count - 1] ^= 1
        let rsa = "\(world.folder)/rsa"
        _ = try openssl(
            "req",
            "-new",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "\(rsa).key",
            "-subj",
            "/CN=line-1",
            "-outform",
            "DER",
            "-out",
            "\(rsa).csr"
        )
        let requests: [(String, [UInt8], Int64)] = [
            ("enrolment.request.refused", foreign, 86_400), ("enrolment.request.refused", good + [0], 86_400),
            ("enrolment.request.refused", try StateFile.read("\(rsa).csr", limit: 4_096), 86_400),
            ("enrolment.request.refused", [UInt8](repeating: 0x30, count: 2_049), 86_400),
            ("enrolment.lifetime.refused", good, 86_399), ("enrolment.lifetime.refused", good, 398 * 86_400),
        ]
        for (code, csr, lifetime) in requests {
            let refused = await refusal {
                _ = try await world.access.withToken(world.portalToken) { token in
                    try await EnrolmentAuthority.open(in: token, oem: "Example OEM", at: World.now)
                        .certify(csr, factory: factory, service: service, at: World.now, lifetime: lifetime)
                }
            }
            #expect(refused == code)
        }
        let stranger = try await World()
        #expect(
            await refusal {
                _ = try await stranger.access.withToken(stranger.portalToken) { token in
                    try await EnrolmentAuthority.open(in: token, oem: "Example OEM", at: World.now)
                }
            } == "key.name.unknown"
        )
        try await world.access.withToken(world.portalToken) { token in
            try await token.destroy(KeyName(.enrolmentCA))
            try await token.generate(KeyName(.enrolmentCA))
        }
        #expect(
            await refusal {
                _ = try await world.access.withToken(world.portalToken) { token in
                    try await EnrolmentAuthority.open(in: token, oem: "Example OEM", at: World.now)
                }
            } == "enrolment.certificate.differs"
        )
    }
}
