public import Vocabulary

/// The part of a configuration file that names TLS credentials, of every process at a site. All paths are absolute.
public struct TLSFiles: Codable, Sendable {
    /// PEM: this process's certificate, then its authority.
    public var certificates: String
    /// PEM, P-256, mode 0600.
    public var key: String
    /// PEM: the authority that has issued the peers' certificates.
    public var authorities: String

    public init(certificates: String, key: String, authorities: String) {
        self.certificates = certificates
        self.key = key
        self.authorities = authorities
    }
}

/// The part of a configuration file that names the site's EdgeHSM.
public struct EdgeHSMEntry: Codable, Sendable {
    public var id: EdgeHSMID
    public var host: String
    public var port: Int
    /// The identity key from the enrolment, 65 octets in hexadecimal: it signs permits and checkpoints.
    public var identityKey: P256Point

    public init(id: EdgeHSMID, host: String, port: Int, identityKey: P256Point) {
        self.id = id
        self.host = host
        self.port = port
        self.identityKey = identityKey
    }
}
