import ChipPort
import Crypto
import Foundation
import Matter
import Programmers
import Silicon
import TestSupport
import Testing
import VirtualChip
import Vocabulary

struct ProvisioningTests {
    @Test(arguments: ChipFamily.allCases)
    func aUnitIsProvisionedAndAnswersAsADevice(_ family: ChipFamily) async throws {
        let (product, bench) = try await (ProductFixture(), ChipBench(family))
        try await bench.powered { chip in
            let station = StationStandIn(product: product, bench: bench, chip: chip)
            try await station.provision()
            let status = try await chip.status()
            #expect(status.lifecycle == .credentialed)
            #expect(status[.firmware]?.digest == product.firmwareDigest)
            #expect(try status.slots == [KeySlot("ota")])
            #expect(try await chip.readBack(.firmware) == product.firmware)

            let nonce = Nonce.fresh()
            let challenge = AttestationChallenge(validated: [UInt8](repeating: 9, count: 16))
            let answer = try await chip.attestationSignature(nonce: nonce, challenge: challenge, timestamp: 70_000)
            let elements = try AttestationElements.verify(
                elements: answer.elements.bytes,
                signature: answer.signature,
                challenge: challenge.bytes,
                nonce: nonce,
                key: #require(status.signingKey)
            )
            #expect(elements.declaration == ProductFixture.declaration)
            #expect(elements.timestamp == 70_000)
            #expect(elements.encoded == answer.elements.bytes)
        }
        let opened = try #require(try bench.secret("product/ota"))
        #expect(product.productKey.withUnsafeBytes { Secret($0) } == opened)
    }

    @Test func theRequestProvesWhatItHolds() async throws {
        let bench = try await ChipBench(.virtualV)
        let nonce = Nonce.fresh()
        let (der, proof, status) = try await bench.powered { chip in
            let der = try await chip.generateKeys(nonce: nonce)
            return try await (der, chip.vendorAttest(), chip.status())
        }
        let request = try DeviceRequest(der: der)
        #expect(request.chipUID == bench.uid)
        #expect(request.nonce == nonce)
        #expect(request.publicKey == status.signingKey)
        #expect(request.agreementKey == status.agreementKey)
        let openssl = try Subprocess.run(
            "/usr/bin/openssl",
            ["req", "-inform", "DER", "-noout", "-verify", "-subject"],
            input: Data(der)
        )
        #expect(openssl.status == 0 && openssl.output.contains("verify OK"), "\(openssl.output)")
        #expect(openssl.output.contains("obis-device"))
        #expect(proof.certificate.bytes == bench.vendorCertificate)
        try verifyVendorChain(bench, der, proof)
    }

    /// OpenSSL judges chain and signature.
    private func verifyVendorChain(_ bench: ChipBench, _ der: [UInt8], _ proof: VendorAttestation) throws {
        func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(bench.folder)/\(name)"))
            return "\(bench.folder)/\(name)"
        }
        func openssl(_ arguments: String...) throws -> Subprocess.Result {
            try Subprocess.run("/usr/bin/openssl", arguments)
        }
        let root = try write("root.der", bench.vendorRoot.certificate)
        let leaf = try write("leaf.der", proof.certificate.bytes)
        for name in [root, leaf] {
            #expect(try openssl("x509", "-inform", "DER", "-in", name, "-out", name + ".pem").status == 0)
        }
        let chain = try openssl("verify", "-x509_strict", "-CAfile", root + ".pem", leaf + ".pem")
        #expect(chain.status == 0, "\(chain.output)")
        let subject = try openssl("x509", "-in", leaf + ".pem", "-noout", "-subject")
        #expect(subject.output.contains(bench.uid.hex))
        let key = leaf + ".pub"
        #expect(try openssl("x509", "-in", leaf + ".pem", "-noout", "-pubkey", "-out", key).status == 0)
        let encoded = try P256.Signing.ECDSASignature(rawRepresentation: proof.signature.bytes).derRepresentation
        let signature = try write("proof.sig", encoded)
        let good = try openssl("dgst", "-sha256", "-verify", key, "-signature", signature, write("csr.der", der))
        #expect(good.status == 0, "\(good.output)")
        let bad = try openssl("dgst", "-sha256", "-verify", key, "-signature", signature, write("x.der", der + [0]))
        #expect(bad.status != 0)
    }

    @Test func aFamilyWithoutVendorIdentityHasNoProof() async throws {
        let bench = try await ChipBench(.virtualN)
        #expect(bench.vendorCertificate == nil)
        try await bench.powered { chip in
            _ = try await chip.generateKeys(nonce: .fresh())
            await expectRefusal("chip.vendor-identity.absent") { try await chip.vendorAttest() }
            #expect(try await chip.identify().vendorCertificate == nil)
        }
    }

    @Test func aSealIsForOneChipAndOneRequest() async throws {
        let (product, bench) = try await (ProductFixture(), ChipBench(.virtualN))
        try await bench.powered { chip in
            let old = Nonce.fresh()
            _ = try await chip.generateKeys(nonce: old)
            let agreement = try #require(try await chip.status().agreementKey)
            let other = ChipUID(validated: [UInt8](repeating: 1, count: 16))
            let foreign = try product.seal(to: agreement, uid: other, nonce: old)
            await expectRefusal("silicon.seal.unopenable") { try await chip.installSealedKey(foreign) }
            let stale = try product.seal(to: agreement, uid: bench.uid, nonce: old)
            _ = try await chip.attest(nonce: .fresh())
            await expectRefusal("silicon.seal.unopenable") { try await chip.installSealedKey(stale) }
        }
        #expect(try bench.secret("product/ota") == nil)
    }

    @Test func certificatesOfAnotherKeyAreRefused() async throws {
        let (product, bench) = try await (ProductFixture(), ChipBench(.virtualN))
        try await bench.powered { chip in
            _ = try await chip.generateKeys(nonce: .fresh())
            let foreign = try product.credentials(for: TokenStandIn().point)
            await expectRefusal("chip.credential.foreign") { try await chip.writeCredentials(foreign) }
            await expectRefusal("chip.application.stopped") {
                let status = try await chip.status()
                try await chip.writeCredentials(product.credentials(for: #require(status.signingKey)))
                return try await StationStandIn(product: product, bench: bench, chip: chip).attest()
            }
        }
    }

    @Test func firmwareOfAnotherKeyDoesNotRunOnceFused() async throws {
        let (product, other, bench) = try await (ProductFixture(), ProductFixture(), ChipBench(.virtualN))
        try await bench.powered { chip in
            let station = StationStandIn(product: product, bench: bench, chip: chip)
            try await station.provision()
            _ = try await station.attest()
            try await chip.writeFirmware(other.firmware, digest: other.firmwareDigest)
            try await chip.reset()
            await expectRefusal("chip.application.stopped") { try await station.attest() }
            try await chip.writeFirmware(product.firmware, digest: product.firmwareDigest)
            _ = try await station.attest()
        }
    }

    @Test func noReplyHoldsAKey() async throws {
        let (product, bench) = try await (ProductFixture(), ChipBench(.virtualV))
        let replies = try await bench.powered { chip in
            let station = StationStandIn(product: product, bench: bench, chip: chip)
            try await station.provision()
            var seen: [[UInt8]] = []
            for region in ChipRegion.allCases { seen.append(try await chip.readBack(region)) }
            let encoder = JSONEncoder()
            seen.append(try await Array(encoder.encode(chip.status())))
            seen.append(try await Array(encoder.encode(chip.identify())))
            seen.append(try await Array(encoder.encode(station.attest())))
            seen.append(try await chip.attest(nonce: .fresh()))
            return seen
        }
        let secrets = try VirtualChipInspector.secrets(folder: bench.folder)
        #expect(secrets.map(\.name) == ["signing", "agreement", "vendor", "product/ota"])
        for finding in secrets {
            let raw = finding.secret.withBytes { Array($0) }
            let forms = [raw, Array(Hex.encode(raw).utf8), Array(Data(raw).base64EncodedString().utf8)]
            for form in forms {
                for reply in replies { #expect(reply.firstRange(of: form) == nil, "\(finding.name)") }
            }
        }
        // The search itself works: the same look finds a key in the chip's own folder.
        let state = try Array(Data(contentsOf: URL(fileURLWithPath: bench.folder + "/chip.json")))
        let hex = try #require(try bench.secret("signing")).withBytes { Array(Hex.encode($0).utf8) }
        #expect(state.firstRange(of: hex) != nil)
    }

    @Test func oneFolderIsOneChip() async throws {
        let bench = try await ChipBench(.virtualN)
        try await bench.powered { _ in
            let second = VirtualChipProcess.Configuration(
                folder: bench.folder,
                address: try ChipAddress(bench.folder + "/second")
            )
            await expectRefusal("chip.state.in-use") { try await VirtualChipProcess.run(second) }
        }
        await expectRefusal("chip.state.in-use") {
            try await VirtualChipFactory.manufacture(
                folder: bench.folder,
                family: .virtualN,
                uid: bench.uid,
                vendor: nil,
                notBefore: .epoch
            )
        }
    }
}
