public import Governance
public import KeyCustody
import PortalCore
import ServiceSupport
import Vocabulary

/// The configuration file of the portal: JSON, no unknown keys.
public struct PortalConfiguration: Codable, Sendable, Hashable {
    public struct TokenSettings: Codable, Sendable, Hashable {
        /// Path of the PKCS#11 module.
        public var module: String
        public var label: String
        /// A file that only the portal's user can read. Either this or `pinCredential`.
        public var pinFile: String?
        /// Name of a systemd credential.
        public var pinCredential: String?
        /// 1 to 32; absent: 4.
        public var sessions: Int?
        /// Manufacturers whose tokens count as hardware.
        public var hardwareManufacturers: [String]?
        /// Hash of OAEP with which product keys leave; absent: `sha1`.
        public var transportHash: TransportHash?

        public init(
            module: String,
            label: String,
            pinFile: String? = nil,
            pinCredential: String? = nil,
            sessions: Int? = nil,
            hardwareManufacturers: [String]? = nil,
            transportHash: TransportHash? = nil
        ) {
            self.module = module
            self.label = label
            self.pinFile = pinFile
            self.pinCredential = pinCredential
            self.sessions = sessions
            self.hardwareManufacturers = hardwareManufacturers
            self.transportHash = transportHash
        }
    }

    public struct Listener: Codable, Sendable, Hashable {
        /// Address to listen on.
        public var host: String
        /// 0 takes a free port (it is logged).
        public var port: Int
        /// Most connections at a time; absent: 512.
        public var connections: Int?
        /// Requests of one token or factory under way at a time; absent: 128 of a token, 16 of a factory.
        public var requestsAtOnce: Int?
        /// Requests of one token or factory a second; absent: 200 of a token, 100 of a factory.
        public var requestsPerSecond: Int?

        public init(
            host: String,
            port: Int,
            connections: Int? = nil,
            requestsAtOnce: Int? = nil,
            requestsPerSecond: Int? = nil
        ) {
            self.host = host
            self.port = port
            self.connections = connections
            self.requestsAtOnce = requestsAtOnce
            self.requestsPerSecond = requestsPerSecond
        }
    }

    private static func hasLimits(_ listener: Listener) -> Bool {
        (1...65_536).contains(listener.requestsAtOnce ?? 1) && (1...1_000_000).contains(listener.requestsPerSecond ?? 1)
    }

    /// A certificate chain (PEM, leaf first) and its private key (PEM, P-256, readable by its owner alone).
    public struct TLSFiles: Codable, Sendable, Hashable {
        public var certificates: String
        public var key: String
        /// The certificate (PEM) of the authority that issued the chain; joining codes pin it.
        public var issuer: String

        public init(certificates: String, key: String, issuer: String) {
            self.certificates = certificates
            self.key = key
            self.issuer = issuer
        }
    }

    /// What scrypt costs for new passwords (RFC 7914).
    public struct PasswordSettings: Codable, Sendable, Hashable {
        /// Base-2 logarithm of N.
        public var logN: Int
        /// r.
        public var blockSize: Int
        /// p.
        public var parallelism: Int

        public init(logN: Int, blockSize: Int, parallelism: Int) {
            (self.logN, self.blockSize, self.parallelism) = (logN, blockSize, parallelism)
        }
    }

    /// Name of the OEM, in the enrolment authority's certificate.
    public var oem: String
    public var profile: CustodyProfile
    public var token: TokenSettings
    /// Absolute path of a folder that only the portal's user can enter.
    public var dataDirectory: String
    /// The root authority's public key: a file with PEM or hexadecimal.
    public var rootKeyFile: String
    /// Host name and port by which people and factories reach the people's listener. Port absent: the listener's.
    public var publicHost: String
    public var publicPort: Int?
    public var people: Listener
    public var sync: Listener
    public var tls: TLSFiles
    /// Absolute path of the folder with the pages' fonts, which `scripts/setup` fills; absent or empty: the pages use
    /// those of whoever looks.
    public var fontsDirectory: String?
    /// Absent: N = 2¹⁵, r = 8, p = 3. A production profile takes nothing cheaper.
    public var passwordCost: PasswordSettings?

    public init(
        oem: String,
        profile: CustodyProfile,
        token: TokenSettings,
        dataDirectory: String,
        rootKeyFile: String,
        publicHost: String,
        publicPort: Int? = nil,
        people: Listener,
        sync: Listener,
        tls: TLSFiles,
        fontsDirectory: String? = nil,
        passwordCost: PasswordSettings? = nil
    ) {
        self.oem = oem
        self.profile = profile
        self.token = token
        self.dataDirectory = dataDirectory
        self.rootKeyFile = rootKeyFile
        self.publicHost = publicHost
        self.publicPort = publicPort
        self.people = people
        self.sync = sync
        self.tls = tls
        self.fontsDirectory = fontsDirectory
        self.passwordCost = passwordCost
    }

    /// Nil for what scrypt does not have, what takes more than 128 MiB, and what a production profile does not take.
    var scryptCost: PasswordCost? {
        guard let asked = passwordCost else { return .usual }
        let cost = PasswordCost(logN: asked.logN, blockSize: asked.blockSize, parallelism: asked.parallelism)
        return profile == .lab || cost?.isAtLeast(.usual) == true ? cost : nil
    }

    /// Throws `portal.setting.invalid` with the setting's name.
    public func validate() throws {
        let paths =
            [dataDirectory, rootKeyFile, token.module, tls.certificates, tls.key, tls.issuer]
            + [token.pinFile, fontsDirectory].compactMap { $0 }
        let wrong: String? =
            if let path = paths.first(where: { !$0.hasPrefix("/") }) {
                "\(path) is not an absolute path"
            } else if (token.pinFile == nil) == (token.pinCredential == nil) {
                "token: exactly one of pinFile and pinCredential"
            } else if !(1...32).contains(token.sessions ?? 4) {
                "token.sessions: 1 to 32"
            } else if !(1...128).contains(oem.utf8.count) {
                "oem: 1 to 128 octets"
            } else if publicHost.isEmpty || publicHost.utf8.count > 200 {
                "publicHost: 1 to 200 octets"
            } else if [people, sync].contains(where: { $0.host.isEmpty || !(0...65_535).contains($0.port) }) {
                "people, sync: host and port"
            } else if [people, sync].contains(where: { !(1...65_536).contains($0.connections ?? 512) }) {
                "people, sync: connections 1 to 65,536"
            } else if [people, sync].contains(where: { !Self.hasLimits($0) }) {
                "people, sync: requestsAtOnce 1 to 65,536, requestsPerSecond 1 to 1,000,000"
            } else if let port = publicPort, !(1...65_535).contains(port) {
                "publicPort"
            } else if publicPort == nil && people.port == 0 {
                "publicPort: needed where people.port is 0"
            } else if scryptCost == nil {
                "passwordCost"
            } else {
                nil
            }
        if let wrong { throw Refusal(PortalError.invalidSetting, wrong) }
    }

    public var databasePath: String { dataDirectory + "/portal.sqlite" }
    public var filesPath: String { dataDirectory + "/files" }
    public var tokenLockPath: String { dataDirectory + "/token.lock" }
}

extension PortalConfiguration {
    /// Reads what `run` reads but the token and the database. Throws what is wrong.
    public func checkFiles() throws {
        _ = try TLSIdentity.load(certificates: tls.certificates, key: .pem(path: tls.key))
        _ = try CredentialFile.certificates(tls.issuer)
        _ = try PublicKeyText.read(rootKeyFile)
    }
}
