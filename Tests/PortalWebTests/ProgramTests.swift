import AsyncHTTPClient
import Crypto
import Foundation
import Governance
import KeyCustody
import NIOCore
import NIOHTTP1
import NIOSSL
import PKCS11Token
import PortalProtocol
import Statements
import SwiftASN1
import TestSupport
import Testing
import Vocabulary
import X509

@testable import PortalWeb

/// The real program on a token of SoftHSM2.
@Suite("obis-portal")
struct ProgramTests {
    private struct Site {
        let folder: TemporaryFolder
        let configuration: String
        let authority: TestAuthority

        init() async throws {
            folder = try TemporaryFolder()
            authority = try TestAuthority("Portal")
            let token = try SoftHSMFixture.shared().takeToken()
            let opened = try await PKCS11Token.open(
                PKCS11TokenConfiguration(
                    modulePath: SoftHSMFixture.modulePath,
                    label: token.label,
                    pinSource: .file(path: token.userPINPath)
                )
            )
            for role in [KeyRole.portal, .enrolmentCA] { try await opened.generate(KeyName(role)) }
            await opened.close()
            let place = folder.path
            func path(_ name: String) -> String { place + "/" + name }
            let server = try authority.issue("localhost", usage: .serverAuth)
            try PublicKeyText.pem(WholePortal.point(P256.Signing.PrivateKey()))
                .write(toFile: path("root.pem"), atomically: true, encoding: .utf8)
            for (name, der) in [("tls.pem", server.der), ("issuer.pem", authority.der)] {
                try Certificate(derEncoded: der).serializeAsPEM().pemString
                    .write(toFile: path(name), atomically: true, encoding: .utf8)
            }
            try SoftHSMFixture.writePIN(server.key.pemRepresentation, to: path("tls.key"))
            try FileManager.default.createDirectory(
                atPath: path("data"),
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
            configuration = path("portal.json")
            let settings = PortalConfiguration(
                oem: "Example OEM",
                profile: .lab,
                token: .init(module: SoftHSMFixture.modulePath, label: token.label, pinFile: token.userPINPath),
                dataDirectory: path("data"),
                rootKeyFile: path("root.pem"),
                publicHost: "localhost",
                publicPort: 443,
                people: .init(host: "127.0.0.1", port: 0),
                sync: .init(host: "127.0.0.1", port: 0),
                tls: .init(certificates: path("tls.pem"), key: path("tls.key"), issuer: path("issuer.pem"))
            )
            try Data(StatementCoding.encode(settings)).write(to: URL(fileURLWithPath: configuration))
        }
    }

    /// A running program, what it printed, and its port.
    private final class Running {
        let process = Process()
        let printed: String
        let log: String

        init(_ site: Site) async throws {
            let name = "\(site.folder.path)/run-\(UInt32.random(in: 0...UInt32.max))"
            (printed, log) = (name + ".out", name + ".log")
            for path in [printed, log] { try Data().write(to: URL(fileURLWithPath: path)) }
            process.executableURL = URL(fileURLWithPath: BuiltProgram.path("obis-portal"))
            process.arguments = ["run", "--config", site.configuration]
            var environment = ProcessInfo.processInfo.environment
            environment["SOFTHSM2_CONF"] = try SoftHSMFixture.shared().configurationPath
            process.environment = environment
            process.standardOutput = FileHandle(forWritingAtPath: printed)
            process.standardError = FileHandle(forWritingAtPath: log)
            try process.run()
            for _ in 0..<3_000 where port == nil && process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        }

        private func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        var output: String { text(printed) }
        var lines: String { text(log) }

        var port: Int? {
            guard let line = lines.split(separator: "\n").first(where: { $0.contains("\"message\":\"ready\"") }),
                let start = line.range(of: "\"people\":\"")
            else { return nil }
            return Int(line[start.upperBound...].prefix { $0.isNumber })
        }

        func stop() -> Int32 {
            process.terminate()
            return ended()
        }

        func ended() -> Int32 {
            process.waitUntilExit()
            return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        }

        deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
    }

    @Test("a first start prints the code, a second does not; SIGTERM ends it well; the code is in no log")
    func firstStart() async throws {
        let site = try await Site()
        let check = try Subprocess.run(
            BuiltProgram.path("obis-portal"),
            ["check-config", "--config", site.configuration]
        )
        #expect(check.status == 0, "\(check.output)")
        let first = try await Running(site)
        let code = try #require(first.output.split(separator: " ").last).trimmingCharacters(in: .newlines)
        let port = try #require(first.port, "\(first.lines)")
        let client = HTTPClient(configuration: .init(tlsConfiguration: .clientDefault(trusting: site.authority.der)))
        var request = HTTPClientRequest(url: "https://localhost:\(port)/v1/setup")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Idempotency-Key", value: "first-start")
        let setup = SetupRequest(
            code: try OneTimeCode(code),
            organisation: try DisplayName("Example OEM"),
            name: try DisplayName("Ada"),
            email: try EmailAddress("ada@example.com")
        )
        request.body = .bytes(try StatementCoding.encode(setup))
        let answer = try await client.execute(request, timeout: .seconds(60))
        #expect(answer.status == .created)
        let ready = try await client.execute(
            HTTPClientRequest(url: "https://localhost:\(port)/readyz"),
            timeout: .seconds(60)
        )
        #expect(ready.status == .ok)
        try await client.shutdown()
        #expect(first.stop() == 0, "\(first.lines)")
        #expect(!first.lines.contains(code))
        let second = try await Running(site)
        #expect(second.port != nil && second.output.isEmpty)
        #expect(second.stop() == 0)
    }

    @Test("a stop answers what is under way, and waits for no connection that is quiet or whose peer is gone")
    func stopping() async throws {
        let site = try await Site()
        let running = try await Running(site)
        let port = try #require(running.port, "\(running.lines)")
        let client = HTTPClient(configuration: .init(tlsConfiguration: .clientDefault(trusting: site.authority.der)))
        func request(_ path: String) -> HTTPClientRequest { HTTPClientRequest(url: "https://localhost:\(port)\(path)") }
        // Kept alive by its client, and one whose client stands still and says no good-bye.
        #expect(try await client.execute(request("/healthz"), timeout: .seconds(60)).status == .ok)
        let still = Process()
        still.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        still.arguments = ["s_client", "-connect", "127.0.0.1:\(port)", "-quiet"]
        still.standardInput = Pipe()
        still.standardOutput = FileHandle.nullDevice
        let greeting = Pipe()
        still.standardError = greeting
        try still.run()
        // It says something of the certificate once the handshake is there.
        #expect(!greeting.fileHandleForReading.availableData.isEmpty)
        kill(still.processIdentifier, SIGSTOP)
        // Half of its body is there when the stop comes.
        let (pieces, more) = AsyncStream.makeStream(of: ByteBuffer.self)
        var setup = request("/v1/setup")
        setup.method = .POST
        setup.headers.add(name: "Content-Type", value: "application/json")
        setup.headers.add(name: "Idempotency-Key", value: "half-a-body")
        setup.body = .stream(pieces, length: .known(Int64(20)))
        more.yield(ByteBuffer(repeating: 0x20, count: 10))
        async let answer = client.execute(setup, timeout: .seconds(60))
        try await Task.sleep(for: .milliseconds(300))
        let start = ContinuousClock.now
        running.process.terminate()
        try await Task.sleep(for: .milliseconds(300))
        #expect(running.process.isRunning)
        more.yield(ByteBuffer(repeating: 0x20, count: 10))
        more.finish()
        #expect(try await answer.status.code == 400)
        #expect(running.ended() == 0, "\(running.lines)")
        let duration = ContinuousClock.now - start
        // A second of patience for the peer that stands still; it was its idle time of a minute once.
        #expect(duration < .seconds(8), "\(duration)")
        #expect(!running.lines.contains("Server shutdown error"), "\(running.lines)")
        try await client.shutdown()
        kill(still.processIdentifier, SIGKILL)
    }

    @Test("an unknown setting is named, with exit status 1")
    func unknownSetting() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/portal.json"
        try "{\"oem\":\"X\",\"colour\":\"red\"}".write(toFile: path, atomically: true, encoding: .utf8)
        let result = try Subprocess.run(BuiltProgram.path("obis-portal"), ["check-config", "--config", path])
        #expect(result.status == 1 && result.output.contains("config."), "\(result.output)")
    }
}

extension TLSConfiguration {
    fileprivate static func clientDefault(trusting authority: [UInt8]) -> TLSConfiguration {
        var tls = TestCredential.anonymous(trusting: authority)
        tls.minimumTLSVersion = .tlsv13
        return tls
    }
}
