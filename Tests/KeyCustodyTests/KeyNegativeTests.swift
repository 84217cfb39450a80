import Crypto
import KeyCustody
import TestSupport
import Testing
import Vocabulary

@testable import PKCS11Token

/// What the holder of the PIN can't do, tried below our own interface.
@Suite struct KeyNegativeTests {
    /// The return value that `body` fails with, as text; nil when it succeeds.
    private func failure(
        _ token: PKCS11Token,
        _ body: @escaping @Sendable (Session) throws -> Void
    ) async throws -> String? {
        try await token.pool.run { session in
            do {
                try body(session)
                return nil
            } catch let failure as PKCS11Failure {
                return failure.text
            }
        }
    }

    private static let usages: [KeyAttribute] = [
        .sign, .signRecover, .verify, .encrypt, .decrypt, .wrap, .unwrap, .derive, .extractable, .trusted, .modifiable,
        .copyable,
    ]

    @Test(arguments: [
        KeyRole.pai, .edgeSeal, .edgeTransport, .productFleetKey, .productMasterKey, .unitSecret,
    ])
    func noUseCanBeSwitchedOnLater(role: KeyRole) async throws {
        let token = try await SharedToken.portal()
        let name = KeyName(role, "later")
        try await token.generate(name)
        for usage in Self.usages {
            let refused = try await failure(token) { session in
                let key = try session.key(name, name.label)
                try session.setAttributes(key, [Attribute(usage.number, .flag(true))])
            }
            #expect(refused != nil, "\(usage.rawValue) of \(role) could be set")
            let copied = try await failure(token) { session in
                let key = try session.key(name, name.label)
                _ = try session.copy(key, [Attribute(usage.number, .flag(true))])
            }
            #expect(copied != nil, "\(role) could be copied with \(usage.rawValue)")
        }
        #expect(try await token.attributes(of: name) == KeyPolicy.of(role).objects)
    }

    @Test(arguments: KeyRole.allCases.filter { KeyPolicy.of($0).origin == .generated })
    func noValueCanBeRead(role: KeyRole) async throws {
        let token = try await SharedToken.portal()
        let name = KeyName(role, "value")
        try await token.generate(name)
        // CKA_VALUE, and for RSA CKA_PRIVATE_EXPONENT and CKA_PRIME_1.
        for attribute: UInt in role == .edgeTransport ? [0x123, 0x124] : [0x11] {
            let refused = try await failure(token) { session in
                _ = try session.attribute(session.key(name, name.label), attribute)
            }
            #expect(refused == "C_GetAttributeValue: CKR_ATTRIBUTE_SENSITIVE")
        }
    }

    @Test func productKeyIsNotWrappedUnderAKeyThatTheOfficerDidNotMake() async throws {
        let token = try await SharedToken.portal()
        let (product, own) = (KeyName(.productFleetKey, "untrusted"), KeyName(.edgeTransport, "attacker"))
        try await token.generate(product)
        // The thief of the portal's PIN makes a key pair and names its public half as a trusted one would be.
        try await token.generate(own)
        let label = KeyName(.trustedTransport, "attacker").label
        let (modulus, exponent) = try await token.pool.run { session in
            let key = try session.key(own, own.label)
            return (try session.attribute(key, 0x120), try session.attribute(key, 0x122))
        }
        let template = Session.template(KeyPolicy.of(.trustedTransport), .publicKey, label)
            .filter { $0.type != KeyAttribute.modulusBits.number }
        let numbers = [Attribute(0x120, .bytes(modulus)), Attribute(0x122, .bytes(exponent))]
        let asTrusted = try await token.pool.run { session in
            do {
                _ = try session.create(template + numbers)
                return "created"
            } catch let failure as PKCS11Failure {
                return failure.text
            }
        }
        #expect(asTrusted == "C_CreateObject: CKR_ATTRIBUTE_READ_ONLY")
        let wrapped = try await token.pool.run { session in
            let untrusted = template.filter { $0.type != KeyAttribute.trusted.number }
            let key = try session.create(untrusted + numbers)
            do {
                _ = try session.wrapOAEP(session.key(product, product.label), under: key, hash: .sha1)
                return "wrapped"
            } catch let failure as PKCS11Failure {
                return failure.text
            }
        }
        #expect(wrapped == "C_WrapKey: CKR_KEY_NOT_WRAPPABLE" || wrapped.contains("CKR 0x147"), "\(wrapped)")
        // And our own interface doesn't even see that key.
        #expect(
            await refusalCode { _ = try await token.wrap(product, under: KeyName(.trustedTransport, "attacker")) }
                == "key.name.unknown"
        )
    }

    @Test func notEvenTheOfficerMakesAKeyTrustedLater() async throws {
        let files = try SoftHSMFixture.shared().takeToken()
        let pin = try PINSource.file(path: files.officerPINPath).read()
        let result = try await BlockingThread.run {
            let module = try PKCS11Module.load(path: SoftHSMFixture.modulePath)
            let session = try Session(
                module: module,
                slot: module.slot(label: files.label).slot,
                as: .officer,
                pin: pin
            )
            defer { session.logout() }
            let label = "trusted-transport/later"
            var template = Session.template(KeyPolicy.of(.trustedTransport), .publicKey, label)
                .filter { ![KeyAttribute.modulusBits, .trusted, .modifiable].map(\.number).contains($0.type) }
            template += [
                Attribute(0x120, .bytes([0xc1] + [UInt8](repeating: 0x55, count: 383))),
                Attribute(0x122, .bytes([1, 0, 1])),
            ]
            let key = try session.create(template)
            do {
                try session.setAttributes(key, [Attribute(KeyAttribute.trusted.number, .flag(true))])
                return "set"
            } catch let failure as PKCS11Failure {
                return failure.text
            }
        }
        #expect(result == "C_SetAttributeValue: CKR_ATTRIBUTE_READ_ONLY")
    }

    @Test func importedKeysStayAsTheyAre() async throws {
        let pair = try await TransportPair.shared()
        let edge = pair.edge
        for (product, imported) in [
            (KeyRole.productFleetKey, KeyRole.importedFleetKey), (.productMasterKey, .importedMasterKey),
        ] {
            let name = KeyName(imported, "fixed")
            try await pair.portal.generate(KeyName(product, "fixed"))
            try await edge.unwrap(
                pair.portal.wrap(KeyName(product, "fixed"), under: pair.trusted),
                with: pair.transport,
                as: name
            )
            for usage in Self.usages where KeyPolicy.of(imported).objects[.secretKey]?[usage] == .flag(false) {
                let refused = try await failure(edge) { session in
                    try session.setAttributes(
                        session.key(name, name.label),
                        [Attribute(usage.number, .flag(true))]
                    )
                }
                #expect(refused != nil, "\(usage.rawValue) could be set")
            }
            let read = try await failure(edge) { session in
                _ = try session.attribute(session.key(name, name.label), 0x11)
            }
            #expect(read == "C_GetAttributeValue: CKR_ATTRIBUTE_SENSITIVE")
        }
        // The page says that a copy can get other uses on SoftHSM2, but never become exportable.
        let master = KeyName(.importedMasterKey, "fixed")
        let raised = try await failure(edge) { session in
            _ = try session.copy(
                session.key(master, master.label),
                [Attribute(KeyAttribute.extractable.number, .flag(true))]
            )
        }
        #expect(raised != nil)
    }

    /// The key policies admit that on SoftHSM2 the PIN is enough to export a fleet key. If this fails, correct the page.
    @Test func whatThePageAdmitsIsTrue() async throws {
        let pair = try await TransportPair.shared()
        let name = KeyName(.importedFleetKey, "exportable")
        let known = Array(1...16).map { UInt8($0) }
        try await pair.portal.importInClear(KeyName(.productFleetKey, "exportable"), value: Secret(known))
        try await pair.edge.unwrap(
            pair.portal.wrap(KeyName(.productFleetKey, "exportable"), under: pair.trusted),
            with: pair.transport,
            as: name
        )
        let chosen = [UInt8](repeating: 7, count: 32)
        let wrapped = try await pair.edge.pool.run { session in
            let key = try session.create([
                Attribute(0, .number(KeyObject.secretKey.number)),
                Attribute(KeyAttribute.keyType.number, .number(KeyType.aes.number)),
                Attribute(KeyAttribute.token.number, .flag(false)), Attribute(KeyAttribute.wrap.number, .flag(true)),
                Attribute(0x11, .bytes(chosen)),
            ])
            return try session.wrap(session.key(name, name.label), under: key)
        }
        let opened = try AES.KeyWrap.unwrap(wrapped, using: SymmetricKey(data: chosen))
        #expect(opened == SymmetricKey(data: known))
    }
}
