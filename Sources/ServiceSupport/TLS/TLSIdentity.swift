import Crypto
import NIOCore
import NIOSSL
import SwiftASN1
public import Vocabulary
import X509

/// Where the private key of a TLS certificate is.
public enum TLSKey: Sendable {
    /// In a PEM file (P-256) that its owner alone can read.
    case pem(path: String)
    /// In a token: `sign` takes the message (not its hash) and makes ECDSA P-256 over SHA-256 of it. It must not
    /// block the calling thread.
    case custom(publicKey: P256Point, sign: @Sendable ([UInt8]) async throws -> RawSignature)
}

/// A certificate chain (leaf first, DER) with its key.
public struct TLSIdentity: Sendable {
    public let chain: [[UInt8]]
    let privateKey: NIOSSLPrivateKey

    /// Throws `tls.file.*`: unreadable, exposed, malformed, or a key that is not the leaf's.
    public init(chain: [[UInt8]], key: TLSKey) throws {
        guard let leaf = chain.first, let certificate = try? Certificate(derEncoded: leaf),
            let certified = P256.Signing.PublicKey(certificate.publicKey)
        else { throw Refusal(ServiceSupportError.credentialMalformed, "no P-256 certificate for TLS") }
        let point: [UInt8]
        switch key {
        case .pem(let path): (privateKey, point) = try Self.fileKey(path)
        case .custom(let publicKey, let sign):
            privateKey = NIOSSLPrivateKey(customPrivateKey: TokenTLSKey(publicKey: publicKey, signMessage: sign))
            point = publicKey.bytes
        }
        guard point == Array(certified.x963Representation) else {
            throw Refusal(ServiceSupportError.credentialMismatch, "certificate of \(certificate.subject)")
        }
        self.chain = chain
    }

    /// The certificates of a PEM file with the key of another.
    public static func load(certificates: String, key: TLSKey) throws -> TLSIdentity {
        try TLSIdentity(chain: CredentialFile.certificates(certificates), key: key)
    }

    private static func fileKey(_ path: String) throws -> (NIOSSLPrivateKey, [UInt8]) {
        let text = try CredentialFile.secret(path)
        return try unsafe text.withBytes { bytes in
            let pem = unsafe String(decoding: bytes, as: UTF8.self)
            guard let key = try? P256.Signing.PrivateKey(pemRepresentation: pem),
                let privateKey = try? NIOSSLPrivateKey(bytes: Array(key.derRepresentation), format: .der)
            else { throw Refusal(ServiceSupportError.credentialMalformed, "\(path): no P-256 private key in PEM") }
            return (privateKey, Array(key.publicKey.x963Representation))
        }
    }

    var nioCertificates: [NIOSSLCertificateSource] {
        get throws { try chain.map { .certificate(try NIOSSLCertificate(bytes: $0, format: .der)) } }
    }
}

/// A TLS private key that stays in its token.
private struct TokenTLSKey: NIOSSLCustomPrivateKey, Hashable {
    let publicKey: P256Point
    let signMessage: @Sendable ([UInt8]) async throws -> RawSignature

    var signatureAlgorithms: [SignatureAlgorithm] { [.ecdsaSecp256R1Sha256] }

    func sign(channel: any Channel, algorithm: SignatureAlgorithm, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        let message = Array(data.readableBytesView)
        let promise = channel.eventLoop.makePromise(of: ByteBuffer.self)
        promise.completeWithTask {
            let raw = try await signMessage(message)
            let signature = try P256.Signing.ECDSASignature(rawRepresentation: raw.bytes)
            return ByteBuffer(bytes: signature.derRepresentation)
        }
        return promise.futureResult
    }

    /// RSA key exchange alone would use this, and TLS 1.3 has none.
    func decrypt(channel: any Channel, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        channel.eventLoop.makeFailedFuture(Refusal(ServiceSupportError.tlsFailed, "no decryption with a signing key"))
    }

    static func == (left: Self, right: Self) -> Bool { left.publicKey == right.publicKey }
    func hash(into hasher: inout Hasher) { hasher.combine(publicKey) }
}
