internal import SwiftASN1
internal import Vocabulary

/// The extensions of one certificate, decoded strictly.
struct CertificateExtensions: Sendable, Hashable {
    struct BasicConstraints: Sendable, Hashable {
        var isAuthority: Bool
        var pathLength: Int?
        var isCritical: Bool
    }

    struct KeyUsage: Sendable, Hashable {
        /// Bits as in the first octet of the BIT STRING: 0x80 digitalSignature, 0x04 keyCertSign, 0x02 cRLSign.
        var bits: UInt8
        /// True when bits beyond the first octet are set (decipherOnly).
        var hasMore: Bool
        var isCritical: Bool
    }

    var basicConstraints: BasicConstraints?
    var keyUsage: KeyUsage?
    var subjectKeyIdentifier: [UInt8]?
    var authorityKeyIdentifier: [UInt8]?
    var crlDistribution: CRLDistributionPoint?
    /// Critical extensions that this module has no meaning for. A chain with one of them is refused.
    var unknownCritical: [[UInt8]] = []

    /// Extensions that A.2 calls harmless in a DAC or PAI, even when critical.
    private static let harmless = [
        ObjectIdentifier.extendedKeyUsage, ObjectIdentifier.authorityInformationAccess,
        ObjectIdentifier.subjectAlternativeName, ObjectIdentifier.crlDistributionPoints,
    ]

    init(_ extensions: inout DERReader) throws {
        // A certificate has few: those seen are looked through.
        var seen: [ArraySlice<UInt8>] = []
        while !extensions.isAtEnd {
            var reader = try extensions.constructed()
            let identifier = try reader.primitive(.objectIdentifier)
            let isCritical = try reader.optionalTrue()
            let value = try reader.primitive(.octetString)
            try reader.end()
            let isFirst = !seen.contains(identifier)
            seen.append(identifier)
            guard isFirst || identifier == ObjectIdentifier.crlDistributionPoints[...] else {
                throw Refusal(MatterError.certificateDuplicateExtension, Hex.encode(identifier))
            }
            try take(identifier, value, isCritical: isCritical, isFirst: isFirst)
        }
    }

    private mutating func take(
        _ identifier: ArraySlice<UInt8>,
        _ value: ArraySlice<UInt8>,
        isCritical: Bool,
        isFirst: Bool
    ) throws {
        switch identifier {
        case ObjectIdentifier.basicConstraints[...]:
            basicConstraints = try Self.basicConstraints(value, isCritical: isCritical)
        case ObjectIdentifier.keyUsage[...]:
            keyUsage = try Self.keyUsage(value, isCritical: isCritical)
        case ObjectIdentifier.subjectKeyIdentifier[...]:
            guard !isCritical else { throw Refusal(MatterError.certificateSubjectKeyIdentifier, "critical") }
            subjectKeyIdentifier = try Self.subjectKeyIdentifier(value)
        case ObjectIdentifier.authorityKeyIdentifier[...]:
            guard !isCritical else { throw Refusal(MatterError.certificateAuthorityKeyIdentifier, "critical") }
            authorityKeyIdentifier = try Self.authorityKeyIdentifier(value)
        case ObjectIdentifier.crlDistributionPoints[...]:
            // Two extensions count as none (A.6).
            crlDistribution = isFirst ? CRLDistributionPoint(value) : nil
        default:
            guard isCritical, !Self.harmless.contains(where: { $0[...] == identifier }) else { return }
            unknownCritical.append(Array(identifier))
        }
    }

    private static func basicConstraints(_ value: ArraySlice<UInt8>, isCritical: Bool) throws -> BasicConstraints {
        var reader = try DERReader(value, fault: .certificateBasicConstraints)
        let isAuthority = try reader.optionalTrue()
        let pathLength = reader.isAtEnd ? nil : try reader.smallInteger()
        try reader.end()
        return BasicConstraints(isAuthority: isAuthority, pathLength: pathLength, isCritical: isCritical)
    }

    /// A named bit list: no zero bits at its end (X.690 section 11.2.2), 9 bits at most.
    private static func keyUsage(_ value: ArraySlice<UInt8>, isCritical: Bool) throws -> KeyUsage {
        var malformed: Refusal { Refusal(MatterError.certificateKeyUsage, "not a named bit list in DER") }
        guard let node = DERNode(checking: value), node.identifier == .bitString, !node.isConstructed else {
            throw malformed
        }
        let content = node.content
        guard let unused = content.first, unused < 8, (2...3).contains(content.count), let last = content.last,
            last != 0, last.trailingZeroBitCount == Int(unused)
        else { throw malformed }
        return KeyUsage(bits: content[content.startIndex + 1], hasMore: content.count == 3, isCritical: isCritical)
    }

    private static func subjectKeyIdentifier(_ value: ArraySlice<UInt8>) throws -> [UInt8] {
        guard let node = DERNode(checking: value), node.identifier == .octetString, !node.isConstructed,
            node.content.count == 20
        else { throw Refusal(MatterError.certificateSubjectKeyIdentifier, "not an OCTET STRING of 20 octets") }
        return Array(node.content)
    }

    private static func authorityKeyIdentifier(_ value: ArraySlice<UInt8>) throws -> [UInt8] {
        var reader = try DERReader(value, fault: .certificateAuthorityKeyIdentifier)
        let content = try reader.primitive(.context(0))
        try reader.end()
        guard content.count == 20 else {
            throw Refusal(MatterError.certificateAuthorityKeyIdentifier, "\(content.count) octets instead of 20")
        }
        return Array(content)
    }
}
