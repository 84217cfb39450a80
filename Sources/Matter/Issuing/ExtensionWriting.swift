internal import SwiftASN1

/// The key usages that we issue, as BIT STRING content: unused bits, then the bits.
enum KeyUsageBits {
    case digitalSignature
    case certificateAndCRLSigning

    var content: [UInt8] {
        switch self {
        case .digitalSignature: [0x07, 0x80]
        case .certificateAndCRLSigning: [0x01, 0x06]
        }
    }
}

extension DER.Serializer {
    mutating func certificateExtension(
        _ identifier: [UInt8],
        critical: Bool,
        _ value: (inout DER.Serializer) -> Void
    ) {
        sequence { coder in
            coder.objectIdentifier(identifier)
            if critical { coder.primitive(.boolean, [0xFF]) }
            coder.appendPrimitiveNode(identifier: .octetString) { bytes in
                var inner = DER.Serializer()
                value(&inner)
                bytes.append(contentsOf: inner.serializedBytes)
            }
        }
    }

    mutating func basicConstraints(isAuthority: Bool, pathLength: UInt8?) {
        certificateExtension(ObjectIdentifier.basicConstraints, critical: true) { coder in
            coder.sequence { coder in
                if isAuthority { coder.primitive(.boolean, [0xFF]) }
                if let pathLength { coder.unsignedInteger([pathLength]) }
            }
        }
    }

    mutating func keyUsage(_ usage: KeyUsageBits) {
        certificateExtension(ObjectIdentifier.keyUsage, critical: true) { $0.primitive(.bitString, usage.content) }
    }

    mutating func subjectKeyIdentifier(_ identifier: [UInt8]) {
        certificateExtension(ObjectIdentifier.subjectKeyIdentifier, critical: false) {
            $0.primitive(.octetString, identifier)
        }
    }

    mutating func authorityKeyIdentifier(_ identifier: [UInt8]) {
        certificateExtension(ObjectIdentifier.authorityKeyIdentifier, critical: false) { coder in
            coder.sequence { $0.primitive(.context(0), identifier) }
        }
    }
}
