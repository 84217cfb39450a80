public import ServiceSupport
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

    public var name: StationName
    public var tls: TLSFiles
    public var edgeHSM: EdgeHSMEntry
    public var factory: Factory
    /// Addresses of chips' ports: a Unix socket path or 127.0.0.1:PORT, where `{n}` stands for the place from 1. With
    /// several addresses and no `{n}`, the n-th is the n-th place's.
    public var chips: [String]
    /// Folder for this station's own records.
    public var state: String
    /// Spool folder of the label printer. What is in it holds passcodes: the printer takes it away.
    public var labels: String
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
        attempts: Int? = nil
    ) {
        self.name = name
        self.tls = tls
        self.edgeHSM = edgeHSM
        self.factory = factory
        self.chips = chips
        self.state = state
        self.labels = labels
        self.attempts = attempts
    }

    /// The address of a place, from 1; nil beyond the list.
    public func chipAddress(_ place: Int) -> String? {
        if chips.count == 1, let pattern = chips.first {
            return pattern.contains("{n}") || place == 1 ? pattern.replacing("{n}", with: String(place)) : nil
        }
        return chips.indices.contains(place - 1) ? chips[place - 1] : nil
    }
}
