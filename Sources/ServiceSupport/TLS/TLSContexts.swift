import NIOCore
public import NIOSSL
import SwiftASN1
import Synchronization
import Vocabulary
import X509

/// TLS 1.3 only, with certificates on both sides, judged by `PeerJudge` alone.
enum TLSContexts {
    static func server(_ identity: TLSIdentity, authorities: [[UInt8]]) throws -> NIOSSLContext {
        // The trust roots only tell clients which authorities are asked for; the verification callback replaces the
        // library's own checks.
        try usable(identity) {
            let roots = try authorities.map { try NIOSSLCertificate(bytes: $0, format: .der) }
            var tls = TLSConfiguration.makeServerConfigurationWithMTLS(
                certificateChain: try identity.nioCertificates,
                privateKey: .privateKey(identity.privateKey),
                trustRoots: .certificates(roots)
            )
            restrict(&tls)
            return try NIOSSLContext(configuration: tls)
        }
    }

    static func client(_ identity: TLSIdentity, authorities: [[UInt8]]) throws -> NIOSSLContext {
        try usable(identity) {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateChain = try identity.nioCertificates
            tls.privateKey = .privateKey(identity.privateKey)
            tls.trustRoots = .certificates(try authorities.map { try NIOSSLCertificate(bytes: $0, format: .der) })
            // Names are compared by our own judgement, which knows roles; this keeps the callback in use.
            tls.certificateVerification = .noHostnameVerification
            restrict(&tls)
            return try NIOSSLContext(configuration: tls)
        }
    }

    /// The library says no more than that it does not take a certificate, for one without the key usage of TLS.
    private static func usable(_ identity: TLSIdentity, _ make: () throws -> NIOSSLContext) throws -> NIOSSLContext {
        do { return try make() } catch {
            let subject =
                identity.chain.first.flatMap { try? Certificate(derEncoded: $0) }.map { "\($0.subject)" } ?? ""
            let why = "TLS does not take the certificate of \(subject): is its key usage digitalSignature?"
            throw error as? Refusal ?? Refusal(ServiceSupportError.credentialMalformed, why)
        }
    }

    /// - Parameter verifies: the peer's certificate is asked for.
    static func restrict(_ tls: inout TLSConfiguration, verifies: Bool = true) {
        tls.minimumTLSVersion = .tlsv13
        if verifies { tls.verifySignatureAlgorithms = [.ecdsaSecp256R1Sha256] }
        tls.signingSignatureAlgorithms = [.ecdsaSecp256R1Sha256]
        // A silent peer must not hold a connection that we already gave up.
        tls.shutdownTimeout = .seconds(1)
    }
}

/// Why a handshake's certificate was refused: the TLS library reports only that it was.
final class HandshakeVerdict: Sendable {
    private let refusal = Mutex<Refusal?>(nil)

    /// A verification callback that judges the leaf and remembers a refusal.
    func callback(
        _ judge: @escaping @Sendable ([UInt8]) throws -> Void
    ) -> ([NIOSSLCertificate], EventLoopPromise<NIOSSLVerificationResult>) -> Void {
        { presented, promise in
            do {
                guard let leaf = presented.first else { throw Refusal(ServiceSupportError.peerMalformed, "none") }
                try judge(leaf.toDERBytes())
                promise.succeed(.certificateVerified)
            } catch {
                self.refusal.withLock { $0 = error as? Refusal ?? Refusal(ServiceSupportError.peerMalformed) }
                promise.succeed(.failed)
            }
        }
    }

    var reason: Refusal? { refusal.withLock { $0 } }
}

/// TLS for HTTP clients of one server whose authority is pinned: TLS 1.3, that authority alone, never the system's.
public enum PinnedTLS {
    /// The server's name or address is compared with its certificate.
    ///
    /// - Parameters:
    ///   - identity: the client's own certificate, where the server asks for one.
    ///   - authorities: DER, at least one.
    public static func client(_ identity: TLSIdentity?, authorities: [[UInt8]]) throws -> TLSConfiguration {
        guard !authorities.isEmpty else {
            throw Refusal(ServiceSupportError.credentialMalformed, "no trusted authority given")
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.certificateVerification = .fullVerification
        do {
            tls.trustRoots = .certificates(try authorities.map { try NIOSSLCertificate(bytes: $0, format: .der) })
        } catch { throw Refusal(ServiceSupportError.credentialMalformed, "a trusted authority") }
        if let identity {
            tls.certificateChain = try identity.nioCertificates
            tls.privateKey = .privateKey(identity.privateKey)
        }
        tls.shutdownTimeout = .seconds(1)
        return tls
    }
}
