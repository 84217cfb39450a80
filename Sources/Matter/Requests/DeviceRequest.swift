internal import SwiftASN1
public import Vocabulary

/// The certificate request of one chip: its key, and under the same signature its UID, the nonce it was given and its
/// key-agreement key. Attributes 1, 2 and 3 under 1.3.6.1.4.1.32473.1, each an OCTET STRING, each exactly once.
public struct DeviceRequest: Sendable, Hashable {
    public static let commonName = "obis-device"

    public let publicKey: P256Point
    public let chipUID: ChipUID
    public let nonce: Nonce
    /// Checked on the curve.
    public let agreementKey: P256Point
    public let der: [UInt8]

    /// Parses and checks the proof of possession. Throws `matter.request.*` and `matter.key.not-on-curve`.
    public init(der: [UInt8]) throws {
        try self.init(CertificateRequest(der: der))
    }

    public init(_ request: CertificateRequest) throws {
        let subject = NameEncoding.der([(ObjectIdentifier.commonName, Self.commonName)])
        guard request.subjectDER == subject else {
            throw Refusal(MatterError.requestSubject, "a device's subject is the common name \(Self.commonName) alone")
        }
        self.chipUID = try ChipUID(Self.value(ObjectIdentifier.requestChipUID, 16, request))
        self.nonce = try Nonce(Self.value(ObjectIdentifier.requestNonce, 32, request))
        let point = try P256Point(Self.value(ObjectIdentifier.requestAgreementKey, 65, request))
        self.agreementKey = try point.checkedOnCurve()
        guard request.attributes.count == 3 else { throw Refusal(MatterError.requestUnknownAttribute) }
        self.publicKey = request.publicKey
        self.der = request.der
    }

    private static func value(_ type: [UInt8], _ size: Int, _ request: CertificateRequest) throws -> [UInt8] {
        guard let attribute = request.attributes.first(where: { $0.type == type }) else {
            throw Refusal(MatterError.requestMissingAttribute, Hex.encode(type))
        }
        guard let node = try? DER.parse(attribute.value), node.identifier == .octetString,
            case .primitive(let content) = node.content, content.count == size
        else { throw Refusal(MatterError.requestAttribute, "not an OCTET STRING of \(size) octets") }
        return Array(content)
    }
}
