import ArgumentParser
import CommandSupport
import FactoryService
import Glibc
import LineProtocol
import Logging
import ServiceSupport
import Statements
import Vocabulary

/// `obis-factory`: the Factory Service of a site, and the commands to the running one.
@main
struct ObisFactory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "obis-factory",
        abstract: "Brings packages to the EdgeHSM, work orders and firmware to stations, and records home.",
        discussion: "Exit codes: 0 done, 1 refused, 2 wrong usage.",
        version: Program.version(of: "obis-factory"),
        subcommands: [
            Run.self, Status.self, Load.self, Export.self, PrepareProductCommand.self, RequestEnrolmentCommand.self,
            Close.self, Closing.self, Release.self, Join.self, SyncNowCommand.self, Bundle.self,
        ]
    )

    static func main() async { await Program.main(ObisFactory.self) }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "run", abstract: "Runs the service.")
        @OptionGroup var options: FactoryOptions

        func run() async throws {
            #if DEBUG
            // A lab's memory scan looks into this process; nobody else does.
            try ProcessHardening.apply(allowsInspection: getenv("OBIS_ALLOW_INSPECTION") != nil)
            #else
            try ProcessHardening.apply()
            #endif
            let signals = SignalWait()
            LoggingSystem.bootstrap { label in JSONLogHandler(label: label) }
            let logger = Logger(label: "obis-factory")
            let configuration = try options.load()
            let daemon = try await FactoryDaemon.start(configuration, metrics: Metrics(), logger: logger)
            var told: Logger.Metadata = ["port": "\(daemon.port ?? 0)"]
            if let port = daemon.pagePort { told["page"] = "http://127.0.0.1:\(port)/" }
            logger.info("ready", metadata: told)
            let ready = ReadyFile(folder: configuration.state)
            try ready.write(port: daemon.port)
            ServiceManager.notify("READY=1")
            let loop = Task { await daemon.run() }
            _ = await signals.wait()
            ServiceManager.notify("STOPPING=1")
            ready.remove()
            loop.cancel()
            await loop.value
            await daemon.stop()
        }
    }
}

struct FactoryOptions: ParsableArguments {
    @Option(help: "Configuration file (JSON).")
    var config: String

    func load() throws -> FactoryConfiguration { try ConfigurationFile.load(FactoryConfiguration.self, path: config) }

    /// One request to the running service over its socket.
    func ask<Operation: FactoryOperation>(
        _ operation: Operation.Type,
        _ request: Operation.Request,
        seconds: Int = 120
    ) async throws -> Operation.Reply {
        let client = try FrameClient(
            FrameClientConfiguration(endpoint: .local(path: try load().socket), peer: "the Factory Service's socket")
        )
        let caller = LineCaller(prefix: "cli") { try await client.request($0, timeout: .seconds(seconds)) }
        do {
            let reply = try await caller.call(operation, request)
            await client.close()
            return reply
        } catch {
            await client.close()
            throw error
        }
    }
}

enum Output {
    static func json(_ value: some Encodable) throws {
        print(String(decoding: try StatementCoding.encode(value), as: UTF8.self))
    }

    /// Seconds as people say them: `7 h 40 min`.
    static func duration(_ seconds: Int64) -> String {
        if seconds <= 0 { return "over" }
        if seconds >= 86_400 { return "\(seconds / 86_400) d \(seconds % 86_400 / 3_600) h" }
        if seconds >= 3_600 { return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min" }
        return "\(seconds / 60) min \(seconds % 60) s"
    }
}
