import ArgumentParser
import CommandSupport
import Glibc
import ServiceSupport
import StationCore
import StationService
import Vocabulary

/// `obis-station`: a programming station.
@main
struct ObisStation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "obis-station",
        abstract: "Programs devices under the authorizations of an EdgeHSM.",
        discussion: """
            Exit codes: 0 all units passed, 1 some did not, 2 wrong usage or configuration, 3 the line stopped (quota, \
            window, EdgeHSM, storage); the code and what to do are printed.
            """,
        version: Program.version(of: "obis-station"),
        subcommands: [Run.self, Rework.self, Reprovision.self, Rotate.self, RequestCertificate.self, Status.self]
    )

    static func main() async { await Program.main(ObisStation.self, status: StationExit.status) }
}

/// What every command that talks to the line needs.
struct StationOptions: ParsableArguments {
    @Option(help: "Configuration file (JSON).")
    var config: String

    @Option(name: .customLong("operator"), help: "Who works here, for the Factory Service's log.")
    var operatorName = "operator"

    func load() throws -> StationConfiguration {
        try ProcessHardening.apply(allowsInspection: Output.allowsInspection)
        return try ConfigurationFile.load(StationConfiguration.self, path: config)
    }
}

enum Output {
    /// A lab's memory scan looks into this process; nobody else does.
    static var allowsInspection: Bool {
        #if DEBUG
        getenv("OBIS_ALLOW_INSPECTION") != nil
        #else
        false
        #endif
    }

    static var isTerminal: Bool { isatty(1) == 1 }
    static var isColoured: Bool {
        guard isTerminal else { return false }
        guard let value = getenv("NO_COLOR") else { return true }
        return value.pointee == 0
    }

    static func line(_ text: String) { write(text + "\n", to: 1) }
    static func error(_ text: String) { write(text + "\n", to: 2) }
    static func raw(_ text: String) { write(text, to: 1) }

    /// One write for a text, so that lines of several sites do not mix.
    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    static var width: Int {
        var size = winsize()
        return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
