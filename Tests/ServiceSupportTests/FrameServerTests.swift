import Crypto
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Vocabulary

@testable import ServiceSupport

private let echo: FrameServer.Handler = { _, body in body }

@Suite struct FrameServerTests {
    @Test func answersAndNamesThePeer() async throws {
        try await withServer { server in
            let client = try server.client(server.pki.issue("line-3", role: "station"))
            #expect(try await client.text("a") == "station/line-3:a")
            #expect(try await client.text("b") == "station/line-3:b")
            #expect(server.metrics.text().contains("obis_frame_requests_total{result=\"answered\"} 2\n"))
            await client.close()
        }
    }

    @Test func keyInATokenServesTLS() async throws {
        let folder = try TestFolder()
        let server = try TestServer(folder: folder)
        let signatures = Mutex(0)
        try await server.start(key: { credential in
            .custom(
                publicKey: P256Point(validated: Array(credential.key.publicKey.x963Representation)),
                sign: { message in
                    signatures.withLock { $0 += 1 }
                    return try RawSignature(credential.key.signature(for: message).rawRepresentation)
                }
            )
        })
        let client = try server.client(server.pki.issue("line-3", role: "station"))
        #expect(try await client.text("a") == "station/line-3:a")
        #expect(signatures.withLock { $0 } == 1)
        await server.stop()
    }

    @Test func identityNeedsTheKeyOfItsCertificate() async throws {
        let folder = try TestFolder()
        let pki = try TestPKI()
        let one = try pki.issue("a", role: "station").write(to: folder.url, as: "one")
        let two = try pki.issue("b", role: "station").write(to: folder.url, as: "two")
        #expect(
            await code { try TLSIdentity.load(certificates: one.certificate, key: .pem(path: two.key)) }
                == "tls.file.mismatch"
        )
    }

    @Test func manyClientsAtOnceKeepTheirReplies() async throws {
        try await withServer { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<64 {
                    let client = try server.client(server.pki.issue("line-\(number)", role: "station"))
                    group.addTask {
                        for turn in 0..<20 {
                            let reply = try await client.text("\(turn)")
                            #expect(reply == "station/line-\(number):\(turn)")
                        }
                        await client.close()
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func poolSharesConnectionsWithinItsBound() async throws {
        try await withServer { server in
            let client = try server.client(server.pki.issue("line-3", role: "station"), connections: 4)
            try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<100 { group.addTask { try await client.text("\(number)") } }
                var replies: Set<String> = []
                for try await reply in group { replies.insert(reply) }
                #expect(replies.count == 100)
            }
            #expect((1...4).contains(try server.server.openConnections))
            await client.close()
        }
    }

    @Test func largestFrameTravelsAndALargerOneDoesNot() async throws {
        try await withServer(handler: echo) { server in
            let client = try server.client(server.pki.issue("line-3", role: "station"))
            let largest = [UInt8](repeating: 7, count: 262_144)
            #expect(try await client.request(largest) == largest)
            #expect(await code { try await client.request(largest + [1]) } == "net.frame.too-large")
        }
    }

    @Test func tooLargeAReplyBecomesARefusal() async throws {
        let tooLarge: FrameServer.Handler = { _, _ in [UInt8](repeating: 7, count: 262_145) }
        try await withServer(handler: tooLarge) { server in
            let client = try server.client(server.pki.issue("line-3", role: "station"))
            #expect(try await client.text("a") == "refused net.reply.too-large")
        }
    }

    @Test func revokedPeerIsToldAndCutOffOnItsOpenConnection() async throws {
        try await withServer { server in
            let station = try server.pki.issue("line-3", role: "station")
            let client = try server.client(station)
            #expect(try await client.text("a") == "station/line-3:a")
            _ = server.revoked.withLock { $0.insert(station.publicKeyDigest) }
            #expect(try await client.text("b") == "refused net.peer.refused")
            #expect(try await eventually { server.closed(.peer) == 1 })
            server.revoked.withLock { $0 = [] }
            let again = try server.client(station)
            #expect(try await again.text("c") == "station/line-3:c")
        }
    }

    @Test func certificateThatExpiresWhileConnectedIsRefused() async throws {
        try await withServer { server in
            let client = try server.client(
                server.pki.issue("line-3", role: "station"),
                now: { testTime }
            )
            #expect(try await client.text("a") == "station/line-3:a")
            server.clock.set(testTime + 3_601)
            #expect(try await client.text("b") == "refused tls.peer.expired")
        }
    }

    @Test func shutdownFinishesWhatRuns() async throws {
        let folder = try TestFolder()
        let server = try TestServer(folder: folder)
        let (started, signal) = AsyncStream<Void>.makeStream()
        let (release, open) = AsyncStream<Void>.makeStream()
        let streams = Mutex<[AsyncStream<Void>]>([release])
        try await server.start(handler: { _, body in
            signal.yield()
            if let gate = streams.withLock({ $0.popLast() }) { for await _ in gate { break } }
            return body
        })
        let client = try server.client(server.pki.issue("line-3", role: "station"))
        let idle = try server.client(server.pki.issue("line-4", role: "station"))
        async let reply = client.text("in flight")
        for await _ in started { break }
        #expect(try await idle.text("quick") == "quick")
        async let stopped: Void = server.stop()
        open.yield()
        #expect(try await reply == "in flight")
        await stopped
        #expect(await code { try await idle.text("late") }.hasPrefix("net.conn"))
        #expect(try server.server.openConnections == 0)
    }

    @Test func timeoutEndsTheConnectionAndTheNextRequestOpensAnother() async throws {
        let slow = Mutex(true)
        let handler: FrameServer.Handler = { _, body in
            if slow.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(500)) }
            return body
        }
        try await withServer(handler: handler) { server in
            let client = try server.client(server.pki.issue("line-3", role: "station"))
            #expect(await code { try await client.text("a", timeout: .milliseconds(50)) } == "net.request.timeout")
            slow.withLock { $0 = false }
            #expect(try await client.text("b") == "b")
        }
    }

    @Test func cancelledRequestReturnsAndFreesItsPlace() async throws {
        let handler: FrameServer.Handler = { _, body in
            if body == Array("slow".utf8) { try? await Task.sleep(for: .milliseconds(700)) }
            return body
        }
        try await withServer(handler: handler) { server in
            let client = try server.client(server.pki.issue("line-3", role: "station"))
            #expect(try await client.text("warm") == "warm")
            let request = Task { try await client.text("slow") }
            try await Task.sleep(for: .milliseconds(50))
            request.cancel()
            #expect(await code { try await request.value } == "net.connection.lost")
            #expect(try await client.text("next") == "next")
        }
    }

    @Test func unreachableServerIsAConnectFailure() async throws {
        let folder = try TestFolder()
        let server = try TestServer(folder: folder)
        try await server.start()
        let client = try server.client(server.pki.issue("line-3", role: "station"))
        await server.stop()
        #expect(await code { try await client.text("a") } == "net.connect.failed")
    }

    /// Who and where, and why in words: nothing that only the network library's authors can read.
    @Test func aConnectFailureNamesThePeerAndTheReason() async throws {
        let folder = try TestFolder()
        let absent = folder.url.path + "/absent.socket"
        try Data().write(to: folder.url.appending(path: "file"))
        let cases = [
            (absent, "edgehsmd's operator socket at \(absent): there is no such socket"),
            (folder.url.path + "/file", "/file: connection refused, nothing listens there"),
            ("/" + String(repeating: "x", count: 200), ": the socket's path is too long"),
        ]
        for (path, words) in cases {
            let client = try FrameClient(.init(endpoint: .local(path: path), peer: "edgehsmd's operator socket"))
            let refusal = await #expect(throws: Refusal.self) { try await client.text("a") }
            #expect(refusal?.detail.hasSuffix(words) == true, "\(refusal?.detail ?? "")")
        }
        let server = try TestServer(folder: folder)
        let identity = try server.pki.issue("line-3", role: "station").identity(in: folder.url, as: "client")
        let client = try FrameClient(
            FrameClientConfiguration(
                endpoint: .tls(
                    host: "127.0.0.1",
                    port: 1,
                    identity: identity,
                    authorities: [server.pki.authority.der],
                    server: ServerExpectation(role: "edgehsm"),
                    now: { [clock = server.clock] in clock.now }
                ),
                peer: "EdgeHSM edge-1"
            )
        )
        let refused = await #expect(throws: Refusal.self) { try await client.text("a") }
        #expect(refused?.detail == "EdgeHSM edge-1 at 127.0.0.1:1: connection refused, nothing listens there")
    }

    /// A server killed while it shakes hands is out of reach, not untrusted: whoever asked may ask again.
    @Test func endInsteadOfAHandshakeIsAConnectFailure() async throws {
        let folder = try TestFolder()
        let server = try TestServer(folder: folder)
        let credential = try server.pki.issue("line-3", role: "station")
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.close() }
            .bind(host: "127.0.0.1", port: 0).get()
        let client = try FrameClient(
            FrameClientConfiguration(
                endpoint: .tls(
                    host: "127.0.0.1",
                    port: listener.localAddress?.port ?? 0,
                    identity: credential.identity(in: folder.url, as: "client"),
                    authorities: [server.pki.authority.der],
                    server: ServerExpectation(role: "edgehsm"),
                    now: { [clock = server.clock] in clock.now }
                )
            )
        )
        for _ in 0..<8 {
            #expect(await code { try await client.text("a") } == "net.connect.failed")
        }
        await client.close()
        try await listener.close()
    }

    @Test func clientJudgesTheServer() async throws {
        try await withServer { server in
            let station = try server.pki.issue("line-3", role: "station")
            let stranger = try TestPKI("Test CA").authority
            let wrong: [(String, FrameClient)] = [
                ("tls.peer.name", try server.client(station, expecting: .init(role: "factory"))),
                ("tls.peer.name", try server.client(station, expecting: .init(commonName: "edge-2"))),
                ("tls.peer.name", try server.client(station, expecting: .init(dnsName: "other"))),
                ("tls.peer.name", try server.client(station, expecting: .init())),
                ("tls.peer.untrusted", try server.client(station, trusting: stranger)),
                ("tls.peer.expired", try server.client(station, now: { testTime + 3_601 })),
                ("tls.peer.not-yet-valid", try server.client(station, now: { testTime + -3_601 })),
            ]
            for (expected, client) in wrong { #expect(await code { try await client.text("a") } == expected) }
            let right = try server.client(station, expecting: .init(role: "edgehsm", dnsName: "LOCALHOST"))
            #expect(try await right.text("a") == "station/line-3:a")
        }
    }

    @Test func connectionsOfOnePeerAreBounded() async throws {
        var limits = FrameLimits.patient
        limits.connectionsPerPeer = 2
        try await withServer(limits: limits) { server in
            let station = try server.pki.issue("line-3", role: "station")
            let clients = try (0..<3).map { _ in try server.client(station) }
            #expect(try await clients[0].text("a") == "station/line-3:a")
            #expect(try await clients[1].text("a") == "station/line-3:a")
            #expect(await code { try await clients[2].text("a") } == "net.connection.lost")
            #expect(server.closed(.tooManyOfPeer) == 1)
            let other = try server.client(server.pki.issue("line-4", role: "station"))
            #expect(try await other.text("a") == "station/line-4:a")
        }
    }

    @Test func unixSocketKnowsTheUser() async throws {
        let folder = try TestFolder()
        let server = try TestServer(folder: folder)
        try await server.startLocal(users: [geteuid()])
        let client = try FrameClient(FrameClientConfiguration(endpoint: .local(path: server.socketPath)))
        #expect(try await client.text("a") == "uid/\(geteuid()):a")
        let mode = try FileManager.default.attributesOfItem(atPath: server.socketPath)[.posixPermissions] as? Int
        #expect(mode == 0o600)

        let second = try TestServer(folder: folder)
        #expect(await code { try await second.startLocal(users: [geteuid()]) } == "net.listen.in-use")
        await server.stop()
        // A file left behind by a dead server is replaced.
        try await second.startLocal(users: [geteuid()])
        await second.stop()
    }

    @Test func unixSocketRefusesOtherUsers() async throws {
        let folder = try TestFolder()
        let server = try TestServer(folder: folder)
        try await server.startLocal(users: [geteuid() + 1])
        let client = try FrameClient(FrameClientConfiguration(endpoint: .local(path: server.socketPath)))
        #expect(await code { try await client.text("a") } == "net.connection.lost")
        #expect(server.closed(.peer) == 1)
        await server.stop()
    }

    @Test func backoffGrowsToItsBoundWithJitter() {
        let backoff = Backoff(first: .milliseconds(100), longest: .seconds(2))
        for (attempt, bound) in [(1, 0.1), (2, 0.2), (5, 1.6), (6, 2), (60, 2), (Int.max, 2)] {
            for _ in 0..<20 {
                let delay = backoff.delay(attempt: attempt)
                #expect(delay <= .seconds(bound) && delay >= .seconds(bound / 2))
            }
        }
    }
}
