public import ServiceSupport
import StationCore
public import Vocabulary

/// The configuration file of `obis-station`. All paths are absolute.
public struct StationConfiguration: Codable, Sendable {
    public struct Factory: Codable, Sendable {
        /// Common name in the Factory Service's certificate.
        public var name: StationName
        public var host: String
        public var port: Int
        public init(name: StationName, host: String, port: Int) {
            self.name = name
            self.host = host
            self.port = port
        }
    }

    public enum Profile: String, Codable, Sendable {
        /// Without scanners, a label is compared with what was sent to the printer.
        case lab
        case production
    }

    public var name: StationName
    public var tls: TLSFiles
    public var edgeHSM: EdgeHSMEntry
    public var factory: Factory
    /// Addresses of chips' ports: a Unix socket path or 127.0.0.1:PORT, where `{n}` stands for the place from 1. With
    /// several addresses and no `{n}`, the n-th is the n-th place's.
    public var chips: [String]
    /// Folder for this station's own records.
    public var state: String
    /// Spool folder of the label printer, where `{n}` stands for the site from 1 if each has a printer of its own. What is
    /// in it holds passcodes: the printer takes it away.
    public var labels: String
    /// Addresses of the label scanners: `/dev/ttyACM0`, a Unix socket's path or 127.0.0.1:PORT; `{n}` and several addresses
    /// as in `chips`, by site in place of place. Absent only in a laboratory.
    public var scanners: [String]?
    /// Seconds that a site waits for a scan, 1 to 3,600; 60 if absent.
    public var scanTimeout: Int?
    /// Absent: production.
    public var profile: Profile?
    /// Attempts of a request before the unit is left open; 12 if absent.
    public var attempts: Int?

    public init(
        name: StationName,
        tls: TLSFiles,
        edgeHSM: EdgeHSMEntry,
        factory: Factory,
        chips: [String],
        state: String,
        labels: String,
        attempts: Int? = nil,
        scanners: [String]? = nil,
        scanTimeout: Int? = nil,
        profile: Profile? = nil
    ) {
        self.name = name
        self.tls = tls
        self.edgeHSM = edgeHSM
        self.factory = factory
        self.chips = chips
        self.state = state
        self.labels = labels
        self.attempts = attempts
        self.scanners = scanners
        self.scanTimeout = scanTimeout
        self.profile = profile
    }

    /// The address of a place, from 1; nil beyond the list.
    public func chipAddress(_ place: Int) -> String? { Self.address(place, in: chips) }

    /// The spool folder of a site, from 1.
    public func labelFolder(_ site: Int) -> String { labels.replacing("{n}", with: String(site)) }

    /// The scanner of a site, from 1; nil in a laboratory that has none.
    ///
    /// Throws `station.scanner.missing`, `station.scanner.address`, `config.value.invalid`.
    public func scanner(_ site: Int) throws -> LabelScanner? {
        guard let scanners else {
            guard profile == .lab else { throw Refusal(StationError.scannerMissing, "site \(site)") }
            return nil
        }
        guard let address = Self.address(site, in: scanners) else {
            throw Refusal(StationError.scannerMissing, "site \(site)")
        }
        let timeout = scanTimeout ?? LabelScanner.defaultTimeout
        guard (1...3_600).contains(timeout) else {
            throw Refusal(ServiceSupportError.configurationInvalid, "scanTimeout \(timeout)")
        }
        return LabelScanner(try ScannerAddress(address), timeout: timeout)
    }

    private static func address(_ number: Int, in list: [String]) -> String? {
        if list.count == 1, let pattern = list.first {
            return pattern.contains("{n}") || number == 1 ? pattern.replacing("{n}", with: String(number)) : nil
        }
        return list.indices.contains(number - 1) ? list[number - 1] : nil
    }
}
