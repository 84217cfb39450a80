public import Statements
public import Vocabulary

/// Soft hold on one chip under one authorization. Quota moves at issuing only.
public enum BeginUnit: StationOperation {
    public static let name = "begin"

    public struct Request: Codable, Sendable {
        public let authorization: Digest256
        public let chipUID: ChipUID
        /// True: a nonce for `rotateCredential` of a completed unit.
        public let forRotation: Bool?
        /// Key id of the next key that the chip has made already: where the unit's newest DAC is for that key, the
        /// rotation was counted before and is only to be finished.
        public let nextKey: Digest256?
        public init(
            authorization: Digest256,
            chipUID: ChipUID,
            forRotation: Bool? = nil,
            nextKey: Digest256? = nil
        ) {
            self.authorization = authorization
            self.chipUID = chipUID
            self.forRotation = forRotation
            self.nextKey = nextKey
        }
    }

    public struct Reply: Codable, Sendable {
        public let unit: Digest256
        public let generation: UInt32
        /// For the chip's CSR.
        public let nonce: Nonce
        /// True when this unit counts already and is to be finished.
        public let isIssued: Bool
        public let expiresAt: Instant
        public init(unit: Digest256, generation: UInt32, nonce: Nonce, isIssued: Bool, expiresAt: Instant) {
            self.unit = unit
            self.generation = generation
            self.nonce = nonce
            self.isIssued = isIssued
            self.expiresAt = expiresAt
        }
    }
}

/// A chip's proof by its silicon vendor: the vendor-certified key signs SHA-256 of the CSR.
public struct VendorProof: Codable, Sendable, Hashable {
    /// DER, leaf first, at most 3.
    public let certificates: [Octets]
    /// ECDSA P-256 with SHA-256 over the DER of the CSR.
    public let signature: RawSignature
    public init(certificates: [Octets], signature: RawSignature) {
        self.certificates = certificates
        self.signature = signature
    }
}

/// Issues the DAC for a chip's CSR. For a unit and key that have one, the stored octets come again.
public enum IssueCredential: StationOperation {
    public static let name = "issueCredential"

    public struct Request: Codable, Sendable {
        public let authorization: Digest256
        public let unit: Digest256
        /// PKCS#10, DER, at most 2 KiB; nonce, UID and key-agreement key inside.
        public let request: Octets
        public let vendorProof: VendorProof?
        public init(authorization: Digest256, unit: Digest256, request: Octets, vendorProof: VendorProof?) {
            self.authorization = authorization
            self.unit = unit
            self.request = request
            self.vendorProof = vendorProof
        }
    }

    public struct Reply: Codable, Sendable {
        public let dac: Octets
        public let pai: Octets
        public let serial: DeviceSerial
        /// True when the DAC existed before this request.
        public let isRepeat: Bool
        public init(dac: Octets, pai: Octets, serial: DeviceSerial, isRepeat: Bool) {
            self.dac = dac
            self.pai = pai
            self.serial = serial
            self.isRepeat = isRepeat
        }
    }
}

/// The unit's factory data and label. Unit secrets: for the station that programs this unit and nothing else.
public enum GetFactoryData: StationOperation {
    public static let name = "factoryData"

    public struct Request: Codable, Sendable {
        public let authorization: Digest256
        public let unit: Digest256
        public init(authorization: Digest256, unit: Digest256) {
            self.authorization = authorization
            self.unit = unit
        }
    }

    public struct Reply: Codable, Sendable {
        public let encoding: String
        /// In the vendor's encoding, ready to be written.
        public let factoryData: Octets
        public let certificationDeclaration: Octets
        public let label: LabelContent
        /// The label record, sealed to the OEM.
        public let labelRecord: SealedRecord
        public init(
            encoding: String,
            factoryData: Octets,
            certificationDeclaration: Octets,
            label: LabelContent,
            labelRecord: SealedRecord
        ) {
            self.encoding = encoding
            self.factoryData = factoryData
            self.certificationDeclaration = certificationDeclaration
            self.label = label
            self.labelRecord = labelRecord
        }
    }
}

/// What is printed on a unit. Holds the passcode, so it prints nothing of itself.
public struct LabelContent: Codable, Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    public let serial: DeviceSerial
    public let vendorID: VendorID
    public let productID: ProductID
    public let discriminator: UInt16
    /// `MT:…`
    public let qr: String
    /// 11 or 21 digits.
    public let manualCode: String
    public init(
        serial: DeviceSerial,
        vendorID: VendorID,
        productID: ProductID,
        discriminator: UInt16,
        qr: String,
        manualCode: String
    ) {
        self.serial = serial
        self.vendorID = vendorID
        self.productID = productID
        self.discriminator = discriminator
        self.qr = qr
        self.manualCode = manualCode
    }

    public var description: String { "label of \(serial): <redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Octets sealed with HPKE to a key of the OEM.
public struct SealedRecord: Codable, Sendable, Hashable {
    public let encapsulated: P256Point
    public let ciphertext: Octets
    public init(encapsulated: P256Point, ciphertext: Octets) {
        self.encapsulated = encapsulated
        self.ciphertext = ciphertext
    }
}

/// A product key for this chip, sealed to the key-agreement key of its CSR.
public enum SealKey: StationOperation {
    public static let name = "sealKey"

    public struct Request: Codable, Sendable {
        public let authorization: Digest256
        public let unit: Digest256
        public let slot: KeySlot
        public init(authorization: Digest256, unit: Digest256, slot: KeySlot) {
            self.authorization = authorization
            self.unit = unit
            self.slot = slot
        }
    }

    public struct Reply: Codable, Sendable {
        public let ephemeral: P256Point
        public let wrapped: Octets
        /// KDF shared info as both sides build it, for comparison.
        public let info: Octets
        public init(ephemeral: P256Point, wrapped: Octets, info: Octets) {
            self.ephemeral = ephemeral
            self.wrapped = wrapped
            self.info = info
        }
    }
}

/// Leave to program the unit.
public enum GetPermit: StationOperation {
    public static let name = "permit"
    public typealias Request = GetFactoryData.Request

    public struct Reply: Codable, Sendable {
        /// A `ProgrammingPermit`.
        public let permit: Envelope
        public init(permit: Envelope) { self.permit = permit }
    }
}

/// The finished unit, with what was read back from it.
public enum CompleteUnit: StationOperation {
    public static let name = "complete"

    public struct Request: Codable, Sendable {
        public let authorization: Digest256
        public let unit: Digest256
        /// SHA-256 over the firmware file as read back from flash.
        public let firmware: Digest256
        public let factoryData: Digest256
        /// Matter attestation elements (TLV) over the permit's nonce.
        public let attestationElements: Octets
        /// By the DAC key, over elements ‖ the permit's challenge.
        public let attestationSignature: RawSignature
        /// What a scanner read from the printed label.
        public let scannedLabel: ShortText<512>
        /// True when the debug port refuses, as tried by the station.
        public let debugPortLocked: Bool
        public init(
            authorization: Digest256,
            unit: Digest256,
            firmware: Digest256,
            factoryData: Digest256,
            attestationElements: Octets,
            attestationSignature: RawSignature,
            scannedLabel: String,
            debugPortLocked: Bool
        ) {
            self.authorization = authorization
            self.unit = unit
            self.firmware = firmware
            self.factoryData = factoryData
            self.attestationElements = attestationElements
            self.attestationSignature = attestationSignature
            self.scannedLabel = ShortText(keeping: scannedLabel)
            self.debugPortLocked = debugPortLocked
        }
    }

    public struct Reply: Codable, Sendable {
        public let completedAt: Instant
        /// Position of the `completed` entry in the journal.
        public let sequence: Int
        public init(completedAt: Instant, sequence: Int) {
            self.completedAt = completedAt
            self.sequence = sequence
        }
    }
}

/// Gives a unit up. What was issued stays counted.
public enum FailUnit: StationOperation {
    public static let name = "fail"
    public typealias Reply = Nothing

    public struct Request: Codable, Sendable {
        public let authorization: Digest256
        public let unit: Digest256
        /// An error code or a few words.
        public let reason: ShortText<120>
        public init(authorization: Digest256, unit: Digest256, reason: String) {
            self.authorization = authorization
            self.unit = unit
            self.reason = ShortText(keeping: reason)
        }
    }
}

/// Opens the debug port of one chip of the batch for rework, within the allowance.
public enum AnswerDebugChallenge: StationOperation {
    public static let name = "answerDebugChallenge"

    public struct Request: Codable, Sendable {
        public let authorization: Digest256
        public let chipUID: ChipUID
        /// The chip's ADAC AuthStart reply, 36 octets.
        public let challenge: Octets
        /// 16 octets in hexadecimal.
        public let permissions: ShortText<32>
        public init(authorization: Digest256, chipUID: ChipUID, challenge: Octets, permissions: String) {
            self.authorization = authorization
            self.chipUID = chipUID
            self.challenge = challenge
            self.permissions = ShortText(keeping: permissions)
        }
    }

    public struct Reply: Codable, Sendable {
        /// ADAC certificates: root, intermediate, leaf of this chip.
        public let certificates: [Octets]
        public let token: Octets
        /// Unlocks left under the allowance.
        public let remaining: Int
        /// True when the unit must get a new key before it may be completed again.
        public let isExposed: Bool
        public init(certificates: [Octets], token: Octets, remaining: Int, isExposed: Bool) {
            self.certificates = certificates
            self.token = token
            self.remaining = remaining
            self.isExposed = isExposed
        }
    }
}

/// Ends the present generation of a chip, within the re-provisioning allowance; `begin` then starts the next one, whose
/// DAC costs no quota.
public enum ReprovisionUnit: StationOperation {
    public static let name = "reprovision"
    public typealias Request = BeginUnit.Request
    public typealias Reply = BeginUnit.Reply
}

/// Replaces the credential of a completed unit by one for the key of this CSR, within the rotation allowance.
public enum RotateCredential: StationOperation {
    public static let name = "rotateCredential"
    public typealias Reply = IssueCredential.Reply

    public struct Request: Codable, Sendable {
        public let authorization: Digest256
        public let unit: Digest256
        /// PKCS#10 of the new key, as for `issueCredential`.
        public let request: Octets
        public let vendorProof: VendorProof?
        /// By the key of the unit's present DAC.
        public let proof: RotationProof
        public init(
            authorization: Digest256,
            unit: Digest256,
            request: Octets,
            vendorProof: VendorProof?,
            proof: RotationProof
        ) {
            self.authorization = authorization
            self.unit = unit
            self.request = request
            self.vendorProof = vendorProof
            self.proof = proof
        }
    }
}
