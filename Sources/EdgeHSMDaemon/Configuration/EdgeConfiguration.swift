public import KeyCustody
public import Vocabulary

/// The configuration file of an EdgeHSM daemon as it is written: JSON, no unknown keys.
public struct EdgeConfiguration: Codable, Sendable, Hashable {
    public enum Profile: String, Codable, Sendable {
        /// Software tokens are accepted; nothing is protected against whoever can edit the disk.
        case lab
        case production
    }

    public struct TokenSettings: Codable, Sendable, Hashable {
        /// Path of the PKCS#11 module.
        public var module: String
        public var label: String
        /// A file that only the daemon's user can read. Either this or `pinCredential`.
        public var pinFile: String?
        /// Name of a systemd credential.
        public var pinCredential: String?
        /// A file with the security officer's PIN; read by `init --initialize` alone. Absent where the token's maker
        /// initialises it.
        public var officerPINFile: String?
        /// 1 to 32.
        public var sessions: Int
        /// Manufacturers whose tokens count as hardware.
        public var hardwareManufacturers: [String]?
        /// The hash of OAEP with which product keys arrive: `sha1` (what SoftHSM2 knows) or `sha256`; absent: `sha1`. The
        /// portal's token must be configured alike.
        public var transportHash: TransportHash?

        public init(
            module: String,
            label: String,
            pinFile: String? = nil,
            pinCredential: String? = nil,
            officerPINFile: String? = nil,
            sessions: Int = 4,
            hardwareManufacturers: [String]? = nil,
            transportHash: TransportHash? = nil
        ) {
            self.module = module
            self.label = label
            self.pinFile = pinFile
            self.pinCredential = pinCredential
            self.officerPINFile = officerPINFile
            self.sessions = sessions
            self.hardwareManufacturers = hardwareManufacturers
            self.transportHash = transportHash
        }
    }

    /// Certificate of a signer of Certification Declarations and the alliance's root above it, as PEM files.
    public struct DeclarationSignerFiles: Codable, Sendable, Hashable {
        public var certificate: String
        public var root: String

        public init(certificate: String, root: String) {
            self.certificate = certificate
            self.root = root
        }
    }

    public var edgeHSM: EdgeHSMID
    public var factory: FactoryID
    public var profile: Profile
    public var token: TokenSettings
    /// Absolute path of a folder that only the daemon's user can enter.
    public var dataDirectory: String
    /// Address that stations and the Factory Service connect to.
    public var listenHost: String
    /// 0 takes a free port (it is logged).
    public var listenPort: Int
    /// DNS names and IP addresses in the TLS server certificate.
    public var serverNames: [String]
    /// Absolute path of the local operator's socket.
    public var operatorSocket: String
    public var operatorUIDs: [UInt32]
    /// Absolute path of the file that metrics are written to every 10 seconds; absent: no file.
    public var metricsFile: String?
    /// Needed in production; absent in the lab: the alliance's published test key.
    public var declarationSigners: [DeclarationSignerFiles]?
    /// Writes of the anchor a day that lease renewals may cause; absent: 20,000.
    public var anchorWritesADay: Int?

    public init(
        edgeHSM: EdgeHSMID,
        factory: FactoryID,
        profile: Profile,
        token: TokenSettings,
        dataDirectory: String,
        listenHost: String,
        listenPort: Int,
        serverNames: [String],
        operatorSocket: String,
        operatorUIDs: [UInt32],
        metricsFile: String? = nil,
        declarationSigners: [DeclarationSignerFiles]? = nil,
        anchorWritesADay: Int? = nil
    ) {
        self.edgeHSM = edgeHSM
        self.factory = factory
        self.profile = profile
        self.token = token
        self.dataDirectory = dataDirectory
        self.listenHost = listenHost
        self.listenPort = listenPort
        self.serverNames = serverNames
        self.operatorSocket = operatorSocket
        self.operatorUIDs = operatorUIDs
        self.metricsFile = metricsFile
        self.declarationSigners = declarationSigners
        self.anchorWritesADay = anchorWritesADay
    }

    /// Throws `edge.setting.invalid` with the setting's name.
    public func validate() throws {
        let paths =
            [dataDirectory, operatorSocket, token.module]
            + [metricsFile, token.pinFile, token.officerPINFile].compactMap { $0 }
        let wrong: String? =
            if let path = paths.first(where: { !$0.hasPrefix("/") }) {
                "\(path) is not an absolute path"
            } else if (token.pinFile == nil) == (token.pinCredential == nil) {
                "token: exactly one of pinFile and pinCredential"
            } else if !(1...32).contains(token.sessions) {
                "token.sessions: 1 to 32"
            } else if !(0...65_535).contains(listenPort) {
                "listenPort"
            } else if listenHost.isEmpty {
                "listenHost is empty"
            } else if !(1...16).contains(serverNames.count) {
                "serverNames: 1 to 16"
            } else if operatorUIDs.isEmpty || operatorUIDs.count > 32 {
                "operatorUIDs: 1 to 32"
            } else if let most = anchorWritesADay, !(100...10_000_000).contains(most) {
                "anchorWritesADay: 100 to 10,000,000"
            } else {
                nil
            }
        if let wrong { throw Refusal(EdgeDaemonError.invalidSetting, wrong) }
    }

    public var journalPath: String { dataDirectory + "/journal.sqlite" }
    public var certificatesPath: String { dataDirectory + "/server-certificates.json" }
    public var tokenLockPath: String { dataDirectory + "/token.lock" }
}
