import Matter
import Vocabulary

enum AttestationKey {
    static func of(_ dac: [UInt8]) throws -> P256Point? { try AttestationCertificate(der: dac).publicKey }

    /// Serial number, hexadecimal.
    static func serial(of dac: [UInt8]) throws -> String { Hex.encode(try AttestationCertificate(der: dac).serial) }
}
