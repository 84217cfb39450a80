import Testing
import Vocabulary

@testable import EdgeHSMDaemon

@Suite("How many requests are inside an engine")
struct AdmissionTests {
    @Test("one request too many is refused as retryable and inside nothing; when one leaves, the next is admitted")
    func full() async throws {
        let world = try await EngineWorld.make()
        let engine = try await world.start()
        let (gate, open) = AsyncStream<Void>.makeStream()
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            // One waits for the gate and keeps the others inside by its own place in the line.
            for _ in 0..<EdgeEngine.mostRequests {
                tasks.addTask {
                    try await engine.serve("station-1") {
                        arrived.yield()
                        for await _ in gate { break }
                    }
                }
            }
            var inside = 0
            for await _ in arrivals {
                inside += 1
                if inside == EdgeEngine.mostRequests { break }
            }
            let full = await refusal { try await engine.serve("station-2") {} }
            #expect(full == EdgeDaemonError.queueFull.rawValue)
            #expect(Refusal(EdgeDaemonError.queueFull).isRetryable)
            open.finish()
            try await tasks.waitForAll()
        }
        #expect(await refusal { try await engine.serve("station-2") {} } == nil)
        await engine.stop()
    }
}
