import Foundation
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
}
