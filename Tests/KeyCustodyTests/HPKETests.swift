import Crypto
import Foundation
import KeyCustody
import PKCS11Token
import TestSupport
import Testing
import Vocabulary

@Suite struct HPKETests {
    private static let suite = HPKE.Ciphersuite.P256_SHA256_AES_GCM_256

    private func key(_ instance: String) async throws -> any AgreementKey {
        let token = try await SharedToken.portal()
        try await token.generate(KeyName(.edgeSeal, instance))
        return try await token.agreementKey(KeyName(.edgeSeal, instance))
    }

    @Test func tokenOpensWhatSwiftCryptoSealed() async throws {
        let key = try await key("hpke-in")
        let plaintext = Array("a production package".utf8)
        let recipient = try P256.KeyAgreement.PublicKey(x963Representation: key.publicKey.bytes)
        var sender = try HPKE.Sender(recipientKey: recipient, ciphersuite: Self.suite, info: Data([1]))
        let ciphertext = try sender.seal(Data(plaintext), authenticating: Data([2]))
        let message = HPKEMessage(
            encapsulated: try P256Point(sender.encapsulatedKey),
            ciphertext: Array(ciphertext)
        )
        let opened = try await HPKEOpener.open(message, with: key, info: [1], aad: [2])
        #expect(opened == Secret(plaintext))
    }

    @Test func swiftCryptoOpensWhatWeSealed() throws {
        let key = P256.KeyAgreement.PrivateKey()
        let message = try HPKESealer.seal(
            Array("label".utf8),
            to: try P256Point(key.publicKey.x963Representation),
            info: [1],
            aad: [2]
        )
        var recipient = try HPKE.Recipient(
            privateKey: key,
            ciphersuite: Self.suite,
            info: Data([1]),
            encapsulatedKey: Data(message.encapsulated.bytes)
        )
        #expect(try recipient.open(Data(message.ciphertext), authenticating: Data([2])) == Data("label".utf8))
    }

    @Test func anyChangeIsRefused() async throws {
        let (key, other) = (try await key("hpke-a"), try await key("hpke-b"))
        let message = try HPKESealer.seal(Array("secret".utf8), to: key.publicKey, info: [1], aad: [2])
        let unopenable = "key.seal.unopenable"
        #expect(try await HPKEOpener.open(message, with: key, info: [1], aad: [2]) == Secret(Array("secret".utf8)))
        #expect(
            await refusalCode { _ = try await HPKEOpener.open(message, with: other, info: [1], aad: [2]) } == unopenable
        )
        #expect(
            await refusalCode { _ = try await HPKEOpener.open(message, with: key, info: [], aad: [2]) } == unopenable
        )
        #expect(
            await refusalCode { _ = try await HPKEOpener.open(message, with: key, info: [1], aad: []) } == unopenable
        )
        for index in message.ciphertext.indices {
            var changed = message.ciphertext
            changed[index] ^= 0x80
            let forged = HPKEMessage(encapsulated: message.encapsulated, ciphertext: changed)
            #expect(
                await refusalCode { _ = try await HPKEOpener.open(forged, with: key, info: [1], aad: [2]) }
                    == unopenable
            )
        }
        var off = message.encapsulated.bytes
        off[40] ^= 1
        let forged = HPKEMessage(encapsulated: try P256Point(off), ciphertext: message.ciphertext)
        #expect(
            await refusalCode { _ = try await HPKEOpener.open(forged, with: key, info: [1], aad: [2]) }
                == "key.point.malformed"
        )
        let empty = HPKEMessage(encapsulated: message.encapsulated, ciphertext: [])
        #expect(
            await refusalCode { _ = try await HPKEOpener.open(empty, with: key, info: [1], aad: [2]) }
                == "key.input.out-of-range"
        )
    }

    @Test func agreementEqualsSwiftCryptoForManyPeers() async throws {
        let key = try await key("ecdh")
        let ours = try P256.KeyAgreement.PublicKey(x963Representation: key.publicKey.bytes)
        for _ in 0..<300 {
            let peer = P256.KeyAgreement.PrivateKey()
            let expected = try peer.sharedSecretFromKeyAgreement(with: ours).withUnsafeBytes { Secret($0) }
            #expect(try await key.agree(with: try P256Point(peer.publicKey.x963Representation)) == expected)
        }
    }
}
