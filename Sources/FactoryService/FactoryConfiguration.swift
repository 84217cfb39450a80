public import ServiceSupport
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

    /// The link to the portal; without it, files alone go in and out.
    public struct Portal: Codable, Sendable {
        /// Host name or address, and port, of the portal's sync listener.
        public var host: String
        public var port: Int
        /// What `obis-factory join` makes: certificate chain and key of this Factory Service, and the one authority
        /// that may have issued the portal's TLS certificate.
        public var tls: TLSFiles
        /// Milliseconds between looks at the portal; 5,000 if absent, at least 100.
        public var interval: Int?
        /// Seconds after which a status of the portal is fetched though nothing changed; 3,600 if absent.
        public var statusInterval: Int?
        /// Seconds after which a checkpoint goes up though the journal has not grown; 300 if absent.
        public var heartbeat: Int?

        public init(
            host: String,
            port: Int,
            tls: TLSFiles,
            interval: Int? = nil,
            statusInterval: Int? = nil,
            heartbeat: Int? = nil
        ) {
            self.host = host
            self.port = port
            self.tls = tls
            self.interval = interval
            self.statusInterval = statusInterval
            self.heartbeat = heartbeat
        }

        var pause: Duration { .milliseconds(max(interval ?? 5_000, 100)) }
        var statusPause: Duration { .seconds(max(statusInterval ?? 3_600, 1)) }
        var heartbeatPause: Duration { .seconds(max(heartbeat ?? 300, 1)) }
    }

    /// The page that people at the site look at: read-only, on 127.0.0.1.
    public struct StatusPage: Codable, Sendable {
        public var port: Int
        public init(port: Int) { self.port = port }
    }

    public var name: StationName
    public var listen: Listen
    /// This service's certificate has the role `service`.
    public var tls: TLSFiles
    public var edgeHSM: EdgeHSMEntry
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
    public var portal: Portal?
    public var statusPage: StatusPage?

    public init(
        name: StationName,
        listen: Listen,
        tls: TLSFiles,
        edgeHSM: EdgeHSMEntry,
        socket: String,
        users: [UInt32]? = nil,
        state: String,
        inbox: String,
        interval: Int? = nil,
        firmwarePatience: Int? = nil,
        portal: Portal? = nil,
        statusPage: StatusPage? = nil
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
        self.portal = portal
        self.statusPage = statusPage
    }

    public var pause: Duration { .milliseconds(max(interval ?? 1_000, 50)) }
}
