import CPKCS11
import Crypto
import CryptoExtras
import FoundationEssentials
public import KeyCustody
import Silicon
public import Vocabulary

// Product keys: token to token, token to chip, and unit secrets.
extension PKCS11Token {
    private static let largestContext = 4096

    public func transportPublicKey(_ name: KeyName) async throws -> [UInt8] {
        let label = try require(name, .unwrapTransport)
        return try await pool.run { session in
            // From the private object: a public one can be replaced without a PIN.
            let key = try session.key(name, label)
            let modulus = try session.attribute(key, UInt(CKA_MODULUS), largest: 1024)
            let exponent = try session.attribute(key, UInt(CKA_PUBLIC_EXPONENT), largest: 16)
            return try TransportPublicKey(modulus: modulus, exponent: exponent).encoded()
        }
    }

    public func wrap(_ product: KeyName, under transport: KeyName) async throws -> [UInt8] {
        let productLabel = try require(product, .productKey, .derivingProductKey)
        let transportLabel = try require(transport, .wrapTransport)
        let hash = configuration.transportHash
        return try await pool.run { session in
            try session.wrapOAEP(
                session.key(product, productLabel),
                under: session.key(transport, transportLabel),
                hash: hash
            )
        }
    }

    public func unwrap(_ wrapped: [UInt8], with transport: KeyName, as name: KeyName) async throws {
        guard wrapped.count == TransportPublicKey.octets else {
            throw Refusal(KeyCustodyError.inputOutOfRange, "wrapped key of \(wrapped.count) octets, not 384")
        }
        let transportLabel = try require(transport, .unwrapTransport)
        let label = try require(name, .importedKey, .importedDerivingKey)
        let policy = KeyPolicy.of(name.role)
        let hash = configuration.transportHash
        try await pool.run(.ordered) { session in
            try session.requireFree(label)
            let template = Session.template(policy, .secretKey, label)
            try session.importWrapped(
                wrapped,
                with: session.key(transport, transportLabel),
                hash: hash,
                template
            )
        }
    }

    public func checkValue(_ product: KeyName) async throws -> [UInt8] {
        let label = try require(product, .productKey, .derivingProductKey)
        return try await pool.run { session in
            try session.sign(
                CheckValue.message,
                .cmac,
                with: session.key(product, label),
                octets: CheckValue.octets
            )
        }
    }

    public func verifyCheckValue(_ expected: [UInt8], of product: KeyName) async throws {
        let label = try require(
            product,
            .productKey,
            .derivingProductKey,
            .importedKey,
            .importedDerivingKey
        )
        guard expected.count == CheckValue.octets else {
            throw Refusal(KeyCustodyError.inputOutOfRange, "check value of \(expected.count) octets, not 16")
        }
        let isImported = [.importedKey, .importedDerivingKey].contains(KeyPolicy.of(product.role).use)
        let isRight = try await pool.run { session in
            let key = try session.key(product, label)
            guard isImported else {
                let value = try session.sign(CheckValue.message, .cmac, with: key, octets: CheckValue.octets)
                return constantTimeEqual(value, expected)
            }
            return try session.verify(CheckValue.message, .cmac, with: key, signature: expected)
        }
        guard isRight else { throw Refusal(KeyCustodyError.checkValueDiffers, label) }
    }

    public func isImportedInClear(_ product: KeyName) async throws -> Bool {
        let label = try require(product, .productKey, .derivingProductKey)
        return try await pool.run { try !$0.flag($0.key(product, label), .local) }
    }

    public func seal(
        _ product: KeyName,
        _ release: ProductKeyRelease,
        to chip: P256Point,
        info: [UInt8]
    )
        async throws -> SealedProductKey
    {
        let label: String
        switch release {
        case .fleet: label = try require(product, .importedKey)
        case .derived(let context):
            label = try require(product, .importedDerivingKey)
            guard context.count == 16 else {
                throw Refusal(KeyCustodyError.inputOutOfRange, "context of \(context.count) octets, not 16")
            }
        }
        guard info.count <= ProductKeySeal.largestInfo else {
            throw Refusal(KeyCustodyError.inputOutOfRange, "info over \(ProductKeySeal.largestInfo) octets")
        }
        try ForeignPoint.check(chip)
        return try await pool.run { session in
            let key = try session.key(product, label)
            switch release {
            case .fleet: return try session.seal(key, to: chip, info: info)
            case .derived(let context):
                let derived = try session.deriveUnitKey(from: key, context: context)
                defer { try? session.destroy(derived) }
                return try session.seal(derived, to: chip, info: info)
            }
        }
    }

    public func derive(_ unitSecret: KeyName, context: [UInt8]) async throws -> Secret {
        let label = try require(unitSecret, .deriveUnitSecrets)
        guard context.count <= Self.largestContext else {
            throw Refusal(KeyCustodyError.inputOutOfRange, "context over \(Self.largestContext) octets")
        }
        return try await pool.run { session in
            var mac = try session.sign(context, .hmac, with: session.key(unitSecret, label), octets: 32)
            defer { unsafe mac.withUnsafeMutableBytes { unsafe $0.wipe() } }
            return Secret(mac)
        }
    }

    public func importInClear(_ name: KeyName, value: Secret) async throws {
        let label = try require(name, .productKey, .derivingProductKey)
        let policy = KeyPolicy.of(name.role)
        guard policy.objects[.secretKey]?[.valueOctets] == .size(value.count) else {
            throw Refusal(KeyCustodyError.inputOutOfRange, "value of \(value.count) octets")
        }
        try await pool.run(.ordered) { session in
            try session.requireFree(label)
            let template = Session.template(policy, .secretKey, label).filter { $0.type != UInt(CKA_VALUE_LEN) }
            _ = try session.create(template + [Attribute(CKA_VALUE, .secret(value))])
        }
    }
}

extension Session {
    /// Neither modifiable nor copyable where the module can do that in one step. SoftHSM2 2.6.1 can't: it unwraps for the
    /// session, then copies into the token, not modifiable. Either way one object appears in the token, whole. Which it is
    /// shows on an object of the session: SoftHSM2 leaves an empty key without a name where it refuses, and in the token
    /// that would stay.
    fileprivate func importWrapped(
        _ wrapped: [UInt8],
        with transport: ObjectHandle,
        hash: TransportHash,
        _ template: [Attribute]
    ) throws {
        func without(_ attributes: Set<KeyAttribute>) -> [Attribute] {
            let numbers = Set(attributes.map(\.number))
            return template.filter { !numbers.contains($0.type) }
        }
        let (inSession, notCopyable) = (Attribute(CKA_TOKEN, .flag(false)), Attribute(CKA_COPYABLE, .flag(false)))
        do {
            let strict = without([.copyable, .token]) + [inSession, notCopyable]
            try destroy(unwrapOAEP(wrapped, with: transport, hash: hash, strict))
        } catch let failure as PKCS11Failure where failure.code == UInt(CKR_ATTRIBUTE_READ_ONLY) {
            let forSession = without([.modifiable, .token]) + [inSession]
            let passing = try unwrapOAEP(wrapped, with: transport, hash: hash, forSession)
            defer { try? destroy(passing) }
            _ = try copy(passing, [Attribute(CKA_TOKEN, .flag(true)), Attribute(CKA_MODIFIABLE, .flag(false))])
            return
        }
        _ = try unwrapOAEP(wrapped, with: transport, hash: hash, without([.copyable]) + [notCopyable])
    }

    /// Ephemeral key pair and agreement in the token; Z and the one-time KEK pass the process, the wrapped key doesn't.
    fileprivate func seal(_ key: ObjectHandle, to chip: P256Point, info: [UInt8]) throws -> SealedProductKey {
        let forSession = [Attribute(CKA_TOKEN, .flag(false))]
        let pair = try generatePair(
            .generateEC,
            publicTemplate: forSession + [Attribute(CKA_EC_PARAMS, .bytes(KeyAttributeValue.p256Parameters))],
            privateTemplate: forSession + [
                Attribute(CKA_PRIVATE, .flag(true)), Attribute(CKA_SENSITIVE, .flag(true)),
                Attribute(CKA_EXTRACTABLE, .flag(false)), Attribute(CKA_DERIVE, .flag(true)),
                Attribute(CKA_SIGN, .flag(false)), Attribute(CKA_DECRYPT, .flag(false)),
            ]
        )
        defer {
            try? destroy(pair.publicKey)
            try? destroy(pair.privateKey)
        }
        let ephemeral = try P256Point.fromToken(attribute(pair.publicKey, UInt(CKA_EC_POINT), largest: 128))
        let kek = try ProductKeySeal.keyEncryptionKey(shared: agree(pair.privateKey, with: chip), info: info)
        let wrapping = try create([
            Attribute(CKA_CLASS, .number(UInt(CKO_SECRET_KEY))), Attribute(CKA_KEY_TYPE, .number(UInt(CKK_AES))),
            Attribute(CKA_TOKEN, .flag(false)), Attribute(CKA_PRIVATE, .flag(true)),
            Attribute(CKA_SENSITIVE, .flag(true)), Attribute(CKA_EXTRACTABLE, .flag(false)),
            Attribute(CKA_WRAP, .flag(true)), Attribute(CKA_UNWRAP, .flag(false)),
            Attribute(CKA_ENCRYPT, .flag(false)), Attribute(CKA_DECRYPT, .flag(false)),
            Attribute(CKA_VALUE, .secret(unsafe kek.withUnsafeBytes { unsafe Secret($0) })),
        ])
        defer { try? destroy(wrapping) }
        let wrapped = try wrap(key, under: wrapping)
        // Chips take AES-128 alone; a longer key has no business in this slot.
        guard wrapped.count == 24 else {
            throw Refusal(KeyCustodyError.inputOutOfRange, "the product key is not of 16 octets")
        }
        return SealedProductKey(ephemeral: ephemeral, wrapped: Hex.encode(wrapped))
    }
}
