import Crypto
import Glibc
import Statements
import StationCore
import SwiftASN1
public import Vocabulary
import X509

/// A station's TLS key and the request for its certificate.
public enum StationCertificate {
    public struct Request: Sendable {
        /// PKCS#10, DER: for the EdgeHSM.
        public let der: [UInt8]
        /// SHA-256 of it: to be compared on the appliance's screen.
        public let fingerprint: Digest256
    }

    /// Makes a P-256 key in a new file of mode 0600 and the request over it; an existing key file is never replaced.
    /// Throws `station.progress.unwritable`.
    public static func make(name: StationName, keyPath: String, requestPath: String) throws -> Request {
        let key = P256.Signing.PrivateKey()
        let request = try CertificateSigningRequest(
            version: .v1,
            subject: try DistinguishedName { CommonName(name.text) },
            privateKey: Certificate.PrivateKey(key),
            attributes: CertificateSigningRequest.Attributes(),
            signatureAlgorithm: .ecdsaWithSHA256
        )
        var serializer = DER.Serializer()
        try serializer.serialize(request)
        try write(Array((key.pemRepresentation + "\n").utf8), to: keyPath, flags: O_EXCL, mode: 0o600)
        try write(serializer.serializedBytes, to: requestPath, flags: O_TRUNC, mode: 0o644)
        return Request(der: serializer.serializedBytes, fingerprint: Digest256.of(serializer.serializedBytes))
    }

    private static func write(_ bytes: [UInt8], to path: String, flags: Int32, mode: mode_t) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, mode)
        guard file >= 0 else { throw Refusal(StationError.progressUnwritable, "\(path): errno \(errno)") }
        defer { close(file) }
        let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(file) == 0 else {
            throw Refusal(StationError.progressUnwritable, "\(path): errno \(errno)")
        }
    }
}
