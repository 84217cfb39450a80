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
    private let bound = BoundPort()
    var port: Int { bound.number }

    var configuration: String { host.path("edgehsmd.json") }
    var dataDirectory: String { host.path("data") }
    var journal: String { dataDirectory + "/journal.sqlite" }
    var operatorSocket: String { host.world.socket("\(id).operator") }

    init(_ world: World, id: String, factory: String) throws {
        self.id = id
        self.factory = factory
        host = try TokenHost(world, id)
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
    @discardableResult
    func prepare() async throws -> CeremonyPlan.EdgeHSM {
        for file in ["edge.pin", "edge.so-pin"] { try host.makePIN(file) }
        _ = try host.world.folder(id, "data")
        try configure()
        try await host.run("edgehsmd", ["init", "--initialize", "--config", configuration])
        let request = host.path("enrolment-request.json")
        try await host.run("edgehsmd", ["enrol-request", "--config", configuration, "--out", request])
        return CeremonyPlan.EdgeHSM(
            edgeHSM: id,
            factory: factory,
            request: request,
            identity: String(try identity().keyID.hex.prefix(16))
        )
    }

    private func configure() throws {
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
    }

    /// Two officers sign what the ceremony made of the request, and the appliance takes it in.
    func enrol(by signers: [OEM.Officer], of oem: OEM) async throws {
        let enrolment = oem.enrolment(of: id)
        try await oem.approve(enrolment, by: signers)
        try await takeEnrolment(from: oem)
    }

    func takeEnrolment(from oem: OEM) async throws {
        try await host.run(
            "edgehsmd",
            [
                "enrol", "--config", configuration, "--role-keys", oem.roleKeys + "/0001.json", "--root-key",
                oem.rootKey, "--enrolment", oem.enrolment(of: id),
            ]
        )
    }

    /// Starts the daemon and waits until it serves.
    func start(extra: [String: String] = [:]) async throws -> Service {
        try await bound.start(readyIn: dataDirectory, chosen: configure) {
            try host.service("edgehsmd", ["run", "--config", configuration], extra: extra)
        }
    }

    /// What the story reads of an EdgeHSM's status.
    struct Status: Decodable, Sendable {
        struct Batch: Decodable, Sendable {
            let batch: String
            let product: String
            let account: Checkpoint.Account
            let completed: Int
            let debugUnlocksLeft: Int
            let reprovisionsLeft: Int
        }
        let journalSize: Int
        let epoch: UInt64
        let batches: [Batch]
        let stopped: Refusal?
    }

    func status() async throws -> Status {
        let finished = try await host.run("edgehsmd", ["operator", "status", "--config", configuration])
        return try StatementCoding.decode(Status.self, from: Array(finished.output.utf8))
    }

    /// The identity that the officers register, from the appliance's request.
    func identity() throws -> P256Point {
        try EdgeHSMEnrolment.read(payload: Files.envelope(host.path("enrolment-request.json")).payload).identity
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
