public import Vocabulary

/// Who the server must be. At least one name is given, and all that are given must match.
public struct ServerExpectation: Sendable {
    public var role: String?
    public var commonName: String?
    public var dnsName: String?

    /// - Parameters:
    ///   - role: the organizational unit of the server's certificate.
    ///   - commonName: its common name.
    ///   - dnsName: one of its DNS names, compared without regard to case and without wildcards.
    public init(role: String? = nil, commonName: String? = nil, dnsName: String? = nil) {
        self.role = role
        self.commonName = commonName
        self.dnsName = dnsName
    }

    /// Throws `tls.peer.name`.
    public func check(_ peer: PeerCertificate) throws {
        guard role != nil || commonName != nil || dnsName != nil else {
            throw Refusal(ServiceSupportError.peerName, "no expected name is configured")
        }
        guard role ?? peer.organizationalUnit == peer.organizationalUnit else {
            throw Refusal(ServiceSupportError.peerName, "role \(peer.organizationalUnit)")
        }
        guard commonName ?? peer.commonName == peer.commonName else {
            throw Refusal(ServiceSupportError.peerName, "common name \(peer.commonName)")
        }
        if let dnsName, !peer.dnsNames.contains(where: { $0.lowercased() == dnsName.lowercased() }) {
            throw Refusal(ServiceSupportError.peerName, "DNS names \(peer.dnsNames.prefix(4).joined(separator: ","))")
        }
    }
}

/// Where a frame client connects and within which bounds.
public struct FrameClientConfiguration: Sendable {
    public enum Endpoint: Sendable {
        /// Mutual TLS 1.3. `authorities` are the DER certificates of the server CAs; `now` judges validity.
        case tls(
            host: String,
            port: Int,
            identity: TLSIdentity,
            authorities: [[UInt8]],
            server: ServerExpectation,
            now: @Sendable () -> Instant
        )
        case local(path: String)
    }

    public var endpoint: Endpoint
    /// Who is there, in words for refusals: `EdgeHSM edge-1`.
    public var peer: String
    /// Connections at one time; each carries one request at a time.
    public var connections = 1
    /// Requests that may wait for a connection.
    public var waiting = 256
    /// For TCP and TLS together.
    public var connectTimeout: Duration = .seconds(5)
    /// Largest frame body in octets, both directions.
    public var largestFrame = FrameLimits().largestFrame

    public init(endpoint: Endpoint, peer: String = "the other side") {
        self.endpoint = endpoint
        self.peer = peer
    }

    /// Who and where, for refusals.
    var place: String {
        switch endpoint {
        case .tls(let host, let port, _, _, _, _): "\(peer) at \(host):\(port)"
        case .local(let path): "\(peer) at \(path)"
        }
    }

    /// The refusal with who and where in its detail.
    func named(_ error: any Error) -> any Error {
        guard let refusal = error as? Refusal, let code = ServiceSupportError(rawValue: refusal.code) else {
            return error
        }
        return Refusal(code, refusal.detail.isEmpty ? place : "\(place): \(refusal.detail)")
    }
}
