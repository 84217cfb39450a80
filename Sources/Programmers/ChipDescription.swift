public import Silicon
public import Statements
public import Vocabulary

/// How far a chip has come.
public enum ChipLifecycle: String, Sendable, Codable, CaseIterable {
    /// No keys yet.
    case blank
    /// Keys exist, no certificate.
    case keyed
    /// Keys and certificates are in.
    case credentialed
    /// The debug port is locked for good; only ADAC opens it, until the next reset.
    case secured
}

/// What a chip says about itself before anything is written.
public struct ChipIdentity: Hashable, Sendable, Codable {
    public let uid: ChipUID
    public let family: ChipFamily
    public let lifecycle: ChipLifecycle
    /// The silicon vendor's certificate of this chip, DER; absent in families without one.
    public let vendorCertificate: Blob?

    public init(uid: ChipUID, family: ChipFamily, lifecycle: ChipLifecycle, vendorCertificate: Blob?) {
        self.uid = uid
        self.family = family
        self.lifecycle = lifecycle
        self.vendorCertificate = vendorCertificate
    }
}

/// The chip's certificate from its vendor, and a signature by the key in it.
public struct VendorAttestation: Hashable, Sendable, Codable {
    /// DER. The subject's serialNumber attribute is the chip UID in lower-case hexadecimal.
    public let certificate: Blob
    /// ECDSA P-256 with SHA-256 over the DER of the request that the chip made last.
    public let signature: RawSignature

    public init(certificate: Blob, signature: RawSignature) {
        self.certificate = certificate
        self.signature = signature
    }
}

/// Certificates and Certification Declaration of a unit, as DER.
public struct ChipCredentials: Hashable, Sendable, Codable {
    public let dac: Blob
    public let pai: Blob
    /// CMS SignedData.
    public let certificationDeclaration: Blob

    public init(dac: Blob, pai: Blob, certificationDeclaration: Blob) {
        self.dac = dac
        self.pai = pai
        self.certificationDeclaration = certificationDeclaration
    }
}

/// What a running device offers in order to get another credential.
public struct RotationRequest: Hashable, Sendable, Codable {
    /// DER PKCS#10 (`DeviceCSR`) of the next signing key, over the nonce asked for.
    public let request: Blob
    /// By the signing key in use.
    public let proof: RotationProof

    public init(request: Blob, proof: RotationProof) {
        self.request = request
        self.proof = proof
    }
}

/// Certificates for the next signing key, as DER. The Certification Declaration stays.
public struct RotatedCertificates: Hashable, Sendable, Codable {
    public let dac: Blob
    public let pai: Blob

    public init(dac: Blob, pai: Blob) {
        self.dac = dac
        self.pai = pai
    }
}

/// A product key on its way into the chip: readable by this chip only.
public struct SealedKeyDelivery: Hashable, Sendable, Codable {
    public let slot: KeySlot
    public let ephemeral: P256Point
    /// The key under AES-256 key wrap (RFC 3394): 24 octets for AES-128, 40 for AES-256.
    public let wrapped: Blob

    public init(slot: KeySlot, ephemeral: P256Point, wrapped: Blob) {
        self.slot = slot
        self.ephemeral = ephemeral
        self.wrapped = wrapped
    }
}

/// What the one-time fuses are set to.
public struct SecurityFeatures: Hashable, Sendable, Codable {
    /// The key that firmware must be signed with. The fuse holds SHA-256 of its DER SubjectPublicKeyInfo.
    public let secureBootKey: P256Point
    /// SHA-256 of the debug root's raw key (X ‖ Y, 64 octets). Without it a locked port stays locked for ever.
    public let debugRootKeyHash: Digest256?
    /// The product's class in ADAC certificates; not 0, which stands for "any" there.
    public let socClass: UInt32

    public init(secureBootKey: P256Point, debugRootKeyHash: Digest256?, socClass: UInt32) {
        self.secureBootKey = secureBootKey
        self.debugRootKeyHash = debugRootKeyHash
        self.socClass = socClass
    }
}

/// Parts of the chip that a debug probe can read. No region holds a key.
public enum ChipRegion: String, Sendable, Codable, CaseIterable {
    case firmware
    case factoryData = "factory-data"
    case dac
    case pai
    case certificationDeclaration = "certification-declaration"
}

/// What is erased before a device is provisioned again.
public enum WipeScope: String, Sendable, Codable, CaseIterable {
    /// Device keys, product keys, certificates, factory data. Firmware and fuses stay.
    case keys
    /// All of that and the firmware. Fuses stay.
    case everything
}

/// Length and SHA-256 of what a region holds now.
public struct RegionDigest: Hashable, Sendable, Codable {
    /// Octets.
    public let length: UInt32
    public let digest: Digest256

    public init(length: UInt32, digest: Digest256) {
        self.length = length
        self.digest = digest
    }
}

/// Matter attestation elements (TLV) and the DAC key's signature over elements ‖ challenge.
public struct AttestationAnswer: Hashable, Sendable, Codable {
    public let elements: Blob
    public let signature: RawSignature

    public init(elements: Blob, signature: RawSignature) {
        self.elements = elements
        self.signature = signature
    }
}

/// The 16-octet attestation challenge of a Matter secure session.
public struct AttestationChallenge: FixedBytes {
    public static let size = 16
    public let bytes: [UInt8]
    public init(validated bytes: [UInt8]) { self.bytes = bytes }
}
