import Foundation
import Statements
import Synchronization
import Vocabulary

/// The Factory Service's machine and the stations' of one factory, which hold no token at all.
struct FactoryHost: Sendable {
    static let sites = 4

    /// A station's place: its folder, its configuration, its printers and scanners, and where the labels lie.
    struct Station: Sendable {
        let name: String
        let folder: String
        var configuration: String { folder + "/obis-station.json" }
        /// Spools of its printers, one for each site.
        var labels: String { folder + "/labels" }
        /// What the printers drew: the labels on the devices.
        var printed: String { folder + "/printed" }
        let bench: LabelBench
    }

    let world: World
    let edge: EdgeAppliance
    /// The factory's name, and that of the folder with all of its machines.
    let name: String
    let stations: [Station]
    private let bound = BoundPort()
    private let link = PortalPort()
    var port: Int { bound.number }

    init(_ world: World, edge: EdgeAppliance, stations: Int = 1) throws {
        self.world = world
        self.edge = edge
        name = edge.factory
        for folder in ["inbox", "state"] { _ = try world.folder(name, "service", folder) }
        self.stations = try (1...stations).map { number in
            let station = "station-\(number)"
            for folder in ["state", "labels", "printed"] { _ = try world.folder(edge.factory, station, folder) }
            let folder = world.path(edge.factory, station)
            let places = (1...Self.sites).map { site in
                LabelBench.Place(
                    spool: "\(folder)/labels/\(site)",
                    socket: world.socket(Self.scanner(edge.factory, station, "\(site)"))
                )
            }
            let bench = try LabelBench(places, printed: folder + "/printed")
            return Station(name: station, folder: folder, bench: bench)
        }
    }

    private static func scanner(_ factory: String, _ station: String, _ site: String) -> String {
        "\(factory)-\(station)-scanner-\(site)"
    }

    var serviceName: String { name + "-service" }
    var folder: String { world.path(name, "service") }
    var configuration: String { folder + "/obis-factory.json" }
    var inbox: String { folder + "/inbox" }
    var state: String { folder + "/state" }
    /// The Factory Service's database.
    var database: String { state + "/factory.sqlite" }
    /// Firmware files, named by their digests.
    var firmware: String { state + "/firmware" }
    /// The folder of the rack that the stations' fixtures reach into.
    var rackFolder: String { name + "/chips" }

    private struct TLS: Encodable {
        let certificates: String
        let key: String
        let authorities: String
    }

    private struct EdgeEntry: Encodable {
        let id: String
        let host = "127.0.0.1"
        let port: Int
        let identityKey: P256Point
    }

    private struct ServiceConfiguration: Encodable {
        struct Listen: Encodable {
            let host = "127.0.0.1"
            let port: Int
        }
        struct Portal: Encodable {
            let host = "127.0.0.1"
            let port: Int
            let tls: TLS
            /// Milliseconds.
            let interval = 500
        }
        let name: String
        let listen: Listen
        let tls: TLS
        let edgeHSM: EdgeEntry
        let socket: String
        let state: String
        let inbox: String
        let interval = 200
        let portal: Portal?
    }

    private struct StationConfiguration: Encodable {
        struct Factory: Encodable {
            let name: String
            let host = "127.0.0.1"
            let port: Int
        }
        let name: String
        let tls: TLS
        let edgeHSM: EdgeEntry
        let factory: Factory
        let chips: [String]
        let state: String
        let labels: String
        let scanners: [String]
    }

    /// Key, request, the operator's comparison, certificate: for the service and for each station.
    func enrol() async throws {
        try await enrol(serviceName, role: "service", folder: folder)
        for station in stations { try await enrol(station.name, role: "station", folder: station.folder) }
        try configureService()
    }

    private func configureService() throws {
        try Files.writeJSON(
            ServiceConfiguration(
                name: serviceName,
                listen: .init(port: port),
                tls: tls(folder),
                edgeHSM: try entry(),
                socket: world.socket(name + "-service"),
                state: state,
                inbox: inbox,
                portal: link.port.map { port in
                    .init(
                        port: port,
                        tls: TLS(
                            certificates: folder + "/portal-certificates.pem",
                            key: folder + "/portal-key.pem",
                            authorities: folder + "/portal-authority.pem"
                        )
                    )
                }
            ),
            to: configuration
        )
    }

    /// Makes the service known to the portal, which it reaches through the cable at `port`.
    func join(_ code: String, through port: Int) async throws {
        link.set(port)
        try configureService()
        // In a file of its owner's alone: anybody on the machine may read an argument list.
        let file = configuration + ".joining-code"
        try Files.write(code + "\n", to: file)
        try await run(["join", "--code-file", file])
    }

    /// Stations are told of the service's port once it has one.
    private func configure() throws {
        try configureService()
        for station in stations {
            try Files.writeJSON(
                StationConfiguration(
                    name: station.name,
                    tls: tls(station.folder),
                    edgeHSM: try entry(),
                    factory: .init(name: serviceName, port: port),
                    chips: [world.socket(ChipRack.socketName(rackFolder, "{n}"))],
                    state: station.folder + "/state",
                    labels: station.labels + "/{n}",
                    scanners: [world.socket(Self.scanner(edge.factory, station.name, "{n}"))]
                ),
                to: station.configuration
            )
        }
    }

    private func entry() throws -> EdgeEntry {
        EdgeEntry(id: edge.id, port: edge.port, identityKey: try edge.identity())
    }

    private func tls(_ folder: String) -> TLS {
        TLS(
            certificates: folder + "/certificates.pem",
            key: folder + "/key.pem",
            authorities: folder + "/authority.pem"
        )
    }

    private func enrol(_ name: String, role: String, folder: String) async throws {
        let request = folder + "/request.der"
        try await world.run(
            "obis-station",
            ["request-certificate", "--name", name, "--key", folder + "/key.pem", "--request", request]
        )
        let out = folder + "/certificates.pem"
        try await edge.certify(
            name: name,
            role: role,
            request: request,
            fingerprint: Digest256.of(Files.read(request)).hex,
            out: out
        )
        // The authority stands last in the chain that the operator got.
        let marker = "-----BEGIN CERTIFICATE-----"
        let parts = String(decoding: try Files.read(out), as: UTF8.self).components(separatedBy: marker)
        try Files.write(marker + (parts.last ?? ""), to: folder + "/authority.pem")
    }

    func start(extra: [String: String] = [:]) async throws -> Service {
        try await bound.start(readyIn: state, chosen: configure) {
            try Service(
                "obis-factory",
                world.programs.path("obis-factory"),
                ["run", "--config", configuration],
                environment: world.environment.merging(extra) { $1 },
                log: world.log(name + "-service")
            )
        }
    }

    @discardableResult
    func run(_ arguments: [String], expecting: Int32 = 0) async throws -> Finished {
        try await world.run("obis-factory", arguments + ["--config", configuration], expecting: expecting)
    }

    /// Runs a station to its end; the exit code is the line's verdict.
    func produce(_ work: LineWork, asJSON: Bool = true, extra: [String: String] = [:]) async throws -> Finished {
        try await runProgram(
            world.programs.path("obis-station"),
            runArguments(work).filter { asJSON || $0 != "--json" },
            environment: world.environment.merging(extra) { $1 }
        )
    }

    private func runArguments(_ work: LineWork) -> [String] {
        [
            "run", "--config", stations[work.station].configuration, "--operator", work.operatorName, "--work-order",
            work.batch, "--sites", String(work.sites), "--quantity", String(work.quantity), "--first",
            String(work.first), "--json",
        ]
    }

    /// A station at work, while it runs: what it prints stands in `logs/LOG.log`.
    func begin(_ work: LineWork, log: String, extra: [String: String] = [:]) throws -> Service {
        try station(runArguments(work), log: log, extra: extra)
    }

    /// A command of the station, while it runs.
    func station(_ arguments: [String], log: String, extra: [String: String] = [:]) throws -> Service {
        try Service(
            "obis-station",
            world.programs.path("obis-station"),
            arguments,
            environment: world.environment.merging(extra) { $1 },
            log: world.log(log)
        )
    }

    /// `rework`, `reprovision` or `rotate` of the device in one place.
    func service(
        _ command: String,
        _ batch: String,
        chip: String,
        _ options: [String] = [],
        station: Int = 0
    ) async throws -> Finished {
        try await runProgram(
            world.programs.path("obis-station"),
            [
                command, "--config", stations[station].configuration, "--operator", "Nadia", "--work-order", batch,
                "--chip", chip, "--json",
            ] + options,
            environment: world.environment
        )
    }
}

/// What a station is told to make.
struct LineWork: Sendable {
    /// Which of the factory's stations, from 0.
    var station = 0
    var batch: String
    /// Places in the rack, from 1.
    var first: Int
    var quantity: Int
    var sites = FactoryHost.sites
    var operatorName = "Nadia"
}

/// Where a Factory Service reaches the portal; nil while it works by files alone.
private final class PortalPort: Sendable {
    private let value = Mutex<Int?>(nil)
    var port: Int? { value.withLock { $0 } }
    func set(_ port: Int) { value.withLock { $0 = port } }
}
