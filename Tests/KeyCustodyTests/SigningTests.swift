import Crypto
import Foundation
import KeyCustody
import PKCS11Token
import TestSupport
import Testing
import Vocabulary

@Suite struct SigningTests {
    @Test func signaturesVerifyBySwiftCrypto() async throws {
        let token = try await SharedToken.portal()
        try await token.generate(KeyName(.paa, "sign"))
        let key = try await token.signingKey(KeyName(.paa, "sign"))
        let message = Array("a message".utf8)
        let signature = try await key.sign(message)
        let publicKey = try P256.Signing.PublicKey(x963Representation: key.publicKey.bytes)
        let parsed = try P256.Signing.ECDSASignature(rawRepresentation: signature.bytes)
        #expect(publicKey.isValidSignature(parsed, for: message))
        #expect(!publicKey.isValidSignature(parsed, for: message + [0]))
    }

    /// OpenSC's pkcs11-tool verifies by the token's public object, and sees the policy's attributes.
    @Test func openSCAgrees() async throws {
        let tool = "/usr/bin/pkcs11-tool"
        try #require(FileManager.default.isExecutableFile(atPath: tool), "the Debian package opensc is not installed")
        let opened = try await TestToken.open()
        let name = KeyName(.authorizer)
        try await opened.token.generate(name)
        let key = try await opened.token.signingKey(name)
        let message = Data("message for another program".utf8)
        let signature = try await key.sign(Array(message))
        let prefix = NSTemporaryDirectory() + "obis-opensc-\(UInt64.random(in: 0...UInt64.max))"
        defer { for end in [".msg", ".sig"] { try? FileManager.default.removeItem(atPath: prefix + end) } }
        try Data(SHA256.hash(data: message)).write(to: URL(fileURLWithPath: prefix + ".msg"))
        try Data(signature.bytes).write(to: URL(fileURLWithPath: prefix + ".sig"))
        let common = [
            "--module", SoftHSMFixture.modulePath, "--token-label", opened.files.label, "--login", "--pin",
            opened.files.userPIN,
        ]
        let verified = try Subprocess.run(
            tool,
            common + [
                "--verify", "--mechanism", "ECDSA", "--label", name.label, "--input-file", prefix + ".msg",
                "--signature-file", prefix + ".sig",
            ]
        )
        #expect(verified.status == 0 && verified.output.contains("Signature is valid"), "\(verified.output)")
        let listed = try Subprocess.run(tool, common + ["--list-objects", "--type", "privkey"])
        #expect(listed.output.contains("Usage:      sign\n"), "\(listed.output)")
        #expect(listed.output.contains("sensitive, always sensitive, never extractable, local"), "\(listed.output)")
    }

    @Test func namesAreWholeAndExact() async throws {
        let token = try await SharedToken.portal()
        try await token.generate(KeyName(.pai, "lamp"))
        #expect(try await token.has(KeyName(.pai, "lamp")))
        #expect(try await !token.has(KeyName(.pai, "lam")))
        #expect(try await !token.has(KeyName(.pai)))
        #expect(await refusalCode { _ = try await token.signingKey(KeyName(.pai, "lam")) } == "key.name.unknown")
        #expect(await refusalCode { try await token.generate(KeyName(.pai, "lamp")) } == "key.name.taken")
        #expect(await refusalCode { _ = try await token.has(KeyName(.pai, "")) } == "key.name.malformed")
        #expect(await refusalCode { _ = try await token.has(KeyName(.pai, "a b")) } == "key.name.malformed")
    }

    @Test func destroyedKeysAreGoneInEverySession() async throws {
        let token = try await SharedToken.portal()
        let name = KeyName(.pai, "short-lived")
        try await token.generate(name)
        let key = try await token.signingKey(name)
        for _ in 0..<16 { _ = try await key.sign([1]) }
        try await token.destroy(name)
        for _ in 0..<16 { #expect(await refusalCode { _ = try await key.sign([1]) } == "key.name.unknown") }
        #expect(await refusalCode { try await token.destroy(name) } == "key.name.unknown")
    }

    @Test func rolesDoTheirOwnWorkOnly() async throws {
        let token = try await SharedToken.portal()
        for role in [KeyRole.edgeSeal, .edgeTransport, .unitSecret, .productFleetKey, .portal] {
            try await token.generate(KeyName(role, "own-work"))
        }
        let unsuitable = "key.role.unsuitable"
        for role in [KeyRole.edgeSeal, .edgeTransport, .unitSecret, .productFleetKey] {
            #expect(
                await refusalCode { _ = try await token.signingKey(KeyName(role, "own-work")) } == unsuitable
            )
        }
        #expect(await refusalCode { _ = try await token.agreementKey(KeyName(.portal, "own-work")) } == unsuitable)
        #expect(await refusalCode { _ = try await token.checkValue(KeyName(.unitSecret, "own-work")) } == unsuitable)
        #expect(
            await refusalCode { _ = try await token.derive(KeyName(.productFleetKey, "own-work"), context: [1]) }
                == unsuitable
        )
        #expect(await refusalCode { try await token.generate(KeyName(.importedFleetKey, "x")) } == unsuitable)
        #expect(await refusalCode { try await token.generate(KeyName(.trustedTransport, "x")) } == unsuitable)
    }

    @Test func aReplacedPublicKeyIsNoticed() async throws {
        let opened = try await TestToken.open()
        let (first, second) = (KeyName(.pai, "first"), KeyName(.pai, "second"))
        try await opened.token.generate(first)
        try await opened.token.generate(second)
        // Without a PIN: destroy the public half and rename another key's.
        let tool = "/usr/bin/pkcs11-tool"
        let common = ["--module", SoftHSMFixture.modulePath, "--token-label", opened.files.label]
        let removed = try Subprocess.run(
            tool,
            common + ["--delete-object", "--type", "pubkey", "--label", first.label]
        )
        #expect(removed.status == 0, "\(removed.output)")
        let der = P256.Signing.PrivateKey().publicKey.derRepresentation
        let path = NSTemporaryDirectory() + "obis-planted-\(UInt64.random(in: 0...UInt64.max)).der"
        try der.write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let planted = try Subprocess.run(
            tool,
            common + [
                "--login", "--pin", opened.files.userPIN, "--write-object", path, "--type", "pubkey", "--label",
                first.label, "--usage-sign",
            ]
        )
        #expect(planted.status == 0, "\(planted.output)")
        #expect(await refusalCode { _ = try await opened.token.signingKey(first) } == "key.pair.inconsistent")
        _ = try await opened.token.signingKey(second)
    }
}
