import Foundation
import Synchronization
import Testing
import Vocabulary
import X509

@testable import ServiceSupport

/// `openssl s_client` as the other side: a TLS stack that shares nothing with ours.
private struct OpenSSLClient {
    let server: TestServer

    struct Outcome {
        let reply: [UInt8]
        let log: String
    }

    /// Sends one frame and returns what came back and what openssl says of the connection.
    func ask(_ body: String, _ credential: TestCredential?, _ options: [String]) async throws -> Outcome {
        let port = try server.server.port ?? 0
        var arguments = [
            "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", server.folder.path + "/ca.pem", "-ign_eof",
        ]
        if let credential {
            let name = "openssl-\(UInt32.random(in: 0...UInt32.max))"
            let files = try credential.write(to: server.folder, as: name)
            arguments += ["-cert", files.certificate, "-key", files.key]
        }
        let frame = [0, 0, 0, UInt8(body.utf8.count)] + Array(body.utf8)
        let input = server.folder.path + "/in-\(UInt32.random(in: 0...UInt32.max))"
        // Then a frame of length zero, so that the server ends the connection after the answer.
        try Data(frame + [0, 0, 0, 0]).write(to: URL(fileURLWithPath: input))
        let output = input + ".out"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments =
            [
                "-c", #"in=$1 out=$2; shift 2; exec timeout 20 openssl "$@" <"$in" >"$out" 2>"$out.log""#, "sh", input,
                output,
            ] + arguments + options
        try await run(process)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: output))
        let log = try String(contentsOfFile: output + ".log", encoding: .utf8)
        return Outcome(reply: Array(bytes), log: log + String(decoding: bytes, as: UTF8.self))
    }

    private func run(_ process: Process) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
    }
}

@Suite struct OpenSSLTests {
    private func holds(_ outcome: OpenSSLClient.Outcome, _ text: String) -> Bool {
        Data(outcome.reply).range(of: Data(text.utf8)) != nil
    }

    @Test func rightClientIsAnswered() async throws {
        try await withServer { server in
            let station = try server.pki.issue("line-3", role: "station")
            let outcome = try await OpenSSLClient(server: server).ask("hi", station, [])
            #expect(holds(outcome, "station/line-3:hi"))
            #expect(outcome.log.contains("TLSv1.3"))
        }
    }

    @Test func wrongClientsAreRefused() async throws {
        try await withServer { server in
            let openssl = OpenSSLClient(server: server)
            let pki = server.pki
            let right = try pki.issue("line-3", role: "station")
            let stranger = try TestPKI("Test CA").issue("line-3", role: "station")
            let cases: [(String, TestCredential?, [String])] = [
                ("TLS 1.2", right, ["-tls1_2"]),
                ("no certificate", nil, []),
                ("wrong extended key usage", try pki.issue("line-3", role: "station", usage: .serverAuth), []),
                ("other authority of the same name", stranger, []),
                ("expired", try pki.issue("line-3", role: "station", notAfter: testTime + -1), []),
                ("not yet valid", try pki.issue("line-3", role: "station", notBefore: testTime + 1), []),
            ]
            for (what, credential, options) in cases {
                let outcome = try await openssl.ask("hi", credential, options)
                #expect(!holds(outcome, ":hi"), "\(what)")
                #expect(outcome.log.contains("alert"), "\(what): \(outcome.log.suffix(600))")
            }
            #expect(server.closed(.tls) == UInt64(cases.count))
            #expect(holds(try await openssl.ask("hi", right, []), "station/line-3:hi"))
        }
    }

    @Test func resumedSessionIsJudgedAgain() async throws {
        try await withServer { server in
            let openssl = OpenSSLClient(server: server)
            let station = try server.pki.issue("line-3", role: "station")
            let session = server.folder.path + "/session"
            let first = try await openssl.ask("one", station, ["-sess_out", session])
            #expect(holds(first, "station/line-3:one"))
            let second = try await openssl.ask("two", station, ["-sess_in", session])
            #expect(second.log.contains("Reused"), "the test needs a resumed session to say anything")
            #expect(holds(second, "station/line-3:two"))

            _ = server.revoked.withLock { $0.insert(station.publicKeyDigest) }
            let revoked = try await openssl.ask("three", station, ["-sess_in", session])
            #expect(revoked.log.contains("Reused"))
            #expect(holds(revoked, "refused net.peer.refused") && !holds(revoked, ":three"))
            server.revoked.withLock { $0 = [] }

            server.clock.set(testTime + 3_601)
            let expired = try await openssl.ask("four", station, ["-sess_in", session])
            #expect(expired.log.contains("Reused"))
            #expect(holds(expired, "refused tls.peer.expired") && !holds(expired, ":four"))
        }
    }
}
