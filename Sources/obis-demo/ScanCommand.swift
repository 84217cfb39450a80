import ArgumentParser
import FactoryBox

struct ScanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Search memory, files, logs and traffic of station and Factory Service for keys and PINs.",
        discussion: """
            Needs a debug build, which alone can import keys of known value, and leave to read other processes' memory \
            (root, or a kernel that lets a parent look into its children). Exit code 1 when a secret was found, or a \
            canary was not.
            """
    )
    @Option(help: "Where everything is put; made anew.") var directory = ".demo-scan"

    func run() async throws {
        let report = try await KeyScan(directory: directory).play()
        guard report.findings.isEmpty && report.blindSpots.isEmpty else { throw ExitCode(1) }
    }
}
