import CPKCS11
import Crypto
public import KeyCustody
import Vocabulary

// Keys: making, finding, signing, agreeing.
extension PKCS11Token {
    public func has(_ name: KeyName) async throws -> Bool {
        let label = try name.checkedLabel()
        return try await pool.run { session in
            do {
                _ = try session.key(name, label)
                return true
            } catch let refusal as Refusal where refusal.has(KeyCustodyError.nameUnknown) {
                return false
            }
        }
    }

    public func names(of roles: Set<KeyRole>) async throws -> Set<KeyName> {
        try await pool.run { session in
            Set(try session.keyLabels().compactMap { KeyName(label: $0) }.filter { roles.contains($0.role) })
        }
    }

    /// Throws `key.role.unsuitable` for roles whose keys come by unwrapping or from the security officer.
    public func generate(_ name: KeyName) async throws {
        let label = try name.checkedLabel()
        let policy = KeyPolicy.of(name.role)
        guard policy.origin == .generated else {
            throw Refusal(KeyCustodyError.roleUnsuitable, "\(name.role.rawValue) can't be generated")
        }
        // An RSA pair takes a small secure element minutes.
        try await pool.run(.ordered, within: .seconds(300)) { session in
            try session.requireFree(label)
            try session.generate(policy, label)
        }
    }

    /// Destroys every object of this key. Throws `key.name.unknown` when there is none.
    public func destroy(_ name: KeyName) async throws {
        let label = try name.checkedLabel()
        try await pool.run(.ordered) { session in
            let objects = try session.objects(label)
            guard !objects.isEmpty else { throw Refusal(KeyCustodyError.nameUnknown, label) }
            for object in objects { try session.destroy(object) }
        }
        pool.forgetHandles()
    }

    /// Also signs once and checks the signature by the public key beside it (`key.pair.inconsistent`), since public
    /// objects of a token can be replaced without a PIN.
    public func signingKey(_ name: KeyName) async throws -> any SigningKey {
        let label = try require(name, .sign)
        let pool = pool
        let point = try await pool.run { session in
            let point = try session.point(label)
            let probe = Array("obis-pair-check-v1".utf8)
            let signature = try session.signECDSA(probe, with: session.key(name, label))
            let key = try? P256.Signing.PublicKey(x963Representation: point.bytes)
            let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature.bytes)
            guard let key, let parsed, key.isValidSignature(parsed, for: probe) else {
                throw Refusal(KeyCustodyError.pairInconsistent, label)
            }
            return point
        }
        return TokenSigningKey(publicKey: point, name: name, label: label, pool: pool)
    }

    /// Also agrees once with a key of our own and compares (`key.pair.inconsistent`).
    public func agreementKey(_ name: KeyName) async throws -> any AgreementKey {
        let label = try require(name, .agree)
        let pool = pool
        let point = try await pool.run { session in
            let point = try session.point(label)
            let ours = P256.KeyAgreement.PrivateKey()
            let theirs = try session.agree(
                session.key(name, label),
                with: try P256Point(Array(ours.publicKey.x963Representation))
            )
            guard let key = try? P256.KeyAgreement.PublicKey(x963Representation: point.bytes),
                let expected = try? ours.sharedSecretFromKeyAgreement(with: key),
                unsafe expected.withUnsafeBytes({ unsafe Secret($0) == theirs })
            else { throw Refusal(KeyCustodyError.pairInconsistent, label) }
            return point
        }
        return TokenAgreementKey(publicKey: point, name: name, label: label, pool: pool)
    }

    func require(_ name: KeyName, _ uses: KeyPolicy.Use...) throws -> String {
        guard uses.contains(KeyPolicy.of(name.role).use) else {
            throw Refusal(KeyCustodyError.roleUnsuitable, name.role.rawValue)
        }
        return try name.checkedLabel()
    }
}

private struct TokenSigningKey: SigningKey {
    let publicKey: P256Point
    let name: KeyName
    let label: String
    let pool: SessionPool

    func sign(_ message: [UInt8]) async throws -> RawSignature {
        try await pool.run { try $0.signECDSA(message, with: $0.key(name, label)) }
    }
}

private struct TokenAgreementKey: AgreementKey {
    let publicKey: P256Point
    let name: KeyName
    let label: String
    let pool: SessionPool

    func agree(with peer: P256Point) async throws -> Secret {
        try ForeignPoint.check(peer)
        return try await pool.run { try $0.agree($0.key(name, label), with: peer) }
    }
}

// MARK: - In a session

extension Session {
    /// The one key object of this name; throws `key.name.unknown` or `key.name.ambiguous`.
    func key(_ name: KeyName, _ label: String) throws -> ObjectHandle {
        if let known = handles[label] { return known }
        let policy = KeyPolicy.of(name.role)
        var template = Session.named(label) + [Attribute(CKA_CLASS, .number(policy.mainObject.number))]
        // A user can make a public key of any label; only the security officer can make a trusted one.
        if policy.use == .wrapTransport { template.append(Attribute(CKA_TRUSTED, .flag(true))) }
        let found = try find(template, limit: 2)
        guard let first = found.first else { throw Refusal(KeyCustodyError.nameUnknown, label) }
        guard found.count == 1 else { throw Refusal(KeyCustodyError.nameAmbiguous, label) }
        handles[label] = first
        return first
    }

    /// All objects with this label, data objects aside.
    func objects(_ label: String) throws -> [ObjectHandle] {
        try KeyObject.allCases.flatMap { object in
            try find(Session.named(label) + [Attribute(CKA_CLASS, .number(object.number))], limit: 64)
        }
    }

    /// Labels of all key objects in the token. An object without a readable label is half-made: it has no value.
    func keyLabels() throws -> Set<String> {
        var labels: Set<String> = []
        for kind in KeyObject.allCases {
            let template = [
                Attribute(CKA_CLASS, .number(kind.number)), Attribute(CKA_TOKEN, .flag(true)),
            ]
            for object in try find(template, limit: Self.mostKeys) {
                do {
                    let label = try attribute(object, UInt(CKA_LABEL), largest: Self.longestLabel)
                    labels.insert(String(decoding: label, as: UTF8.self))
                } catch let failure as PKCS11Failure where !failure.meansDeviceIsGone { continue }
            }
        }
        return labels
    }

    private static var mostKeys: Int { 65_536 }
    private static var longestLabel: Int { 1_024 }

    func requireFree(_ label: String) throws {
        guard try objects(label).isEmpty else { throw Refusal(KeyCustodyError.nameTaken, label) }
    }

    func generate(_ policy: KeyPolicy, _ label: String) throws {
        func template(_ object: KeyObject) -> [Attribute] { Session.template(policy, object, label) }
        switch policy.mainObject {
        case .secretKey:
            let isGeneric = policy.mechanisms.contains(.generateGeneric)
            _ = try generateKey(isGeneric ? .generateGeneric : .generateAES, template(.secretKey))
        case .privateKey, .publicKey:
            let isRSA = policy.mechanisms.contains(.generateRSA)
            let exponent = isRSA ? [Attribute(CKA_PUBLIC_EXPONENT, .bytes([1, 0, 1]))] : []
            _ = try generatePair(
                isRSA ? .generateRSA : .generateEC,
                publicTemplate: template(.publicKey) + exponent,
                privateTemplate: template(.privateKey)
            )
        }
    }

    func signECDSA(_ message: [UInt8], with key: ObjectHandle) throws -> RawSignature {
        // SoftHSM2 has the bare mechanism only, so the hash is made here.
        let digest = Array(SHA256.hash(data: message))
        return try RawSignature(sign(digest, .ecdsa, with: key, octets: RawSignature.size))
    }

    /// The public point beside a private key, checked on the curve.
    func point(_ label: String) throws -> P256Point {
        let template = Session.named(label) + [Attribute(CKA_CLASS, .number(UInt(CKO_PUBLIC_KEY)))]
        let found = try find(template, limit: 2)
        guard let object = found.first else { throw Refusal(KeyCustodyError.nameUnknown, label) }
        guard found.count == 1 else { throw Refusal(KeyCustodyError.nameAmbiguous, label) }
        let encoded = try attribute(object, UInt(CKA_EC_POINT), largest: 128)
        let point = try P256Point.fromToken(encoded)
        try ForeignPoint.check(point)
        return point
    }

    static func named(_ label: String) -> [Attribute] {
        [Attribute(CKA_LABEL, .bytes(Array(label.utf8))), Attribute(CKA_TOKEN, .flag(true))]
    }

    /// The creation template of one object: its policy's attributes without those that a token computes.
    static func template(_ policy: KeyPolicy, _ object: KeyObject, _ label: String) -> [Attribute] {
        var template = [
            Attribute(CKA_CLASS, .number(object.number)), Attribute(CKA_LABEL, .bytes(Array(label.utf8))),
            Attribute(CKA_ID, .bytes(Array(SHA256.hash(data: Array(label.utf8)).prefix(20)))),
        ]
        let stated = policy.objects[object, default: [:]].sorted { $0.key.rawValue < $1.key.rawValue }
        for (attribute, value) in stated where !attribute.isComputed {
            // A user may not state CKA_TRUSTED at all; the token's default is false.
            if attribute == .trusted, value == .flag(false) { continue }
            // A private key's curve comes from its public half.
            if attribute == .curve, object == .privateKey { continue }
            template.append(Attribute(attribute.number, value.templateValue))
        }
        return template
    }
}

extension P256Point {
    /// CKA_EC_POINT is a DER OCTET STRING around the point; some vendors leave it bare. Both are taken.
    static func fromToken(_ encoded: [UInt8]) throws -> P256Point {
        if encoded.count == size + 2, encoded.starts(with: [0x04, 0x41]) { return try P256Point(encoded.dropFirst(2)) }
        return try P256Point(encoded)
    }
}
