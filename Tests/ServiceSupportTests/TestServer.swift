import Foundation
import SwiftASN1
import Synchronization
import Vocabulary
import X509

@testable import ServiceSupport

/// A running frame server with its own authority, clients and clock. It answers `peer name:body`.
final class TestServer: Sendable {
    let folder: URL
    let pki: TestPKI
    let clock = TestClock()
    let metrics = Metrics()
    let revoked = Mutex<Set<Digest256>>([])
    private let started = Mutex<FrameServer?>(nil)

    init(folder: TestFolder) throws {
        self.folder = folder.url
        pki = try TestPKI()
    }

    var server: FrameServer {
        get throws {
            guard let server = started.withLock({ $0 }) else { throw CocoaError(.fileNoSuchFile) }
            return server
        }
    }

    func start(
        limits: FrameLimits = FrameLimits.patient,
        key: ((TestCredential) -> TLSKey)? = nil,
        handler: @escaping FrameServer.Handler = { Array("\($0.name):".utf8) + $1 }
    ) async throws {
        let credential = try pki.issue("edge-1", role: "edgehsm", usage: .serverAuth)
        let files = try credential.write(to: folder, as: "server")
        try pki.authority.certificate.serializeAsPEM().pemString
            .write(toFile: folder.path + "/ca.pem", atomically: true, encoding: .utf8)
        let identity = try TLSIdentity.load(
            certificates: files.certificate,
            key: key?(credential) ?? .pem(path: files.key)
        )
        try await start(
            .tls(
                host: "127.0.0.1",
                port: 0,
                identity: identity,
                authorities: [pki.authority.der],
                now: { [clock] in clock.now }
            ),
            limits,
            handler
        )
    }

    func startLocal(
        users: Set<UInt32>,
        handler: @escaping FrameServer.Handler = { Array("\($0.name):".utf8) + $1 }
    ) async throws {
        try await start(.local(path: socketPath, users: users), FrameLimits.patient, handler)
    }

    var socketPath: String { folder.path + "/s" }

    private func start(
        _ endpoint: FrameServerConfiguration.Endpoint,
        _ limits: FrameLimits,
        _ handler: @escaping FrameServer.Handler
    ) async throws {
        var configuration = FrameServerConfiguration(
            endpoint: endpoint,
            metrics: metrics,
            logger: quiet,
            authorize: { [self] peer in
                if case .tls(let certificate) = peer, revoked.withLock({ $0.contains(certificate.publicKeyDigest) }) {
                    throw Refusal(ServiceSupportError.peerRefused, "revoked")
                }
            },
            encodeRefusal: { refusal, _ in Array("refused \(refusal.code)".utf8) }
        )
        configuration.limits = limits
        let server = try await FrameServer.start(configuration, handler: handler)
        started.withLock { $0 = server }
    }

    func stop() async { await started.withLock { $0 }?.shutdown() }

    func closed(_ reason: FrameCloseReason) -> UInt64 {
        FrameInstruments(metrics).closed.count(reason.rawValue)
    }

    /// A client with a certificate of its own, for this server unless another expectation is given.
    func client(
        _ credential: TestCredential,
        connections: Int = 1,
        expecting server: ServerExpectation = ServerExpectation(role: "edgehsm", commonName: "edge-1"),
        trusting authority: TestCredential? = nil,
        now: (@Sendable () -> Instant)? = nil
    ) throws -> FrameClient {
        let name = "client-\(UInt32.random(in: 0...UInt32.max))"
        var configuration = FrameClientConfiguration(
            endpoint: .tls(
                host: "127.0.0.1",
                port: try self.server.port ?? 0,
                identity: try credential.identity(in: folder, as: name),
                authorities: [(authority ?? pki.authority).der],
                server: server,
                now: now ?? { [clock] in clock.now }
            )
        )
        configuration.connections = connections
        configuration.connectTimeout = .seconds(60)
        return try FrameClient(configuration)
    }
}

/// Runs `body` with a started server and stops it afterwards.
func withServer(
    limits: FrameLimits = FrameLimits.patient,
    handler: FrameServer.Handler? = nil,
    _ body: (TestServer) async throws -> Void
) async throws {
    let folder = try TestFolder()
    let server = try TestServer(folder: folder)
    if let handler {
        try await server.start(limits: limits, handler: handler)
    } else {
        try await server.start(limits: limits)
    }
    do { try await body(server) } catch {
        await server.stop()
        throw error
    }
    await server.stop()
    withExtendedLifetime(folder) {}
}

extension FrameClient {
    func text(_ body: String, timeout: Duration = .seconds(60)) async throws -> String {
        String(decoding: try await request(Array(body.utf8), timeout: timeout), as: UTF8.self)
    }
}

/// Waits for something that another thread does soon; false when it has not happened after about ten seconds.
func eventually(_ condition: () throws -> Bool) async throws -> Bool {
    for _ in 0..<1_000 {
        if try condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}
