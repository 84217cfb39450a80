import Foundation
import Statements
import Vocabulary

/// The Factory Service's machine and one station's, which hold no token at all.
struct FactoryHost: Sendable {
    static let serviceName = "factory-1-service"
    static let stationName = "station-1"
    static let sites = 4

    let world: World
    let edge: EdgeAppliance
    let port: Int

    init(_ world: World, edge: EdgeAppliance) throws {
        self.world = world
        self.edge = edge
        port = try FreePort.find()
        for folder in ["inbox", "state"] { _ = try world.folder("factory", folder) }
        for folder in ["state", "labels"] { _ = try world.folder("station", folder) }
    }

    var configuration: String { world.path("factory", "obis-factory.json") }
    var inbox: String { world.path("factory", "inbox") }
    var stationConfiguration: String { world.path("station", "obis-station.json") }
    var labels: String { world.path("station", "labels") }

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
        let name = FactoryHost.serviceName
        let listen: Listen
        let tls: TLS
        let edgeHSM: EdgeEntry
        let socket: String
        let state: String
        let inbox: String
        let interval = 200
    }

    private struct StationConfiguration: Encodable {
        struct Factory: Encodable {
            let name = FactoryHost.serviceName
            let host = "127.0.0.1"
            let port: Int
        }
        let name = FactoryHost.stationName
        let tls: TLS
        let edgeHSM: EdgeEntry
        let factory: Factory
        let chips: [String]
        let state: String
        let labels: String
    }

    /// Key, request, the operator's comparison, certificate: for the service and for the station.
    func enrol(identity: P256Point) async throws {
        let entry = EdgeEntry(id: edge.id, port: edge.port, identityKey: identity)
        try await enrol(Self.serviceName, role: "service", folder: "factory")
        try Files.writeJSON(
            ServiceConfiguration(
                listen: .init(port: port),
                tls: tls("factory"),
                edgeHSM: entry,
                socket: world.socket("factory-service"),
                state: world.path("factory", "state"),
                inbox: inbox
            ),
            to: configuration
        )
        try await enrol(Self.stationName, role: "station", folder: "station")
        try Files.writeJSON(
            StationConfiguration(
                tls: tls("station"),
                edgeHSM: entry,
                factory: .init(port: port),
                chips: [world.socket(ChipRack.socketName(ChipRack.lineFolder, "{n}"))],
                state: world.path("station", "state"),
                labels: labels
            ),
            to: stationConfiguration
        )
    }

    private func tls(_ folder: String) -> TLS {
        TLS(
            certificates: world.path(folder, "certificates.pem"),
            key: world.path(folder, "key.pem"),
            authorities: world.path(folder, "authority.pem")
        )
    }

    private func enrol(_ name: String, role: String, folder: String) async throws {
        let request = world.path(folder, "request.der")
        try await world.run(
            "obis-station",
            ["request-certificate", "--name", name, "--key", world.path(folder, "key.pem"), "--request", request]
        )
        let out = world.path(folder, "certificates.pem")
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
        try Files.write(marker + (parts.last ?? ""), to: world.path(folder, "authority.pem"))
    }

    func start(extra: [String: String] = [:]) async throws -> Service {
        let service = try Service(
            "obis-factory",
            world.programs.path("obis-factory"),
            ["run", "--config", configuration],
            environment: world.environment.merging(extra) { $1 },
            log: world.log("obis-factory")
        )
        let probe = self
        try await service.wait { await probe.isServing() }
        return service
    }

    private func isServing() async -> Bool {
        guard let program = try? world.programs.path("obis-factory") else { return false }
        let finished = try? await runProgram(
            program,
            ["status", "--config", configuration],
            environment: world.environment
        )
        return finished?.status == 0
    }

    @discardableResult
    func run(_ arguments: [String], expecting: Int32 = 0) async throws -> Finished {
        try await world.run("obis-factory", arguments + ["--config", configuration], expecting: expecting)
    }

    /// Runs the station on `quantity` chips from place `first`; the exit code is the line's verdict.
    func produce(
        _ batch: String,
        first: Int,
        quantity: Int,
        extra: [String: String] = [:]
    ) async throws -> Finished {
        try await runProgram(
            world.programs.path("obis-station"),
            runArguments(batch, first: first, quantity: quantity, operatorName: "Nadia"),
            environment: world.environment.merging(extra) { $1 }
        )
    }

    private func runArguments(_ batch: String, first: Int, quantity: Int, operatorName: String) -> [String] {
        [
            "run", "--config", stationConfiguration, "--operator", operatorName, "--work-order", batch, "--sites",
            String(Self.sites), "--quantity", String(quantity), "--first", String(first), "--json",
        ]
    }

    /// The same, while it runs: what it prints stands in `logs/NAME.log`.
    func beginProducing(
        _ batch: String,
        first: Int,
        quantity: Int,
        operatorName: String = "Nadia",
        log: String,
        extra: [String: String] = [:]
    ) throws -> Service {
        try station(
            runArguments(batch, first: first, quantity: quantity, operatorName: operatorName),
            log: log,
            extra: extra
        )
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

    /// `rework` or `reprovision` of the device in one place.
    func service(_ command: String, _ batch: String, chip: String, _ options: [String] = []) async throws -> Finished {
        try await runProgram(
            world.programs.path("obis-station"),
            [
                command, "--config", stationConfiguration, "--operator", "Nadia", "--work-order", batch, "--chip", chip,
                "--json",
            ] + options,
            environment: world.environment
        )
    }
}
