import AsyncHTTPClient
import Foundation
import Governance
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import PortalProtocol
import ServiceLifecycle
import ServiceSupport
import Synchronization
import Vocabulary
import X509

@testable import PortalWeb

/// A portal on real sockets with routes of the test's choice.
struct TestPortal {
    let identities: TestIdentities
    let clock: TestClock
    let metrics: Metrics
    let log: TestLog
    let people: Int
    let sync: Int
    let enrolment: TestAuthority
    let server: TestAuthority
    private let client: HTTPClient

    struct Reply {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]

        func header(_ name: String) -> String? { headers.first(name: name) }
        /// Each `Set-Cookie` header.
        var cookies: [String] { headers["Set-Cookie"] }
        var text: String { String(decoding: body, as: UTF8.self) }
        var problem: Problem? { try? JSONDecoder().decode(Problem.self, from: Data(body)) }
        func message<Message: Decodable>(_ type: Message.Type) throws -> Message {
            try JSONDecoder().decode(type, from: Data(body))
        }
    }

    /// Starts, runs `body`, stops gracefully and waits for the end.
    static func run(
        people: [any MountableRoute],
        sync: [any MountableRoute] = [],
        services: (services: PortalServices, clock: TestClock, metrics: Metrics)? = nil,
        idle: Duration = .seconds(60),
        limits: RequestLimits = .people,
        deadlines: BodyDeadlines = .usual,
        pages: PageSite? = nil,
        _ body: (TestPortal) async throws -> Void
    ) async throws {
        let (identities, log) = (TestIdentities(), TestLog())
        let (clock, metrics) = (services?.clock ?? TestClock(), services?.metrics ?? Metrics())
        let (enrolment, server) = (try TestAuthority("Enrolment"), try TestAuthority("Portal"))
        let settings = ListenerSettings(
            host: "127.0.0.1",
            port: 0,
            identity: try server.issue("portal", usage: .serverAuth).identity(),
            idle: idle,
            limits: limits,
            deadlines: deadlines
        )
        let source = ClockSource(realtime: { clock.now }, bootSeconds: { 0 })
        let pages = try services.map {
            try PageSite(people, sessions: PortalSessions(authenticator: $0.services.authenticator))
        }
        let application = try PortalApplication(
            listener: settings,
            people: people,
            sync: (settings, sync, [services?.services.enrolment.certificate ?? enrolment.der]),
            authenticator: services?.services.authenticator
                ?? Authenticator(identities: identities, clock: source, siteAuthorities: [enrolment.der]),
            acts: services?.services.acts,
            clock: source,
            metrics: metrics,
            logger: log.logger,
            pages: pages
        )
        let group = ServiceGroup(configuration: .init(services: [application], logger: log.logger))
        // A loaded machine is slow, not wrong.
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: TestCredential.anonymous(trusting: server.der),
            timeout: .init(connect: .seconds(120))
        )
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
        configuration.redirectConfiguration = .disallow
        let client = HTTPClient(configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let ports = await application.ports.wait()
            let portal = TestPortal(
                identities: identities,
                clock: clock,
                metrics: metrics,
                log: log,
                people: ports.people,
                sync: ports.sync ?? 0,
                enrolment: enrolment,
                server: server,
                client: client
            )
            let result: Result<Void, any Error>
            do { result = .success(try await body(portal)) } catch { result = .failure(error) }
            try await client.shutdown()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    /// One request to the people's listener.
    func ask(
        _ method: String,
        _ path: String,
        token: String? = nil,
        headers: [String: String] = [:],
        json: String? = nil,
        body: [UInt8]? = nil
    ) async throws -> Reply {
        try await ask(client, people, method, path, token, headers, json, body)
    }

    /// One request to the factories' listener with a client certificate, or without.
    func askSync(
        _ method: String,
        _ path: String,
        as credential: TestCredential?,
        json: String? = nil
    ) async throws -> Reply {
        let tls = try credential?.client(trusting: server.der) ?? TestCredential.anonymous(trusting: server.der)
        let client = HTTPClient(configuration: .init(tlsConfiguration: tls))
        let result: Result<Reply, any Error>
        do { result = .success(try await ask(client, sync, method, path, nil, [:], json, nil)) } catch {
            result = .failure(error)
        }
        try await client.shutdown()
        return try result.get()
    }

    private func ask(
        _ client: HTTPClient,
        _ port: Int,
        _ method: String,
        _ path: String,
        _ token: String?,
        _ headers: [String: String],
        _ json: String?,
        _ body: [UInt8]?
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: "https://localhost:\(port)\(path)")
        request.method = HTTPMethod(rawValue: method)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(Array(json.utf8))
        }
        if let body { request.body = .bytes(body) }
        let response = try await client.execute(request, timeout: .seconds(180))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        return Reply(status: Int(response.status.code), headers: response.headers, body: Array(bytes.readableBytesView))
    }
}

/// A clock that a test moves; it starts at 2026-01-01T00:00:00Z.
final class TestClock: Sendable {
    private let time = Mutex(Instant(seconds: 1_767_225_600))
    var now: Instant { time.withLock { $0 } }
    func advance(_ seconds: Int64) { time.withLock { $0 = $0 + seconds } }
}

/// The lines that a portal has logged.
final class TestLog: Sendable {
    private let lines = Mutex<[String]>([])
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
    var logger: Logger {
        Logger(label: "portal") { label in
            JSONLogHandler(label: label, sink: { [self] line in lines.withLock { $0.append(line) } })
        }
    }
}
