import Foundation
import KeyCustody
import LineProtocol
import Logging
import Matter
import ServiceSupport
import Statements
import TestSupport
import Vocabulary

@testable import EdgeHSMDaemon

/// A running server with its operator's client.
struct Site {
    let world: EngineWorld
    let engine: EdgeEngine
    let server: EdgeServer
    let certificates: ServerCertificates
    let local: LineCaller
    let localClient: FrameClient

    static func make() async throws -> Site {
        let world = try await EngineWorld.make()
        let certificates = try await world.enrolment.initialise()
        let engine = try await world.start(siteCA: certificates.siteCA.bytes)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await EdgeServer.start(
            engine,
            configuration: world.configuration,
            certificates: certificates,
            token: world.token,
            metrics: world.metrics,
            logger: logger,
            stop: {}
        )
        let client = try FrameClient(
            FrameClientConfiguration(endpoint: .local(path: world.configuration.operatorSocket))
        )
        return Site(
            world: world,
            engine: engine,
            server: server,
            certificates: certificates,
            local: LineCaller(prefix: "operator") { try await client.request($0) },
            localClient: client
        )
    }

    func end() async {
        await localClient.close()
        await server.shutdown()
        await engine.stop()
    }

    func csr(_ key: SoftwareKey) throws -> [UInt8] {
        let request = ToBeSignedRequest(
            subject: try ServiceName(commonName: "request"),
            publicKey: key.publicKey
        )
        return try request.assembled(with: key.signNow(request.bytes)).der
    }

    func enrol(_ name: String, _ role: EnrolStation.Request.Role, _ key: SoftwareKey) async throws -> [[UInt8]] {
        let csr = try csr(key)
        return try await local.call(
            EnrolStation.self,
            EnrolStation.Request(
                name: StationName(name),
                role: role,
                request: Octets(csr),
                fingerprint: Digest256.of(csr),
                days: 30
            )
        ).certificates.map(\.bytes)
    }

    func client(_ chain: [[UInt8]], _ key: SoftwareKey) throws -> FrameClient {
        let clock = world.clock.source
        return try FrameClient(
            FrameClientConfiguration(
                endpoint: .tls(
                    host: "127.0.0.1",
                    port: server.port ?? 0,
                    identity: TLSIdentity(
                        chain: chain,
                        key: .custom(publicKey: key.publicKey, sign: { try key.signNow($0) })
                    ),
                    authorities: [certificates.siteCA.bytes],
                    server: ServerExpectation(role: "edgehsm", commonName: OEMWorld.edgeID.text),
                    now: clock.realtime
                )
            )
        )
    }
}
