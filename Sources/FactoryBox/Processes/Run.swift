import Foundation
import Vocabulary

/// What a program that ran to its end left behind.
struct Finished: Sendable {
    let status: Int32
    let output: String
    let errors: String
}

/// Runs a program to its end with an environment of its own and no standard input unless given.
///
/// The wait happens on a thread of Dispatch, never on the cooperative pool.
func runProgram(
    _ program: URL,
    _ arguments: [String],
    environment: [String: String],
    input: String? = nil
) async throws -> Finished {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
            continuation.resume(
                with: Result {
                    try runBlocking(program, arguments, environment: environment, input: input)
                }
            )
        }
    }
}

private func runBlocking(
    _ program: URL,
    _ arguments: [String],
    environment: [String: String],
    input: String?
) throws -> Finished {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = environment
    let directory = FileManager.default.temporaryDirectory
    let name = UUID().uuidString
    let outputURL = directory.appendingPathComponent("obis-\(name).out")
    let errorURL = directory.appendingPathComponent("obis-\(name).err")
    defer {
        try? FileManager.default.removeItem(at: outputURL)
        try? FileManager.default.removeItem(at: errorURL)
    }
    // Files rather than pipes: nothing can block on a full pipe.
    for url in [outputURL, errorURL] { try Data().write(to: url) }
    process.standardOutput = try FileHandle(forWritingTo: outputURL)
    process.standardError = try FileHandle(forWritingTo: errorURL)
    if let input {
        let pipe = Pipe()
        process.standardInput = pipe
        try ProcessBook.shared.start(process)
        try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try pipe.fileHandleForWriting.close()
    } else {
        process.standardInput = FileHandle.nullDevice
        try ProcessBook.shared.start(process)
    }
    process.waitUntilExit()
    return Finished(
        status: process.terminationReason == .uncaughtSignal
            ? 128 + process.terminationStatus : process.terminationStatus,
        output: String(decoding: try Data(contentsOf: outputURL), as: UTF8.self),
        errors: String(decoding: try Data(contentsOf: errorURL), as: UTF8.self)
    )
}
