import Crypto
import Foundation
import Glibc
import Statements
import Vocabulary

/// The EdgeHSM of the box: token store, configuration, daemon.
final class EdgeAppliance: Sendable {
    let host: TokenHost
    let id: String
    let factory: String
    let port: Int

    var configuration: String { host.path("edgehsmd.json") }
    var dataDirectory: String { host.path("data") }
    var journal: String { dataDirectory + "/journal.sqlite" }
    var operatorSocket: String { host.world.socket("\(id).operator") }

    init(_ world: World, id: String, factory: String) throws {
        self.id = id
        self.factory = factory
        host = try TokenHost(world, id)
        port = try FreePort.find()
    }

    private struct Configuration: Encodable {
        struct Token: Encodable {
            let module: String
            let label: String
            let pinFile: String
            let officerPINFile: String
            let sessions: Int
        }
        let edgeHSM: String
        let factory: String
        let profile = "lab"
        let token: Token
        let dataDirectory: String
        let listenHost = "127.0.0.1"
        let listenPort: Int
        let serverNames = ["127.0.0.1", "localhost"]
        let operatorSocket: String
        let operatorUIDs: [UInt32]
    }

    /// The OEM's part, while it holds the appliance: token, keys, and the request that the officers will sign.
    func prepare() async throws -> String {
        for file in ["edge.pin", "edge.so-pin"] { try host.makePIN(file) }
        _ = try host.world.folder(id, "data")
        try Files.writeJSON(
            Configuration(
                edgeHSM: id,
                factory: factory,
                token: .init(
                    module: TokenHost.module,
                    label: id,
                    pinFile: host.path("edge.pin"),
                    officerPINFile: host.path("edge.so-pin"),
                    sessions: 4
                ),
                dataDirectory: dataDirectory,
                listenPort: port,
                operatorSocket: operatorSocket,
                operatorUIDs: [getuid()]
            ),
            to: configuration
        )
        try await host.run("edgehsmd", ["init", "--initialize", "--config", configuration])
        let request = host.path("enrolment-request.json")
        try await host.run("edgehsmd", ["enrol-request", "--config", configuration, "--out", request])
        return request
    }

    func enrol(roleKeys: String, rootKey: String, enrolment: String) async throws {
        try await host.run(
            "edgehsmd",
            [
                "enrol", "--config", configuration, "--role-keys", roleKeys, "--root-key", rootKey, "--enrolment",
                enrolment,
            ]
        )
    }

    /// Starts the daemon and waits until its operator's socket answers.
    func start(extra: [String: String] = [:]) async throws -> Service {
        let service = try host.service("edgehsmd", ["run", "--config", configuration], extra: extra)
        try await service.wait { await self.isServing() }
        return service
    }

    private func isServing() async -> Bool {
        let finished = try? await runProgram(
            host.world.programs.path("edgehsmd"),
            ["operator", "status", "--config", configuration],
            environment: host.environment
        )
        return finished?.status == 0
    }

    /// What the local operator does after comparing the fingerprint: certifies a station or the Factory Service.
    func certify(name: String, role: String, request: String, fingerprint: String, out: String) async throws {
        try await host.run(
            "edgehsmd",
            [
                "operator", "enrol-station", "--config", configuration, "--name", name, "--role", role, "--request",
                request, "--fingerprint", fingerprint, "--days", "30", "--out", out,
            ]
        )
    }
}
