import CPKCS11
import Glibc
import KeyCustody
import Vocabulary

/// One attribute of a template.
struct Attribute {
    enum Value {
        case flag(Bool)
        case number(UInt)
        case bytes([UInt8])
        case secret(Secret)
    }

    let type: UInt
    let value: Value

    init(_ type: some BinaryInteger, _ value: Value) {
        self.type = UInt(type)
        self.value = value
    }

    fileprivate var octets: Int {
        switch value {
        case .flag: 1
        case .number: MemoryLayout<CK_ULONG>.size
        case .bytes(let bytes): bytes.count
        case .secret(let secret): secret.count
        }
    }

    fileprivate func write(to target: UnsafeMutableRawBufferPointer) {
        switch value {
        case .flag(let flag): unsafe target.copyBytes(from: [flag ? 1 : 0] as [UInt8])
        case .number(let number): unsafe withUnsafeBytes(of: CK_ULONG(number)) { unsafe target.copyBytes(from: $0) }
        case .bytes(let bytes): unsafe target.copyBytes(from: bytes)
        case .secret(let secret): unsafe secret.withBytes { unsafe target.copyBytes(from: $0) }
        }
    }
}

/// Lays the values out in one aligned arena that stays in place during the call and is wiped after it.
func withTemplate<Result>(
    _ attributes: [Attribute],
    _ body: (UnsafeMutablePointer<CK_ATTRIBUTE>, CK_ULONG) throws -> Result
) rethrows -> Result {
    func padded(_ octets: Int) -> Int { max(8, (octets + 7) & ~7) }
    let total = attributes.reduce(8) { $0 + padded($1.octets) }
    let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: total, alignment: 8)
    defer {
        unsafe arena.wipe()
        unsafe arena.deallocate()
    }
    var template: [CK_ATTRIBUTE] = unsafe []
    var offset = 0
    for attribute in attributes {
        let target = unsafe UnsafeMutableRawBufferPointer(rebasing: arena[offset..<offset + attribute.octets])
        unsafe attribute.write(to: target)
        unsafe template.append(
            CK_ATTRIBUTE(
                type: CK_ATTRIBUTE_TYPE(attribute.type),
                pValue: target.baseAddress,
                ulValueLen: CK_ULONG(attribute.octets)
            )
        )
        offset += padded(attribute.octets)
    }
    // A place for the pointer even when there is no attribute.
    unsafe template.append(CK_ATTRIBUTE())
    let count = CK_ULONG(attributes.count)
    return try unsafe template.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("the template has at least one element") }
        return try unsafe body(base, count)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Overwrites in a way that the optimiser may not remove.
    func wipe() {
        if let base = baseAddress { unsafe explicit_bzero(base, count) }
    }
}

extension KeyAttribute {
    var number: UInt {
        switch self {
        case .keyType: UInt(CKA_KEY_TYPE)
        case .curve: UInt(CKA_EC_PARAMS)
        case .modulusBits: UInt(CKA_MODULUS_BITS)
        case .valueOctets: UInt(CKA_VALUE_LEN)
        case .token: UInt(CKA_TOKEN)
        case .isPrivate: UInt(CKA_PRIVATE)
        case .modifiable: UInt(CKA_MODIFIABLE)
        case .copyable: UInt(CKA_COPYABLE)
        case .sensitive: UInt(CKA_SENSITIVE)
        case .extractable: UInt(CKA_EXTRACTABLE)
        case .wrapWithTrusted: UInt(CKA_WRAP_WITH_TRUSTED)
        case .trusted: UInt(CKA_TRUSTED)
        case .sign: UInt(CKA_SIGN)
        case .signRecover: UInt(CKA_SIGN_RECOVER)
        case .verify: UInt(CKA_VERIFY)
        case .verifyRecover: UInt(CKA_VERIFY_RECOVER)
        case .encrypt: UInt(CKA_ENCRYPT)
        case .decrypt: UInt(CKA_DECRYPT)
        case .wrap: UInt(CKA_WRAP)
        case .unwrap: UInt(CKA_UNWRAP)
        case .derive: UInt(CKA_DERIVE)
        case .local: UInt(CKA_LOCAL)
        case .alwaysSensitive: UInt(CKA_ALWAYS_SENSITIVE)
        case .neverExtractable: UInt(CKA_NEVER_EXTRACTABLE)
        }
    }
}

extension KeyMechanism {
    var number: UInt {
        switch self {
        case .generateEC: UInt(CKM_EC_KEY_PAIR_GEN)
        case .generateRSA: UInt(CKM_RSA_PKCS_KEY_PAIR_GEN)
        case .generateAES: UInt(CKM_AES_KEY_GEN)
        case .generateGeneric: UInt(CKM_GENERIC_SECRET_KEY_GEN)
        case .ecdsa: UInt(CKM_ECDSA)
        case .ecdh: UInt(CKM_ECDH1_DERIVE)
        case .oaep: UInt(CKM_RSA_PKCS_OAEP)
        case .cmac: UInt(CKM_AES_CMAC)
        case .hmac: UInt(CKM_SHA256_HMAC)
        case .aesKeyWrap: UInt(CKM_AES_KEY_WRAP)
        case .ecbEncryptData: UInt(CKM_AES_ECB_ENCRYPT_DATA)
        }
    }
}

extension KeyType {
    var number: UInt {
        switch self {
        case .ec: UInt(CKK_EC)
        case .rsa: UInt(CKK_RSA)
        case .aes: UInt(CKK_AES)
        case .generic: UInt(CKK_GENERIC_SECRET)
        }
    }
}

extension KeyObject {
    var number: UInt {
        switch self {
        case .privateKey: UInt(CKO_PRIVATE_KEY)
        case .publicKey: UInt(CKO_PUBLIC_KEY)
        case .secretKey: UInt(CKO_SECRET_KEY)
        }
    }
}

extension KeyAttributeValue {
    /// DER of the OID 1.2.840.10045.3.1.7.
    static let p256Parameters: [UInt8] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]

    var templateValue: Attribute.Value {
        switch self {
        case .flag(let flag): .flag(flag)
        case .type(let type): .number(type.number)
        case .p256: .bytes(Self.p256Parameters)
        case .size(let size): .number(UInt(size))
        }
    }
}
