public import NIOSSL

extension TLSIdentity {
    /// TLS 1.3 for a server that others build, such as an HTTP server.
    ///
    /// - Parameter authorities: DER; nil: no client certificate is asked for. Given, each client must show one, and the
    ///   caller judges it (`PeerJudge`) in a verification callback and again on each request.
    public func serverConfiguration(authorities: [[UInt8]]? = nil) throws -> TLSConfiguration {
        var tls: TLSConfiguration
        if let authorities {
            tls = TLSConfiguration.makeServerConfigurationWithMTLS(
                certificateChain: try nioCertificates,
                privateKey: .privateKey(privateKey),
                trustRoots: .certificates(try authorities.map { try NIOSSLCertificate(bytes: $0, format: .der) })
            )
        } else {
            tls = TLSConfiguration.makeServerConfiguration(
                certificateChain: try nioCertificates,
                privateKey: .privateKey(privateKey)
            )
        }
        TLSContexts.restrict(&tls, verifies: authorities != nil)
        return tls
    }
}
