import Crypto
import CryptoExtras
import Foundation
import KeyCustody
import PKCS11Token
import Silicon
import TestSupport
import Testing
import Vocabulary

/// Token to token to chip.
@Suite struct ProductKeyTests {
    private static let fleet = Array(0..<16).map { UInt8($0) }
    private static let master = Array(0..<32).map { UInt8($0 ^ 0x5a) }

    /// Keys of known value, so that what arrives can be compared.
    private static let known = Task {
        let pair = try await TransportPair.shared()
        try await pair.portal.importInClear(KeyName(.productFleetKey, "p"), value: Secret(fleet))
        try await pair.portal.importInClear(KeyName(.productMasterKey, "p"), value: Secret(master))
        for (product, imported) in [
            (KeyRole.productFleetKey, KeyRole.importedFleetKey), (.productMasterKey, .importedMasterKey),
        ] {
            let wrapped = try await pair.portal.wrap(KeyName(product, "p"), under: pair.trusted)
            try await pair.edge.unwrap(wrapped, with: pair.transport, as: KeyName(imported, "p"))
        }
        return pair
    }

    private func knownPair() async throws -> TransportPair { try await Self.known.value }

    @Test func fleetKeyReachesTheChipItIsSealedToAndNoOther() async throws {
        let pair = try await knownPair()
        let (chip, info) = (P256.KeyAgreement.PrivateKey(), Array("slot uid nonce".utf8))
        let point = try P256Point(chip.publicKey.x963Representation)
        let sealed = try await pair.edge.seal(KeyName(.importedFleetKey, "p"), .fleet, to: point, info: info)
        let wrapped = try Hex.decode(sealed.wrapped)
        let opened = try ProductKeySeal.open(ephemeral: sealed.ephemeral, wrapped: wrapped, info: info, with: chip)
        #expect(opened == SymmetricKey(data: Self.fleet))
        let unopenable = "silicon.seal.unopenable"
        #expect(
            await refusalCode {
                _ = try ProductKeySeal.open(
                    ephemeral: sealed.ephemeral,
                    wrapped: wrapped,
                    info: info,
                    with: P256.KeyAgreement.PrivateKey()
                )
            } == unopenable
        )
        #expect(
            await refusalCode {
                _ = try ProductKeySeal.open(
                    ephemeral: sealed.ephemeral,
                    wrapped: wrapped,
                    info: info + [0],
                    with: chip
                )
            } == unopenable
        )
        let again = try await pair.edge.seal(KeyName(.importedFleetKey, "p"), .fleet, to: point, info: info)
        #expect(again.ephemeral != sealed.ephemeral, "a fresh ephemeral key for each seal")
    }

    @Test func derivedKeyIsAESOfTheContext() async throws {
        let pair = try await knownPair()
        let (chip, context) = (P256.KeyAgreement.PrivateKey(), [UInt8](repeating: 0x77, count: 16))
        let sealed = try await pair.edge.seal(
            KeyName(.importedMasterKey, "p"),
            .derived(context: context),
            to: try P256Point(chip.publicKey.x963Representation),
            info: [1, 2, 3]
        )
        let opened = try ProductKeySeal.open(
            ephemeral: sealed.ephemeral,
            wrapped: Hex.decode(sealed.wrapped),
            info: [1, 2, 3],
            with: chip
        )
        var expected = context
        try AES.permute(&expected, key: SymmetricKey(data: Self.master))
        #expect(opened == SymmetricKey(data: expected))
    }

    @Test func manySealsOpen() async throws {
        // One shared secret in 256 starts with a zero octet: a module that drops it would fail here.
        let pair = try await knownPair()
        for index in 0..<600 {
            let chip = P256.KeyAgreement.PrivateKey()
            let sealed = try await pair.edge.seal(
                KeyName(.importedFleetKey, "p"),
                .fleet,
                to: try P256Point(chip.publicKey.x963Representation),
                info: [UInt8(index & 255)]
            )
            let opened = try ProductKeySeal.open(
                ephemeral: sealed.ephemeral,
                wrapped: Hex.decode(sealed.wrapped),
                info: [UInt8(index & 255)],
                with: chip
            )
            #expect(opened == SymmetricKey(data: Self.fleet))
        }
    }

    @Test func releaseMustFitTheRole() async throws {
        let pair = try await knownPair()
        let point = try P256Point(P256.KeyAgreement.PrivateKey().publicKey.x963Representation)
        let context = [UInt8](repeating: 1, count: 16)
        for (name, release) in [
            (KeyName(.importedMasterKey, "p"), ProductKeyRelease.fleet),
            (KeyName(.importedFleetKey, "p"), .derived(context: context)),
        ] {
            #expect(
                await refusalCode { _ = try await pair.edge.seal(name, release, to: point, info: []) }
                    == "key.role.unsuitable"
            )
        }
        #expect(
            await refusalCode {
                _ = try await pair.edge.seal(
                    KeyName(.importedMasterKey, "p"),
                    .derived(context: [1]),
                    to: point,
                    info: []
                )
            } == "key.input.out-of-range"
        )
        var off = point.bytes
        off[64] ^= 1
        let bad = try P256Point(off)
        #expect(
            await refusalCode {
                _ = try await pair.edge.seal(KeyName(.importedFleetKey, "p"), .fleet, to: bad, info: [])
            } == "key.point.malformed"
        )
    }

    @Test func checkValueIsCMACAndTravelsWithTheKey() async throws {
        let pair = try await knownPair()
        let value = try await pair.portal.checkValue(KeyName(.productFleetKey, "p"))
        var expected = try AES.CMAC(key: SymmetricKey(data: Self.fleet))
        expected.update(data: CheckValue.message)
        #expect(value == Array(expected.finalize()))
        try await pair.portal.verifyCheckValue(value, of: KeyName(.productFleetKey, "p"))
        try await pair.edge.verifyCheckValue(value, of: KeyName(.importedFleetKey, "p"))
        let other = try await pair.portal.checkValue(KeyName(.productMasterKey, "p"))
        for token in [pair.edge, pair.portal] {
            let name = KeyName(token === pair.edge ? .importedFleetKey : .productFleetKey, "p")
            #expect(
                await refusalCode { try await token.verifyCheckValue(other, of: name) } == "key.check-value.differs"
            )
        }
        #expect(
            await refusalCode { _ = try await pair.edge.checkValue(KeyName(.importedFleetKey, "p")) }
                == "key.role.unsuitable"
        )
    }

    @Test func knownValuesShow() async throws {
        let pair = try await knownPair()
        try await pair.portal.generate(KeyName(.productFleetKey, "real"))
        #expect(try await pair.portal.isImportedInClear(KeyName(.productFleetKey, "p")))
        #expect(try await !pair.portal.isImportedInClear(KeyName(.productFleetKey, "real")))
        #expect(
            await refusalCode {
                try await pair.portal.importInClear(KeyName(.productFleetKey, "long"), value: Secret(Self.master))
            } == "key.input.out-of-range"
        )
    }

    @Test func wrappedKeyOpensOnlyInItsEdgeHSM() async throws {
        let pair = try await knownPair()
        let wrapped = try await pair.portal.wrap(KeyName(.productFleetKey, "p"), under: pair.trusted)
        #expect(wrapped.count == 384)
        let other = try await TestToken.open()
        try await other.token.generate(pair.transport)
        let code = await refusalCode {
            try await other.token.unwrap(wrapped, with: pair.transport, as: KeyName(.importedFleetKey, "p"))
        }
        #expect(code != nil)
        #expect(try await !other.token.has(KeyName(.importedFleetKey, "p")))
        #expect(
            await refusalCode {
                try await pair.edge.unwrap(wrapped, with: pair.transport, as: KeyName(.importedFleetKey, "p"))
            } == "key.name.taken"
        )
        #expect(
            await refusalCode {
                try await pair.edge.unwrap([1], with: pair.transport, as: KeyName(.importedFleetKey, "q"))
            } == "key.input.out-of-range"
        )
    }

    /// SoftHSM2 refuses OAEP with SHA-256, and so do we rather than fall back to another hash by ourselves.
    @Test func theTransportHashIsNeverChangedSilently() async throws {
        let pair = try await knownPair()
        let strict = try await PKCS11Token.open(pair.portalFiles.configuration(transportHash: .sha256))
        #expect(
            await refusalCode { _ = try await strict.wrap(KeyName(.productFleetKey, "p"), under: pair.trusted) }
                == "key.operation.refused"
        )
    }

    @Test func unitSecretsAreHMAC() async throws {
        let token = try await SharedToken.portal()
        let (first, second) = (KeyName(.unitSecret, "a"), KeyName(.unitSecret, "b"))
        try await token.generate(first)
        try await token.generate(second)
        let value = try await token.derive(first, context: [1])
        #expect(value.count == 32)
        #expect(try await token.derive(first, context: [1]) == value)
        #expect(try await !(token.derive(first, context: [2]) == value))
        #expect(try await !(token.derive(second, context: [1]) == value))
    }

    @Test func transportKeyIsReadByOpenSSL() async throws {
        let token = try await SharedToken.portal()
        try await token.generate(KeyName(.edgeTransport, "openssl"))
        let der = try await token.transportPublicKey(KeyName(.edgeTransport, "openssl"))
        let read = try Subprocess.run(
            "/usr/bin/openssl",
            ["pkey", "-pubin", "-inform", "DER", "-noout", "-text"],
            input: Data(der)
        )
        #expect(read.output.contains("Public-Key: (3072 bit)"), "\(read.output)")
        #expect(read.output.contains("Exponent: 65537"))
    }

    @Test func officerTakesNothingElseThanATransportKey() async throws {
        let files = try SoftHSMFixture.shared().takeToken()
        let officer = PKCS11TokenOfficer(
            modulePath: SoftHSMFixture.modulePath,
            label: files.label,
            pinSource: .file(path: files.officerPINPath)
        )
        let short = try _RSA.Encryption.PrivateKey(keySize: .bits2048).publicKey.derRepresentation
        let curve = P256.Signing.PrivateKey().publicKey.derRepresentation
        let name = KeyName(.trustedTransport, "e")
        for bad in [Array(short), Array(curve), [], [0x30, 0x80]] {
            #expect(
                await refusalCode { try await officer.registerTrusted(name, publicKey: bad) }
                    == "key.transport.malformed"
            )
        }
        let good = Array(try _RSA.Encryption.PrivateKey(keySize: .bits3072).publicKey.derRepresentation)
        #expect(
            await refusalCode { try await officer.registerTrusted(name, publicKey: good + [0]) }
                == "key.transport.malformed"
        )
        try await officer.registerTrusted(name, publicKey: good)
        #expect(await refusalCode { try await officer.registerTrusted(name, publicKey: good) } == "key.name.taken")
        // While a user is logged in, the officer can't be.
        let user = try await PKCS11Token.open(files.configuration())
        #expect(try await user.has(name))
        #expect(await refusalCode { try await officer.removeTrusted(name) } == "key.officer.busy")
        await user.close()
        try await officer.removeTrusted(name)
        #expect(await refusalCode { try await officer.removeTrusted(name) } == "key.name.unknown")
    }
}
