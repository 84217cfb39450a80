import Crypto
import FoundationEssentials
public import Vocabulary

/// A DSSE v1 envelope (secure-systems-lab/dsse): payload type, payload octets, signatures over the two.
///
/// The payload is carried as it was signed and never encoded again. What a signature covers is
/// `DSSEv1 SP LEN(type) SP type SP LEN(payload) SP payload` with decimal lengths.
public struct Envelope: Sendable, Hashable {
    /// Largest envelope read, in octets.
    public static let largest = 512 * 1024
    public static let mostSignatures = 16

    public struct Signature: Sendable, Hashable {
        public let keyID: Digest256
        /// r ‖ s, 64 octets; ASN.1 DER on the wire, so that `openssl dgst -verify` reads it.
        public let value: RawSignature

        public init(keyID: Digest256, value: RawSignature) {
            self.keyID = keyID
            self.value = value
        }
    }

    public let payloadType: String
    public let payload: [UInt8]
    public let signatures: [Signature]

    public init(payloadType: String, payload: [UInt8], signatures: [Signature]) {
        self.payloadType = payloadType
        self.payload = payload
        self.signatures = signatures
    }

    /// The id of the statement: SHA-256 of its payload octets.
    public var statementID: Digest256 { Digest256.of(payload) }

    /// The octets that every signature covers.
    public var signedBytes: [UInt8] { Self.preAuthenticationEncoding(type: payloadType, payload: payload) }

    public static func preAuthenticationEncoding(type: String, payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }

    public func adding(_ signature: Signature) -> Envelope {
        Envelope(payloadType: payloadType, payload: payload, signatures: signatures + [signature])
    }

    /// True when `key` has signed: the key id is only a hint, the signature decides.
    public func isSigned(by key: P256Point) -> Bool {
        let wanted = key.keyID
        return signatures.contains { $0.keyID == wanted && key.verifies($0.value, over: signedBytes) }
    }
}

// MARK: - Wire form

extension Envelope: Codable {
    private struct WireSignature: Codable {
        let keyid: String
        let sig: Octets
    }

    private enum CodingKeys: String, CodingKey {
        case payloadType
        case payload
        case signatures
    }

    /// Reads an envelope from foreign octets; throws a `StatementError`.
    public init(parsing bytes: [UInt8]) throws {
        try StrictJSON.check(bytes, limit: Self.largest)
        self = try StatementCoding.decode(Envelope.self, from: bytes, failure: .malformedEnvelope)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        payloadType = try container.decode(String.self, forKey: .payloadType)
        payload = try container.decode(Octets.self, forKey: .payload).bytes
        let wire = try container.decode([WireSignature].self, forKey: .signatures)
        guard wire.count <= Self.mostSignatures else {
            throw Refusal(StatementError.malformedEnvelope, "\(wire.count) signatures")
        }
        signatures = try wire.map {
            Signature(keyID: try Digest256(hex: $0.keyid), value: try RawSignature(der: $0.sig.bytes))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(payloadType, forKey: .payloadType)
        try container.encode(Octets(payload), forKey: .payload)
        try container.encode(
            signatures.map { WireSignature(keyid: $0.keyID.hex, sig: Octets(try $0.value.der)) },
            forKey: .signatures
        )
    }

    /// The envelope as JSON with sorted keys.
    public func serialized() throws -> [UInt8] { try StatementCoding.encode(self) }
}
