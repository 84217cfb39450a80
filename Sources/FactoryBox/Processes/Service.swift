import Foundation
import Glibc
import Synchronization
import Vocabulary

/// A long-running process of the factory: started, watched, stopped or killed.
final class Service: Sendable {
    let name: String
    /// Name of the program's file.
    let program: String
    let log: URL
    private let process: Mutex<Process>

    /// Starts the program with its output appended to `log`.
    init(_ name: String, _ program: URL, _ arguments: [String], environment: [String: String], log: URL) throws {
        self.name = name
        self.program = program.lastPathComponent
        self.log = log
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        // Appending, whoever else writes to it: chips share one log.
        let file = open(log.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Refusal(FactoryBoxError.unexpected, "\(log.path): errno \(errno)") }
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        process.standardOutput = handle
        process.standardError = handle
        try ProcessBook.shared.start(process)
        self.process = Mutex(process)
        ServiceList.shared.add(self)
    }

    var identifier: Int32 { process.withLock(\.processIdentifier) }
    var isRunning: Bool { process.withLock(\.isRunning) }

    func signal(_ number: Int32) { _ = kill(identifier, number) }

    /// SIGTERM, then SIGKILL where the process has not ended after `seconds`. Returns the exit status.
    @discardableResult
    func stop(within seconds: Double = 15) async -> Int32 {
        if isRunning { signal(SIGTERM) }
        let deadline = ContinuousClock.now + .seconds(seconds)
        while isRunning && ContinuousClock.now < deadline { await Self.pause() }
        if isRunning { signal(SIGKILL) }
        return await ended()
    }

    /// A moment, also where the waiting task is cancelled: it waits for an end that comes nevertheless, and a cancelled sleep
    /// is none.
    private static func pause() async { await Task { try? await Task.sleep(for: .milliseconds(10)) }.value }

    /// Waits until the process has ended, however that comes. Returns 128 + signal for a killed one.
    func ended() async -> Int32 {
        while isRunning { await Self.pause() }
        return process.withLock { process in
            process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
        }
    }

    /// Waits until `ready` says so; throws `box.service.not-ready` with the end of the log and what the process does.
    func wait(upTo seconds: Double = 30, until ready: @Sendable () async -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            let runs = isRunning
            // One that was killed a moment after it was ready was ready.
            if await ready() { return }
            guard runs else { break }
            try await Task.sleep(for: .milliseconds(30))
        }
        let does = isRunning ? "its threads: \(ThreadStates.of(identifier))" : "it ended with \(await ended())"
        throw Refusal(FactoryBoxError.notReady, "\(name): \(lastLines()); \(does)")
    }

    func lastLines(_ count: Int = 3) -> String {
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(count).joined(separator: " | ")
    }
}
