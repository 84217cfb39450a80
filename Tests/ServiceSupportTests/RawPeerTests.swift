import Foundation
import Glibc
import TestSupport
import Testing
import Vocabulary

@testable import ServiceSupport

/// A blocking TCP or Unix connection without any of our code in it.
private struct RawPeer: ~Copyable {
    let socket: Int32

    init(path: String) throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0)
    }

    init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(status == 0)
    }

    deinit { close(socket) }

    func send(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Everything until the other side closes; blocks a thread of its own.
    func receiveAll() async -> [UInt8] {
        let socket = socket
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var all: [UInt8] = []
                var chunk = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = recv(socket, &chunk, chunk.count, 0)
                    if count <= 0 { break }
                    all += chunk[..<count]
                }
                continuation.resume(returning: all)
            }
        }
    }
}

@Suite struct RawPeerTests {
    private func withLocalServer(
        _ limits: FrameLimits,
        _ body: (FrameServer, String, Metrics) async throws -> Void
    ) async throws {
        let folder = try TestFolder()
        let path = folder.url.path + "/s"
        let metrics = Metrics()
        var configuration = FrameServerConfiguration(
            endpoint: .local(path: path, users: [geteuid()]),
            metrics: metrics,
            logger: quiet,
            authorize: { _ in },
            encodeRefusal: { refusal, _ in Array(refusal.code.utf8) }
        )
        configuration.limits = limits
        let server = try await FrameServer.start(configuration) { _, body in body }
        do { try await body(server, path, metrics) } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    private func closed(_ metrics: Metrics, _ reason: FrameCloseReason) -> UInt64 {
        FrameInstruments(metrics).closed.count(reason.rawValue)
    }

    @Test func framesSplitAndJoinedAnyHowAreAnsweredInOrder() async throws {
        try await withLocalServer(FrameLimits.patient) { _, path, metrics in
            let seed = Seed.take("ServiceSupportTests.RawPeerTests")
            var random = SeededGenerator(seed: seed)
            let bodies = (0..<200).map { [UInt8](repeating: UInt8($0), count: Int.random(in: 1...900, using: &random)) }
            let stream = bodies.flatMap { body -> [UInt8] in
                [0, 0, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
            }
            let peer = try RawPeer(path: path)
            var sent = 0
            while sent < stream.count {
                let count = min(Int.random(in: 1...2_000, using: &random), stream.count - sent)
                peer.send(Array(stream[sent..<sent + count]))
                sent += count
            }
            // A zero length is no frame: the server closes after the last answer.
            peer.send([0, 0, 0, 0])
            #expect(await peer.receiveAll() == stream, "seed \(seed)")
            #expect(closed(metrics, .malformedFrame) == 1)
        }
    }

    @Test(arguments: [[0, 4, 0, 1], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0]] as [[UInt8]])
    func badLengthClosesAtOnce(length: [UInt8]) async throws {
        try await withLocalServer(FrameLimits.patient) { _, path, metrics in
            let peer = try RawPeer(path: path)
            peer.send(length)
            #expect(await peer.receiveAll() == [])
            #expect(closed(metrics, .malformedFrame) == 1)
        }
    }

    @Test func halfAFrameThenSilenceIsCutOff() async throws {
        var limits = FrameLimits.patient
        limits.frame = .milliseconds(150)
        try await withLocalServer(limits) { _, path, metrics in
            for part in [[0], [0, 0, 0, 9], [0, 0, 0, 9, 1, 2]] as [[UInt8]] {
                let peer = try RawPeer(path: path)
                peer.send(part)
                #expect(await peer.receiveAll() == [])
            }
            #expect(closed(metrics, .frameTimeout) == 3)
        }
    }

    @Test func drippingOctetsDoNotExtendTheDeadline() async throws {
        var limits = FrameLimits.patient
        limits.frame = .milliseconds(200)
        try await withLocalServer(limits) { _, path, metrics in
            let peer = try RawPeer(path: path)
            peer.send([0, 0, 1, 0])
            // 256 octets, one every 10 ms, would take 2.5 s.
            for _ in 0..<256 where closed(metrics, .frameTimeout) == 0 {
                peer.send([1])
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(closed(metrics, .frameTimeout) == 1)
        }
    }

    @Test func silenceIsCutOff() async throws {
        var limits = FrameLimits.patient
        limits.idle = .seconds(1)
        try await withLocalServer(limits) { _, path, metrics in
            let peer = try RawPeer(path: path)
            peer.send([0, 0, 0, 1, 65])
            #expect(await peer.receiveAll() == [0, 0, 0, 1, 65])
            #expect(closed(metrics, .idleTimeout) == 1)
        }
    }

    @Test func silenceInsteadOfAHandshakeIsCutOff() async throws {
        var limits = FrameLimits.patient
        limits.handshake = .milliseconds(100)
        try await withServer(limits: limits) { server in
            let peer = try RawPeer(port: try server.server.port ?? 0)
            #expect(await peer.receiveAll() == [])
            #expect(server.closed(.handshakeTimeout) == 1)
        }
    }

    @Test func plainTextOnATLSPortIsCutOff() async throws {
        try await withServer { server in
            let peer = try RawPeer(port: try server.server.port ?? 0)
            peer.send([0, 0, 0, 1, 65] + Array("GET / HTTP/1.1\r\n\r\n".utf8))
            _ = await peer.receiveAll()
            #expect(server.closed(.tls) == 1)
        }
    }

    @Test func connectionsInAllAreBounded() async throws {
        var limits = FrameLimits.patient
        limits.connections = 2
        try await withLocalServer(limits) { server, path, metrics in
            let first = try RawPeer(path: path)
            let second = try RawPeer(path: path)
            while server.openConnections < 2 { await Task.yield() }
            let third = try RawPeer(path: path)
            #expect(await third.receiveAll() == [])
            #expect(closed(metrics, .tooMany) == 1)
            first.send([0, 0, 0, 1, 65, 0, 0, 0, 0])
            second.send([0, 0, 0, 1, 66, 0, 0, 0, 0])
            #expect(await first.receiveAll() == [0, 0, 0, 1, 65])
            #expect(await second.receiveAll() == [0, 0, 0, 1, 66])
        }
    }

    @Test func aPeerThatDoesNotReadItsRepliesIsCutOff() async throws {
        var limits = FrameLimits.patient
        limits.reply = .milliseconds(200)
        try await withLocalServer(limits) { _, path, metrics in
            let peer = try RawPeer(path: path)
            let frame: [UInt8] = [0, 4, 0, 0] + [UInt8](repeating: 1, count: 262_144)
            let socket = peer.socket
            Thread.detachNewThread {
                // Blocks once the server stops reading, ends when it closes.
                for _ in 0..<64 {
                    let sent = frame.withUnsafeBytes {
                        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    if sent < 0 { break }
                }
            }
            while closed(metrics, .replyTimeout) == 0 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(closed(metrics, .replyTimeout) == 1)
        }
    }
}
