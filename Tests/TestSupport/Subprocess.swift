public import Foundation

/// Runs another program to its end, as a real counterpart in a test.
public enum Subprocess {
    public struct Result: Sendable {
        public let status: Int32
        /// Standard output and standard error together.
        public let output: String
    }

    /// `path` is absolute. Blocks until the program ends.
    public static func run(_ path: String, _ arguments: [String], input: Data? = nil) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        let stdin = Pipe()
        process.standardInput = stdin
        try process.run()
        if let input { try stdin.fileHandleForWriting.write(contentsOf: input) }
        try stdin.fileHandleForWriting.close()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }
}
