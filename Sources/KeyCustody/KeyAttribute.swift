/// The PKCS#11 attributes that a key policy states, by their names in PKCS#11 v2.40 section 4.
public enum KeyAttribute: String, CaseIterable, Sendable {
    case keyType = "CKA_KEY_TYPE"
    case curve = "CKA_EC_PARAMS"
    case modulusBits = "CKA_MODULUS_BITS"
    case valueOctets = "CKA_VALUE_LEN"
    case token = "CKA_TOKEN"
    case isPrivate = "CKA_PRIVATE"
    case modifiable = "CKA_MODIFIABLE"
    case copyable = "CKA_COPYABLE"
    case sensitive = "CKA_SENSITIVE"
    case extractable = "CKA_EXTRACTABLE"
    case wrapWithTrusted = "CKA_WRAP_WITH_TRUSTED"
    case trusted = "CKA_TRUSTED"
    case sign = "CKA_SIGN"
    case signRecover = "CKA_SIGN_RECOVER"
    case verify = "CKA_VERIFY"
    case verifyRecover = "CKA_VERIFY_RECOVER"
    case encrypt = "CKA_ENCRYPT"
    case decrypt = "CKA_DECRYPT"
    case wrap = "CKA_WRAP"
    case unwrap = "CKA_UNWRAP"
    case derive = "CKA_DERIVE"
    case local = "CKA_LOCAL"
    case alwaysSensitive = "CKA_ALWAYS_SENSITIVE"
    case neverExtractable = "CKA_NEVER_EXTRACTABLE"

    /// Attributes that the token computes: they are read back and compared, never part of a template.
    public var isComputed: Bool { [.local, .alwaysSensitive, .neverExtractable].contains(self) }
}

/// The value that an attribute must have, as it is written in `docs/key-policies.md`.
public enum KeyAttributeValue: Hashable, Sendable, CustomStringConvertible {
    case flag(Bool)
    case type(KeyType)
    case p256
    /// Bits of a modulus or octets of a secret.
    case size(Int)

    public var description: String {
        switch self {
        case .flag(let value): value ? "true" : "false"
        case .type(let type): type.rawValue
        case .p256: "secp256r1"
        case .size(let size): String(size)
        }
    }
}

public enum KeyType: String, Sendable, CaseIterable {
    case ec = "CKK_EC"
    case rsa = "CKK_RSA"
    case aes = "CKK_AES"
    case generic = "CKK_GENERIC_SECRET"
}

/// One of the objects that a key consists of in a token.
public enum KeyObject: String, CaseIterable, Sendable {
    case privateKey = "private"
    case publicKey = "public"
    case secretKey = "secret"
}

/// A mechanism as PKCS#11 names it, with its number.
public enum KeyMechanism: String, CaseIterable, Sendable {
    case generateEC = "CKM_EC_KEY_PAIR_GEN"
    case generateRSA = "CKM_RSA_PKCS_KEY_PAIR_GEN"
    case generateAES = "CKM_AES_KEY_GEN"
    case generateGeneric = "CKM_GENERIC_SECRET_KEY_GEN"
    case ecdsa = "CKM_ECDSA"
    case ecdh = "CKM_ECDH1_DERIVE"
    case oaep = "CKM_RSA_PKCS_OAEP"
    case cmac = "CKM_AES_CMAC"
    case hmac = "CKM_SHA256_HMAC"
    case aesKeyWrap = "CKM_AES_KEY_WRAP"
    case ecbEncryptData = "CKM_AES_ECB_ENCRYPT_DATA"
}
