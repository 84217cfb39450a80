public import Vocabulary

/// What a device signs with its DAC key when it is asked to prove itself (Matter 11.18.4.6).
public struct AttestationElements: Sendable, Hashable {
    /// Largest encoding, octets (the reference implementation's buffer).
    public static let sizeLimit = 900
    /// Octets of the challenge of the secure session, which is signed after the elements.
    public static let challengeSize = 16

    /// The Certification Declaration in its CMS envelope.
    public let declaration: [UInt8]
    public let nonce: Nonce
    /// Seconds since 2000-01-01, or 0.
    public let timestamp: UInt32
    public let firmwareInformation: [UInt8]?
    /// Elements with profile tags.
    public let vendorElements: [TLVElement]

    /// Throws `matter.attestation.elements` where the encoding would be too large or a vendor's tag is no profile tag.
    public init(
        declaration: [UInt8],
        nonce: Nonce,
        timestamp: UInt32 = 0,
        firmwareInformation: [UInt8]? = nil,
        vendorElements: [TLVElement] = []
    ) throws {
        self.declaration = declaration
        self.nonce = nonce
        self.timestamp = timestamp
        self.firmwareInformation = firmwareInformation
        self.vendorElements = vendorElements
        guard vendorElements.allSatisfy({ if case .profile = $0.tag { true } else { false } }) else {
            throw Refusal(MatterError.attestationElements, "a vendor element without a profile tag")
        }
        guard encoded.count <= Self.sizeLimit else {
            throw Refusal(MatterError.attestationElements, "\(encoded.count) octets, limit \(Self.sizeLimit)")
        }
    }

    /// Decodes an anonymous structure with context tags 1 to 4 in this order, then profile tags.
    ///
    /// Throws `matter.attestation.elements`.
    public init(decoding bytes: [UInt8]) throws {
        let root: TLVElement
        do {
            root = try TLVElement(decoding: bytes, limit: Self.sizeLimit)
        } catch let refusal as Refusal {
            throw Refusal(MatterError.attestationElements, refusal.detail)
        }
        guard root.tag == .anonymous, case .structure(let all) = root.value else {
            throw Refusal(MatterError.attestationElements, "not an anonymous structure")
        }
        var members = all[...]
        func take(_ tag: UInt8) -> TLVElement? {
            members.first?.tag == .context(tag) ? members.removeFirst() : nil
        }
        guard let declaration = take(1)?.octets, let nonce = try? Nonce(take(2)?.octets ?? []),
            let timestamp = take(3)?.unsigned, let seconds = UInt32(exactly: timestamp)
        else { throw Refusal(MatterError.attestationElements, "declaration, nonce or timestamp") }
        var firmware: [UInt8]?
        if let element = take(4) {
            guard let octets = element.octets else {
                throw Refusal(MatterError.attestationElements, "firmware information")
            }
            firmware = octets
        }
        try self.init(
            declaration: declaration,
            nonce: nonce,
            timestamp: seconds,
            firmwareInformation: firmware,
            vendorElements: Array(members)
        )
    }

    public var encoded: [UInt8] {
        var members = [
            TLVElement(.context(1), .octets(declaration)), TLVElement(.context(2), .octets(nonce.bytes)),
            TLVElement(.context(3), .unsigned(UInt64(timestamp))),
        ]
        if let firmwareInformation { members.append(TLVElement(.context(4), .octets(firmwareInformation))) }
        return TLVElement(.anonymous, .structure(members + vendorElements)).encoded
    }

    /// What the DAC key signs: the encoded elements and then the challenge.
    ///
    /// Throws `matter.attestation.challenge` unless `challenge` has 16 octets.
    public static func message(elements: [UInt8], challenge: [UInt8]) throws -> [UInt8] {
        guard challenge.count == challengeSize else {
            throw Refusal(MatterError.attestationChallenge, "\(challenge.count) octets")
        }
        return elements + challenge
    }

    /// Checks a device's answer: the signature first, over the octets as they came, then the elements, then the nonce.
    ///
    /// Throws `matter.attestation.*`.
    @discardableResult
    public static func verify(
        elements: [UInt8],
        signature: RawSignature,
        challenge: [UInt8],
        nonce: Nonce,
        key: P256Point
    ) throws -> AttestationElements {
        guard elements.count <= sizeLimit else {
            throw Refusal(MatterError.attestationElements, "\(elements.count) octets, limit \(sizeLimit)")
        }
        guard key.verifies(signature, over: try message(elements: elements, challenge: challenge)) else {
            throw Refusal(MatterError.attestationSignature)
        }
        let decoded = try AttestationElements(decoding: elements)
        guard decoded.nonce == nonce else { throw Refusal(MatterError.attestationNonce) }
        return decoded
    }
}
