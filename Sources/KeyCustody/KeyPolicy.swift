/// How a key of one role comes into being, which mechanisms it needs and every attribute of its objects.
///
/// The one source of the templates that create keys; `docs/key-policies.md` gives the reason for each value, and a test
/// compares table, page and token in all directions.
public struct KeyPolicy: Sendable {
    /// How a key of the role comes into its token.
    public enum Origin: Sendable, Hashable {
        case generated
        case unwrapped
        /// Created by the token's security officer from a foreign public key.
        case createdByOfficer
    }

    /// The one thing that the key is for.
    public enum Use: Sendable, Hashable {
        case sign
        case agree
        case unwrapTransport
        case wrapTransport
        case productKey
        case derivingProductKey
        case importedKey
        case importedDerivingKey
        case deriveUnitSecrets
    }

    public let role: KeyRole
    public let use: Use
    public let origin: Origin
    public let mechanisms: Set<KeyMechanism>
    public let objects: [KeyObject: [KeyAttribute: KeyAttributeValue]]

    public static func of(_ role: KeyRole) -> KeyPolicy {
        switch role {
        case .rootAuthority, .paa, .debugRoot, .firmwareSigning, .officerApproval, .authorizer, .portal, .enrolmentCA,
            .edgeIdentity, .edgeTLS, .pai, .debugIntermediate, .siteCA:
            signing(role)
        case .labelRecord, .edgeSeal: agreement(role)
        case .edgeTransport: transport(role)
        case .trustedTransport: trusted(role)
        case .productFleetKey: product(role, use: .productKey, octets: 16, allowed: [.sign])
        case .productMasterKey: product(role, use: .derivingProductKey, octets: 32, allowed: [.sign, .derive])
        case .importedFleetKey:
            imported(role, use: .importedKey, octets: 16, extractable: true, allowed: [.verify])
        case .importedMasterKey:
            imported(role, use: .importedDerivingKey, octets: 32, extractable: false, allowed: [.verify, .derive])
        case .unitSecret, .accountSecret: derivingSecret(role)
        }
    }

    /// The object that `Token.has` looks for and that operations use.
    public var mainObject: KeyObject {
        switch use {
        case .sign, .agree, .unwrapTransport: .privateKey
        case .wrapTransport: .publicKey
        default: .secretKey
        }
    }
}

// MARK: - The table

extension KeyPolicy {
    private static func signing(_ role: KeyRole) -> KeyPolicy {
        pair(role, use: .sign, [.generateEC, .ecdsa], fixed: ec, privateUse: [.sign], publicUse: [.verify])
    }

    private static func agreement(_ role: KeyRole) -> KeyPolicy {
        pair(role, use: .agree, [.generateEC, .ecdh], fixed: ec, privateUse: [.derive], publicUse: [])
    }

    private static func transport(_ role: KeyRole) -> KeyPolicy {
        pair(
            role,
            use: .unwrapTransport,
            [.generateRSA, .oaep],
            fixed: rsa,
            privateUse: [.unwrap],
            publicUse: [.wrap]
        )
    }

    private static func trusted(_ role: KeyRole) -> KeyPolicy {
        var attributes = publicKey(fixed: rsa, allowed: [.wrap])
        attributes[.trusted] = .flag(true)
        attributes[.local] = .flag(false)
        return KeyPolicy(
            role: role,
            use: .wrapTransport,
            origin: .createdByOfficer,
            mechanisms: [.oaep],
            objects: [.publicKey: attributes]
        )
    }

    private static func product(_ role: KeyRole, use: Use, octets: Int, allowed: Set<KeyAttribute>) -> KeyPolicy {
        var attributes = secretKey(.aes, octets: octets, allowed: allowed)
        attributes[.extractable] = .flag(true)
        attributes[.neverExtractable] = .flag(false)
        attributes[.wrapWithTrusted] = .flag(true)
        var mechanisms: Set<KeyMechanism> = [.generateAES, .cmac, .oaep]
        if allowed.contains(.derive) { mechanisms.insert(.ecbEncryptData) }
        return KeyPolicy(
            role: role,
            use: use,
            origin: .generated,
            mechanisms: mechanisms,
            objects: [.secretKey: attributes]
        )
    }

    private static func imported(
        _ role: KeyRole,
        use: Use,
        octets: Int,
        extractable: Bool,
        allowed: Set<KeyAttribute>
    ) -> KeyPolicy {
        var attributes = secretKey(.aes, octets: octets, allowed: allowed)
        attributes[.extractable] = .flag(extractable)
        // SoftHSM2 2.6.1 writes the value after the template, so it can't unwrap an object that is not modifiable. It is
        // unwrapped for the session and copied; COPYABLE can't be switched off on that way. No length is kept either.
        attributes[.copyable] = .flag(true)
        attributes[.valueOctets] = nil
        // PKCS#11 counts an unwrapped key as one that was once outside, whatever its state now.
        for attribute in [KeyAttribute.local, .alwaysSensitive, .neverExtractable] {
            attributes[attribute] = .flag(false)
        }
        var mechanisms: Set<KeyMechanism> = [.oaep, .cmac, .ecdh, .generateEC, .aesKeyWrap]
        if allowed.contains(.derive) { mechanisms.insert(.ecbEncryptData) }
        return KeyPolicy(
            role: role,
            use: use,
            origin: .unwrapped,
            mechanisms: mechanisms,
            objects: [.secretKey: attributes]
        )
    }

    private static func derivingSecret(_ role: KeyRole) -> KeyPolicy {
        KeyPolicy(
            role: role,
            use: .deriveUnitSecrets,
            origin: .generated,
            mechanisms: [.generateGeneric, .hmac],
            objects: [.secretKey: secretKey(.generic, octets: 32, allowed: [.sign])]
        )
    }

    private static let ec: [KeyAttribute: KeyAttributeValue] = [.keyType: .type(.ec), .curve: .p256]
    private static let rsa: [KeyAttribute: KeyAttributeValue] = [.keyType: .type(.rsa), .modulusBits: .size(3072)]

    private static func pair(
        _ role: KeyRole,
        use: Use,
        _ mechanisms: Set<KeyMechanism>,
        fixed: [KeyAttribute: KeyAttributeValue],
        privateUse: Set<KeyAttribute>,
        publicUse: Set<KeyAttribute>
    ) -> KeyPolicy {
        var secret = flags(
            yes: [.token, .isPrivate, .sensitive, .local, .alwaysSensitive, .neverExtractable],
            allowed: privateUse,
            no: [.modifiable, .copyable, .extractable, .sign, .signRecover, .decrypt, .unwrap, .derive]
        )
        for (attribute, value) in fixed where attribute != .modulusBits { secret[attribute] = value }
        return KeyPolicy(
            role: role,
            use: use,
            origin: .generated,
            mechanisms: mechanisms,
            objects: [.privateKey: secret, .publicKey: publicKey(fixed: fixed, allowed: publicUse)]
        )
    }

    private static func publicKey(
        fixed: [KeyAttribute: KeyAttributeValue],
        allowed: Set<KeyAttribute>
    ) -> [KeyAttribute: KeyAttributeValue] {
        flags(
            yes: [.token, .local],
            allowed: allowed,
            no: [
                .isPrivate, .modifiable, .copyable, .trusted, .verify, .verifyRecover, .encrypt, .wrap, .derive,
            ]
        ).merging(fixed) { _, stated in stated }
    }

    private static func secretKey(
        _ type: KeyType,
        octets: Int,
        allowed: Set<KeyAttribute>
    ) -> [KeyAttribute: KeyAttributeValue] {
        flags(
            yes: [.token, .isPrivate, .sensitive, .local, .alwaysSensitive, .neverExtractable],
            allowed: allowed,
            no: [
                .modifiable, .copyable, .extractable, .wrapWithTrusted, .trusted, .sign, .verify, .encrypt, .decrypt,
                .wrap, .unwrap, .derive,
            ]
        ).merging([.keyType: .type(type), .valueOctets: .size(octets)]) { _, stated in stated }
    }

    private static func flags(
        yes: Set<KeyAttribute>,
        allowed: Set<KeyAttribute>,
        no: Set<KeyAttribute>
    ) -> [KeyAttribute: KeyAttributeValue] {
        var values: [KeyAttribute: KeyAttributeValue] = [:]
        for attribute in no { values[attribute] = .flag(false) }
        for attribute in yes.union(allowed) { values[attribute] = .flag(true) }
        return values
    }
}
