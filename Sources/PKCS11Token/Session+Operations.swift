import CPKCS11
import KeyCustody
import Vocabulary

extension Session {
    func generatePair(
        _ mechanism: KeyMechanism,
        publicTemplate: [Attribute],
        privateTemplate: [Attribute]
    ) throws -> (publicKey: ObjectHandle, privateKey: ObjectHandle) {
        var publicKey: CK_OBJECT_HANDLE = 0
        var privateKey: CK_OBJECT_HANDLE = 0
        try unsafe withMechanism(mechanism) { mechanism in
            try unsafe withTemplate(publicTemplate) { publicPointer, publicCount in
                try unsafe withTemplate(privateTemplate) { privatePointer, privateCount in
                    try directory.exclusively {
                        try check(
                            "C_GenerateKeyPair",
                            unsafe functions.C_GenerateKeyPair(
                                raw,
                                mechanism,
                                publicPointer,
                                publicCount,
                                privatePointer,
                                privateCount,
                                &publicKey,
                                &privateKey
                            )
                        )
                    }
                }
            }
        }
        return (ObjectHandle(raw: UInt(publicKey)), ObjectHandle(raw: UInt(privateKey)))
    }

    func generateKey(_ mechanism: KeyMechanism, _ template: [Attribute]) throws -> ObjectHandle {
        var key: CK_OBJECT_HANDLE = 0
        try unsafe withMechanism(mechanism) { mechanism in
            try unsafe withTemplate(template) { pointer, count in
                try directory.exclusively {
                    try check("C_GenerateKey", unsafe functions.C_GenerateKey(raw, mechanism, pointer, count, &key))
                }
            }
        }
        return ObjectHandle(raw: UInt(key))
    }

    /// One signature or MAC of exactly `octets`.
    func sign(_ data: [UInt8], _ mechanism: KeyMechanism, with key: ObjectHandle, octets: Int) throws -> [UInt8] {
        try unsafe withMechanism(mechanism) { mechanism in
            try check("C_SignInit", unsafe functions.C_SignInit(raw, mechanism, CK_OBJECT_HANDLE(key.raw)))
        }
        var data = data
        var signature = [UInt8](repeating: 0, count: octets)
        var length = CK_ULONG(octets)
        try check("C_Sign", unsafe functions.C_Sign(raw, &data, CK_ULONG(data.count), &signature, &length))
        guard length == CK_ULONG(octets) else {
            throw PKCS11Failure(function: "C_Sign", code: UInt(CKR_DEVICE_ERROR))
        }
        return signature
    }

    /// False when the MAC or signature is not right.
    func verify(_ data: [UInt8], _ mechanism: KeyMechanism, with key: ObjectHandle, signature: [UInt8]) throws -> Bool {
        try unsafe withMechanism(mechanism) { mechanism in
            try check("C_VerifyInit", unsafe functions.C_VerifyInit(raw, mechanism, CK_OBJECT_HANDLE(key.raw)))
        }
        var (data, signature) = (data, signature)
        let value = unsafe functions.C_Verify(
            raw,
            &data,
            CK_ULONG(data.count),
            &signature,
            CK_ULONG(signature.count)
        )
        if value == CK_RV(CKR_SIGNATURE_INVALID) || value == CK_RV(CKR_SIGNATURE_LEN_RANGE) { return false }
        try check("C_Verify", value)
        return true
    }

    /// The x coordinate of the shared point. It leaves the token as a session object that is destroyed at once.
    func agree(_ key: ObjectHandle, with peer: P256Point) throws -> Secret {
        var point = peer.bytes
        let template = [
            Attribute(CKA_CLASS, .number(UInt(CKO_SECRET_KEY))),
            Attribute(CKA_KEY_TYPE, .number(UInt(CKK_GENERIC_SECRET))), Attribute(CKA_TOKEN, .flag(false)),
            Attribute(CKA_PRIVATE, .flag(true)), Attribute(CKA_SENSITIVE, .flag(false)),
            Attribute(CKA_EXTRACTABLE, .flag(true)), Attribute(CKA_VALUE_LEN, .number(32)),
        ]
        let shared = try unsafe point.withUnsafeMutableBufferPointer { point in
            var parameters = unsafe CK_ECDH1_DERIVE_PARAMS()
            unsafe parameters.kdf = UInt(CKD_NULL)
            unsafe parameters.ulPublicDataLen = CK_ULONG(point.count)
            unsafe parameters.pPublicData = point.baseAddress
            return try unsafe derive(.ecdh, &parameters, from: key, template)
        }
        defer { try? destroy(shared) }
        let secret = try secretAttribute(shared, UInt(CKA_VALUE), largest: 32)
        guard secret.count == 32 else { throw PKCS11Failure(function: "C_DeriveKey", code: UInt(CKR_DEVICE_ERROR)) }
        return secret
    }

    /// AES-ECB of one 16-octet block under `master`, as a new session key that can only be wrapped.
    func deriveUnitKey(from master: ObjectHandle, context: [UInt8]) throws -> ObjectHandle {
        var context = context
        let template = [
            Attribute(CKA_CLASS, .number(UInt(CKO_SECRET_KEY))), Attribute(CKA_KEY_TYPE, .number(UInt(CKK_AES))),
            Attribute(CKA_TOKEN, .flag(false)), Attribute(CKA_PRIVATE, .flag(true)),
            Attribute(CKA_SENSITIVE, .flag(true)), Attribute(CKA_EXTRACTABLE, .flag(true)),
            Attribute(CKA_VALUE_LEN, .number(16)),
        ]
        return try unsafe context.withUnsafeMutableBufferPointer { bytes in
            var parameters = unsafe CK_KEY_DERIVATION_STRING_DATA()
            unsafe parameters.pData = bytes.baseAddress
            unsafe parameters.ulLen = CK_ULONG(bytes.count)
            return try unsafe derive(.ecbEncryptData, &parameters, from: master, template)
        }
    }

    /// Wraps by AES key wrap (RFC 3394).
    func wrap(_ key: ObjectHandle, under wrapping: ObjectHandle) throws -> [UInt8] {
        try unsafe withMechanism(.aesKeyWrap) { try unsafe wrap(key, under: wrapping, $0) }
    }

    func wrapOAEP(_ key: ObjectHandle, under transport: ObjectHandle, hash: TransportHash) throws -> [UInt8] {
        try unsafe withOAEP(hash) { try unsafe wrap(key, under: transport, $0) }
    }

    func unwrapOAEP(
        _ wrapped: [UInt8],
        with transport: ObjectHandle,
        hash: TransportHash,
        _ template: [Attribute]
    ) throws -> ObjectHandle {
        var wrapped = wrapped
        var key: CK_OBJECT_HANDLE = 0
        try unsafe withOAEP(hash) { mechanism in
            try unsafe withTemplate(template) { pointer, count in
                try directory.exclusively {
                    try check(
                        "C_UnwrapKey",
                        unsafe functions.C_UnwrapKey(
                            raw,
                            mechanism,
                            CK_OBJECT_HANDLE(transport.raw),
                            &wrapped,
                            CK_ULONG(wrapped.count),
                            pointer,
                            count,
                            &key
                        )
                    )
                }
            }
        }
        return ObjectHandle(raw: UInt(key))
    }
}

// MARK: - Mechanisms

extension Session {
    private func derive<Parameters>(
        _ mechanism: KeyMechanism,
        _ parameters: inout Parameters,
        from key: ObjectHandle,
        _ template: [Attribute]
    ) throws -> ObjectHandle {
        var derived: CK_OBJECT_HANDLE = 0
        try unsafe withMechanism(mechanism, &parameters) { mechanism in
            try unsafe withTemplate(template) { pointer, count in
                try check(
                    "C_DeriveKey",
                    unsafe functions.C_DeriveKey(
                        raw,
                        mechanism,
                        CK_OBJECT_HANDLE(key.raw),
                        pointer,
                        count,
                        &derived
                    )
                )
            }
        }
        return ObjectHandle(raw: UInt(derived))
    }

    private func wrap(
        _ key: ObjectHandle,
        under wrapping: ObjectHandle,
        _ mechanism: UnsafeMutablePointer<CK_MECHANISM>
    ) throws -> [UInt8] {
        var wrapped = [UInt8](repeating: 0, count: 1024)
        var length = CK_ULONG(wrapped.count)
        try check(
            "C_WrapKey",
            unsafe functions.C_WrapKey(
                raw,
                mechanism,
                CK_OBJECT_HANDLE(wrapping.raw),
                CK_OBJECT_HANDLE(key.raw),
                &wrapped,
                &length
            )
        )
        return Array(wrapped.prefix(Int(min(length, CK_ULONG(wrapped.count)))))
    }

    private func withOAEP<Result>(
        _ hash: TransportHash,
        _ body: (UnsafeMutablePointer<CK_MECHANISM>) throws -> Result
    ) throws -> Result {
        var parameters = unsafe CK_RSA_PKCS_OAEP_PARAMS()
        switch hash {
        case .sha1:
            unsafe parameters.hashAlg = CK_MECHANISM_TYPE(CKM_SHA_1)
            unsafe parameters.mgf = UInt(CKG_MGF1_SHA1)
        case .sha256:
            unsafe parameters.hashAlg = CK_MECHANISM_TYPE(CKM_SHA256)
            unsafe parameters.mgf = UInt(CKG_MGF1_SHA256)
        }
        unsafe parameters.source = UInt(CKZ_DATA_SPECIFIED)
        return try unsafe withMechanism(.oaep, &parameters, body)
    }
}

private func withMechanism<Result>(
    _ mechanism: KeyMechanism,
    _ body: (UnsafeMutablePointer<CK_MECHANISM>) throws -> Result
) rethrows -> Result {
    var value = unsafe CK_MECHANISM(
        mechanism: CK_MECHANISM_TYPE(mechanism.number),
        pParameter: nil,
        ulParameterLen: 0
    )
    return try unsafe withUnsafeMutablePointer(to: &value) { try unsafe body($0) }
}

private func withMechanism<Parameters, Result>(
    _ mechanism: KeyMechanism,
    _ parameters: inout Parameters,
    _ body: (UnsafeMutablePointer<CK_MECHANISM>) throws -> Result
) rethrows -> Result {
    try unsafe withUnsafeMutableBytes(of: &parameters) { bytes in
        var value = unsafe CK_MECHANISM(
            mechanism: CK_MECHANISM_TYPE(mechanism.number),
            pParameter: bytes.baseAddress,
            ulParameterLen: CK_ULONG(bytes.count)
        )
        return try unsafe withUnsafeMutablePointer(to: &value) { try unsafe body($0) }
    }
}
