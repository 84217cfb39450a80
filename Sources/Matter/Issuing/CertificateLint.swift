internal import SwiftASN1
internal import Vocabulary

/// The last look at to-be-signed bytes before a key signs them.
///
/// It shares no code with the builder but the DER reader, knows the exact octets of every extension that we issue, and
/// refuses anything else: stricter than `AttestationCertificate.check(as:)`, which reads other people's certificates.
public enum CertificateLint {
    /// Octets that the certificate has beyond its TBSCertificate at most: outer header, algorithm, longest signature.
    static let longestEnvelope = 4 + 12 + 3 + 72

    private static let ecdsaWithSHA256: [UInt8] = [
        0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02,
    ]
    private static let p256: [UInt8] = [
        0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
        0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
    ]

    /// Throws `matter.lint.*` unless `bytes` are exactly the TBSCertificate of this profile.
    ///
    /// - Parameters:
    ///   - issuer: nil for a PAA only, which signs itself.
    ///   - expected: what the certificate must say.
    public static func check(
        _ bytes: [UInt8],
        as kind: CertificateKind,
        issuer: CertificateIssuer?,
        expected: CertificateExpectation
    ) throws {
        guard bytes.count + longestEnvelope <= AttestationCertificate.sizeLimit else {
            throw Refusal(MatterError.lintTooLarge, "\(bytes.count + longestEnvelope) octets")
        }
        guard (kind == .paa) == (issuer == nil) else { throw Refusal(MatterError.lintIssuer, "no issuer given") }
        try checkScope(kind, issuer: issuer, expected: expected)
        var fields = try DERReader(bytes, fault: .lintMalformed)
        guard fields.peek == .context(0), try fields.any().encodedBytes.elementsEqual([0xA0, 3, 2, 1, 2]) else {
            throw Refusal(MatterError.lintVersion)
        }
        try checkSerial(fields.primitive(.integer), expected: expected)
        guard try fields.next(.sequence).encodedBytes.elementsEqual(ecdsaWithSHA256) else {
            throw Refusal(MatterError.lintAlgorithm)
        }
        let issuerName = try fields.next(.sequence).encodedBytes
        try checkValidity(fields.next(.sequence), kind: kind, issuer: issuer, expected: expected)
        let subject = try fields.next(.sequence)
        guard issuerName.elementsEqual(issuer?.name.der ?? Array(subject.encodedBytes)) else {
            throw Refusal(MatterError.lintIssuer, "the issuer's name differs")
        }
        try checkSubject(subject, expected: expected)
        try checkKey(fields.next(.sequence), expected: expected)
        guard fields.peek == .context(3) else { throw Refusal(MatterError.lintMalformed, "no extensions") }
        var wrapper = try fields.constructed(.context(3))
        try fields.end()
        var extensions = try wrapper.constructed()
        try wrapper.end()
        let authority = issuer?.keyIdentifier ?? expected.publicKey.keyIdentifier
        try checkExtensions(&extensions, kind: kind, authority: authority, expected: expected)
    }

    private static func checkScope(
        _ kind: CertificateKind,
        issuer: CertificateIssuer?,
        expected: CertificateExpectation
    ) throws {
        let productIsRight =
            switch kind {
            case .paa: expected.productID == nil
            case .pai: true
            case .dac: expected.productID != nil
            }
        guard productIsRight, issuer?.name.productID == nil || issuer?.name.productID == expected.productID else {
            throw Refusal(MatterError.lintScope, "product id")
        }
        guard issuer?.name.vendorID == nil || issuer?.name.vendorID == expected.vendorID else {
            throw Refusal(MatterError.lintScope, "vendor id")
        }
    }

    private static func checkSerial(_ serial: ArraySlice<UInt8>, expected: CertificateExpectation) throws {
        guard serial.count == CertificateSerial.size, let first = serial.first, first & 0xC0 == 0x40 else {
            throw Refusal(MatterError.lintSerial, "not 16 octets that start with bits 01")
        }
        guard serial.elementsEqual(expected.serial.bytes) else {
            throw Refusal(MatterError.lintSerial, "not the serial that was reserved")
        }
    }

    private static func checkValidity(
        _ node: DERNode,
        kind: CertificateKind,
        issuer: CertificateIssuer?,
        expected: CertificateExpectation
    ) throws {
        var validity = try DERReader(node, fault: .lintValidity)
        let (notBefore, notAfter) = try (validity.time(), validity.time())
        try validity.end()
        guard notBefore == expected.notBefore, notAfter == expected.notAfter, notBefore < notAfter else {
            throw Refusal(MatterError.lintValidity, "\(notBefore) to \(notAfter) is not what was asked for")
        }
        guard kind != .dac || notAfter == .noExpiry else {
            throw Refusal(MatterError.lintValidity, "a DAC that expires")
        }
        guard let issuer else { return }
        guard notBefore >= issuer.notBefore, notBefore <= issuer.notAfter else {
            throw Refusal(MatterError.lintValidity, "starts outside its issuer's validity")
        }
        guard kind != .pai || notAfter <= issuer.notAfter else {
            throw Refusal(MatterError.lintValidity, "a PAI that outlives its PAA")
        }
    }

    /// Common name, vendor id and where expected product id: one RDN each, UTF8String, in this order.
    private static func checkSubject(_ node: DERNode, expected: CertificateExpectation) throws {
        var names = try DERReader(node, fault: .lintSubject)
        let commonName = try attribute(&names, [0x55, 0x04, 0x03])
        guard commonName == expected.commonName, (1...64).contains(commonName.utf8.count),
            !commonName.contains("Mvid:"), !commonName.contains("Mpid:")
        else { throw Refusal(MatterError.lintSubject, "common name") }
        let arc: [UInt8] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xA2, 0x7C, 0x02]
        guard try attribute(&names, arc + [1]) == expected.vendorID.description else {
            throw Refusal(MatterError.lintScope, "vendor id of the subject")
        }
        if let productID = expected.productID {
            guard try attribute(&names, arc + [2]) == productID.description else {
                throw Refusal(MatterError.lintScope, "product id of the subject")
            }
        }
        try names.end()
    }

    private static func attribute(_ names: inout DERReader, _ type: [UInt8]) throws -> String {
        var set = try names.constructed(.set)
        var attribute = try set.constructed()
        try set.end()
        guard try attribute.primitive(.objectIdentifier).elementsEqual(type) else {
            throw Refusal(MatterError.lintSubject, "an attribute out of place")
        }
        let value = try attribute.primitive(.utf8String)
        try attribute.end()
        guard let text = String(validating: value, as: UTF8.self) else {
            throw Refusal(MatterError.lintSubject, "not UTF-8")
        }
        return text
    }

    private static func checkKey(_ node: DERNode, expected: CertificateExpectation) throws {
        var information = try DERReader(node, fault: .lintKey)
        guard try information.next(.sequence).encodedBytes.elementsEqual(p256) else {
            throw Refusal(MatterError.lintKey, "not P-256")
        }
        let point = try information.bitString()
        try information.end()
        guard point.elementsEqual(expected.publicKey.bytes) else {
            throw Refusal(MatterError.lintKey, "not the key of the request")
        }
        _ = try expected.publicKey.checkedOnCurve()
    }

    private static func checkExtensions(
        _ extensions: inout DERReader,
        kind: CertificateKind,
        authority: [UInt8],
        expected: CertificateExpectation
    ) throws {
        let constraints: [UInt8] =
            switch kind {
            case .paa: [0x30, 0x06, 0x01, 0x01, 0xFF, 0x02, 0x01, 0x01]
            case .pai: [0x30, 0x06, 0x01, 0x01, 0xFF, 0x02, 0x01, 0x00]
            case .dac: [0x30, 0x00]
            }
        let usage: [UInt8] = kind == .dac ? [0x03, 0x02, 0x07, 0x80] : [0x03, 0x02, 0x01, 0x06]
        try check(&extensions, 0x13, critical: true, constraints, .lintBasicConstraints)
        try check(&extensions, 0x0F, critical: true, usage, .lintKeyUsage)
        let subject: [UInt8] = [0x04, 0x14] + expected.publicKey.keyIdentifier
        try check(&extensions, 0x0E, critical: false, subject, .lintSubjectKeyIdentifier)
        let issuer: [UInt8] = [0x30, 0x16, 0x80, 0x14] + authority
        try check(&extensions, 0x23, critical: false, issuer, .lintAuthorityKeyIdentifier)
        guard extensions.isAtEnd else { throw Refusal(MatterError.lintExtraExtension) }
    }

    /// The next extension is id-ce `number` (2.5.29.number) with exactly this criticality and value.
    private static func check(
        _ extensions: inout DERReader,
        _ number: UInt8,
        critical: Bool,
        _ value: [UInt8],
        _ fault: MatterError
    ) throws {
        guard !extensions.isAtEnd else { throw Refusal(fault, "missing") }
        let flag: [UInt8] = critical ? [0x01, 0x01, 0xFF] : []
        let content = [0x06, 0x03, 0x55, 0x1D, number] + flag + [0x04, UInt8(value.count)] + value
        guard try extensions.any().encodedBytes.elementsEqual([0x30, UInt8(content.count)] + content) else {
            throw Refusal(fault)
        }
    }
}
