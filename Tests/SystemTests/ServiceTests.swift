import Foundation
import Glibc
import TestSupport
import Testing
import Vocabulary

@testable import FactoryBox

extension SystemTests {
    @Test("Waiting for a process's end takes no CPU, also where whoever waits is cancelled")
    func cancelledWait() async throws {
        let folder = try TemporaryFolder()
        // The book may still be that of a world whose folder is gone.
        ProcessBook.shared.keep(in: folder.path + "/pids")
        let service = try Service(
            "sleeper",
            URL(fileURLWithPath: "/bin/sh"),
            ["-c", "sleep 2; exit 7"],
            environment: [:],
            log: URL(fileURLWithPath: folder.path + "/log")
        )
        let clock = try CPUClock(process: getpid())
        let before = try clock.seconds()
        let wait = Task { await service.ended() }
        wait.cancel()
        #expect(await wait.value == 7, "the end itself, not the cancellation")
        #expect(try clock.seconds() - before < 0.7, "of two seconds")
    }

    @Test("A service that hangs is told with its threads, one that ended with its status")
    func notReady() async throws {
        let hanging = try await notReady("echo waiting for the token; exec sleep 60")
        #expect(hanging.contains("waiting for the token; its threads: sleep S "), "\(hanging)")
        let ended = try await notReady("exit 3")
        #expect(ended.contains("it ended with 3"), "\(ended)")
    }

    @Test("A service that was ready and ended before anybody looked was ready")
    func readyAndGone() async throws {
        let folder = try TemporaryFolder()
        ProcessBook.shared.keep(in: folder.path + "/pids")
        let (log, mark) = (URL(fileURLWithPath: folder.path + "/log"), folder.path + "/mark")
        let shell = URL(fileURLWithPath: "/bin/sh")
        let service = try Service("shell", shell, ["-c", "touch \(mark)"], environment: [:], log: log)
        _ = await service.ended()
        try await service.wait { FileManager.default.fileExists(atPath: mark) }
    }

    private func notReady(_ script: String) async throws -> String {
        let folder = try TemporaryFolder()
        ProcessBook.shared.keep(in: folder.path + "/pids")
        let log = URL(fileURLWithPath: folder.path + "/log")
        let shell = URL(fileURLWithPath: "/bin/sh")
        let service = try Service("shell", shell, ["-c", script], environment: [:], log: log)
        let refusal = await #expect(throws: Refusal.self) { try await service.wait(upTo: 0.5) { false } }
        service.signal(SIGKILL)
        _ = await service.ended()
        return try #require(refusal).description
    }
}
