import Matter
import Vocabulary

enum AttestationKey {
    static func of(_ dac: [UInt8]) throws -> P256Point? { try AttestationCertificate(der: dac).publicKey }
}
