import Foundation
import Glibc
import TestSupport
import Testing
import Vocabulary

@testable import ServiceSupport

private struct Settings: Codable, Equatable {
    struct Listen: Codable, Equatable {
        var host: String
        var port: Int?
    }
    var listen: Listen
    var sites: [Listen]?
    var names: [String: Int]?
}

@Suite struct ConfigurationFileTests {
    private func decode(_ text: String) async -> String {
        await code { try ConfigurationFile.decode(Settings.self, from: Array(text.utf8), named: "file") }
    }

    @Test func readsWhatTheTypeKnows() throws {
        let folder = try TestFolder()
        let path = folder.url.path + "/c.json"
        let text = #" {"listen": {"host": "a\u0041", "port": 1}, "sites": [{"host": "b"}], "names": {"x": -1}} "#
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(
            try ConfigurationFile.load(Settings.self, path: path)
                == Settings(
                    listen: .init(host: "aA", port: 1),
                    sites: [.init(host: "b", port: nil)],
                    names: ["x": -1]
                )
        )
    }

    @Test func unknownKeysAreRefusedAtAnyDepth() async throws {
        #expect(await decode(#"{"listen":{"host":"a"},"prot":1}"#) == "config.key.unknown")
        #expect(await decode(#"{"listen":{"host":"a","prot":1}}"#) == "config.key.unknown")
        #expect(
            await decode(#"{"listen":{"host":"a"},"sites":[{"host":"a"},{"host":"a","x":1}]}"#) == "config.key.unknown"
        )
        let refusal = #expect(throws: Refusal.self) {
            try ConfigurationFile.decode(
                Settings.self,
                from: Array(#"{"listen":{"host":"a"},"sites":[{"host":"a","x":1}]}"#.utf8),
                named: "/etc/f"
            )
        }
        #expect(refusal?.detail == "/etc/f: sites.0.x")
    }

    @Test func badValuesAndBadJSONAreRefused() async {
        #expect(await decode(#"{"listen":{"host":1}}"#) == "config.value.invalid")
        #expect(await decode(#"{"listen":{}}"#) == "config.value.invalid")
        #expect(await decode(#"{"listen":{"host":"a","port":null}}"#) == "config.value.invalid")
        for text in [
            "", "{", #"{"listen":{"host":"a"}}x"#, #"{"listen":{"host":"a"},"listen":{"host":"b"}}"#,
            #"{"listen":{"host":"a","port":01}}"#, #"{"listen":{"host":"a",}}"#, #"{"listen":{"host":"a}}"#,
            #"{"listen":{"host":"a\"#, "{\"listen\":{\"host\":\"a\nb\"}}", #"{listen:1}"#, #"{"listen" 1}"#,
            #"{"listen":{"host":"a","port":1.}}"#, #"{"listen":{"host":"a","port":1e}}"#, #"{"listen":[1 2]}"#,
            #"{"listen":truth}"#, "nul", "\u{feff}{}", String(repeating: "[", count: 40),
            String(repeating: " ", count: ConfigurationFile.largest + 1),
        ] { #expect(await decode(text) == "config.file.malformed", "\(text.prefix(60))") }
        let notUTF8: [UInt8] = [0x7b, 0x22, 0xff, 0x22, 0x7d]
        #expect(
            await code { try ConfigurationFile.decode(Settings.self, from: notUTF8, named: "f") }
                == "config.file.malformed"
        )
    }

    @Test func mutatedFilesNeverCrash() {
        let seed = Seed.take("ServiceSupportTests.ProcessTests")
        var random = SeededGenerator(seed: seed)
        let right = Array(#"{"listen":{"host":"a\n","port":10},"sites":[{"host":"b"}],"names":{"x":-1.5e3}}"#.utf8)
        for _ in 0..<2_000 {
            var text = right
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                text[Int.random(in: text.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            text = Array(text.prefix(Int.random(in: 0...text.count, using: &random)))
            // Anything but a refusal or a value is a crash, which ends the test run.
            do { _ = try ConfigurationFile.decode(Settings.self, from: text, named: "f") } catch {
                #expect((error as? Refusal)?.code.hasPrefix("config.") == true, "seed \(seed)")
            }
        }
    }

    @Test func unreadableFilesNameTheirPath() throws {
        let folder = try TestFolder()
        let path = folder.url.path + "/none.json"
        let refusal = #expect(throws: Refusal.self) { try ConfigurationFile.load(Settings.self, path: path) }
        #expect(refusal?.code == "config.file.unreadable" && refusal?.detail.contains(path) == true)
        #expect(throws: Refusal.self) { try ConfigurationFile.load(Settings.self, path: folder.url.path) }
    }
}

@Suite struct ProcessTests {
    @Test func clocksRun() {
        #expect(ClockSource.system.realtime() > testTime + -86_400 * 365)
        #expect(ClockSource.system.bootSeconds() > 0)
    }

    @Test func hardenedProcessHasNoCoreDumpsAndSurvivesAHangUp() async {
        await #expect(processExitsWith: .exitCode(7)) {
            try ProcessHardening.apply()
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            guard limit.rlim_cur == 0, limit.rlim_max == 0 else { exit(1) }
            // A process that can't be inspected has its /proc entries owned by root; what a test can see as any user
            // is that a write to a closed pipe is an error now.
            var ends: [Int32] = [0, 0]
            pipe(&ends)
            close(ends[0])
            guard write(ends[1], [UInt8(1)], 1) == -1, errno == EPIPE else { exit(2) }
            exit(7)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func signalsEndTheWait(number: Int32) async {
        await #expect(processExitsWith: .exitCode(9)) { [number = number as Int32] in
            let signals = SignalWait()
            kill(getpid(), number)
            let first = await signals.wait()
            let second = await signals.wait()
            exit(first == number && second == number ? 9 : 1)
        }
    }

    @Test func serviceManagerIsTold() async throws {
        let folder = try TestFolder()
        let path = folder.url.path + "/n"
        await #expect(processExitsWith: .exitCode(5)) { [path = path as String] in
            let listener = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard !ServiceManager.notify("READY=1") else { exit(1) }
            setenv("NOTIFY_SOCKET", path, 1)
            guard ServiceManager.notify("READY=1") else { exit(2) }
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = recv(listener, &buffer, buffer.count, 0)
            exit(Array(buffer[..<max(0, count)]) == Array("READY=1".utf8) ? 5 : 3)
        }
    }

    @Test func credentialsComeFromTheServiceManagersFolder() async {
        await #expect(processExitsWith: .exitCode(5)) {
            unsetenv("CREDENTIALS_DIRECTORY")
            guard (try? ServiceManager.credentialPath("pin")) == nil else { exit(1) }
            setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1)
            guard try ServiceManager.credentialPath("pin") == "/run/credentials/x/pin" else { exit(2) }
            for name in ["", ".", "..", "../pin", "a/b"] {
                guard (try? ServiceManager.credentialPath(name)) == nil else { exit(3) }
            }
            exit(5)
        }
    }

    @Test func frameTapTakesFramesOfBothSides() async throws {
        let folder = try TestFolder()
        let path = folder.url.path
        await #expect(processExitsWith: .exitCode(5)) { [path = path as String] in
            setenv("OBIS_FRAME_TAP", path + "/tap", 1)
            let configuration = FrameServerConfiguration(
                endpoint: .local(path: path + "/s", users: [geteuid()]),
                metrics: Metrics(),
                logger: quiet,
                authorize: { _ in },
                encodeRefusal: { _, _ in [] }
            )
            let server = try await FrameServer.start(configuration) { _, body in body.reversed() }
            let client = try FrameClient(FrameClientConfiguration(endpoint: .local(path: path + "/s")))
            _ = try await client.request(Array("abc".utf8))
            await server.shutdown()
            let lines = try String(contentsOfFile: path + "/tap", encoding: .utf8).split(separator: "\n").sorted()
            exit(lines == ["abc", "abc", "cba", "cba"] ? 5 : 1)
        }
    }
}
