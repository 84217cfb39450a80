public import Vocabulary

/// The configuration file of `obis-factory`. All paths are absolute.
public struct FactoryConfiguration: Codable, Sendable {
    public struct Listen: Codable, Sendable {
        public var host: String
        public var port: Int
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    public struct TLS: Codable, Sendable {
        /// PEM: this service's certificate (role `service`), then its authority.
        public var certificates: String
        /// PEM, P-256, mode 0600.
        public var key: String
        /// PEM: the site CA, which has issued stations and EdgeHSM server certificates.
        public var authorities: String
        public init(certificates: String, key: String, authorities: String) {
            self.certificates = certificates
            self.key = key
            self.authorities = authorities
        }
    }

    public struct EdgeHSM: Codable, Sendable {
        public var id: EdgeHSMID
        public var host: String
        public var port: Int
        /// The identity key from the enrolment, 65 octets in hexadecimal: it signs checkpoints.
        public var identityKey: P256Point
        public init(id: EdgeHSMID, host: String, port: Int, identityKey: P256Point) {
            self.id = id
            self.host = host
            self.port = port
            self.identityKey = identityKey
        }
    }

    public var name: StationName
    public var listen: Listen
    public var tls: TLS
    public var edgeHSM: EdgeHSM
    /// Unix socket for people on this machine.
    public var socket: String
    /// User ids that may use the socket beside the service's own.
    public var users: [UInt32]?
    /// Folder for database and firmware.
    public var state: String
    /// Folder in which people put files.
    public var inbox: String
    /// Milliseconds between looks at inbox and EdgeHSM; 1,000 if absent, at least 50.
    public var interval: Int?
    /// Seconds that a firmware file may wait in the inbox for its package; 60 if absent.
    public var firmwarePatience: Int?

    public init(
        name: StationName,
        listen: Listen,
        tls: TLS,
        edgeHSM: EdgeHSM,
        socket: String,
        users: [UInt32]? = nil,
        state: String,
        inbox: String,
        interval: Int? = nil,
        firmwarePatience: Int? = nil
    ) {
        self.name = name
        self.listen = listen
        self.tls = tls
        self.edgeHSM = edgeHSM
        self.socket = socket
        self.users = users
        self.state = state
        self.inbox = inbox
        self.interval = interval
        self.firmwarePatience = firmwarePatience
    }

    public var pause: Duration { .milliseconds(max(interval ?? 1_000, 50)) }
}
